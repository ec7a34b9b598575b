"""The network of the Chinese reader, its batches, and what it reads out of its logits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from training.zh_examples import LABELS, Example
from training.zh_texts import windows

Run = Callable[[NDArray[np.int64], NDArray[np.int64]], tuple[NDArray[np.float32], ...]]
LONGEST_ANSWER_TOKENS = 96


class SpanReader(nn.Module):
    """Start and end logits of every token (token 0: no answer), and logits of "", "yes", "no" from token 0."""

    def __init__(self, body: Any) -> None:
        super().__init__()
        self.body = body
        self.span = nn.Linear(body.config.hidden_size, 2)
        self.label = nn.Linear(body.config.hidden_size, len(LABELS))

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """start [batch, tokens], end [batch, tokens], label [batch, 3] for int64 [batch, tokens]."""
        states = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        start, end = self.span(states).unbind(-1)
        return start, end, self.label(states[:, 0])


@dataclass(frozen=True)
class Row:
    """A tokenised example: the tokens [first, last] of the answer, 0 and 0 where there is none."""

    ids: NDArray[np.int32]
    passage: int  # first token of the passage
    first: int
    last: int
    label: int


def rows(tokenizer: Tokenizer, texts: Sequence[str], examples: Sequence[Example], limit: int) -> list[Row]:
    """The examples as token rows; an answer that `limit` cuts off is no answer."""
    made: list[Row] = []
    for at in range(0, len(examples), 4000):
        block = examples[at : at + 4000]
        pairs = [(example.question, example.passage(texts[example.text])) for example in block]
        for example, encoding in zip(block, tokenizer.encode_batch(pairs), strict=True):
            made.append(_row(example, encoding, limit))
    return made


def _row(example: Example, encoding: Any, limit: int) -> Row:
    passage = encoding.sequence_ids.index(1)
    spans = np.array(encoding.offsets[passage : limit - 1])
    inside = np.flatnonzero((spans[:, 0] < example.answer_end) & (spans[:, 1] > example.answer_start))
    found = example.answer_start >= 0 and inside.size and spans[inside[-1], 1] >= example.answer_end
    first, last = (int(inside[0]) + passage, int(inside[-1]) + passage) if found else (0, 0)
    ids = np.array([*encoding.ids[: limit - 1], 2] if len(encoding.ids) > limit else encoding.ids, np.int32)
    return Row(ids, passage, first, last, example.label if found else 0)


class Batches:
    """Batches of rows of like length, in an order that depends on the seed and the step only."""

    def __init__(self, rows: Sequence[Row], size: int, seed: int, device: torch.device) -> None:
        self.rows, self.size, self.seed, self.device = rows, size, seed, device
        self.per_epoch = len(rows) // size
        self._lengths = np.array([len(row.ids) for row in rows])
        self._epoch, self._order = -1, np.zeros(0, np.int64)

    def __call__(self, step: int) -> dict[str, Tensor]:
        """ids, mask, allowed (tokens an answer may touch), first, last and label of one batch."""
        epoch, at = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._shuffled(epoch)
        return self.collate([self.rows[i] for i in self._order[at]])

    def _shuffled(self, epoch: int) -> NDArray[np.int64]:
        """int [batches, size]: shuffled, then sorted by length within runs of 50 batches, batches shuffled."""
        rng = np.random.default_rng((self.seed, epoch))
        order = rng.permutation(len(self.rows))[: self.per_epoch * self.size]
        run = 50 * self.size
        parts = [p[np.argsort(self._lengths[p], kind="stable")] for p in np.split(order, range(run, len(order), run))]
        batches: NDArray[np.int64] = np.concatenate(parts).reshape(-1, self.size)
        return batches[rng.permutation(len(batches))]

    def collate(self, block: Sequence[Row]) -> dict[str, Tensor]:
        ids, mask = padded([row.ids for row in block])
        places = np.arange(ids.shape[1])[None]
        first = np.array([row.passage for row in block])[:, None]
        allowed = ((places >= first) & (mask == 1)) | (places == 0)
        arrays = {"ids": ids, "mask": mask, "allowed": allowed}
        numbers = {name: np.array([getattr(row, name) for row in block]) for name in ("first", "last", "label")}
        tensors = {name: torch.from_numpy(array) for name, array in (arrays | numbers).items()}
        return {name: tensor.to(self.device, non_blocking=True) for name, tensor in tensors.items()}


def padded(ids: Sequence[NDArray[np.int32]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(ids, mask), both [rows, longest row rounded up to 8]; padding has id 1."""
    width = -(-max(map(len, ids)) // 8) * 8
    out, mask = np.ones((len(ids), width), np.int64), np.zeros((len(ids), width), np.int64)
    for i, row in enumerate(ids):
        out[i, : len(row)], mask[i, : len(row)] = row, 1
    return out, mask


def span_loss(model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
    """Mean of the cross-entropies of first and last token, and half of the label's."""
    start, end, label = model(batch["ids"], batch["mask"])
    masked = [logits.float().masked_fill(~batch["allowed"], -1e4) for logits in (start, end)]
    cross = nn.functional.cross_entropy
    spans = (cross(masked[0], batch["first"]) + cross(masked[1], batch["last"])) / 2
    return spans + 0.5 * cross(label.float(), batch["label"])


@dataclass(frozen=True)
class Reading:
    """The best span [start, end) of a text. margin: its logits minus those of no answer; labels: probabilities."""

    start: int
    end: int
    margin: float
    labels: tuple[float, ...]


def read(run: Run, tokenizer: Tokenizer, pairs: Sequence[tuple[str, str]], limit: int, batch: int) -> list[Reading]:
    """The best reading over the windows of each (question, text)."""
    jobs = [(i, a, b) for i, (_, text) in enumerate(pairs) for a, b in windows(len(text))]
    best: list[Reading | None] = [None] * len(pairs)
    encodings = tokenizer.encode_batch([(pairs[i][0], pairs[i][1][a:b]) for i, a, b in jobs])
    order = sorted(range(len(jobs)), key=lambda j: len(encodings[j].ids))
    for at in range(0, len(order), batch):
        block = order[at : at + batch]
        ids, mask = padded([np.array(encodings[j].ids[:limit], np.int32) for j in block])
        start, end, label = run(ids, mask)
        for k, j in enumerate(block):
            i, offset, _ = jobs[j]
            found = best_span(start[k], end[k], label[k], encodings[j], min(limit, len(encodings[j].ids)), offset)
            if best[i] is None or found.margin > best[i].margin:  # type: ignore[union-attr]
                best[i] = found
    return [reading for reading in best if reading]


def best_span(
    start: NDArray[np.float32], end: NDArray[np.float32], label: NDArray[np.float32], encoding: Any, count: int, at: int
) -> Reading:
    """The best span of one window in characters, `at` added; among the 20 best starts and ends."""
    first = encoding.sequence_ids.index(1)
    s, e = start[first : count - 1], end[first : count - 1]
    heads, tails = np.argsort(-s)[:20], np.argsort(-e)[:20]
    length = tails[None] - heads[:, None]
    scores = np.where((length >= 0) & (length < LONGEST_ANSWER_TOKENS), s[heads][:, None] + e[tails][None], -1e9)
    i, j = np.unravel_index(int(scores.argmax()), scores.shape)
    a, b = encoding.offsets[first + heads[i]][0], encoding.offsets[first + tails[j]][1]
    odds = np.exp(label - label.max())
    margin = float(scores[i, j] - start[0] - end[0])
    return Reading(at + a, at + b, margin, tuple((odds / odds.sum()).tolist()))
