"""The audit log: who asked which corpus, what was cited, who answered. No question, no text of a document.

    <folder>/audit-000001.jsonl   one record a line; only ever appended to, and on the disk at once
    <folder>/lock                 held while lines are written, by whichever process writes

A record holds the hash of the one before it, so that a line changed, removed or put in breaks the chain there
(`audit_check`). What a crash left of a last line stays where it is; the next record names its hash under "torn". Who
may write the files can forge a whole new chain: keep the newest hash somewhere else (`sparewheel audit verify` prints
it, and takes it back with --head).
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from sparewheel.rag.disk import FileHold, sync
from sparewheel.rag.errors import SettingsError
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

    def __init__(self, folder: Path, max_mb: float = 64.0) -> None:
        """Raises SettingsError when nothing can be written there."""
        self.folder = folder
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
                file.write(_lines(entries, end))
                file.flush()
                os.fsync(file.fileno())
        finally:
            hold.close()


def _lines(entries: list[dict[str, Any]], end: Tail) -> bytes:
    """The records that continue a log with this end."""
    lines = [] if end.complete or not entries else [b""]
    previous, torn = end.hash, end.torn
    for number, fields in enumerate(entries, end.number + 1):
        record = {"n": number, **fields, "previous": previous}
        if torn:
            record["torn"], torn = hashlib.sha256(torn).hexdigest(), b""
        previous = digest(record)
        lines.append(json.dumps({**record, "hash": previous}, ensure_ascii=False).encode())
    return b"\n".join([*lines, b""]) if lines else b""


def entry(asked: Asked) -> dict[str, Any]:
    """What a question leaves in the log. asked_of: the answerers that were given the passages."""
    answer = asked.answer
    return {
        "at": datetime.fromtimestamp(asked.began, UTC).isoformat(timespec="milliseconds"),
        "user": asked.asker,
        "request_id": asked.request_id,
        "corpus": answer.corpus,
        "sensitivity": asked.sensitivity,
        "outcome": asked.outcome,
        "answered_by": answer.answered_by,
        "model": answer.model,
        "asked_of": list(dict.fromkeys(one.answerer for one in answer.attempts if one.outcome != "skipped")),
        "cited": [[one.document_id, one.start, one.end] for one in answer.citations],
    }


def digest(record: Mapping[str, Any]) -> str:
    """The hash of a record without its own: sha256 of its JSON, keys sorted."""
    plain = {key: value for key, value in record.items() if key != "hash"}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


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
    """The record of a line; None for what is none."""
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) and isinstance(record.get("n"), int) and "hash" in record else None
