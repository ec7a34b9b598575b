"""A chat model on this machine by transformers (extra `local`): any causal language model by folder or name.

One answer is written at a time; `queue` more may wait, and the next is turned away at once so that the failover goes
on. Closing the stream stops the reading of the prompt within one layer, the writing within one token. Nothing is
fetched from a hub unless the setting allows it.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from sparewheel.rag.answer.endpoint import Completion, Message
from sparewheel.rag.answer.local_files import device_trouble, trouble
from sparewheel.rag.answer.prompt import without_system
from sparewheel.rag.answer.thoughts import Thoughts
from sparewheel.rag.errors import SettingsError, install
from sparewheel.rag.reliability.faults import failure
from sparewheel.rag.settings import LocalChat
from sparewheel.rag.types import Progress, Usage

LEAST_ROOM = 64  # tokens that must be left for the answer
LOAD_AGAIN_S = 60.0  # after a loading that failed
Parts = tuple[Any, Any]  # tokenizer, model


class _HungUp(Exception):
    """Nobody waits for the answer any more."""


class LocalCompleter:
    """A `Completer`. The model is loaded in a thread of its own, by `warm` or the first answer: it may take minutes."""

    local = True
    name = "local_chat"

    def __init__(self, settings: LocalChat) -> None:
        self.settings = settings
        self.model = settings.model
        self._places = threading.Semaphore(1 + settings.queue)  # the one being written, and the ones that wait
        self._writing = threading.Lock()
        self._beginning = threading.Lock()
        self._loading: Future[Parts] | None = None
        self._load_again_at = 0.0
        self._stop = threading.Event()  # of the answer being written

    async def complete(
        self, messages: Sequence[Message], *, tools: Sequence[Mapping[str, Any]] = (), **options: Any
    ) -> AsyncGenerator[str | Progress | Completion]:
        """Text as it is written, then the Completion; LOADING before, while the model is not in memory.

        Raises Unavailable ("queue_full") when too many are waiting, SettingsError when the model cannot be loaded.
        """
        loading = self.warm()
        if not loading.done():
            yield Progress.LOADING
            await asyncio.wrap_future(loading)
            yield Progress.STARTED
        loading.result()
        if not self._places.acquire(blocking=False):
            raise failure("queue_full", f"{self.settings.queue} questions wait already (local_chat.queue)")
        items: asyncio.Queue[str | Completion | BaseException] = asyncio.Queue()
        running = asyncio.get_running_loop()

        def put(item: str | Completion | BaseException) -> None:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits for the piece any more
                running.call_soon_threadsafe(items.put_nowait, item)

        stop = threading.Event()
        threading.Thread(target=self._run, args=(messages, options, stop, put), daemon=True).start()
        try:
            yield Progress.ALIVE
            while True:
                item = await items.get()
                if isinstance(item, BaseException):
                    raise item
                yield item
                if isinstance(item, Completion):
                    return
        finally:
            stop.set()

    def warm(self) -> Future[Parts]:
        """The one loading, begun now if it was not; one that failed is begun anew after LOAD_AGAIN_S."""
        with self._beginning:
            failed = self._loading is not None and self._loading.done() and self._loading.exception() is not None
            if self._loading is None or (failed and time.monotonic() >= self._load_again_at):
                self._loading = Future()
                self._loading.set_running_or_notify_cancel()  # who stops waiting for it cancels it for nobody else
                threading.Thread(target=self._load, args=(self._loading,), name="load-local-chat", daemon=True).start()
            return self._loading

    def load(self) -> Parts:
        """(tokenizer, model), loaded once. Raises SettingsError when the model cannot be loaded."""
        return self.warm().result()

    def _load(self, loading: Future[Parts]) -> None:
        try:
            tokenizer, model = load(self.settings)
            for layer in _layers(model):
                layer.register_forward_pre_hook(self._give_up)
        except BaseException as error:
            self._load_again_at = time.monotonic() + LOAD_AGAIN_S
            loading.set_exception(error)
        else:
            loading.set_result((tokenizer, model))

    def _give_up(self, *_: object) -> None:
        """Called before every layer, also of the prompt, which transformers reads in one piece."""
        if self._stop.is_set():
            raise _HungUp

    def _run(
        self,
        messages: Sequence[Message],
        options: Mapping[str, Any],
        stop: threading.Event,
        put: Callable[[str | Completion | BaseException], object],
    ) -> None:
        """In a thread of its own: write one answer, handing pieces to `put`. The place is given back before the end is
        told, so that who asks one question after the other always finds it free."""
        end: Completion | BaseException | None = None
        try:
            with self._writing:
                if not stop.is_set():
                    self._stop = stop
                    end = self._write(messages, options, stop, put)
        except BaseException as error:
            end = error
        finally:
            self._places.release()
        if end is not None:
            put(end)

    def _write(
        self,
        messages: Sequence[Message],
        options: Mapping[str, Any],
        stop: threading.Event,
        put: Callable[[str], object],
    ) -> Completion:
        from transformers import StoppingCriteriaList

        tokenizer, model = self.load()
        inputs = _encode(tokenizer, messages).to(model.device)
        prompt_tokens = int(inputs["input_ids"].shape[1])
        limit = min(int(options.get("max_tokens") or self.settings.max_new_tokens), self.settings.max_new_tokens)
        window = int(getattr(model.config, "max_position_embeddings", 0) or 0)
        if window and prompt_tokens + min(limit, LEAST_ROOM) > window:  # beyond it a model writes nonsense, or fails
            raise failure("context_length", f"{prompt_tokens} tokens, of {window} that the model can read and write")
        limit = min(limit, window - prompt_tokens) if window else limit
        thoughts = Thoughts()

        def show(text: str) -> None:
            if shown := thoughts(text):
                put(shown)

        pieces = _Pieces(tokenizer, show, tuple(options.get("stop") or ()))
        temperature = float(options.get("temperature") or 0.0)
        sampling = {"do_sample": True, "temperature": temperature} if temperature else {"do_sample": False}
        made = model.generate(
            **inputs,
            max_new_tokens=limit,
            streamer=pieces,
            stopping_criteria=StoppingCriteriaList(
                [lambda ids, scores, **_: _all(ids, stop.is_set() or pieces.stopped)]
            ),
            pad_token_id=tokenizer.pad_token_id or tokenizer.eos_token_id or 0,
            **sampling,
        )
        if rest := thoughts.rest():
            put(rest)
        tokens = int(made.shape[1]) - prompt_tokens
        if not pieces.text.strip():
            raise failure("blank_answer")
        if tokens >= limit and int(made[0, -1]) not in _end_tokens(tokenizer, model) and not pieces.stopped:
            raise failure("truncated", f"after {tokens} tokens (local_chat.max_new_tokens)")
        return Completion(self.model, "stop", Usage(prompt_tokens, tokens))


class _Pieces:
    """transformers' streamer: token ids in, whole characters out. Holds back what may be half a character or a stop."""

    def __init__(self, tokenizer: Any, put: Callable[[str], object], stops: Sequence[str]) -> None:
        self._tokenizer, self._emit, self._stops = tokenizer, put, stops
        self._ids: list[int] = []
        self._prompt_seen = False
        self.text = ""
        self.stopped = False

    def put(self, ids: Any) -> None:
        if not self._prompt_seen:
            self._prompt_seen = True
            return
        self._ids += ids.flatten().tolist()
        text = self._tokenizer.decode(self._ids, skip_special_tokens=True)
        for stop in self._stops:
            if (at := text.find(stop)) >= 0:
                text, self.stopped = text[:at], True
        held = 0 if self.stopped else max((len(stop) - 1 for stop in self._stops), default=0)
        self._send(text[: len(text) - held] if not text.endswith("\ufffd") else self.text)

    def end(self) -> None:
        if not self.stopped:
            self._send(self._tokenizer.decode(self._ids, skip_special_tokens=True))

    def _send(self, text: str) -> None:
        if len(text) > len(self.text):
            self._emit(text[len(self.text) :])
            self.text = text


def load(settings: LocalChat) -> tuple[Any, Any]:
    """(tokenizer, model) as the settings say, in evaluation mode."""
    try:
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer
    except ImportError as error:
        raise SettingsError(f"local_chat needs the extra 'local'; {install('local')}") from error
    path = Path(settings.model).expanduser()
    wrong = device_trouble(settings.device) or (trouble(path) if path.exists() else None)
    if wrong:
        raise SettingsError(f"local_chat.model = {settings.model!r} cannot be loaded: {wrong.what}; {wrong.cure}")
    place = str(path) if path.exists() else settings.model
    only = {"local_files_only": not settings.allow_download}
    device = settings.device if settings.device != "auto" else _device(torch.cuda.device_count())
    try:
        tokenizer = AutoTokenizer.from_pretrained(place, **only)
        model = AutoModelForCausalLM.from_pretrained(
            place, dtype="auto", device_map=device, **only, **_quantised(settings, device)
        )
    except Exception as error:  # torch, CUDA and safetensors have families of their own
        raise SettingsError(
            f"local_chat.model = {settings.model!r} cannot be loaded: {next(iter(str(error).splitlines()), type(error).__name__)}; give the folder "  # noqa: E501
            "of a causal model on this machine, or set local_chat.allow_download = true"
        ) from error
    model.eval()
    return tokenizer, model


def _device(gpus: int) -> str:
    """What `device = "auto"` means: with several GPUs accelerate spreads the layers over them."""
    return ("cpu", "cuda")[gpus] if gpus < 2 else "auto"


def _layers(model: Any) -> list[Any]:
    """The layers of the network, of whatever architecture: they are kept in lists."""
    from torch.nn import ModuleList

    return [layer for module in model.modules() if isinstance(module, ModuleList) for layer in module]


def _quantised(settings: LocalChat, device: str) -> dict[str, Any]:
    """Keyword arguments of `from_pretrained` for 8 or 4 bit weights (bitsandbytes, on GPU and CPU)."""
    if settings.quantise == "none":
        return {}
    try:
        import bitsandbytes  # noqa: F401
    except ImportError as error:
        raise SettingsError(
            f"local_chat.quantise = {settings.quantise!r} needs bitsandbytes: pip install bitsandbytes"
        ) from error
    import torch
    from transformers import BitsAndBytesConfig

    if settings.quantise == "8bit":
        return {"quantization_config": BitsAndBytesConfig(load_in_8bit=True)}
    compute = torch.bfloat16 if device != "cpu" else torch.float32
    return {
        "quantization_config": BitsAndBytesConfig(
            load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=compute
        )
    }


def _encode(tokenizer: Any, messages: Sequence[Message]) -> Any:
    """The messages by the model's own chat template; without one, as a plain transcript."""
    if tokenizer.chat_template:
        as_tensors = {"add_generation_prompt": True, "return_tensors": "pt", "return_dict": True}
        try:
            return tokenizer.apply_chat_template(list(messages), **as_tensors)
        except Exception:  # jinja's, raised by the template itself: Gemma and old Mistral know no system role
            if not messages or messages[0]["role"] != "system":
                raise
            return tokenizer.apply_chat_template(without_system(messages), **as_tensors)
    transcript = "\n\n".join(f"{message['role']}: {message['content']}" for message in messages)
    return tokenizer(f"{transcript}\n\nassistant:", return_tensors="pt")


def _end_tokens(tokenizer: Any, model: Any) -> set[int]:
    ends = model.generation_config.eos_token_id
    return {*(ends if isinstance(ends, list) else [ends]), tokenizer.eos_token_id} - {None}


def _all(ids: Any, stopped: bool) -> Any:
    import torch

    return torch.full((ids.shape[0],), stopped, dtype=torch.bool, device=ids.device)
