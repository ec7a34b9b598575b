"""The built-in models: where their files lie (said nowhere else), what they are, whether they are unchanged.

for model in built_in(): model.name, model.size_mb, model.trouble
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path

import sparewheel_models

from sparewheel.rag.disk import sha256_of
from sparewheel.rag.errors import StoreError
from sparewheel.rag.settings import Settings

WEIGHTS = sparewheel_models.FOLDER
FILES = ("config.json", "model.onnx", "tokenizer.json")  # of a built-in model, all with a checksum


def weights(settings: Settings) -> Path:
    """The folder of the built-in models: the setting `models.folder`, else the distribution sparewheel-models."""
    return Path(settings.models.folder).expanduser() if settings.models.folder else WEIGHTS


@dataclass(frozen=True)
class BuiltIn:
    """A model of the package. trouble: what is wrong with its files, "" when complete (contents: see `verify`)."""

    name: str
    licence: str
    languages: str
    use: str
    folder: Path
    memory_mb: float = 0.0  # what a process grows by when it loads and runs it
    trouble: str = ""

    @property
    def size_mb(self) -> float:
        """Of its files on disk, in megabytes (10^6 bytes)."""
        return sum(file.stat().st_size for file in self.folder.glob("*") if file.is_file()) / 1e6


def built_in(weights: Path = WEIGHTS) -> list[BuiltIn]:
    """The package's models by name, those whose files are missing too."""
    rows = tomllib.loads((WEIGHTS / "models.toml").read_text(encoding="utf-8"))
    found = []
    for name, row in sorted(rows["built_in"].items()):
        missing = [file for file in FILES if not (weights / name / file).is_file()]
        trouble = f"missing: {', '.join(missing)}" if missing else ""
        found.append(BuiltIn(name, folder=weights / name, trouble=trouble, **row))
    return found


def verify(weights: Path = WEIGHTS) -> dict[str, str]:
    """ "name/file" -> "" when its sha256 is the committed one, else what is wrong.

    Raises StoreError when the list of sums cannot be read.
    """
    try:
        sums: dict[str, str] = json.loads((weights / "checksums.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreError(f"no readable checksums.json in '{weights}' ({error}); reinstall sparewheel-models") from error
    present = {f"{file.parent.name}/{file.name}" for name in FILES for file in weights.glob(f"*/{name}")}
    return {name: _wrong(weights / name, sums.get(name, "")) for name in sorted(present | sums.keys())}


def _wrong(file: Path, expected: str) -> str:
    if not file.is_file():
        return "missing; reinstall sparewheel-models"
    if not expected:
        return "not in checksums.json; it is not a file of this release"
    found = sha256_of(file)
    return (
        ""
        if found == expected
        else f"changed: sha256 {found[:12]}..., not {expected[:12]}...; reinstall sparewheel-models"
    )
