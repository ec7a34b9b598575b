"""The models on this machine: the built-in ones byte for byte, the reader, and the local chat model."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

from sparewheel.app.advise.catalogue import ROOM
from sparewheel.app.advise.machine import machine
from sparewheel.app.doctor.check import Check
from sparewheel.rag.answer.local_files import Trouble, device_trouble, trouble, weight_files
from sparewheel.rag.errors import install
from sparewheel.rag.settings import LocalChat
from sparewheel.rag.weights import WEIGHTS, verify
from sparewheel.rag.weights import built_in as built_in_models


def local_chat(chat: LocalChat) -> Check:
    """The local chat model: can it be loaded, and does it fit? Only headers are read: loading may take minutes."""
    called = "local chat model"
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        cure = install("local")
        return Check(called, "fail", f"{chat.model} needs {' and '.join(missing)}", cure)
    if wrong := device_trouble(chat.device) or _quantiser_missing(chat):
        return Check(called, "fail", wrong.what, wrong.cure)
    given = Path(chat.model).expanduser()
    folder = given if given.exists() else _in_hub_cache(chat.model)
    if folder is not None and (wrong := trouble(folder)) is None:
        return _fits(called, chat, folder)
    if chat.allow_download and not given.exists():
        cure = "ask one question now: the model is fetched once"
        return Check(called, "warn", f"{chat.model} is not wholly on this machine yet", cure)
    if wrong:
        return Check(called, "fail", f"{chat.model} cannot be loaded: {wrong.what}", wrong.cure)
    cure = "give local_chat.model the folder of a model, or set local_chat.allow_download = true"
    return Check(called, "fail", f"{chat.model} is not on this machine", cure)


def _quantiser_missing(chat: LocalChat) -> Trouble | None:
    if chat.quantise == "none" or importlib.util.find_spec("bitsandbytes") is not None:
        return None
    return Trouble(f"local_chat.quantise = {chat.quantise!r} needs bitsandbytes", install("local"))


def _fits(called: str, chat: LocalChat, folder: Path) -> Check:
    share = {"none": 1.0, "8bit": 0.53, "4bit": 0.28}[chat.quantise]  # of 16 bits a weight; rag.models.BITS
    needs_gb = sum(file.stat().st_size for file in weight_files(folder)) / 1e9 * share * ROOM
    here = machine()
    room_gb = max(here.free_gb, here.gpu_gb)
    if needs_gb > room_gb:
        what = f"{chat.model} needs about {needs_gb:.1f} GB, {room_gb:.1f} GB are free"
        return Check(called, "warn", what, "take a smaller model, or local_chat.quantise = '4bit'")
    return Check(called, "pass", f"{chat.model} can be loaded, about {needs_gb:.1f} GB of {room_gb:.1f} GB free")


def _in_hub_cache(name: str) -> Path | None:
    """The model's folder in the hub's cache, None when it is not there."""
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        found = try_to_load_from_cache(name, "config.json")
    except HFValidationError:
        return None
    return Path(found).parent if isinstance(found, str) else None


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
        cure = f"copy {WEIGHTS / 'checksums.json'} beside them, with the lines of these models"
        return [Check("built-in models", "warn", f"{folder} has no list of sums to check them by", cure)]
    wrong = {name: trouble for name, trouble in verify(folder).items() if trouble}
    if wrong:
        name, trouble = next(iter(wrong.items()))
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return [Check("built-in models", "fail", f"{name}: {trouble}{more}", "sparewheel models verify lists them all")]
    return [Check("built-in models", "pass", "every file has the sha256 of this release")]
