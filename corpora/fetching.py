"""Bring a public data set into the folder of the setting `public_data`: from a local folder, or by download.

Either way the tree is checked against the sha256 of `datasets.toml` before it takes its place by one rename, so a set
is there whole or not at all.
"""

from __future__ import annotations

import hashlib
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from sparewheel.corpora.public import Entry, entry
from sparewheel.rag.errors import NotFound, Unavailable, UsageError
from sparewheel.rag.settings import load_settings

_TIMEOUT_S = 60.0  # to connect, and between two reads
_MAX_BYTES = 2_000_000_000  # of an archive, and of what is unpacked from it


def fetch(name: str, root: Path | str | None = None, source: Path | str | None = None) -> Path:
    """The folder of the set below `root` (default: the setting `public_data`), filled if it was not there.

    source: a folder that holds the set, or a public data folder with the set in its place, or the URL of an archive to
    use instead of the registered one. Raises NotFound (unknown name, nothing at `source`, no download offered),
    UsageError (checksum differs, no folder set), Unavailable (the server did not answer).
    """
    found = entry(name)
    root = root or load_settings().public_data
    if not root:
        raise UsageError("no folder to put data sets in: set public_data (SPAREWHEEL_PUBLIC_DATA) to one")
    return bring(found, Path(root).expanduser(), source)


def bring(found: Entry, root: Path, source: Path | str | None = None) -> Path:
    """`fetch` for an entry, registered or not."""
    target = root / found.folder
    if target.is_dir():
        _verify(found, target, found.checksums, f"{target} is not what is registered: remove it and fetch again")
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}-") as scratch:
        new = Path(scratch) / "set"
        if source is None or "://" in str(source):
            _download(found, str(source or ""), new)
        else:
            shutil.copytree(_local(found, Path(source).expanduser()), new, copy_function=shutil.copyfile)
            for folder in (new, *(path for path in new.rglob("*") if path.is_dir())):
                folder.chmod(0o755)  # the copy of a read-only folder could not be renamed
        _verify(found, new, found.checksums, "the source holds another version, or the transfer was damaged")
        new.rename(target)
    return target


def tree_sha256(folder: Path, prefix: str) -> str:
    """sha256 over path, NUL, sha256 of its bytes (raw) of every file, sorted by path.

    A path is `prefix` (the set's registered folder), "/", and the path within `folder`.
    """
    digest = hashlib.sha256()
    files = sorted((f"{prefix}/{file.relative_to(folder).as_posix()}", file) for file in folder.rglob("*"))
    for path, file in files:
        if file.is_file():
            digest.update(path.encode() + b"\0")
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def _verify(found: Entry, folder: Path, expected: tuple[str, ...], otherwise: str) -> None:
    actual = tree_sha256(folder, found.folder)
    if actual not in expected:
        raise UsageError(f"{found.name}: sha256 {actual} is not {' or '.join(expected)}: {otherwise}")


def _local(found: Entry, source: Path) -> Path:
    """The set's folder inside `source`, or `source` itself."""
    for folder in (source / found.folder, source):
        if folder.is_dir():
            return folder
    raise NotFound(f"{source} is not a folder; give one that holds {found.name}, or one with {found.folder} in it")


def _download(found: Entry, url: str, new: Path) -> None:
    import httpx

    if found.download is None:
        raise NotFound(
            f"{found.name} was put together from {found.source} and has no archive to download; "
            f"give a folder that holds it: sparewheel corpora fetch {found.name} --from DIR"
        )
    url = url or found.download.url
    cure = f"on a machine without a network use: sparewheel corpora fetch {found.name} --from DIR"
    with tempfile.TemporaryFile() as archive:
        size = 0
        try:
            with httpx.stream("GET", url, follow_redirects=True, timeout=_TIMEOUT_S) as response:
                response.raise_for_status()
                for block in response.iter_bytes():
                    size += len(block)
                    if size > _MAX_BYTES:
                        raise UsageError(f"{url} is larger than {_MAX_BYTES:,} bytes: not the registered archive")
                    archive.write(block)
        except httpx.HTTPStatusError as error:
            raise Unavailable(f"{url} answered {error.response.status_code}; {cure}") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"cannot download {url}: {error}; {cure}") from error
        archive.seek(0)
        try:
            with tarfile.open(fileobj=archive, mode="r:*") as members:
                _unpack(members, found.download.files, new)
        except tarfile.TarError as error:
            raise UsageError(f"{url} is not a tar archive: {error}") from error


def _unpack(members: tarfile.TarFile, wanted: dict[str, str], new: Path) -> None:
    """Write the wanted regular files; `wanted` maps a path of the archive (file or folder) to one of the set.

    The archive's own first folder (repository-commit) is not part of a path. Links are left out.
    """
    size = 0
    new.mkdir()
    for member in members:
        inside = PurePosixPath(*PurePosixPath(member.name).parts[1:])
        source = next((s for s in wanted if inside == PurePosixPath(s) or PurePosixPath(s) in inside.parents), None)
        if source is None or not member.isfile() or ".." in inside.parts:
            continue
        size += member.size
        if size > _MAX_BYTES:
            raise UsageError(f"the archive unpacks to more than {_MAX_BYTES:,} bytes: not the registered one")
        place = new / wanted[source] / inside.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        stream = members.extractfile(member)
        assert stream is not None  # a regular file
        with stream, place.open("wb") as file:
            shutil.copyfileobj(stream, file)
