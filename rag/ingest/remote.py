"""Files of an object store (S3, GCS, Azure, HDFS, HTTP ... whatever fsspec knows) as files of a folder here.

Only what changed is fetched: size and the store's own mark of a version are kept beside the files. What is gone there
goes here, so that `--prune` sees it. An address must not carry a password; credentials are the store's usual ones.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from sparewheel.rag.disk import write_durably
from sparewheel.rag.errors import NotFound, Unavailable, UsageError, install
from sparewheel.rag.ingest.report import Progress
from sparewheel.rag.settings import Ingest

MARKS = ".sparewheel-remote.json"  # relative path -> what told this version from another
VERSION_FIELDS = (
    "ETag",
    "etag",
    "md5Hash",
    "content_md5",
    "mtime",
    "LastModified",
    "last_modified",
    "updated",
    "created",
)


def mirrored(
    url: str, folder: Path, settings: Ingest, on_progress: Callable[[Progress], None] = lambda progress: None
) -> Path:
    """The folder below `folder` that holds the files of the address, as they are now.

    Raises UsageError for an address that cannot be used, NotFound where nothing lies there, Unavailable where the store
    does not answer.
    """
    store, root = _store(url)
    target = folder / hashlib.sha256(url.encode()).hexdigest()[:16]
    target.mkdir(parents=True, exist_ok=True)
    try:
        there: dict[str, dict[str, Any]] = store.find(root, detail=True)
        if not there and store.exists(root):
            there = {root: store.info(root)}
        wanted = {
            _relative(path, root): (path, info) for path, info in there.items() if info.get("type") != "directory"
        }
        if not wanted:
            raise NotFound(f"nothing lies at {url!r}; check the address, and what this account may read")
        _bring(store, wanted, target, settings, on_progress)
    except (OSError, RuntimeError) as error:
        raise Unavailable(f"{url!r} cannot be read: {type(error).__name__}: {error}") from error
    return target


def _bring(
    store: Any,
    wanted: dict[str, tuple[str, dict[str, Any]]],
    target: Path,
    settings: Ingest,
    on_progress: Callable[[Progress], None],
) -> None:
    marks_file = target / MARKS
    known: dict[str, str] = json.loads(marks_file.read_text("utf-8")) if marks_file.exists() else {}
    for name in known.keys() - wanted.keys():
        (target / name).unlink(missing_ok=True)
    marks = {name: known[name] for name in known.keys() & wanted.keys()}
    total, done = sum(int(info.get("size") or 0) for _, info in wanted.values()), 0
    for name, (path, info) in sorted(wanted.items()):
        size, mark = int(info.get("size") or 0), _mark(info)
        place = target / name
        if not (place.exists() and mark and known.get(name) == mark):
            place.parent.mkdir(parents=True, exist_ok=True)
            if size <= settings.max_file_mb * 1_000_000:
                part = place.with_name(place.name + ".part")
                store.get_file(path, str(part))
                part.replace(place)
            else:  # named in the report with its size, and not fetched
                with place.open("wb") as hole:
                    hole.truncate(size)
        marks[name] = mark
        done += size
        on_progress(Progress("read", done, total, name))
    write_durably(marks_file, json.dumps(marks, ensure_ascii=False).encode())


def _store(url: str) -> tuple[Any, str]:
    if urlsplit(url).password:
        raise UsageError("an address must not carry a password: it would be kept; use the store's usual credentials")
    try:
        from fsspec.core import url_to_fs
    except ModuleNotFoundError:
        raise UsageError(f"an address needs the extra 'remote'; {install('remote')}") from None
    try:
        store, root = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise UsageError(f"{url!r} cannot be opened: {error}") from error
    return store, root.rstrip("/")


def _relative(path: str, root: str) -> str:
    """Below the root; a name that would lead out of the folder is an error of the store's."""
    name = path.removeprefix(root).lstrip("/") or PurePosixPath(path).name
    if ".." in PurePosixPath(name).parts or PurePosixPath(name).is_absolute():
        raise UsageError(f"the store names a file {path!r} that would be written outside its folder")
    return name


def _mark(info: dict[str, Any]) -> str:
    """What is another when the content is; "" where the store tells nothing."""
    told = [f"{key}={info[key]}" for key in VERSION_FIELDS if info.get(key)]
    return ";".join([f"size={info.get('size')}", *told]) if told else ""
