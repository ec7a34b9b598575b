"""Posting lists as bytes: the chunks of a segment that hold a term, and how often each does.

One byte of widths, then the ordinals, then the counts, both little-endian:
    2 or 4 bytes an ordinal (a segment of at most 65,536 chunks needs 2) · 1 or 2 bytes a count
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.retrieve.tokenise import terms
from sparewheel.rag.types import Chunk

MOST_CHUNKS = 1 << 16  # of a segment


@dataclass(frozen=True)
class Segment:
    """ids: int64 [N] ascending; lengths: int32 [N], terms of each chunk; postings: term -> its list as bytes."""

    ids: NDArray[np.int64]
    lengths: NDArray[np.int32]
    postings: dict[str, bytes]


def count(chunks: Sequence[Chunk], ids: NDArray[np.int64]) -> Segment:
    """The segment of these chunks, which have these ids."""
    lengths = np.zeros(len(chunks), np.int32)
    lists: dict[str, tuple[list[int], list[int]]] = {}
    for ordinal, chunk in enumerate(chunks):
        found = Counter(terms(chunk.indexed_text))
        lengths[ordinal] = found.total()
        for term, number in found.items():
            ordinals, counts = lists.setdefault(term, ([], []))
            ordinals.append(ordinal)
            counts.append(number)
    packed = {
        term: pack(np.array(ordinals, np.uint32), np.minimum(counts, 0xFFFF).astype(np.uint16))
        for term, (ordinals, counts) in lists.items()
    }
    return Segment(ids, lengths, packed)


def pack(ordinals: NDArray[np.uint32], counts: NDArray[np.uint16]) -> bytes:
    """The list as bytes; ordinals ascending."""
    wide, high = bool(ordinals[-1] > 0xFFFF), bool(counts.max() > 0xFF)
    return (
        bytes([(2 if high else 0) | (1 if wide else 0)])
        + ordinals.astype("<u4" if wide else "<u2").tobytes()
        + counts.astype("<u2" if high else "u1").tobytes()
    )


def unpack(data: bytes) -> tuple[NDArray[np.uint32] | NDArray[np.uint16], NDArray[np.uint16] | NDArray[np.uint8]]:
    """(ordinals, counts) as views of the bytes; two empty arrays for none."""
    if not data:
        return np.zeros(0, np.uint16), np.zeros(0, np.uint8)
    wide, high = data[0] & 1, data[0] >> 1
    size = (len(data) - 1) // ((4 if wide else 2) + (2 if high else 1))
    ordinals = np.frombuffer(data, "<u4" if wide else "<u2", size, 1)
    return ordinals, np.frombuffer(data, "<u2" if high else "u1", size, 1 + ordinals.nbytes)


def merge(
    parts: Sequence[tuple[NDArray[np.int64], NDArray[np.int32]]],
    kept: Sequence[NDArray[np.bool_]],
    rows: Iterator[tuple[str, int, bytes]],
) -> Segment:
    """One segment of the chunks `kept` of several. parts: (ids, lengths) of each, whose ids do not overlap; rows:
    (term, which part, its list), term after term."""
    ids = np.concatenate([part[0][keep] for part, keep in zip(parts, kept, strict=True)])
    lengths = np.concatenate([part[1][keep] for part, keep in zip(parts, kept, strict=True)])
    order = np.argsort(ids)
    place = np.empty(len(ids), np.uint32)
    place[order] = np.arange(len(ids), dtype=np.uint32)
    new, start = [], 0  # of each part: the new ordinal of every old one; that of one which is gone means nothing
    for keep in kept:
        mapped = np.zeros(len(keep), np.uint32)
        size = int(keep.sum())
        mapped[keep] = place[start : start + size]
        new.append(mapped)
        start += size
    postings: dict[str, bytes] = {}
    held: list[tuple[NDArray[np.uint32], NDArray[np.uint16]]] = []
    before = ""

    def close() -> None:
        if held:
            ordinals, counts = (np.concatenate(column) for column in zip(*held, strict=True))
            by_ordinal = np.argsort(ordinals, kind="stable")
            postings[before] = pack(ordinals[by_ordinal], counts[by_ordinal])
            held.clear()

    for term, part, data in rows:
        if term != before:
            close()
            before = term
        ordinals, counts = unpack(data)
        alive = kept[part][ordinals]
        if alive.any():
            held.append((new[part][ordinals[alive]], counts[alive].astype(np.uint16)))
    close()
    return Segment(ids[order], lengths[order], postings)


def in_ranges(ids: NDArray[np.int64], firsts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool [len(ids)]: whether each of the ascending `ids` lies in one of the ranges [first, first + size), which do
    not overlap."""
    steps = np.zeros(len(ids) + 1, np.int32)
    np.add.at(steps, ids.searchsorted(firsts), 1)
    np.add.at(steps, ids.searchsorted(firsts + sizes), -1)
    return np.cumsum(steps[:-1]) > 0
