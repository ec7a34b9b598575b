"""How well a Chinese reader does: F1 and exact match by character, answers refused, answers lost."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from tokenizers import Tokenizer

from training.zh_examples import LABELS, Asked, removed
from training.zh_model import Reading, Run, read

YES_NO = 0.5  # a label is the answer from this probability on


def characters(text: str) -> str:
    """Lower case, without white space and punctuation, as the Chinese leaderboards compare."""
    return "".join(c for c in text.lower() if not c.isspace() and unicodedata.category(c)[0] not in "PS")


def f1(answer: str, reference: str) -> float:
    """Harmonic mean of precision and recall over the multiset of characters; 1 when both are empty."""
    a, b = Counter(characters(answer)), Counter(characters(reference))
    same = sum((a & b).values())
    if not a or not b:
        return float(a == b)
    return 2 * same / (sum(a.values()) + sum(b.values()))


def answer_of(reading: Reading, text: str) -> str:
    """What the reader says: "yes", "no", or the span."""
    best = int(np.argmax(reading.labels))
    return LABELS[best] if best and reading.labels[best] >= YES_NO else text[reading.start : reading.end]


def measure(
    run: Run, tokenizer: Tokenizer, questions: Sequence[dict[str, Any]], *, limit: int, floor: float, batch: int = 32
) -> dict[str, float]:
    """Figures of one set. A question whose margin is below `floor` counts as refused in the `_refusing` figures.

    f1, em: answerable questions, an answer demanded; span_f1: of them those answered by a span; yes_no: accuracy on
    the others; refused: share of unanswerable questions refused; lost: share of answerable ones refused.
    """
    pairs = [(q["question"], q["text"]) for q in questions]
    kinds = ("f1", "em", "span_f1", "yes_no", "refused", "lost", "f1_refusing")
    found: dict[str, list[float]] = {kind: [] for kind in kinds}
    for question, reading in zip(questions, read(run, tokenizer, pairs, limit, batch), strict=True):
        references = [question["label"]] if question["label"] else question["answers"]
        low = reading.margin < floor
        if not references:
            found["refused"].append(low)
            found["f1_refusing"].append(low)
            continue
        answer = answer_of(reading, question["text"])
        score = max(f1(answer, reference) for reference in references)
        found["f1"].append(score)
        found["em"].append(any(characters(answer) == characters(reference) for reference in references))
        found["lost"].append(low)
        found["f1_refusing"].append(0.0 if low else score)
        found["yes_no" if question["label"] else "span_f1"].append(score)
    figures = {kind: round(float(np.mean(values)), 4) for kind, values in found.items() if values}
    return {**figures, "questions": len(questions)}


def emptied(questions: Sequence[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """The questions whose answering sentence can be cut out, with it cut out: unanswerable now."""
    rng, made = random.Random(seed), []
    for question in questions:
        start = question["text"].find(question["answers"][0])
        asked = Asked("", 0, question["question"], start, start + len(question["answers"][0]))
        if example := removed(asked, question["text"], rng):
            text = example.passage(question["text"])
            made.append({"question": question["question"], "text": text, "answers": [], "label": ""})
    return made


def floor_for(run: Run, tokenizer: Tokenizer, answered: Sequence[dict[str, Any]], *, limit: int, lost: float) -> float:
    """The margin that `lost` of the answered questions fall below."""
    pairs = [(q["question"], q["text"]) for q in answered]
    margins = [reading.margin for reading in read(run, tokenizer, pairs, limit, 32)]
    return float(np.quantile(margins, lost))
