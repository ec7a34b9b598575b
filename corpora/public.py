"""The public data sets as records: `dataset("cuad").questions("train")`. `datasets.toml` says what each one is."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from sparewheel.corpora.records import Qrels, Question
from sparewheel.rag.errors import NotFound, suggest
from sparewheel.rag.settings import load_settings
from sparewheel.rag.types import Document

REGISTRY = Path(__file__).with_name("datasets.toml")


@dataclass(frozen=True)
class Download:
    """An archive, and which of its paths (file or folder, below the archive's own first folder) go where in the set."""

    url: str
    files: dict[str, str]
    sha256: str = ""  # of the tree it gives, where that is less than the whole set


@dataclass(frozen=True)
class Entry:
    """What `datasets.toml` says of a set."""

    name: str
    folder: str  # below `public_data`
    language: str
    licence: str
    splits: tuple[str, ...]
    source: str
    sha256: str
    documents_only: tuple[str, ...] = ()  # splits without questions
    evaluate_only: tuple[str, ...] = ()  # splits that no shipped model may be trained on
    needs: tuple[str, ...] = ()  # sets it reads its documents from
    download: Download | None = None  # None: put together from several sources, comes from a folder only

    @property
    def checksums(self) -> tuple[str, ...]:
        """The accepted sha256 of the tree: of the whole set, and of the part that can be downloaded."""
        return (self.sha256, *([self.download.sha256] if self.download and self.download.sha256 else ()))


@dataclass(frozen=True)
class Dataset:
    """A set on this machine. Without `split`, a method runs over all splits; a document two splits share comes once."""

    entry: Entry
    folder: Path
    _loader: ModuleType = field(repr=False)

    def documents(self, split: str | None = None) -> Iterator[Document]:
        """The documents, sorted by id within a split or in file order."""
        seen: set[str] = set()
        for name in self._splits(split):
            for document in self._loader.documents(self.folder, name):
                if document.id not in seen:
                    seen.add(document.id)
                    yield document

    def questions(self, split: str | None = None) -> Iterator[Question]:
        """The questions in file order; none for a split that has documents only."""
        for name in self._splits(split):
            if name not in self.entry.documents_only:
                yield from self._loader.questions(self.folder, name)

    def qrels(self, split: str | None = None) -> Qrels:
        """Question id -> document id -> grade: the set's own, else 1 for the documents of the gold spans or question.

        A question that is not answerable is left out.
        """
        if own := getattr(self._loader, "qrels", None):
            return {query: grades for name in self._splits(split) for query, grades in own(self.folder, name).items()}
        return {q.id: dict.fromkeys(found, 1) for q in self.questions(split) if (found := _relevant(q))}

    def _splits(self, split: str | None) -> tuple[str, ...]:
        if split is None:
            return self.entry.splits
        if split not in self.entry.splits:
            known = ", ".join(self.entry.splits)
            raise NotFound(f"{self.entry.name} has no split {split!r}: {known}{suggest(split, self.entry.splits)}")
        return (split,)


def _relevant(question: Question) -> list[str]:
    if question.gold or not question.answerable:
        return [span.document_id for span in question.gold]
    return [question.document_id] if question.document_id else []


@cache
def entries() -> dict[str, Entry]:
    """Every registered set by name."""
    return {name: _read(name, row) for name, row in tomllib.loads(REGISTRY.read_text(encoding="utf-8")).items()}


def _read(name: str, row: dict[str, Any]) -> Entry:
    download = Download(**row.pop("download")) if "download" in row else None
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Entry(name, **values, download=download)


def entry(name: str) -> Entry:
    """The registered set. Raises NotFound with the nearest name."""
    if name not in entries():
        raise NotFound(f"no data set {name!r}: {', '.join(entries())}{suggest(name, entries())}")
    return entries()[name]


def dataset(name: str, root: Path | str | None = None) -> Dataset:
    """The set as it lies below `root`, by default the setting `public_data`.

    Raises NotFound for an unknown name, an unset setting, or a set that is not in the folder.
    """
    found = entry(name)
    root = root or load_settings().public_data
    if not root:
        raise NotFound(
            f"data set {name!r} needs a folder: set public_data (SPAREWHEEL_PUBLIC_DATA) to one, "
            f"then run: sparewheel corpora fetch {name}"
        )
    root = Path(root).expanduser()
    for part in (found, *map(entry, found.needs)):
        if not (root / part.folder).is_dir():
            raise NotFound(
                f"data set {part.name!r} is not in {root} (setting public_data); "
                f"run: sparewheel corpora fetch {part.name}"
            )
    loader = import_module(f"sparewheel.corpora.loaders.{name.replace('-', '_')}")
    return Dataset(found, root / found.folder, loader)
