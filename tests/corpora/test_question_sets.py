"""The sets of questions that come with the program, and files of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparewheel.corpora.sets import question_set, question_sets
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.review.table import columns_of
from sparewheel.rag.text import language_of

SHIPPED = ["contracts", "dpa", "lease", "nda", "guideline", "leaflet", "protocol", "合同", "说明书", "判决书"]


def test_the_sets_are_there() -> None:
    assert sorted(question_sets()) == sorted(SHIPPED)
    assert len(question_set("contracts").questions) == 40


@pytest.mark.parametrize("name", SHIPPED)
def test_a_set_can_be_asked(name: str) -> None:
    """No question twice, each in the set's language, under a short head in both languages."""
    found = question_set(name)
    assert {language_of(question.ask) for question in found.questions} == {found.language}
    for language in ("en", "zh"):
        columns = columns_of([(question.head(language), question.ask) for question in found.questions])
        assert len({column.name for column in columns}) == len(columns)
        assert max(len(column.name) for column in columns) <= 28
    assert {language_of(question.name_zh) for question in found.questions} == {"zh"}


def test_a_set_of_one_s_own_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('[[question]]\nask = "Who pays?"\n', encoding="utf-8")
    mine = question_set(str(file))
    assert (mine.name, mine.language, mine.title) == ("mine", "en", "mine")
    assert [(q.head("en"), q.head("zh"), q.ask) for q in mine.questions] == [("Who pays?", "Who pays?", "Who pays?")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[question]\n", "cannot be read as TOML"),
        ("title = 'x'\n", r"has no \[\[question\]\]"),
        ("[[question]]\nname = 'x'\n", "question 1 has no ask"),
    ],
)
def test_a_file_that_is_no_set_says_so(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        question_set(str(file))


def test_an_unknown_set_names_the_known_ones() -> None:
    with pytest.raises(NotFound, match="did you mean 'contracts'"):
        question_set("contract")
    with pytest.raises(NotFound, match=r"no file 'none\.toml'"):
        question_set("none.toml")
