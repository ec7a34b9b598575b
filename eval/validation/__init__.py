"""How often `right` is what a reader would say: 318 answers of the product, labelled by hand by reading.

A line of labelled.jsonl: the question with its gold, the answer with its citations, and "hand": 1 where somebody who
asked this would be satisfied, 0 where not (wrong, beside the point, incomplete, of another document, or not to be made
out). The questions are those of `samples` and of the tuned half of `asked`; "code" says which state of the product
answered. The first 238 were read before the rules for yes/no answers were mended, the last 80 after it.

    python -m sparewheel.eval.validation        the agreement, and every disagreement
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparewheel.corpora import GoldSpan, Question
from sparewheel.eval.verdict import right

LABELLED = Path(__file__).with_name("labelled.jsonl")
FRESH = 80  # the last ones: no rule was changed after they were read


@dataclass(frozen=True)
class Labelled:
    """One answer with the hand's label and what the rules say of it."""

    question: Question
    answer: Mapping[str, Any]
    hand: bool
    rules: bool


def labelled(path: Path = LABELLED) -> Iterator[Labelled]:
    """In file order."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        asked = dict(row["question"])
        for name in ("answers", "parts", "documents"):
            asked[name] = tuple(asked.get(name, ()))
        asked["gold"] = tuple(GoldSpan(**span) for span in asked.get("gold", ()))
        asked["history"] = tuple((before, said) for before, said in asked.get("history", ()))
        question = Question(**asked)
        yield Labelled(question, row, bool(row["hand"]), right(question, row) == 1)


def agreement(of: Sequence[Labelled]) -> float:
    """Share of the answers of which hand and rules say the same, 0..1."""
    return sum(one.hand == one.rules for one in of) / len(of)


def kappa(of: Sequence[Labelled]) -> float:
    """`beyond_chance` of hand and rules."""
    return beyond_chance([one.hand for one in of], [one.rules for one in of])


def beyond_chance(one: Sequence[bool], other: Sequence[bool]) -> float:
    """(agreement - expected) / (1 - expected), 0 where both always say the same. Source: Cohen 1960."""
    same = sum(a == b for a, b in zip(one, other, strict=True)) / len(one)
    first, second = sum(one) / len(one), sum(other) / len(other)
    expected = first * second + (1 - first) * (1 - second)
    return (same - expected) / (1 - expected) if expected < 1 else 0.0
