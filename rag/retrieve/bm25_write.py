"""Writing the keyword index: the old postings without what was removed, merged with those of the added chunks.

The result depends only on the chunks that are in, not on the order or number of writes that brought them there.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from sparewheel.rag.retrieve.bm25 import FORMAT, K1, B, Bm25Index, heads, impacts
from sparewheel.rag.retrieve.tokenise import TOKENISER_VERSION, terms
from sparewheel.rag.types import Chunk

_CHUNKS_AT_ONCE = 20_000  # bounds the memory of counting
_POSTINGS_AT_ONCE = 4_000_000  # bounds the memory of merging


@dataclass
class _Part:
    """Postings to merge: sorted terms; postings of term i at starts[i]:starts[i + 1]; ids of its ordinals."""

    terms: list[bytes]
    starts: NDArray[np.int64]
    chunks: NDArray[np.int32]
    counts: NDArray[np.uint16]
    ids: NDArray[np.int64]
    lengths: NDArray[np.int32]


class Bm25Writer:
    """An IndexWriter (`rag.types`) of the keyword index."""

    name = "bm25"
    version = f"tokeniser {TOKENISER_VERSION}"

    def write(self, old: Path | None, new: Path, added: Sequence[Chunk], removed: Sequence[int]) -> None:
        """Write the index of `old`'s chunks without `removed`, with `added`, into the folder `new`.

        An added chunk replaces the one of the same id. Raises StoreError when `old` is of another tokeniser.
        """
        parts = [_count(added[i : i + _CHUNKS_AT_ONCE]) for i in range(0, len(added), _CHUNKS_AT_ONCE)]
        kept = [np.ones(len(part.ids), np.bool_) for part in parts]
        if old is not None and (old / "meta.json").exists():
            before = _as_part(Bm25Index.open(old))
            gone = np.concatenate([np.fromiter(removed, np.int64, len(removed)), *(part.ids for part in parts)])
            parts.insert(0, before)
            kept.insert(0, ~np.isin(before.ids, gone))
        _merge(parts, kept, new)


def _count(chunks: Sequence[Chunk]) -> _Part:
    """The postings of `chunks`."""
    numbers: defaultdict[str, int] = defaultdict(count().__next__)
    lengths = np.zeros(len(chunks), np.int32)
    pieces = []
    for ordinal, chunk in enumerate(chunks):
        words = terms(chunk.indexed_text)
        lengths[ordinal] = len(words)
        pieces.append(np.fromiter(map(numbers.__getitem__, words), np.int64, len(words)))
    by_bytes = sorted((term.encode(), number) for term, number in numbers.items())
    position = np.empty(len(by_bytes), np.int64)
    position[[number for _, number in by_bytes]] = np.arange(len(by_bytes))
    term = position[np.concatenate(pieces)] if by_bytes else np.zeros(0, np.int64)
    keys, counts = np.unique(term << 32 | np.repeat(np.arange(len(chunks)), lengths), return_counts=True)
    return _Part(
        [word for word, _ in by_bytes],
        np.searchsorted(keys >> 32, np.arange(len(by_bytes) + 1)),
        (keys & 0xFFFFFFFF).astype(np.int32),
        np.minimum(counts, 0xFFFF).astype(np.uint16),
        np.fromiter((chunk.id for chunk in chunks), np.int64, len(chunks)),
        lengths,
    )


def _as_part(index: Bm25Index) -> _Part:
    blob, ends = index.vocabulary.tobytes(), index.vocabulary_ends.tolist()
    words = [blob[begin:end] for begin, end in zip([0, *ends], ends, strict=False)]
    return _Part(words, index.starts, index.postings, index.counts, index.ids, index.lengths)


def _merge(parts: list[_Part], kept: list[NDArray[np.bool_]], folder: Path) -> None:
    """Write the chunks `kept` of every part as one index into `folder`."""
    ids = np.concatenate([np.zeros(0, np.int64), *(part.ids[keep] for part, keep in zip(parts, kept, strict=True))])
    order = np.argsort(ids)
    lengths = [part.lengths[keep] for part, keep in zip(parts, kept, strict=True)]
    ordered_lengths = np.concatenate([np.zeros(0, np.int32), *lengths])[order]
    ordinals = []  # of each part: the new ordinal of every old one, -1 where it is gone
    places = iter(np.split(np.argsort(order), np.cumsum([len(some) for some in lengths])))
    for keep in kept:
        mapped = np.full(len(keep), -1, np.int64)
        mapped[keep] = next(places)
        ordinals.append(mapped)
    sizes = [_kept_per_term(part, mapped) for part, mapped in zip(parts, ordinals, strict=True)]
    words, maps = _union([_words_in_use(part.terms, size) for part, size in zip(parts, sizes, strict=True)])
    per_word = np.zeros(len(words), np.int64)
    for place, size in zip(maps, sizes, strict=True):
        per_word[place[place >= 0]] += size[place >= 0]
    _save(folder, ids[order], ordered_lengths, words, np.concatenate([[0], np.cumsum(per_word)]), parts, ordinals, maps)


def _kept_per_term(part: _Part, mapped: NDArray[np.int64]) -> NDArray[np.int64]:
    if not len(part.terms):
        return np.zeros(0, np.int64)
    kept = np.concatenate([[0], np.cumsum(mapped[part.chunks] >= 0, dtype=np.int64)])
    return np.diff(kept[part.starts])


def _words_in_use(words: list[bytes], sizes: NDArray[np.int64]) -> list[bytes | None]:
    return [word if size else None for word, size in zip(words, sizes.tolist(), strict=True)]


def _union(vocabularies: list[list[bytes | None]]) -> tuple[list[bytes], list[NDArray[np.int64]]]:
    """All words sorted, and for each vocabulary the places of its words among them (-1 for None)."""
    words = sorted({word for vocabulary in vocabularies for word in vocabulary if word is not None})
    place: dict[bytes | None, int] = {None: -1, **dict(zip(words, range(len(words)), strict=True))}
    return words, [np.fromiter(map(place.__getitem__, v), np.int64, len(v)) for v in vocabularies]


def _save(
    folder: Path,
    ids: NDArray[np.int64],
    lengths: NDArray[np.int32],
    words: list[bytes],
    starts: NDArray[np.int64],
    parts: list[_Part],
    ordinals: list[NDArray[np.int64]],
    maps: list[NDArray[np.int64]],
) -> None:
    size = int(starts[-1])
    kinds: dict[str, type[np.generic]] = {"chunks": np.int32, "counts": np.uint16, "impacts": np.float32}
    postings = {name: _array(folder / f"{name}.npy", kind, size) for name, kind in kinds.items()}
    ceilings = np.zeros(len(words), np.float32)
    average = float(lengths.mean()) if lengths.any() else 1.0
    for first, last in _ranges(starts):
        begin, end = int(starts[first]), int(starts[last])
        keys, some = zip(
            *(_slice(part, o, m, first, last) for part, o, m in zip(parts, ordinals, maps, strict=True)), strict=True
        )
        key = np.concatenate(keys)
        order = np.argsort(key, kind="stable")  # a few sorted runs, which timsort merges
        chunk, count = (key[order] & 0xFFFFFFFF).astype(np.int32), np.concatenate(some)[order]
        impact = impacts(count, lengths[chunk], average)
        for name, values in {"chunks": chunk, "counts": count, "impacts": impact}.items():
            postings[name][begin:end] = values
        ceilings[first:last] = np.maximum.reduceat(impact, starts[first:last] - begin)
    small: dict[str, NDArray[np.generic]] = {
        "ids": ids,
        "lengths": lengths,
        "vocabulary": np.frombuffer(b"".join(words), np.uint8),
        "vocabulary_ends": np.cumsum(np.fromiter(map(len, words), np.int64, len(words))),
        "vocabulary_heads": heads(words),
        "starts": starts,
        "ceilings": ceilings,
    }
    for name, array in small.items():
        np.save(folder / f"{name}.npy", array)
    meta = {"format": FORMAT, "tokeniser": TOKENISER_VERSION, "k1": K1, "b": B, "chunks": len(ids), "postings": size}
    (folder / "meta.json").write_text(json.dumps(meta) + "\n", encoding="utf-8")


def _array(path: Path, kind: type[np.generic], size: int) -> NDArray[np.generic]:
    """A new array file, mapped for writing."""
    if size:
        return open_memmap(path, "w+", kind, (size,))
    np.save(path, np.zeros(0, kind))  # an empty file cannot be mapped
    return np.zeros(0, kind)


def _ranges(starts: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
    """Half-open ranges of terms that cover all, each of about _POSTINGS_AT_ONCE postings, at least one term."""
    first, last_term = 0, len(starts) - 1
    while first < last_term:
        last = int(np.searchsorted(starts, starts[first] + _POSTINGS_AT_ONCE, side="right")) - 1
        last = min(max(last, first + 1), last_term)
        yield first, last
        first = last


def _slice(
    part: _Part, ordinals: NDArray[np.int64], places: NDArray[np.int64], first: int, last: int
) -> tuple[NDArray[np.int64], NDArray[np.uint16]]:
    """Of the merged terms first..last-1: key (term << 32 | new ordinal) and count of each kept posting of `part`."""
    inside = np.flatnonzero((places >= first) & (places < last))
    if not len(inside):
        return np.zeros(0, np.int64), np.zeros(0, np.uint16)
    low, high = int(inside[0]), int(inside[-1]) + 1  # terms between that are gone have no kept posting
    begin, end = int(part.starts[low]), int(part.starts[high])
    term = np.repeat(places[low:high], np.diff(part.starts[low : high + 1]))
    new = ordinals[part.chunks[begin:end]]
    kept = new >= 0
    return term[kept] << 32 | new[kept], part.counts[begin:end][kept]
