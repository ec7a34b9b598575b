"""Answers from tables: the cell that is asked for, with its row and its column, or none."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.cells import cell_asked_for, whole_cells
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Span

DOSES = (
    "Amoril\t— 1-5 years: 125 mg\nAmoril\t— 6-12 years: 250 mg\nAmoril\t— Adults: 500 mg\n\n"
    "Corvane\t— 1-5 years: —\nCorvane\t— 6-12 years: 10 mg\nCorvane\t— Adults: 40 mg"
)
RENTS = (
    "Unit 4\t— Tenant: A Ltd\nUnit 4\t— Monthly rent EUR: 900\n\n"
    "Unit 47\t— Tenant: B Ltd\nUnit 47\t— Monthly rent EUR: 3,470"
)
ZH = "一号房\t— 租户: 甲公司\n一号房\t— 月租金: 3000元\n\n二号房\t— 租户: 乙公司\n二号房\t— 月租金: 4000元"


def asked(question: str, text: str, language: str = "en") -> AnswerRequest:
    return AnswerRequest(question, (Hit(Chunk("a", 0, len(text), text), 1.0, 1, "given"),), language=language)


@pytest.mark.parametrize(
    ("question", "text", "language", "line"),
    [
        ("What is the dose of Amoril for children aged 6-12 years?", DOSES, "en", "Amoril\t— 6-12 years: 250 mg"),
        ("What is the adult dose of Corvane?", DOSES, "en", "Corvane\t— Adults: 40 mg"),
        ("What is the rent of Unit 47 per month?", RENTS, "en", "Unit 47\t— Monthly rent EUR: 3,470"),
        ("Who is the tenant of unit 4?", RENTS, "en", "Unit 4\t— Tenant: A Ltd"),
        ("二号房的月租金是多少？", ZH, "zh", "二号房\t— 月租金: 4000元"),
    ],
)
def test_the_cell_of_the_row_and_the_column(question, text, language, line):
    """Looked up by both names, quoted with both."""
    request = asked(question, text, language)
    draft = cell_asked_for(request)
    assert draft is not None
    (span,) = draft.spans
    assert text[span.start : span.end] == draft.text == line


def test_an_empty_cell_is_refused():
    """The dose that the table leaves out is not the one beside it."""
    draft = cell_asked_for(asked("What is the dose of Corvane for children aged 1-5 years?", DOSES))
    assert draft is not None
    assert (draft.refused, draft.text) == (True, "")


@pytest.mark.parametrize(
    "question",
    ["What is the dose of Zelfen for adults?", "Who is the landlord of Unit 47?", "Is the rent of Unit 47 3,470?"],
    ids=["no such row", "no such column", "yes or no"],
)
def test_what_the_table_does_not_name_is_left_to_the_reader(question):
    """No row, no column, or another form of question: no look-up."""
    assert cell_asked_for(asked(question, DOSES + "\n\n" + RENTS)) is None


def test_a_quote_from_a_table_is_the_line_of_its_cell():
    """The figure alone says nothing; a quote over two cells ends with the first."""
    request = asked("What is it?", DOSES)
    start = DOSES.index("500 mg")
    draft = whole_cells(request, Draft("500 mg\n\nCorvane", (Span(0, start, start + 15),), confidence=0.7))
    assert (draft.text, draft.confidence) == ("Amoril\t— Adults: 500 mg", 0.7)


def test_a_quote_of_an_empty_cell_is_no_answer():
    """The mark of an empty cell is not read out."""
    start = DOSES.index("Corvane")
    assert whole_cells(asked("?", DOSES), Draft("Corvane", (Span(0, start, start + 7),), confidence=0.7)).refused
