"""Slips of the pen in a question."""

from __future__ import annotations

import pytest

from sparewheel.rag.retrieve.spelling import corrected

HELD = frozenset({"notice", "period", "driving", "deposit", "garden"})
ORDINARY = HELD | {"the", "is", "what", "without", "deposits", "how", "much", "form", "from"}


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("waht is teh notcie preiod", "what is the notice period"),
        ("how much is the depositt", "how much is the deposit"),
        ("wihtout drviing", "without driving"),
        ("what is the dose of zoltrapen", "what is the dose of zoltrapen"),
        ("what is the notice of Gradena", "what is the notice of Gradena"),
        ("what does ospery say", "what does ospery say"),
    ],
)
def test_one_slip_is_mended_where_one_word_is_meant(question: str, read: str) -> None:
    """Names stay: an unknown one is refused by name, a known one is found by its own spelling."""
    known = ORDINARY | {"dose", "of", "does", "say"}
    is_name = {"ospery"}.__contains__
    assert corrected(question, HELD.__contains__, known.__contains__, is_name) == read
