"""The manifest of a snapshot: what is in it and how it was built, with the checksum of every file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from sparewheel.rag.disk import sha256_of, write_durably
from sparewheel.rag.errors import StoreError
from sparewheel.rag.ingest.first_layout import as_segments
from sparewheel.rag.ingest.segments import Segment

LAYOUT = 2  # of the snapshot folder and its SQLite schema; the one before, without segments, is read too
NAME = "manifest.json"


@dataclass(frozen=True)
class IndexState:
    """One index of the snapshot. It holds every chunk of the store whose id is <= through."""

    version: str  # of the writer: tokeniser or embedding model
    through: int
    chunks: int
    segments: tuple[Segment, ...] = ()  # the oldest first


@dataclass(frozen=True)
class FileState:
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    number: int
    published: str  # ISO 8601, UTC
    documents: int
    chunks: int
    chars: int  # of all document texts
    splitters: tuple[str, ...]  # versions the stored chunks were split by; more than one: some are out of date
    indexes: Mapping[str, IndexState]
    rows: tuple[Segment, ...] = ()  # SQLite files, the oldest first
    next_chunk: int = 1  # id of the next chunk to come; none is given twice
    next_document: int = 1
    files: Mapping[str, FileState] = field(default_factory=dict)  # path within the snapshot
    layout: int = LAYOUT
    corpus: str = ""  # id of the corpus it was published in; "" of one published before corpora had ids

    def write(self, folder: Path) -> None:
        write_durably(folder / NAME, json.dumps(asdict(self), indent=1).encode())


def read_manifest(folder: Path) -> Manifest:
    """Raises FileNotFoundError, or StoreError when it is not one this program understands."""
    data = (folder / NAME).read_bytes()
    try:
        raw = json.loads(data.decode("utf-8"))
        layout = raw["layout"]
        if layout == LAYOUT - 1:
            raw = as_segments(raw, folder)
        if layout in (LAYOUT, LAYOUT - 1):
            raw["indexes"] = {
                name: IndexState(**{**state, "segments": _segments(state["segments"])})
                for name, state in raw["indexes"].items()
            }
            raw["files"] = {name: FileState(**state) for name, state in raw["files"].items()}
            return Manifest(**{**raw, "splitters": tuple(raw["splitters"]), "rows": _segments(raw["rows"])})
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{folder / NAME} is damaged ({error}); remove the corpus and ingest again") from error
    raise StoreError(
        f"{folder} has layout {layout}, this program reads layout {LAYOUT}; "
        "use the version that wrote it, or ingest into a new corpus"
    )


def _segments(raw: Sequence[Mapping[str, Any]]) -> tuple[Segment, ...]:
    return tuple(Segment(**each) for each in raw)


def checksums(folder: Path, known: Mapping[str, FileState]) -> dict[str, FileState]:
    """The state of every file below `folder`; that of a file in `known` is taken from there."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {
        name: known.get(name) or FileState((folder / name).stat().st_size, sha256_of(folder / name)) for name in names
    }
