"""Which files an ingest means: paths to files with a stable id each, and what was left out and why."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path

from sparewheel.rag.errors import NotFound, suggest
from sparewheel.rag.ingest.formats import ocr
from sparewheel.rag.ingest.formats.members import is_system_file
from sparewheel.rag.ingest.formats.registry import PICTURES, SUFFIXES, cure_of, kind_of
from sparewheel.rag.ingest.names import shown


@dataclass(frozen=True)
class Found:
    """A file to ingest. id: its path within the folder that was named, with '/' between the parts."""

    id: str
    path: Path  # absolute
    root: Path  # the folder that was named, or the one the named file lies in
    bytes: int
    mtime_ns: int
    ctime_ns: int = 0  # when its content or its name was last changed, which no program can set back

    @property
    def source(self) -> str:
        """Its path as text."""
        return shown(self.path)


@dataclass(frozen=True)
class Left:
    """A file or folder that is not ingested. unreadable: nothing is known of what lies below it."""

    path: Path
    reason: str
    unreadable: bool = False
    cure: str = ""


def walk(paths: Sequence[Path], *, follow_links: bool = False) -> tuple[list[Found], list[Left]]:
    """The files below `paths`, sorted by folder and name, each once.

    Left out: hidden ones, kinds that are not read, links in a circle and, unless `follow_links`, links that lead out of
    the folder. What an operating system or a word processor keeps for itself is not even mentioned. A file that is
    named itself is always taken. Raises NotFound for a path that does not exist.
    """
    found: dict[Path, Found] = {}
    left: list[Left] = []
    for path in map(there, paths):
        for each in _below(path, None if follow_links else path.resolve(), frozenset()) if path.is_dir() else [path]:
            if isinstance(each, Left):
                left.append(each)
            elif each not in found:
                root = path if path.is_dir() else path.parent
                try:
                    stat = each.stat()
                except OSError as error:
                    left.append(Left(each, f"cannot be read: {error.strerror}", unreadable=True))
                    continue
                id = shown(each.relative_to(root).as_posix())
                found[each] = Found(id, each, root, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
    return list(found.values()), left


def there(path: Path) -> Path:
    """The absolute path. Raises NotFound, with the nearest name beside it, where nothing is."""
    absolute = Path(os.path.abspath(path))
    if not absolute.exists():
        near = suggest(absolute.name, os.listdir(absolute.parent)) if absolute.parent.is_dir() else ""
        raise NotFound(f"no file or folder {str(path)!r}{near}")
    return absolute


def name_apart(files: Sequence[Found], known: Mapping[str, str], taken: Mapping[str, str]) -> list[Found]:
    """The files with ids that no other document has.

    known: source -> document id of files seen before, which keep theirs. taken: document id -> source. The id of a
    source that is gone from the disk passes to the new file of that name: the folder was moved.
    """
    used = dict(taken)
    named = []
    for file in files:
        source = file.source
        id = known.get(source) or _free(file, used)
        used[id] = source
        named.append(replace(file, id=id))
    return named


def _free(file: Found, used: Mapping[str, str]) -> str:
    longer = f"{shown(file.root.name)}/{file.id}"
    choices = chain((file.id, longer), (f"{longer} ({n})" for n in count(2)))
    return next(id for id in choices if id not in used or _left(used[id]))


def _left(source: str) -> bool:
    """Whether the source was a file and is no longer there. Documents that never were a file have other sources."""
    return Path(source).is_absolute() and not Path(source).exists()


def gone(known: Collection[str], found: Collection[Found], left: Collection[Left], roots: Sequence[Path]) -> list[str]:
    """Known sources below the folders `roots` that are no longer there. What could not be read may still be there."""
    here = {file.source for file in found}
    unknown = [shown(each.path) for each in left if each.unreadable]
    folders = [folder for folder in (Path(os.path.abspath(root)) for root in roots) if folder.is_dir()]
    return [
        source
        for source in known
        if source not in here
        and any(Path(source).is_relative_to(folder) for folder in folders)
        and not any(Path(source).is_relative_to(path) for path in unknown)
    ]


def emptied(known: Collection[str], found: Collection[Found], roots: Sequence[Path]) -> list[Path]:
    """The folders of `roots` in which no file is left though documents came from there: a share that is not mounted
    looks like this."""
    folders = [folder for folder in (Path(os.path.abspath(root)) for root in roots) if folder.is_dir()]
    return [
        folder
        for folder in folders
        if not any(file.path.is_relative_to(folder) for file in found)
        and any(Path(source).is_relative_to(folder) for source in known)
    ]


def _below(folder: Path, top: Path | None, above: frozenset[tuple[int, int]]) -> Iterator[Path | Left]:
    """Depth first, files before folders. top: what links may not lead out of; above: device and inode of the folders
    on the way."""
    try:
        stat = folder.stat()
        entries = sorted(os.scandir(folder), key=lambda entry: (entry.is_dir(), entry.name))
    except OSError as error:
        yield Left(folder, f"cannot be read: {error.strerror}", unreadable=True, cure="check who may read it")
        return
    if (here := (stat.st_dev, stat.st_ino)) in above:
        yield Left(folder, "a link to a folder it lies in")
        return
    for entry in entries:
        path = folder / entry.name
        if is_system_file(entry.name) or entry.name.endswith(".access"):  # who may read: `beside`
            continue
        if entry.name.startswith("."):
            yield Left(path, "hidden", cure="name it on the command line to read it")
        elif entry.is_symlink() and top is not None and path.exists() and not path.resolve().is_relative_to(top):
            yield Left(path, "a link that leads out of the folder", cure="--follow-links reads what it leads to")
        elif entry.is_dir():
            yield from _below(path, top, above | {here})
        elif not entry.is_file():
            yield Left(path, "a broken link" if entry.is_symlink() else "not a regular file")
        elif path.suffix.lower() not in SUFFIXES and not (path.suffix == "" and _is_document(path)):
            suffix = path.suffix.lower()
            yield Left(path, f"{suffix or 'no suffix'}: not a kind of document that is read", cure=cure_of(suffix))
        elif path.suffix.lower() in PICTURES and not ocr.is_installed():
            yield Left(path, f"{path.suffix.lower()}: a picture, which only OCR can read", cure=ocr.CURE)
        else:
            yield path


def _is_document(path: Path) -> bool:
    """Whether a file without suffix is of a kind that its first bytes show, or text."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError:
        return False
    if kind_of(head) in SUFFIXES:
        return True
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        text = head[: error.start].decode("utf-8") if error.start > len(head) - 4 else ""
    return bool(text.strip()) and not any(c < " " and c not in "\t\r\n\f" for c in text) and not text.startswith("#!")
