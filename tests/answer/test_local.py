"""The local chat model: any causal model by transformers. A tiny random one is made here; what it says is noise."""

from __future__ import annotations

import asyncio
import threading

import pytest

from sparewheel.rag.answer import local
from sparewheel.rag.answer.endpoint import Completion
from sparewheel.rag.answer.local import LocalCompleter, _encode
from sparewheel.rag.errors import SettingsError, Unavailable
from sparewheel.rag.settings import LocalChat
from sparewheel.rag.types import Progress
from tests.answer.tiny_chat_model import save_tiny_chat_model

QUESTION = [{"role": "user", "content": "Who pays the rent?"}]


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_tiny_chat_model(tmp_path_factory.mktemp("model"))


async def collect(completer: LocalCompleter, **options: object) -> tuple[str, Completion]:
    items = [item async for item in completer.complete(QUESTION, **options)]
    assert isinstance(items[-1], Completion)
    return "".join(item for item in items if isinstance(item, str)), items[-1]


async def test_streams_what_the_model_writes(model_folder: str) -> None:
    """The pieces add up to the decoded answer, with its tokens counted; the length limit is a fault, not an answer."""
    completer = LocalCompleter(LocalChat(model=model_folder, max_new_tokens=4096, device="cpu"))
    tokenizer, model = completer.load()
    model.generation_config.eos_token_id = list(range(60, 120))  # noise ends soon
    text, end = await collect(completer)
    assert text.strip()
    assert end.usage.completion_tokens >= 1
    model.generation_config.eos_token_id = [tokenizer.eos_token_id]
    with pytest.raises(Unavailable) as caught:
        await collect(completer, max_tokens=3)
    assert caught.value.reason in ("truncated", "blank_answer")


@pytest.mark.parametrize("quantise", ["8bit", "4bit"])
async def test_quantised_weights_answer_on_cpu(model_folder: str, quantise: str) -> None:
    """8 and 4 bit weights load and write where bitsandbytes is installed."""
    pytest.importorskip("bitsandbytes")
    completer = LocalCompleter(LocalChat(model=model_folder, quantise=quantise, max_new_tokens=64, device="cpu"))
    _, model = completer.load()
    model.generation_config.eos_token_id = list(range(60, 250))
    text, _ = await collect(completer)
    assert text.strip()
    kinds = {type(module).__name__ for module in model.modules()}
    assert ({"8bit": "Linear8bitLt", "4bit": "Linear4bit"}[quantise]) in kinds


async def test_closing_the_stream_stops_the_writing(model_folder: str) -> None:
    """A cancelled answer gives its place back without writing to the limit."""
    completer = LocalCompleter(LocalChat(model=model_folder, max_new_tokens=3500, queue=0, device="cpu"))
    source = completer.complete(QUESTION)
    async for item in source:
        if isinstance(item, str):
            break
    await source.aclose()
    await asyncio.to_thread(completer._writing.acquire)  # free once the writer has seen the stop
    completer._writing.release()
    assert not completer._writing.locked()


async def test_a_full_queue_turns_away_at_once(model_folder: str) -> None:
    """One question more than may wait is refused with the reason that fails over."""
    completer = LocalCompleter(LocalChat(model=model_folder, queue=0, device="cpu"))
    gate = threading.Lock()
    with gate:
        completer._places.acquire()
        with pytest.raises(Unavailable) as caught:
            await collect(completer)
    assert caught.value.reason == "queue_full"


def test_a_missing_model_says_what_to_do(tmp_path: object) -> None:
    """The error names the setting, the value and the cure, and nothing is fetched."""
    with pytest.raises(SettingsError, match=r"local_chat\.model = 'no-such/model'.*allow_download"):
        LocalCompleter(LocalChat(model="no-such/model")).load()


GEMMA = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}" + (
    "{% for message in messages %}{{ message['role'] }}:{{ message['content'] }};{% endfor %}"
)


def test_a_template_without_a_system_role_is_given_the_rules_with_the_question(model_folder: str) -> None:
    """Gemma's and old Mistral's raise an error."""
    tokenizer, _ = LocalCompleter(LocalChat(model=model_folder, device="cpu")).load()
    tokenizer.chat_template = GEMMA
    told = [{"role": "system", "content": "Rules."}, *QUESTION]
    assert tokenizer.decode(_encode(tokenizer, told)["input_ids"][0]) == "user:Rules.\n\nWho pays the rent?;"


async def test_a_prompt_beyond_the_window_fails_over(model_folder: str) -> None:
    """Beyond it the model would write nonsense."""
    completer = LocalCompleter(LocalChat(model=model_folder, device="cpu"))
    with pytest.raises(Unavailable) as caught:
        [item async for item in completer.complete([{"role": "user", "content": "x" * 5000}])]
    assert caught.value.reason == "context_length"


async def test_one_asker_after_the_other_always_finds_the_place_free(model_folder: str) -> None:
    """Without a queue: the place is given back before the end of the answer is told."""
    completer = LocalCompleter(LocalChat(model=model_folder, max_new_tokens=3, queue=0, device="cpu"))
    reasons = []
    for _ in range(12):
        try:
            await collect(completer)
        except Unavailable as error:
            reasons.append(error.reason)
    assert "queue_full" not in reasons


async def test_a_question_that_comes_while_the_model_loads_says_so(
    model_folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """LOADING, then STARTED, from which the budgets run; who goes away while it loads takes no place."""
    may_load, loads, load = threading.Event(), [], local.load

    def slow(settings: LocalChat) -> local.Parts:
        loads.append(may_load.wait(30))
        return load(settings)

    monkeypatch.setattr(local, "load", slow)
    completer = LocalCompleter(LocalChat(model=model_folder, queue=0, device="cpu", max_new_tokens=3))
    gone = completer.complete(QUESTION)
    assert await anext(gone) is Progress.LOADING
    waiting = asyncio.ensure_future(anext(gone))
    await asyncio.sleep(0)
    waiting.cancel()
    source = completer.complete(QUESTION)
    first = await anext(source)
    may_load.set()
    assert (first, await anext(source), await anext(source)) == (Progress.LOADING, Progress.STARTED, Progress.ALIVE)
    await source.aclose()
    assert loads == [True]


async def test_a_model_that_could_not_be_loaded_says_why_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not loaded anew for each question."""
    loads = []

    def broken(settings: LocalChat) -> local.Parts:
        loads.append(settings)
        raise SettingsError("out of memory")

    monkeypatch.setattr(local, "load", broken)
    completer = LocalCompleter(LocalChat(model="large"))
    with pytest.raises(SettingsError):
        completer.load()
    for _ in range(3):
        with pytest.raises(SettingsError, match="out of memory"):
            await anext(completer.complete(QUESTION))
    assert len(loads) == 1


async def test_a_hang_up_while_the_prompt_is_read_frees_the_place(model_folder: str) -> None:
    """The layer that comes next is not begun, and no token is written."""
    completer = LocalCompleter(LocalChat(model=model_folder, queue=0, device="cpu"))
    _, model = completer.load()
    reading, hung_up, calls = threading.Event(), threading.Event(), []

    def slow(*_: object) -> None:
        calls.append("layer")
        reading.set()
        hung_up.wait(30)

    model.model.layers[0].register_forward_pre_hook(slow, prepend=True)
    attention = []
    model.model.layers[0].self_attn.register_forward_pre_hook(lambda *_: attention.append("begun"))
    source = completer.complete(QUESTION)
    assert await anext(source) is Progress.ALIVE
    await asyncio.to_thread(reading.wait, 30)
    await source.aclose()
    hung_up.set()
    assert await asyncio.to_thread(completer._places.acquire, timeout=30)
    assert (calls, attention) == (["layer"], [])


@pytest.mark.parametrize(
    ("device", "gpus", "expected"),
    [("auto", 0, "cpu"), ("auto", 1, "cuda"), ("auto", 4, "auto"), ("cuda:1", 4, "cuda:1"), ("cpu", 4, "cpu")],
)
def test_several_gpus_share_a_model(
    model_folder: str, monkeypatch: pytest.MonkeyPatch, device: str, gpus: int, expected: str
) -> None:
    """With device = "auto"; a device that is named is the only one."""
    import torch
    from transformers import AutoModelForCausalLM

    given: dict[str, object] = {}

    def intercepted(place: str, **options: object) -> torch.nn.Module:
        given.update(options, place=place)
        return torch.nn.Linear(1, 1)

    monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
    monkeypatch.setattr(AutoModelForCausalLM, "from_pretrained", intercepted)
    LocalCompleter(LocalChat(model=model_folder, device=device)).load()
    assert (given["device_map"], given["place"]) == (expected, model_folder)
