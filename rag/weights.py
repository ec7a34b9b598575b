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
LARGE = "weights.npz"  # and of one that looks a second time


def _second() -> Path | None:
    try:
        from sparewheel_models_second import FOLDER
    except ImportError:  # small machines do without
        return None
    return FOLDER


SECOND = _second()


def weights(settings: Settings) -> Path:
    """The folder of the built-in models: the setting `models.folder`, else the distribution sparewheel-models."""
    return Path(settings.models.folder).expanduser() if settings.models.folder else WEIGHTS


def second_look(settings: Settings, language: str) -> Path | None:
    """The folder of what reads again what the reader of a language is unsure of; None where there is none, or the
    setting `models.second_look` is off. A folder of one's own models is all there is.
    """
    folder = weights(settings) if settings.models.folder else SECOND
    if folder is None or not settings.models.second_look:
        return None
    found = folder / f"second-{language}"
    return found if (found / "model.onnx").is_file() else None


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
    def weights_file(self) -> Path:
        """The file that holds most of the weights."""
        return self.folder / (LARGE if LARGE in files(self.name) else "model.onnx")

    @property
    def size_mb(self) -> float:
        """Of its files on disk, in megabytes (10^6 bytes)."""
        return sum(file.stat().st_size for file in self.folder.glob("*") if file.is_file()) / 1e6


def built_in(weights: Path = WEIGHTS) -> list[BuiltIn]:
    """The package's models by name, those whose files are missing too; what looks a second time if it is installed."""
    found = []
    for folder, listed in ((weights, WEIGHTS), *([(SECOND, SECOND)] if SECOND and weights == WEIGHTS else [])):
        rows = tomllib.loads((listed / "models.toml").read_text(encoding="utf-8"))
        for name, row in rows["built_in"].items():
            missing = [file for file in files(name) if not (folder / name / file).is_file()]
            trouble = f"missing: {', '.join(missing)}" if missing else ""
            found.append(BuiltIn(name, folder=folder / name, trouble=trouble, **row))
    return sorted(found, key=lambda model: model.name)


def files(name: str) -> tuple[str, ...]:
    """The files of a built-in model."""
    return (*FILES, LARGE) if name.startswith("second-") else FILES


def verify(weights: Path = WEIGHTS) -> dict[str, str]:
    """ "name/file" -> "" when its sha256 is the committed one, else what is wrong.

    Raises StoreError when the list of sums cannot be read.
    """
    found: dict[str, str] = {}
    for folder in (weights, *([SECOND] if SECOND and weights == WEIGHTS else [])):
        try:
            sums: dict[str, str] = json.loads((folder / "checksums.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            why = f"no readable checksums.json in '{folder}' ({error})"
            raise StoreError(f"{why}; reinstall {distribution(folder)}") from error
        present = {f"{file.parent.name}/{file.name}" for name in (*FILES, LARGE) for file in folder.glob(f"*/{name}")}
        found |= {name: _wrong(folder / name, sums.get(name, "")) for name in sorted(present | sums.keys())}
    return found


def distribution(folder: Path) -> str:
    """The package that a folder of models comes with."""
    return "sparewheel-models-second" if folder == SECOND else "sparewheel-models"


def _wrong(file: Path, expected: str) -> str:
    cure = f"reinstall {distribution(file.parent.parent)}"
    if not file.is_file():
        return f"missing; {cure}"
    if not expected:
        return "not in checksums.json; it is not a file of this release"
    found = sha256_of(file)
    return "" if found == expected else f"changed: sha256 {found[:12]}..., not {expected[:12]}...; {cure}"
