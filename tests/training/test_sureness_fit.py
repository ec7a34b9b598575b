"""The fit of how sure a span is."""

from __future__ import annotations

import numpy as np
import pytest

from sparewheel.corpora import Question
from sparewheel.rag.answer.sureness import NAMES, sureness


def test_the_fit_has_the_signs_that_it_may_have() -> None:
    """What is shared raises it; a column that speaks against its sign counts nothing."""
    pytest.importorskip("scipy")
    from training.reader.sureness import fitted

    rng = np.random.default_rng(1)
    rows = rng.random((200, len(NAMES)))
    rows[:, -1] = 1.0
    right = rows[:, NAMES.index("share")] - rows[:, NAMES.index("margin")] > 0
    weights = fitted(rows, right)
    assert weights["share"] > 0
    assert weights.get("margin", 0.0) == 0
    high, low = ({**dict.fromkeys(NAMES, 0.0), "share": share, "constant": 1.0} for share in (1.0, 0.0))
    assert sureness(high, weights) > sureness(low, weights)


def test_a_span_is_right_by_its_document_and_words() -> None:
    """Right words of another document are not right."""
    pytest.importorskip("scipy")
    from training.reader.sureness import Seen, is_right

    question = Question("1", "How long?", answers=("nine weeks",), document_id="a")
    assert is_right(question, Seen("en", {}, "It lasts nine weeks.", "a", 0, 9))
    assert not is_right(question, Seen("en", {}, "It lasts nine weeks.", "b", 0, 9))
    assert not is_right(question, Seen("en", {}, "It lasts ten weeks.", "a", 0, 9))
