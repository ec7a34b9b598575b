"""Can a model's folder be loaded by transformers? Told from names, sizes and headers, before any weight is read.

Formats: safetensors (8 bytes, the header's length, then the header as JSON, then the tensors; github.com/huggingface/
safetensors) and torch's zip files (`.bin`), in one file or in the shards that `*.index.json` lists.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

WHOLE = ("model.safetensors", "pytorch_model.bin")  # in the order in which transformers looks for them
TOKENIZERS = ("tokenizer.json", "tekken.json", "*.model", "*.spm", "*.tiktoken", "*vocab*")
LONGEST_HEADER = 100_000_000  # bytes, safetensors' own bound
LFS_POINTER = b"version https://git-lfs"
FETCH = "fetch the folder again, whole: hf download NAME --local-dir FOLDER"
LFS = "fetch the files themselves: git lfs pull in that folder"
SERVE = (
    "serve the file with llama.cpp (llama-server -m FILE) or Ollama, which read it as it is; "
    "sparewheel models detect then prints the settings"
)


class Trouble(NamedTuple):
    """What is wrong, and what to do about it."""

    what: str
    cure: str


def trouble(path: Path) -> Trouble | None:
    """The first reason why the model at `path` cannot be loaded, None when there is none. Needs transformers."""
    return next(_troubles(path), None)


def weight_files(folder: Path) -> list[Path]:
    """The files of weights that transformers would read, also those that are missing; empty for a folder without any.

    Raises ValueError for a list of shards that cannot be read.
    """
    for name in WHOLE:
        if (folder / name).exists():
            return [folder / name]
        if (folder / f"{name}.index.json").exists():
            return [folder / shard for shard in dict.fromkeys(_shards(folder / f"{name}.index.json").values())]
    return []


def device_trouble(device: str) -> Trouble | None:
    """Why torch cannot use `device` (as `local_chat.device` has it), None when it can."""
    kind, _, number = device.partition(":")
    if kind not in ("cuda", "mps"):
        return None
    import torch

    count = torch.cuda.device_count() if kind == "cuda" else int(torch.backends.mps.is_available())
    if count and int(number or 0) < count:
        return None
    seen = f"{count} GPU{'s' if count > 1 else ''} here, counted from 0" if count else "torch finds no GPU here"
    return Trouble(
        f"local_chat.device = {device!r}, but {seen}",
        "set local_chat.device = 'auto', or install the GPU's driver and a build of torch for it",
    )


def _troubles(path: Path) -> Iterator[Trouble]:
    if path.is_file():
        yield _of_file(path)
        return
    if not any(path.iterdir()):
        yield Trouble("the folder is empty", FETCH)
    yield from _of_config(path)
    yield from _of_tokenizer(path)
    yield from _of_weights(path)


def _of_file(path: Path) -> Trouble:
    if path.suffix.lower() == ".gguf":
        return Trouble("a GGUF file would be unpacked to more than five times its size in memory", SERVE)
    return Trouble("a file, not the folder of a model", "give the folder that holds config.json, tokenizer and weights")


def _of_config(folder: Path) -> Iterator[Trouble]:
    file = folder / "config.json"
    if not file.exists():
        if any(folder.glob("*.gguf")):
            yield Trouble("the folder holds a GGUF file only, which would be unpacked in memory", SERVE)
        elif (folder / "adapter_config.json").exists():
            yield Trouble("an adapter without its model", "merge it into its model and give the merged folder")
        yield Trouble("config.json is missing", FETCH)
        return
    try:
        config = _json(file)
    except ValueError as error:
        yield Trouble(f"config.json cannot be read: {error}", LFS if _is_pointer(file) else FETCH)
        return
    kind = config.get("model_type")
    if not isinstance(kind, str):
        yield Trouble("config.json names no model_type", FETCH)
    elif not _writes_text(kind, nested="text_config" in config):
        cure = "pip install -U transformers if the model is newer, or take a causal (chat) model"
        yield Trouble(f"the installed transformers has no chat model of the type {kind!r}", cure)


def _writes_text(kind: str, nested: bool) -> bool:
    """transformers knows a causal model of that type. nested: the text model is a part of a larger one."""
    from transformers import CONFIG_MAPPING
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING_NAMES

    return kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES or (nested and kind in CONFIG_MAPPING)


def _of_tokenizer(folder: Path) -> Iterator[Trouble]:
    found = [file for pattern in TOKENIZERS for file in sorted(folder.glob(pattern))]
    if not found:
        yield Trouble("the tokenizer is missing (tokenizer.json or tokenizer.model)", FETCH)
    if [file.name for file in found] == ["vocab.json"] and not (folder / "merges.txt").exists():
        yield Trouble("the tokenizer's merges.txt is missing", FETCH)
    for file in found:
        if _is_pointer(file):
            yield Trouble(f"{file.name} is a pointer of git LFS, not the file", LFS)
        elif not file.stat().st_size:
            yield Trouble(f"{file.name} is empty", FETCH)
    if (whole := folder / "tokenizer.json") in found:
        try:
            _json(whole)
        except ValueError as error:
            yield Trouble(f"tokenizer.json cannot be read: {error}", FETCH)


def _of_weights(folder: Path) -> Iterator[Trouble]:
    try:
        files = weight_files(folder)
    except ValueError as error:
        yield Trouble(f"the list of weight files cannot be read: {error}", FETCH)
        return
    if not files:
        yield Trouble(f"no weights: neither {WHOLE[0]} nor a list of shards", FETCH)
    missing = [file.name for file in files if not file.exists()]
    if missing:
        yield Trouble(f"{len(missing)} of {len(files)} weight files are missing: {missing[0]}", FETCH)
        return
    for file in files:
        if _is_pointer(file):
            yield Trouble(f"{file.name} is a pointer of git LFS, not the file", LFS)
        elif wrong := _cut_safetensors(file) if file.suffix == ".safetensors" else _cut_zip(file):
            yield Trouble(f"{file.name} {wrong}", FETCH)


def _cut_safetensors(file: Path) -> str:
    """What is wrong with the file's length or header, "" when nothing is."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if size < 8 + length:
            return f"is cut off or no safetensors file: {size:,} bytes"
        if length > LONGEST_HEADER:
            return "is no safetensors file"
        try:
            header = json.loads(opened.read(length))
            ends = [tensor["data_offsets"][1] for name, tensor in header.items() if name != "__metadata__"]
            expected = 8 + length + max(ends, default=0)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            return "has a header that cannot be read"
    return "" if size == expected else f"has {size:,} bytes where its header says {expected:,}"


def _cut_zip(file: Path) -> str:
    """torch's files are zip archives since 2020, plain pickles before: the end of a pickle is not looked for."""
    with file.open("rb") as opened:
        start = opened.read(2)
    if not start or (start == b"PK" and not zipfile.is_zipfile(file)):
        return f"is cut off: {file.stat().st_size:,} bytes"
    return ""


def _is_pointer(file: Path) -> bool:
    with file.open("rb") as opened:
        return opened.read(len(LFS_POINTER)) == LFS_POINTER


def _shards(index: Path) -> Mapping[str, str]:
    """Tensor -> file name. Raises ValueError."""
    listed = _json(index).get("weight_map")
    if not isinstance(listed, dict) or not listed or not all(isinstance(name, str) for name in listed.values()):
        raise ValueError(f"{index.name} has no weight_map")
    return listed


def _json(file: Path) -> dict[str, object]:
    """Raises ValueError for what is no JSON object."""
    found = json.loads(file.read_text(encoding="utf-8"))
    if not isinstance(found, dict):
        raise ValueError("no JSON object")
    return found
