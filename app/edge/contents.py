"""What an edge pack is.

    edge.json                    this list: every other file with its length and sha256
    sparewheel.toml              the settings it runs with (PROFILES)
    corpora/NAME/...             corpus.json, CURRENT and one snapshot, as a corpus lies on a disk
    models/NAME/...              the models that the corpus needs

It is a zip file whose entries are stored, not compressed: the same corpus gives the same bytes on every machine, and a
pack cannot unpack to more than it is long. The sha256 of edge.json is the pack's fingerprint: it stands for every byte.
"""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath

from sparewheel.rag.errors import StoreError

FORMAT = 1
LIST, SETTINGS = "edge.json", "sparewheel.toml"
LIST_BYTES = 4_000_000  # a longer edge.json is not read
_NAME = re.compile(r"\w[\w.-]{0,63}")

# What each profile sets; measured by benchmarks/edge_profiles.py, told in docs/edge.md.
PROFILES: Mapping[str, str] = {
    "small": """\
# One core: passages in the order of the search, read on one thread, few of them to the end.
[retrieve]
rerank = "off"
evidence_k = 5

[models]
threads = 1
read_windows = 2
""",
    "medium": """\
# One core with VNNI or AMX: the first five passages are ordered by the reranker, the likeliest two read to the end.
[retrieve]
rerank_k = 5
evidence_k = 3

[models]
threads = 1
read_windows = 2
""",
    "full": """\
# The same answers as on a large machine, about a second each on one core.
[models]
threads = 1
""",
}
_MAY_SET = {"retrieve", "models", "answer"}


@dataclass(frozen=True)
class FileEntry:
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Contents:
    """The content of edge.json. files: every other file by its path in the pack."""

    corpus: str
    domain: str
    sensitivity: str
    documents: int
    chunks: int
    published: str  # when the snapshot was made, ISO 8601, UTC
    profile: str
    models: tuple[str, ...]
    made_by: str  # program and version
    files: Mapping[str, FileEntry]
    format: int = FORMAT

    def to_json(self) -> bytes:
        """edge.json; equal contents give equal bytes."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1, sort_keys=True).encode()

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits that stand for every byte of the pack."""
        return hashlib.sha256(self.to_json()).hexdigest()

    @property
    def total_bytes(self) -> int:
        return sum(entry.bytes for entry in self.files.values())


def read_contents(raw: bytes, of: str) -> Contents:
    """edge.json read, every name in it harmless. Raises StoreError, which says what is wrong with the pack `of`."""
    try:
        values = json.loads(raw)
        if values["format"] != FORMAT:
            raise StoreError(
                f"{of} has format {values['format']!r}, this program reads {FORMAT}; use the other's version"
            )
        files = {str(name): FileEntry(int(row["bytes"]), str(row["sha256"])) for name, row in values["files"].items()}
        contents = Contents(**{**values, "files": files, "models": tuple(values["models"])})
        for name in (contents.corpus, *contents.models):
            if not _NAME.fullmatch(name):
                raise damaged(of, f"it has a corpus or model called {name!r}")
        if unknown := [name for name in files if not _expected(name, contents)]:
            raise damaged(of, f"a pack holds no file {unknown[0]!r}")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(of, f"{LIST} cannot be read: {error}") from error
    if contents.to_json() != raw:
        raise damaged(of, f"{LIST} is not as it is written")
    return contents


def _expected(name: str, contents: Contents) -> bool:
    """Whether a pack may hold a file of this path: no way out of its folder, and nothing that is not read."""
    path = PurePosixPath(name)
    plain = name == path.as_posix() and not path.is_absolute() and all(_NAME.fullmatch(part) for part in path.parts)
    corpus = path.is_relative_to(f"corpora/{contents.corpus}")
    model = len(path.parts) == 3 and path.parts[0] == "models" and path.parts[1] in contents.models
    return plain and (name == SETTINGS or corpus or model)


def check_settings(text: str, of: str) -> None:
    """Raises StoreError when the settings of a pack do more than a profile may: above all, name an endpoint."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise damaged(of, f"{SETTINGS} is not TOML: {error}") from error
    beyond = sorted(name for name in values if name not in _MAY_SET or not isinstance(values[name], dict))
    never = (("retrieve", "embedding"), ("models", "folder"))
    beyond += [f"{section}.{key}" for section, key in never if not beyond and key in values.get(section, {})]
    if beyond:
        raise damaged(of, f"its settings have {', '.join(beyond)}, which no pack needs")


def damaged(of: str, why: str) -> StoreError:
    """The error for a pack that must not be used."""
    return StoreError(f"{of} is no sound edge pack: {why}; get it again from who packed it")
