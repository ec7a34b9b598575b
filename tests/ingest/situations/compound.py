"""Compound files ([MS-CFB]), which Outlook messages are written in, from nested dicts of streams."""

from __future__ import annotations

import struct
from dataclasses import dataclass

SECTOR, SMALL_SECTOR, SMALL_BELOW = 512, 64, 4096  # bytes; a stream of fewer lies in small sectors
STORAGE, STREAM, ROOT = 1, 2, 5
NONE, END, TABLE = -1, -2, -3  # no entry; the end of a chain; a sector of the table of sectors


@dataclass
class Entry:
    """A storage or a stream; child, right: numbers of other entries."""

    name: str
    kind: int
    data: bytes = b""
    child: int = NONE
    right: int = NONE
    start: int = 0


class Sectors:
    """What lies in sectors of `size` bytes, and which of them follows which."""

    def __init__(self, size: int) -> None:
        self.size, self.follows, self.data = size, list[int](), b""

    def add(self, data: bytes) -> int:
        """The first sector of the data."""
        if not data:
            return END
        first, count = len(self.follows), -(-len(data) // self.size)
        self.follows += [*range(first + 1, first + count), END]
        self.data += data.ljust(count * self.size, b"\0")
        return first


def compound(tree: dict) -> bytes:
    """tree: name -> bytes of a stream, or the tree of a storage."""
    entries = [Entry("Root Entry", ROOT)]
    hang(tree, entries[0], entries)
    sectors, small = Sectors(SECTOR), Sectors(SMALL_SECTOR)
    for entry in entries:
        if entry.kind == STREAM:
            entry.start = (small if len(entry.data) < SMALL_BELOW else sectors).add(entry.data)
    entries[0].data, entries[0].start = small.data, sectors.add(small.data)
    small_table = numbers(small.follows)
    small_at, directory_at = sectors.add(small_table), sectors.add(directory(entries))
    count, at = 1, len(sectors.follows)
    while at + count > count * SECTOR // 4:  # the table has its own sectors in it
        count += 1
    table = numbers([*sectors.follows, *[TABLE] * count])
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 62, 3, 65534, 9, 6) + b"\0" * 6
    header += struct.pack(
        "<IIiIIiIiI", 0, count, directory_at, 0, SMALL_BELOW, small_at, len(small_table) // SECTOR, END, 0
    )
    header += struct.pack("<109i", *range(at, at + count), *[NONE] * (109 - count))
    return header + sectors.data + table


def hang(tree: dict, parent: Entry, entries: list[Entry]) -> None:
    """Adds what is in a storage, in the order of [MS-CFB]: each entry is the right neighbour of the one before."""
    ordered = sorted(tree.items(), key=lambda item: (len(item[0]), item[0].upper()))
    first = len(entries)
    made = [Entry(name, STORAGE) if isinstance(data, dict) else Entry(name, STREAM, data) for name, data in ordered]
    entries += made
    if made:
        parent.child = first
    for i, entry in enumerate(made[:-1], first + 1):
        entry.right = i
    for entry, (_, data) in zip(made, ordered, strict=True):
        if isinstance(data, dict):
            hang(data, entry, entries)


def numbers(table: list[int]) -> bytes:
    """In whole sectors."""
    packed = struct.pack(f"<{len(table)}i", *table)
    return packed.ljust(-(-len(packed) // SECTOR) * SECTOR, b"\xff")


def directory(entries: list[Entry]) -> bytes:
    """128 bytes an entry, in whole sectors."""
    rows = b"".join(row(e.name, e.kind, e.right, e.child, e.start, len(e.data)) for e in entries)
    return rows + row("", 0, NONE, NONE, 0, 0) * (-len(entries) % (SECTOR // 128))


def row(name: str, kind: int, right: int, child: int, start: int, size: int) -> bytes:
    letters = name.encode("utf-16-le")
    length = len(letters) + 2 if kind else 0
    ids = struct.pack("<HBBiii", length, kind, 1 if kind else 0, NONE, right, child)
    return letters.ljust(64, b"\0") + ids + b"\0" * 36 + struct.pack("<iQ", start, size)
