"""A record as JSON and back."""

from __future__ import annotations

import json

import pytest
from answers import CHINESE, FALLEN, LOCAL, REFUSED, WRITTEN

from sparewheel.rag.records import plain, record
from sparewheel.rag.types import Answer


@pytest.mark.parametrize("answer", [LOCAL, WRITTEN, FALLEN, REFUSED, CHINESE])
def test_an_answer_survives_json(answer: Answer) -> None:
    """Every field comes back, passages and attempts included."""
    assert record(Answer, json.loads(json.dumps(plain(answer)))) == answer


def test_a_key_of_a_newer_program_is_left_out() -> None:
    """An answer kept by it can still be read."""
    assert record(Answer, {**plain(LOCAL), "mood": "cheerful"}) == LOCAL


def test_a_key_that_was_not_kept_has_its_default() -> None:
    """An answer kept by an older program can be read."""
    kept = plain(LOCAL)
    del kept["attempts"]
    assert record(Answer, kept).attempts == ()
