"""Is the audit log whole? The first broken line, told apart from what a crash leaves behind."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparewheel.rag.errors import NotFound
from sparewheel.rag.observe.audit import files, key_id, parsed, sealed


@dataclass(frozen=True)
class Report:
    """broken: "file:line: what is wrong" of the first broken line, "" when there is none.

    torn: what crashes left, "file:line" each; the last one may still wait for the record that names it. first, last:
    record numbers; head: hash of the last record. lost_head: the hash asked for, or an anchored one, is not in the log.
    """

    records: int
    first: int
    last: int
    head: str
    torn: tuple[str, ...]
    broken: str = ""
    lost_head: bool = False

    @property
    def ok(self) -> bool:
        return not (self.broken or self.lost_head)


def check(folder: Path, heads: Sequence[str] = (), key: bytes = b"") -> Report:
    """Reads the whole log. heads: hashes that must still be in it. key: that sealed the records.

    Raises NotFound where there is no log."""
    if not files(folder):
        raise NotFound(f"no audit log in '{folder}'; it begins with the first question of `sparewheel serve` or `ui`")
    first = last = count = pruned = 0
    previous, broken, missing = "", "", set(heads)
    torn: list[str] = []
    left: list[tuple[str, bytes]] = []  # lines that are no record, until a record names them
    for where, line in _lines(folder):
        record = parsed(line)
        if record is None:
            left.append((where, line))
            continue
        if left and record.get("torn") != _hash_of(left):
            broken = f"{left[0][0]}: no record, and the next one does not tell of a crash"
            break
        if wrong := _wrong(record, line, previous, last, key):
            broken = f"{where}: {wrong}"
            break
        torn += [place for place, _ in left]
        left.clear()
        first, last, previous = first or record["n"], record["n"], record["hash"]
        count, pruned = count + 1, max(pruned, int(record.get("through", 0)))
        missing.discard(previous)
    if left and not broken:
        if left[-1][1].endswith(b"\n"):
            broken = f"{left[0][0]}: no record, but whole lines, which a crash does not leave"
        else:
            torn += [place for place, _ in left]
    if first > pruned + 1 and not broken:
        begins = f"{files(folder)[0].name}:1: the log begins with record {first}"
        broken = f"{begins}, and no record says that the earlier ones were pruned"
    return Report(count, first, last, previous, tuple(torn), broken, lost_head=bool(missing) and not broken)


def records(folder: Path) -> Iterator[dict[str, Any]]:
    """Every readable record, oldest first, unchecked."""
    for _, line in _lines(folder):
        if (record := parsed(line)) is not None:
            yield record


def _hash_of(left: list[tuple[str, bytes]]) -> str:
    return hashlib.sha256(b"".join(line for _, line in left).rstrip(b"\n")).hexdigest()


def _wrong(record: dict[str, Any], line: bytes, previous: str, last: int, key: bytes) -> str:
    """What breaks the chain at this record, "" if nothing. previous "": it is the first one that is still kept."""
    if record.get("key") != key_id(key):
        return f"record {record['n']} was sealed with another key than this one: give the key file of that time"
    body, _, seal = line.rstrip(b"\n").rpartition(b', "hash": "')
    if not hmac.compare_digest(seal, f'{sealed(body + b"}", key)}"}}'.encode()):
        return f"record {record['n']} was changed: its hash is not that of its content"
    if previous and record["n"] != last + 1:
        return f"record {record['n']} follows record {last}: records are missing or out of order"
    if previous and record["previous"] != previous:
        return f"record {record['n']} does not follow the record before it"
    return ""


def _lines(folder: Path) -> Iterator[tuple[str, bytes]]:
    """("file:line", the line with its line break) of all files."""
    for path in files(folder):
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                yield f"{path.name}:{number}", line
