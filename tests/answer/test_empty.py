"""What answers nothing though it reads like the question."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.empty import is_empty, says_nothing
from sparewheel.rag.answer.spans import Reading, Window


@pytest.mark.parametrize(
    ("text", "quoted", "nothing"),
    [
        ("Like all medicines, this medicine can cause side effects.", "this medicine can cause side effects", False),
        ("Like all medicines, it can cause harm.", "Like all medicines, it can cause harm.", True),
        ("How is gout treated?\n\nWith rest.", "How is gout treated?", True),
        ("DEED OF GIFT\n\nThe donor gives.", "DEED OF GIFT", True),
        ("The Lessee pays the rent.", "The Lessee", True),
        ("The Lessee pays the rent.", "The Lessee pays the rent.", False),
    ],
)
def test_a_span_that_says_nothing(text: str, quoted: str, nothing: bool) -> None:
    """A sentence of every leaflet, a question, the title, a bare role."""
    start = text.index(quoted)
    reading = Reading(Window(0, 0, text, "Deed of gift"), ((start, start + len(quoted), 5.0),), {})
    assert says_nothing(reading) is nothing


def test_a_sentence_with_more_in_it_is_not_empty() -> None:
    """A list quotes the effects, not the sentence before them."""
    assert is_empty("Like all medicines, this one can cause side effects.")
    assert not is_empty("Very common: a dry mouth.")
