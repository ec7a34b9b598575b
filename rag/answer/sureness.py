"""How sure the span that was chosen is: one more judgement of the likeliest one, on how people ask.

`rag.answer.answerable` compares the windows with each other. What it says of the best one is too low for a question in
a person's own words about one document, and too high where a sentence shares little with the question. So its
probability is judged once more beside the words that the whole sentence shares and the figure it holds. Fitted by
`training.reader.sureness` on questions as people ask them, over what the product itself found for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from sparewheel.rag.answer.answerable import COLUMNS
from sparewheel.rag.answer.detail import fits
from sparewheel.rag.answer.question_form import Asked
from sparewheel.rag.answer.verdict import words

TAKEN = ("margin", "ahead", "behind", "near", "passage", "nowhere", "rank", "logit_ahead", "one_document", "yes_no",
         "numbers", "names")  # fmt: skip
# as they are
NAMES = ("likely", *TAKEN, "share", "first", "figure", "no_figure", "constant")
_LEAST = 1e-4


def known_of(asked: Asked, language: str, row: Sequence[float], likely: float, sentence: str) -> dict[str, float]:
    """What is known of the likeliest span. row: its features by `answerable`; likely: its probability by these;
    sentence: the one around it."""
    known = dict(zip(COLUMNS, row, strict=True))
    p = min(max(likely, _LEAST), 1 - _LEAST)
    wanted = words(asked.text, language)
    figure = fits(asked.text, sentence)
    return {
        "likely": math.log(p / (1 - p)),
        **{name: float(known[name]) for name in TAKEN},
        "share": len(wanted & words(sentence, language)) / len(wanted) if wanted else 1.0,
        "first": float(known["rank"] == 0),
        "figure": float(figure is True),
        "no_figure": float(figure is False),
        "constant": 1.0,
    }


def sureness(known: Mapping[str, float], weights: Mapping[str, float]) -> float:
    """Probability that the span answers, 0..1; weights: name -> weight, 0 where it is not named."""
    logit = sum(weights.get(name, 0.0) * value for name, value in known.items())
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))
