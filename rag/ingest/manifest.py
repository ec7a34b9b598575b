"""The manifest of a snapshot: what is in it and how it was built, with the checksum of every file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sparewheel.rag.disk import sha256_of, write_durably
from sparewheel.rag.errors import StoreError

LAYOUT = 1  # of the snapshot folder and its SQLite schema
NAME = "manifest.json"


@dataclass(frozen=True)
class IndexState:
    """One index of the snapshot. It holds every chunk of the store whose id is <= through."""

    version: str  # of the writer: tokeniser or embedding model
    through: int
    chunks: int


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
        if layout == LAYOUT:
            raw["indexes"] = {name: IndexState(**state) for name, state in raw["indexes"].items()}
            raw["files"] = {name: FileState(**state) for name, state in raw["files"].items()}
            return Manifest(**{**raw, "splitters": tuple(raw["splitters"])})
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{folder / NAME} is damaged ({error}); remove the corpus and ingest again") from error
    raise StoreError(
        f"{folder} has layout {layout}, this program reads layout {LAYOUT}; "
        "use the version that wrote it, or ingest into a new corpus"
    )


def checksums(folder: Path, old: Path | None, known: Mapping[str, FileState]) -> dict[str, FileState]:
    """The state of every file below `folder`; a hard link into the snapshot `old` keeps the very record in `known`."""
    states = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        name = path.relative_to(folder).as_posix()
        linked = old is not None and name in known and path.samefile(old / name)
        states[name] = known[name] if linked else FileState(path.stat().st_size, sha256_of(path))
    return states
