"""The models on this machine: the built-in ones byte for byte, the reader, and the local chat model."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from sparewheel.app.advise.catalogue import ROOM
from sparewheel.app.advise.machine import machine
from sparewheel.app.doctor.check import Check
from sparewheel.rag.errors import install
from sparewheel.rag.settings import LocalChat
from sparewheel.rag.weights import WEIGHTS, verify
from sparewheel.rag.weights import built_in as built_in_models


def local_chat(chat: LocalChat) -> Check:
    """The local chat model: can it be loaded, and does it fit? It is not loaded: that may take minutes."""
    called = "local chat model"
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        cure = install("local")
        return Check(called, "fail", f"{chat.model} needs {' and '.join(missing)}", cure)
    path = Path(chat.model).expanduser()
    if path.exists():
        return _fits(called, chat, path)
    if _in_hub_cache(chat.model):
        return Check(called, "pass", f"{chat.model}, from the hub's cache on this machine")
    if chat.allow_download:
        cure = "ask one question now: the model is fetched once"
        return Check(called, "warn", f"{chat.model} is not on this machine yet", cure)
    cure = "give local_chat.model a folder or GGUF file, or set local_chat.allow_download = true"
    return Check(called, "fail", f"{chat.model} is not on this machine", cure)


def _fits(called: str, chat: LocalChat, path: Path) -> Check:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.suffix in (".safetensors", ".bin")]
    share = {"none": 1.0, "8bit": 0.53, "4bit": 0.28}[chat.quantise]  # of 16 bits a weight; rag.models.BITS
    needs_gb = sum(file.stat().st_size for file in files) / 1e9 * share * ROOM
    here = machine()
    room_gb = max(here.free_gb, here.gpu_gb)
    if needs_gb > room_gb:
        what = f"{path.name} needs about {needs_gb:.1f} GB, {room_gb:.1f} GB are free"
        return Check(called, "warn", what, "take a smaller model, or local_chat.quantise = '4bit'")
    return Check(called, "pass", f"{path.name}, about {needs_gb:.1f} GB of {room_gb:.1f} GB free")


def _in_hub_cache(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        return isinstance(try_to_load_from_cache(name, "config.json"), str)
    except HFValidationError:
        return False


def reader(folder: Path = WEIGHTS) -> Check:
    """The last resort: a reader for the corpora's languages that can be loaded."""
    present = [model.name for model in built_in_models(folder) if model.name.startswith("reader-")]
    ready = [name for name in present if (folder / name / "model.onnx").is_file()]
    if not ready:
        return Check("built-in reader", "fail", f"no built-in reader in {folder}", "reinstall sparewheel")
    return Check("built-in reader", "pass", f"{', '.join(ready)}: answers when nobody else does, without a network")


def built_in(folder: Path = WEIGHTS) -> Sequence[Check]:
    """Every built-in model file against its sha256. Raises StoreError when the list of sums cannot be read."""
    if folder != WEIGHTS and not (folder / "checksums.json").exists():
        cure = "copy rag/weights/checksums.json beside them, with the lines of these models"
        return [Check("built-in models", "warn", f"{folder} has no list of sums to check them by", cure)]
    wrong = {name: trouble for name, trouble in verify(folder).items() if trouble}
    if wrong:
        name, trouble = next(iter(wrong.items()))
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return [Check("built-in models", "fail", f"{name}: {trouble}{more}", "sparewheel models verify lists them all")]
    return [Check("built-in models", "pass", "every file has the sha256 of this release")]
