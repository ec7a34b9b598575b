"""The local chat model: any causal model by transformers. A tiny random one is made here; what it says is noise."""

from __future__ import annotations

import asyncio
import threading

import pytest

from sparewheel.rag.answer.endpoint import Completion
from sparewheel.rag.answer.local import LocalCompleter
from sparewheel.rag.errors import SettingsError, Unavailable
from sparewheel.rag.settings import LocalChat

QUESTION = [{"role": "user", "content": "Who pays the rent?"}]


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Llama with 40,000 weights over single bytes, saved as any model is."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("model")
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: i for i, letter in enumerate([*letters, "<end>"])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>").save_pretrained(folder)
    torch.manual_seed(7)
    config = LlamaConfig(
        vocab_size=len(vocabulary), hidden_size=64, intermediate_size=64, num_hidden_layers=1, num_attention_heads=2,
        max_position_embeddings=4096, eos_token_id=vocabulary["<end>"], bos_token_id=None,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    return str(folder)


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
