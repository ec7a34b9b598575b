"""One scale for how likely a span answers, over everything that was read."""

import json

from sparewheel.rag.answer.answerable import COLUMNS, features, probabilities
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.spans import Reading, Window
from sparewheel.rag.types import Chunk, Hit
from sparewheel.rag.weights import WEIGHTS

CLAUSE = "The notice period is thirty days."
LABELS = {"yes": 0.0, "no": 0.0, "maybe": 1.0}


def likely(question, *read):
    """Probabilities of (text, margin) pairs, each its own passage."""
    hits = [Hit(Chunk(f"d{i}", 0, len(t), t), 1.0, i + 1, "test") for i, (t, _) in enumerate(read)]
    readings = [Reading(Window(i, 0, t, ""), ((0, len(t), m),), LABELS) for i, (t, m) in enumerate(read)]
    rows = features(form_of(question, "en"), "en", "legal", readings, hits)
    assert rows.shape == (len(read), len(COLUMNS))
    weights = json.loads((WEIGHTS / "reader-en" / "config.json").read_text(encoding="utf-8"))["answerable"]
    return probabilities(rows, weights).tolist()


def test_a_greater_margin_is_likelier():
    """Whatever else is read."""
    low, high = (
        likely("What is the notice period?", (CLAUSE, 2.0)),
        likely("What is the notice period?", (CLAUSE, 14.0)),
    )
    assert low[0] < high[0]


def test_a_rival_that_reads_as_well_makes_it_less_likely():
    """The margins of all windows count."""
    alone = likely("What is the notice period?", (CLAUSE, 10.0), ("Other words.", -20.0))[0]
    beside = likely("What is the notice period?", (CLAUSE, 10.0), ("Other words.", 10.0))[0]
    assert beside < alone


def test_a_name_that_is_nowhere_makes_it_less_likely():
    """A passage about another drug reads as well."""
    read = ("Take 3 mg of Corvasil at night.", 12.0)
    assert likely("How much of Zoltrapen is taken?", read)[0] < likely("How much of Corvasil is taken?", read)[0]


def test_nothing_read_nothing_judged():
    """No window, no row."""
    assert features(form_of("Who?", "en"), "en", "legal", [], []).shape == (0, len(COLUMNS))
