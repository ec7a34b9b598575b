"""How well a reading network reads the held-out examples."""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from training.reader.batches import ENDS, encode, on_device
from training.reader.data import Example

if TYPE_CHECKING:
    from tokenizers import Tokenizer

LOST = 0.03  # share of answers that refusing may cost where a refusal rate is given


@dataclass(frozen=True)
class Reading:
    """What was read for one example: the best span's text, how much better it scores than no answer, and the gate."""

    example: Example
    text: str
    margin: float
    gate: float

    @property
    def f1(self) -> float:
        """Token F1 with the nearest gold answer."""
        return max(token_f1(self.text, self.example.passage[a:b]) for a, b in self.example.spans)

    @property
    def exact(self) -> float:
        """1.0 when the text is a gold answer after SQuAD's normalisation."""
        return float(max(words(self.text) == words(self.example.passage[a:b]) for a, b in self.example.spans))


def words(text: str) -> list[str]:
    """SQuAD's normalisation (Rajpurkar 2016): lower case, no punctuation, no articles."""
    bare = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", bare).split()


def token_f1(predicted: str, gold: str) -> float:
    """F1 over the multisets of words, 0..1; 1 when both are empty."""
    ours, theirs = words(predicted), words(gold)
    if not ours or not theirs:
        return float(ours == theirs)
    shared = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * shared / (len(ours) + len(theirs))


def best_span(start: NDArray[np.float32], end: NDArray[np.float32]) -> tuple[int, int, float]:
    """(first, last, score) of the best pair with first <= last; both arrays hold the logits of the passage's tokens."""
    best_start = np.maximum.accumulate(start)
    last = int(np.argmax(best_start + end))
    return int(np.argmax(start[: last + 1])), last, float(best_start[last] + end[last])


def read_all(net: Any, examples: Sequence[Example], tokenizer: Tokenizer, device: str, headings: bool = False,
             batch: int = 64, ends: tuple[int, int] = ENDS["en"]) -> list[Reading]:  # fmt: skip
    """A reading for every example that fits the network."""
    import torch

    kept = [e for e in examples if e.passage]
    blind = [Example(e.source, e.question, e.passage, (), e.heading) for e in kept]  # the gold must not choose the rows
    rows = encode(blind, tokenizer, [headings] * len(blind), ends)
    take, readings = on_device(rows, device), []
    order = np.argsort(np.diff(rows.starts))
    net.eval()
    for at in range(0, len(order), batch):
        numbers = order[at : at + batch]
        given = take(numbers)
        with torch.no_grad(), torch.autocast(device.split(":")[0], torch.bfloat16, enabled=device != "cpu"):
            span, gate, _ = net(given["ids"], given["types"], given["mask"])
        logits, gates = span.float().cpu().numpy(), gate.float().cpu().numpy()
        for row, number in enumerate(numbers):
            example = kept[number]
            first = int(rows.passage[number])
            last = int(rows.starts[number + 1] - rows.starts[number]) - 1
            offsets = tokenizer.encode(example.passage, add_special_tokens=False).offsets
            a, b, score = best_span(logits[row, first:last, 0], logits[row, first:last, 1])
            text = example.passage[offsets[a][0] : offsets[b][1]]
            readings.append(Reading(example, text, score - float(logits[row, 0].sum()), float(gates[row])))
    return readings


def refused(answered: Sequence[float], empty: Sequence[float], lost: float = LOST) -> float:
    """Share of `empty` margins below the threshold that loses at most `lost` of the `answered` ones."""
    threshold = np.quantile(np.asarray(answered), lost)
    return float((np.asarray(empty) < threshold).mean())


def summary(readings: Sequence[Reading]) -> dict[str, Any]:
    """Per set with answers: n, f1 and em in percent; per negative set: share refused at `LOST`."""
    by: dict[str, list[Reading]] = {}
    for reading in readings:
        by.setdefault(reading.example.source, []).append(reading)
    table: dict[str, Any] = {}
    for name, own in by.items():
        if own[0].example.spans:
            f1, exact = (100 * float(np.mean([getattr(r, k) for r in own])) for k in ("f1", "exact"))
            table[name] = {"n": len(own), "f1": round(f1, 2), "em": round(exact, 2)}
            continue
        answered = by.get(name.split("-")[0], [])
        table[name] = {
            kind: round(100 * refused([getattr(r, kind) for r in answered], [getattr(r, kind) for r in own]), 1)
            for kind in ("margin", "gate")
            if answered
        } | {"n": len(own), "at_zero": round(100 * float(np.mean([r.margin < 0 for r in own])), 1),
             "lost_at_zero": round(100 * float(np.mean([r.margin < 0 for r in answered])), 1)}  # fmt: skip
    return table
