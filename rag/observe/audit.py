"""The audit log: every access, by whom, to what, from where, with which outcome. No text of question or document.

    <folder>/audit-000001.jsonl   one record a line; only ever appended to, and on the disk at once
    <folder>/lock                 held while lines are written, by whichever process writes

A record holds the hash of the one before it, and its own hash is an HMAC (RFC 2104) of the very bytes of its line,
with a key that is kept outside the folder: without the key no record can be changed, removed, put in or appended
(`audit_check`). What a crash left of a last line stays where it is; the next record names its hash under "torn".
Records cut off at the end are found by an anchor: a copy of the newest hash that is kept elsewhere (`audit_anchor`).
Old files are removed by `prune`, which leaves a record that says so.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import json
import logging
import os
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sparewheel.rag.disk import FileHold, sync
from sparewheel.rag.errors import SettingsError
from sparewheel.rag.observe import hooks
from sparewheel.rag.observe.hooks import Asked

FIRST = "0" * 64  # what the first record names as the one before it
BLOCK_BYTES = 16_384  # read of the end of a file to find its last record
MOST_KEPT = 10_000  # records kept for a disk that cannot be written


class Tail(NamedTuple):
    """Number and hash of the last whole record, what a crash left behind it, and whether a line break ends the file."""

    number: int
    hash: str
    torn: bytes
    complete: bool


class AuditLog:
    """Appends records. Any number of processes may write one folder. Safe to share between threads."""

    def __init__(
        self,
        folder: Path,
        max_mb: float = 64.0,
        key: bytes = b"",
        anchor: Callable[[int, str], None] = lambda number, hash: None,
        copy: Callable[[Sequence[tuple[int, bytes]]], None] = lambda lines: None,
    ) -> None:
        """key: of the records' HMAC. anchor: given number and hash of the newest record after each write. copy: given
        number and line of each record once it is on the disk.

        Raises SettingsError when nothing can be written there."""
        self.folder = folder
        self._key = key
        self._anchor = anchor
        self._copy = copy
        self.written = 0
        self.failures = 0
        self._max_bytes = int(max_mb * 1e6)
        self._lock = threading.Lock()
        self._kept: deque[dict[str, Any]] = deque()  # what could not be written, the newest MOST_KEPT
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._append([])
        except OSError as error:
            raise SettingsError(
                f"the audit log cannot be written in '{folder}': {error.strerror}; set observe.audit_folder to a "
                "folder that can, or observe.audit = false"
            ) from error

    @property
    def waiting(self) -> int:
        """Records that could not be written yet."""
        return len(self._kept)

    def asked(self, told: Iterable[Asked]) -> None:
        """A slow listener of questions."""
        self.write(*(entry(asked) for asked in told))

    def write(self, *entries: Mapping[str, Any]) -> None:
        """More records. They are on the disk afterwards, or kept for the next time and counted in `failures`."""
        with self._lock:
            all_due = [*self._kept, *map(dict, entries)]
            try:
                self._append(all_due)
            except OSError as error:
                self.failures += 1
                self._kept = deque(all_due, MOST_KEPT)
                told = "the audit log cannot be written: %s; %d records wait in memory"
                logging.getLogger(__name__).error(told, error, len(self._kept))
            else:
                self.written += len(all_due)
                self._kept.clear()

    def _append(self, entries: list[dict[str, Any]]) -> None:
        hold = FileHold(self.folder / "lock", shared=False, wait=True, create=True)
        try:
            path = newest(self.folder)
            end = tail(path)
            if end.complete and not end.torn and path.stat().st_size >= self._max_bytes:
                path = following(path)
            with path.open("ab") as file:
                data, newest_hash = _lines(entries, end, self._key)
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if entries:
                self._anchor(end.number + len(entries), newest_hash)
                whole = data.lstrip(b"\n").splitlines(keepends=True)
                self._copy(list(enumerate(whole, end.number + 1)))
        finally:
            hold.close()

    def prune(self, before: str) -> int:
        """Removes the oldest files whose records are all older than `before` (ISO 8601, UTC), never the newest file; a
        record says which were removed. How many records that were."""
        hold = FileHold(self.folder / "lock", shared=False, wait=True, create=True)
        try:
            through = last = 0
            for path in files(self.folder)[:-1]:
                records = [record for line in path.read_bytes().splitlines() if (record := parsed(line))]
                if not records or str(records[-1].get("at", before)) >= before:
                    break
                through, last = int(records[-1]["n"]), last + len(records)
                path.unlink()
            sync(self.folder)
        finally:
            hold.close()
        if through:
            self.write({"at": _now(), "event": "pruned", "through": through})
        return last


def _lines(entries: list[dict[str, Any]], end: Tail, key: bytes) -> tuple[bytes, str]:
    """The records that continue a log with this end, and the hash of the last one."""
    lines = [] if end.complete or not entries else [b""]
    previous, torn = end.hash, end.torn
    for number, fields in enumerate(entries, end.number + 1):
        record = {"n": number, **fields, "previous": previous, "key": key_id(key)}
        if torn:
            record["torn"], torn = hashlib.sha256(torn).hexdigest(), b""
        body = json.dumps(record, ensure_ascii=False).encode()
        previous = sealed(body, key)
        lines.append(body[:-1] + f', "hash": "{previous}"}}'.encode())
    return (b"\n".join([*lines, b""]) if lines else b""), previous


def entry(asked: Asked) -> dict[str, Any]:
    """What a question leaves in the log. asked_of: the answerers that were given the passages."""
    answer = asked.answer
    return {
        "at": datetime.fromtimestamp(asked.began, UTC).isoformat(timespec="milliseconds"),
        "event": "question",
        "user": asked.asker,
        "request_id": asked.request_id,
        "address": asked.context.get(hooks.address, ""),
        "corpus": answer.corpus,
        "sensitivity": asked.sensitivity,
        "outcome": asked.outcome,
        "answered_by": answer.answered_by,
        "model": answer.model,
        "asked_of": list(dict.fromkeys(one.answerer for one in answer.attempts if one.outcome != "skipped")),
        "cited": [[one.document_id, one.start, one.end] for one in answer.citations],
    }


def access(event: str, **fields: str) -> dict[str, Any]:
    """What any other access leaves in the log. event: "document_read", "sign_in", ...; fields: corpus, document,
    outcome and the like, never text of a document."""
    who = {"user": hooks.asker.get(""), "request_id": hooks.request_id.get(""), "address": hooks.address.get("")}
    return {"at": _now(), "event": event, **who, **fields}


def sealed(body: bytes, key: bytes) -> str:
    """The hash of a record: HMAC-SHA256 of its line without the hash, closed by "}". 64 hexadecimal digits."""
    return hmac.new(key, body, hashlib.sha256).hexdigest()


def key_id(key: bytes) -> str:
    """What a record says of the key that sealed it; the key cannot be found from it."""
    return hashlib.sha256(b"audit key " + key).hexdigest()[:8]


def read_key(path: Path) -> bytes:
    """The key in the file; 32 random bytes in a new file where there is none. Raises SettingsError."""
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            beside = path.with_name(f".{path.name}.{os.getpid()}")
            beside.touch(0o600)
            beside.write_bytes(secrets.token_bytes(32))
            with contextlib.suppress(FileExistsError):  # another process was first: its key counts
                os.link(beside, path)
            beside.unlink()
        return path.read_bytes()
    except OSError as error:
        raise SettingsError(
            f"the key of the audit log cannot be read from '{path}': {error.strerror}; set observe.audit_key_file"
        ) from error


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def files(folder: Path) -> list[Path]:
    """The log's files, oldest first."""
    return sorted(folder.glob("audit-*.jsonl"))


def newest(folder: Path) -> Path:
    """The file that is written now; made where there is none. Under the lock."""
    found = files(folder)
    if found:
        return found[-1]
    return _made(folder / "audit-000001.jsonl")


def following(path: Path) -> Path:
    """The next file, empty."""
    return _made(path.with_name(f"audit-{int(path.stem.removeprefix('audit-')) + 1:06}.jsonl"))


def _made(path: Path) -> Path:
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    sync(path.parent)
    return path


def tail(path: Path) -> Tail:
    """The end of the log, whose newest file is `path`."""
    size, block = path.stat().st_size, BLOCK_BYTES
    with path.open("rb") as file:
        while True:
            start = max(0, size - block)
            file.seek(start)
            data = file.read(size - start)
            ends = [at for at, byte in enumerate(data) if byte == 0x0A]
            begins = [0, *(at + 1 for at in ends)] if start == 0 else [at + 1 for at in ends]
            for begin in reversed(begins):
                line, _, after = data[begin:].partition(b"\n")
                if (record := parsed(line)) is not None:
                    return Tail(int(record["n"]), str(record["hash"]), after.rstrip(b"\n"), data.endswith(b"\n"))
            if start == 0:
                break
            block *= 4
    older = [file for file in files(path.parent) if file < path]
    before = tail(older[-1]) if older else Tail(0, FIRST, b"", True)
    return Tail(before.number, before.hash, data.rstrip(b"\n"), not data or data.endswith(b"\n"))


def parsed(line: bytes) -> dict[str, Any] | None:
    """The record of a line; None for what is none, also where a key stands twice: programs differ in which counts."""
    try:
        record = json.loads(line, object_pairs_hook=_once)
    except ValueError:
        return None
    return record if isinstance(record, dict) and isinstance(record.get("n"), int) and "hash" in record else None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Raises ValueError for a key that stands twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found
