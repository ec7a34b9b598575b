"""How sure the chosen span is."""

from __future__ import annotations

from sparewheel.rag.answer.answerable import COLUMNS
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.sureness import known_of, sureness

ASKED = form_of("How long is the notice period of the tenant?", "en")
ROW = [0.0] * len(COLUMNS)


def test_what_is_known_of_the_span() -> None:
    """The words that its sentence shares, the figure that it holds, and what was judged before."""
    near = known_of(ASKED, "en", ROW, 0.5, "The notice period of the tenant is six weeks.")
    far = known_of(ASKED, "en", ROW, 0.5, "The landlord paints the door.")
    assert near["likely"] == far["likely"] == 0.0
    assert near["share"] > 0.7 > far["share"]
    assert (near["figure"], far["no_figure"]) == (1.0, 1.0)


def test_sureness_grows_with_what_is_shared() -> None:
    """A probability, whatever the weights."""
    known = known_of(ASKED, "en", ROW, 0.999999, "The notice period of the tenant is six weeks.")
    assert sureness(known, {"share": 2.0}) > sureness(known, {"share": 1.0}) > sureness(known, {}) == 0.5
    assert 0.0 < sureness(known, {"share": -1e9}) < sureness(known, {"share": 1e9}) <= 1.0
