"""The source files of uploads, kept beside their corpus so that a page can be drawn as it was printed.

<corpus>/originals/<sha256 of the bytes>/<name>     one version of a document; never changed, only removed
"""

from __future__ import annotations

import functools
import hashlib
import re
import shutil
import tempfile
import time
import unicodedata
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from sparewheel.rag.disk import sha256_of
from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Document

if TYPE_CHECKING:
    from sparewheel.rag.postgres.files import Files

FOLDER = "originals"
SPOOL = ".spool"  # in the data folder: files of corpora in a database, as far as they were read here
ORPHAN_S = 86400.0  # a file that no document came from is swept after so long: its upload was interrupted
_NAME_BYTES = 200  # a file system takes 255
_PIECE = 1 << 20


class Originals(Protocol):
    """The kept source files of one corpus."""

    def keep(self, name: str, content: BinaryIO, limit_mb: int) -> Path:
        """Where the file now is, to be read. Raises DocumentError when it is larger than limit_mb."""
        ...

    def original(self, document: Document) -> Path | None:
        """The file the document was read from, byte for byte; None when it is gone or was changed since."""
        ...

    def discard(self, source: str) -> None:
        """Removes the file if it was kept here; a source elsewhere is its owner's."""
        ...

    def sweep(self, used: Collection[str]) -> None:
        """Removes what interrupted uploads left. used: the sources of the documents."""
        ...

    def kept(self, document: Document) -> Path | None:
        """The kept file of the document; None where it was read from elsewhere."""
        ...

    def put(self, document: Document, path: Path) -> None:
        """Keeps a copy of the document's file, which is at `path`."""
        ...


def originals_of(store: CorpusStore, settings: Settings) -> Originals:
    """Of the corpus, where its engine keeps them."""
    if isinstance(store, Store):
        return InFolder(store.folder)
    from sparewheel.rag.postgres.files import Files
    from sparewheel.rag.postgres.store import PostgresStore

    if isinstance(store, PostgresStore):
        return InDatabase(Files(store), settings.corpora_folder / SPOOL / store.config.name)
    raise TypeError(f"no originals are known for a {type(store).__name__}")


def copy_originals(source: Originals, target: Originals, documents: Iterable[Document]) -> None:
    """The kept files of the documents are in `target` too."""
    for document in documents:
        if (path := source.kept(document)) is not None:
            target.put(document, path)


@dataclass(frozen=True)
class InFolder:
    """`Originals` in the folder of the corpus."""

    corpus: Path

    def keep(self, name: str, content: BinaryIO, limit_mb: int) -> Path:
        """As `keep`."""
        return keep(self.corpus, name, content, limit_mb)

    def original(self, document: Document) -> Path | None:
        """As `original`."""
        return original(self.corpus, document)

    def discard(self, source: str) -> None:
        """As `discard`."""
        discard(self.corpus, source)

    def sweep(self, used: Collection[str]) -> None:
        """As `sweep`."""
        sweep(self.corpus, used)

    def kept(self, document: Document) -> Path | None:
        """As the protocol."""
        path = self.corpus / FOLDER / document.sha256 / Path(document.source).name
        return path if document.sha256 and path.is_file() else None

    def put(self, document: Document, path: Path) -> None:
        """As the protocol."""
        to = self.corpus / FOLDER / document.sha256 / Path(document.source).name
        if not to.exists():
            to.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=to.parent.parent, prefix=".", delete=False) as file:
                shutil.copyfile(path, file.name)
            Path(file.name).replace(to)


@dataclass(frozen=True)
class InDatabase:
    """`Originals` in the database, each written to a folder of this machine when it is read.

    spool: that folder; <spool>/originals/<sha256>/<name>, as in the folder of a corpus. It may be emptied at any time.
    """

    files: Files
    spool: Path

    def keep(self, name: str, content: BinaryIO, limit_mb: int) -> Path:
        """As the protocol: here to be read, and in the database."""
        self.spool.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = keep(self.spool, name, content, limit_mb)
        self.files.put(path.parent.name, path.name, path)
        return path

    def original(self, document: Document) -> Path | None:
        """As the protocol."""
        return original(self.spool, document) or self.kept(document)

    def discard(self, source: str) -> None:
        """As the protocol; also what another machine kept."""
        path = Path(source)
        if path.parts[-5:-2] == (SPOOL, self.spool.name, FOLDER):
            self.files.remove(path.parent.name, path.name)
            discard(self.spool, str(self.spool / FOLDER / path.parent.name / path.name))

    def sweep(self, used: Collection[str]) -> None:
        """As the protocol. Here everything is only spooled: what is a day old goes."""
        self.files.sweep([(Path(source).parent.name, Path(source).name) for source in used])
        sweep(self.spool, ())

    def kept(self, document: Document) -> Path | None:
        """As the protocol; spooled from the database where it is not here."""
        path = self.spool / FOLDER / document.sha256 / Path(document.source).name
        if not document.sha256 or path.is_file():
            return path if document.sha256 else None
        if not self.files.has(document.sha256, path.name):
            return None
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent.parent, prefix=".", delete=False) as file:
            pass
        spooled = Path(file.name)
        try:
            whole = self.files.get(document.sha256, path.name, spooled) and sha256_of(spooled) == document.sha256
            return spooled.replace(path) if whole else None
        finally:
            spooled.unlink(missing_ok=True)

    def put(self, document: Document, path: Path) -> None:
        """As the protocol."""
        self.files.put(document.sha256, Path(document.source).name, path)


def keep(corpus: Path, name: str, content: BinaryIO, limit_mb: int) -> Path:
    """Where the file now is. Raises DocumentError when it is larger than limit_mb."""
    folder = corpus / FOLDER
    folder.mkdir(exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", delete=False) as file:
        try:
            while piece := content.read(_PIECE):
                size += len(piece)
                if size > limit_mb * 1_000_000:
                    raise DocumentError(
                        f"over the limit of {limit_mb} MB", cure="split it, or ask for a larger ingest.max_file_mb"
                    )
                digest.update(piece)
                file.write(piece)
        except BaseException:
            Path(file.name).unlink()
            raise
    path = folder / digest.hexdigest() / safe_name(name)
    path.parent.mkdir(exist_ok=True)
    return Path(file.name).replace(path)


def safe_name(name: str) -> str:
    """A plain file name made of what somebody called a file: no folder, no hidden file, nothing unprintable."""
    name = unicodedata.normalize("NFC", re.split(r"[/\\]", name)[-1])
    name = "".join(letter for letter in name if unicodedata.category(letter)[0] != "C").strip().lstrip(". ")
    stem, dot, suffix = name.rpartition(".")
    if not dot or len(suffix) > 10:
        stem, dot, suffix = name, "", ""
    room = _NAME_BYTES - len((dot + suffix).encode())
    return (stem.encode()[:room].decode("utf-8", "ignore").strip() or "document") + dot + suffix


def original(corpus: Path, document: Document) -> Path | None:
    """The file the document was read from, byte for byte; None when it is gone or was changed since."""
    kept = corpus / FOLDER / document.sha256 / Path(document.source).name
    for path in (Path(document.source), kept):  # kept: the corpus may have been moved since
        with suppress(OSError):
            stat = path.stat()
            if (
                path.is_absolute()
                and path.is_file()
                and document.sha256 == _sha256(path, stat.st_size, stat.st_mtime_ns)
            ):
                return path
    return None


def discard(corpus: Path, source: str) -> None:
    """Removes the file if it was kept here; a source elsewhere is its owner's."""
    path = Path(source)
    if path.parent.parent == corpus / FOLDER:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # another document has the same bytes under another name
            path.parent.rmdir()


def sweep(corpus: Path, used: Collection[str]) -> None:
    """Removes what interrupted uploads left. used: the sources of the documents."""
    before = time.time() - ORPHAN_S
    for path in (corpus / FOLDER).glob("*/*"):
        if str(path) not in used and path.stat().st_mtime < before:
            discard(corpus, str(path))
    for path in (corpus / FOLDER).glob(".*"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


@functools.lru_cache(maxsize=1024)
def _sha256(path: Path, bytes: int, mtime_ns: int) -> str:
    """Read once as long as size and time stay the same."""
    return sha256_of(path)
