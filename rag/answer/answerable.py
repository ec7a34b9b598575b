"""How likely it is that a span answers, judged over everything that was read: one scale for every local answerer.

The network's margin alone is blind to what the question names: a window about another drug reads as well as one about
this drug. So the best span of each window is judged beside the others by its margin, by what the reranker said, by how
much of the question stands around it and by whether it holds a figure where one is asked for. A logistic model, fitted
by `training.reader.answerable` on what the product's own retriever brings, makes it a probability.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.answer.detail import fits
from sparewheel.rag.answer.question_form import Asked
from sparewheel.rag.answer.spans import Reading
from sparewheel.rag.answer.verdict import words
from sparewheel.rag.types import Hit

FEATURES = (
    *("margin", "above_8", "below_0", "ahead", "behind", "logit", "logit_ahead", "reranked", "rank"),
    *("near", "passage", "nowhere", "names", "numbers", "figure", "no_figure", "length", "windows", "one_document"),
    *("yes_no", "detail", "margin_near", "legal", "medical", "constant"),
)
WITHIN = ("near", "passage", "logit", "logit_ahead", "margin", "ahead", "rank")  # count
# otherwise where everything read is of one document: "within" of each is its value there, else 0
SPECIAL = ("margin", "below_0", "above_8", "ahead", "near")  # and in law and medicine, whose texts read otherwise
COLUMNS = (*FEATURES, *(f"{name} within" for name in WITHIN), *(f"{name} special" for name in SPECIAL))
_AROUND = 160  # characters before and behind a span that count as near
NAME = re.compile(r"(?<=[\w,'’”\"] )[A-Z][\w-]*[\w]|[A-Za-z]*\d[\w-]*|[\u3400-\u9fff]{2,4}(?=公司|医院|法院|片|胶囊)")
_NUMBER = re.compile(r"\d[\d.,]*")


def features(asked: Asked, language: str, domain: str, readings: Sequence[Reading], hits: Sequence[Hit]
             ) -> NDArray[np.float64]:  # fmt: skip
    """[readings, COLUMNS] of the best span of each reading; every reading has one."""
    question = words(asked.text, language)
    texts = [words(_whole(hit), language) for hit in hits]
    frequency = Counter(word for text in texts for word in text)
    weight = {word: math.log(1 + len(texts) / (0.5 + frequency[word])) for word in question}
    total = sum(weight.values()) or 1.0
    nowhere = sum(weight[word] for word in question if not frequency[word]) / total
    names = set(NAME.findall(asked.text))
    numbers = set(_NUMBER.findall(asked.text))
    margins = [reading.spans[0][2] for reading in readings]
    logits = [hits[reading.window.hit].scores.get("rerank") for reading in readings]
    known = [logit for logit in logits if logit is not None]
    one = float(len({hit.chunk.document_id for hit in hits}) == 1)
    rows = []
    for i, reading in enumerate(readings):
        start, end, margin = reading.spans[0]
        hit, text = hits[reading.window.hit], reading.window.text
        around = words(text[max(0, start - _AROUND) : end + _AROUND], language)
        near = sum(weight[word] for word in question & around) / total
        passage = sum(weight[word] for word in question & texts[reading.window.hit]) / total
        whole = _whole(hit)
        others = margins[:i] + margins[i + 1 :]
        gap = margin - max(others) if others else 4.0
        logit = logits[i]
        if logit is None:  # a passage that was not reranked is no better than the last that was
            logit = min(known, default=0.0)
        figure = fits(asked.text, text[start:end])
        row = {
            "margin": margin / 10, "above_8": max(0.0, margin - 8) / 10, "below_0": min(0.0, margin) / 10,
            "ahead": min(max(gap, 0.0), 12) / 10, "behind": max(min(gap, 0.0), -20) / 10,
            "logit": logit / 5, "logit_ahead": (logit - max(known, default=0.0)) / 5,
            "reranked": float(bool(known)), "rank": math.log(reading.window.hit + 1), "near": near, "passage": passage,
            "nowhere": nowhere, "names": sum(name not in whole for name in names) / (len(names) or 1),
            "numbers": sum(number not in whole for number in numbers) / (len(numbers) or 1),
            "figure": float(figure is True), "no_figure": float(figure is False),
            "length": math.log(1 + end - start) / 5, "windows": math.log(len(readings)), "one_document": one,
            "yes_no": float(asked.form == "yes-no"), "detail": float(asked.form == "detail"),
            "margin_near": margin / 10 * near, "legal": float(domain == "legal"), "medical": float(domain == "medical"),
            "constant": 1.0,
        }  # fmt: skip
        special = row["legal"] + row["medical"]
        rows.append(
            [*(row[name] for name in FEATURES), *(one * row[name] for name in WITHIN),
             *(special * row[name] for name in SPECIAL)]
        )  # fmt: skip
    return np.asarray(rows, np.float64).reshape(len(rows), len(COLUMNS))


def probabilities(rows: NDArray[np.float64], weights: Mapping[str, float]) -> NDArray[np.float64]:
    """Of each row of `features`, 0..1; weights: column -> weight, 0 where it is not named."""
    logits = rows @ np.asarray([weights.get(name, 0.0) for name in COLUMNS])
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), np.float64)


def _whole(hit: Hit) -> str:
    """The passage under all that says what it is about."""
    said = (hit.chunk.metadata.get(key, "") for key in ("parties", "aliases", "drug", "matter"))
    return "\n".join((hit.chunk.title, *said, *hit.chunk.headings, hit.chunk.text))
