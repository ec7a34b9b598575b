"""Examples as token arrays, and batches of them on the device.

A row is [CLS] question [SEP] heading passage [SEP]; an answer may start and end in the passage, or, where there is
none, at [CLS].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from training.reader.data import Example
from training.reader.model import LABELS

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

ENDS = {"en": (101, 102), "zh": (0, 2)}  # ids of [CLS] and [SEP]
MOST_TOKENS, MOST_QUESTION, MOST_SPANS = 512, 96, 6
UNKNOWN = (-2, -2)  # the span of a row of which nobody said where its answer stands


@dataclass(frozen=True)
class Rows:
    """ids: uint16, all rows one after the other; starts: int64 [rows + 1], where each begins; question and passage:
    uint16, first token of segment 1 and of the passage in it; spans: int16 [rows, MOST_SPANS, 2], tokens of a row, both
    inclusive, -1 where unused (the first -2: UNKNOWN); label: int8, index into LABELS or -1; source: uint8, index into
    `sources`.
    """

    ids: NDArray[np.uint16]
    starts: NDArray[np.int64]
    question: NDArray[np.uint16]
    passage: NDArray[np.uint16]
    spans: NDArray[np.int16]
    label: NDArray[np.int8]
    source: NDArray[np.uint8]
    sources: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.label)

    def save(self, file: Path) -> None:
        """As one npz."""
        arrays: dict[str, Any] = {name: np.asarray(getattr(self, name)) for name in self.__dataclass_fields__}
        np.savez(file, **arrays)

    @classmethod
    def load(cls, file: Path) -> Rows:
        """What `save` wrote."""
        with np.load(file) as stored:
            values: dict[str, Any] = {name: stored[name] for name in cls.__dataclass_fields__}
        return cls(**{**values, "sources": tuple(str(s) for s in values["sources"])})


def rows_of(parts: Iterable[tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[Sequence[int]], int, int]],
            sources: Sequence[str], ends: tuple[int, int] = ENDS["en"]) -> Rows:  # fmt: skip
    """Rows from (question ids, heading ids, passage ids, spans in the passage, label, source) tuples."""
    ids: list[NDArray[np.uint16]] = []
    meta, spans_all = [], []
    for question, heading, passage, spans, label, source in parts:
        row = [ends[0], *question[:MOST_QUESTION], ends[1]]
        segment = len(row)
        row += heading
        first = len(row)
        row = [*[*row, *passage][: MOST_TOKENS - 1], ends[1]]
        if list(spans) == [UNKNOWN]:
            kept = [UNKNOWN]
        else:
            kept = [(first + a, first + b) for a, b in spans if first + b < len(row) - 1][:MOST_SPANS]
        if spans and not kept:
            continue
        padded = np.full((MOST_SPANS, 2), -1, np.int16)
        padded[: len(kept)] = np.asarray(kept, np.int16).reshape(-1, 2)
        ids.append(np.asarray(row, np.uint16))
        meta.append((len(row), segment, first, label, source))
        spans_all.append(padded)
    table = np.asarray(meta, np.int64).reshape(-1, 5)
    starts = np.concatenate([[0], np.cumsum(table[:, 0])])
    return Rows(
        ids=np.concatenate([np.zeros(0, np.uint16), *ids]),
        starts=starts,
        question=table[:, 1].astype(np.uint16),
        passage=table[:, 2].astype(np.uint16),
        spans=np.asarray(spans_all, np.int16).reshape(-1, MOST_SPANS, 2),
        label=table[:, 3].astype(np.int8),
        source=table[:, 4].astype(np.uint8),
        sources=tuple(sources),
    )


def joined(parts: Sequence[Rows]) -> Rows:
    """The rows of all parts; their sources become one list."""
    starts = np.concatenate([[0], np.cumsum(np.concatenate([np.diff(p.starts) for p in parts]))])
    sources = sorted({name for p in parts for name in p.sources})
    columns = {name: np.concatenate([getattr(p, name) for p in parts])
               for name in ("ids", "question", "passage", "spans", "label")}  # fmt: skip
    numbers = [np.asarray([sources.index(name) for name in p.sources], np.uint8)[p.source] for p in parts]
    return Rows(starts=starts, sources=tuple(sources), source=np.concatenate(numbers), **columns)


def chosen(rows: Rows, kept: NDArray[np.bool_]) -> tuple[Rows, NDArray[np.bool_]]:
    """The rows where `kept` is True, and which tokens of `rows.ids` they are."""
    lengths = np.diff(rows.starts)
    tokens = np.repeat(kept, lengths)
    columns = {name: getattr(rows, name)[kept] for name in ("question", "passage", "spans", "label", "source")}
    starts = np.concatenate([[0], np.cumsum(lengths[kept])])
    return Rows(ids=rows.ids[tokens], starts=starts, sources=rows.sources, **columns), tokens


def encode(examples: Sequence[Example], tokenizer: Tokenizer, headings: Sequence[bool],
           ends: tuple[int, int] = ENDS["en"]) -> Rows:  # fmt: skip
    """The rows of the examples that fit; headings[i] tells whether example i shows its heading."""
    sources = sorted({e.source for e in examples})

    def parts() -> Iterable[Any]:
        for example, shown in zip(examples, headings, strict=True):
            passage = tokenizer.encode(example.passage, add_special_tokens=False)
            heading = tokenizer.encode(example.heading, add_special_tokens=False).ids[:40] if shown else []
            question = tokenizer.encode(example.question, add_special_tokens=False).ids
            spans = [s for a, b in example.spans if (s := token_span(passage.offsets, a, b))]
            if example.spans and not spans:
                continue
            if not example.spans_known:
                spans = [UNKNOWN]
            label = LABELS.index(example.label) if example.label else -1
            yield question, heading, passage.ids, spans, label, sources.index(example.source)

    return rows_of(parts(), sources, ends)


def token_span(offsets: Sequence[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    """First and last token that touch characters [start, end); None when none does."""
    lows = np.fromiter((o[0] for o in offsets), np.int64, len(offsets))
    highs = np.fromiter((o[1] for o in offsets), np.int64, len(offsets))
    touching = np.flatnonzero((highs > start) & (lows < end))
    return (int(touching[0]), int(touching[-1])) if len(touching) else None


class Plan:
    """Row numbers of the batch of each step, without end: every epoch takes each source `weights` times (1 by default;
    0.5 is a random half), rows of like length together, batches shuffled. A batch is a function of seed and step.
    """

    def __init__(self, rows: Rows, batch: int, weights: dict[str, float], seed: int) -> None:
        self.lengths, self.batch, self.seed = np.diff(rows.starts), batch, seed
        self.pools = [(np.flatnonzero(rows.source == number), weights.get(name, 1.0))
                      for number, name in enumerate(rows.sources)]  # fmt: skip
        self.epoch = -1
        self.batches: list[NDArray[np.int64]] = []
        self._turn_to(0)

    def __len__(self) -> int:
        """Batches of an epoch."""
        return len(self.batches)

    def __getitem__(self, step: int) -> NDArray[np.int64]:
        self._turn_to(step // len(self.batches))
        return self.batches[step % len(self.batches)]

    def _turn_to(self, epoch: int) -> None:
        if epoch == self.epoch:
            return
        self.epoch = epoch
        rng = np.random.default_rng((self.seed, epoch))
        taken = []
        for pool, wanted in self.pools:
            own = rng.permutation(pool)
            taken += [own] * int(wanted) + [own[: round(len(own) * (wanted % 1))]]
        order = rng.permutation(np.concatenate(taken))
        self.batches = []
        for part in np.array_split(order, max(1, len(order) // (self.batch * 40))):
            part = part[np.argsort(self.lengths[part], kind="stable")]
            cut = [part[i : i + self.batch] for i in range(0, len(part) - self.batch + 1, self.batch)]
            self.batches += [cut[i] for i in rng.permutation(len(cut))]


def on_device(
    rows: Rows, device: str, taught: NDArray[np.float16] | None = None
) -> Callable[[NDArray[np.int64]], dict[str, torch.Tensor]]:
    """A function from row numbers to the batch: ids, types, mask, allowed, spans, label, source; padded to a multiple
    of 32. With `taught` [tokens of all rows, 2], also those start and end probabilities, [rows, tokens, 2].
    """
    import torch

    flat = torch.from_numpy(rows.ids.astype(np.int32)).to(device)
    soft = None if taught is None else torch.from_numpy(taught).to(device)
    starts = torch.from_numpy(rows.starts).to(device)
    lengths = np.diff(rows.starts)
    fixed = {
        name: torch.from_numpy(getattr(rows, name).astype(np.int64)).to(device)
        for name in ("question", "passage", "spans", "label", "source")
    }

    def batch(numbers: NDArray[np.int64]) -> dict[str, torch.Tensor]:
        width = int(-(-lengths[numbers].max() // 32) * 32)
        index = torch.from_numpy(numbers).to(device)
        at = torch.arange(width, device=device)[None]
        length = (starts[index + 1] - starts[index])[:, None]
        mask = at < length
        place = (starts[index][:, None] + at).clamp(max=len(flat) - 1)
        ids = flat[place].long() * mask
        picked = {name: values[index] for name, values in fixed.items()}
        allowed = ((at >= picked["passage"][:, None]) & (at < length - 1)) | (at == 0)
        types = ((at >= picked["question"][:, None]) & mask).long()
        if soft is not None:
            picked["taught"] = soft[place].float() * allowed[..., None]
        return {"ids": ids, "types": types, "mask": mask, "allowed": allowed, **picked}

    return batch
