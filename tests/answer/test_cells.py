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


WEIGHTS = (
    "Weight\tOne dose\tMost in a day\n\n8 to 13.9 kg\t— One dose: 4 mL\n8 to 13.9 kg\t— Most in a day: 12 mL\n\n"
    "14 to 22 kg\t— One dose: 6.5 mL\n14 to 22 kg\t— Most in a day: 20 mL"
)
SCORES = "评分\t复查频次\n\n11至13分\t— 复查频次: 每两日一次\n\n14至16分\t— 复查频次: 每周一次"
KEPT = (
    "Record\t— Kept for\n\nJob applications\t— 8 months\n\nDoor camera recordings\t— 12 days\n\nLandlord\t— Vale Homes"
)
FARES = (
    "Zone B\t— Price per ride: 3.10\nZone B\t— Minimum order: 10 rides\n\n"
    "Zone C\t— Price per ride: 4.40\nZone C\t— Minimum order: 5 rides"
)


@pytest.mark.parametrize(
    ("question", "text", "language", "lines"),
    [
        ("How much in one dose for a child of 15 kg?", WEIGHTS, "en", "14 to 22 kg\t— One dose: 6.5 mL"),
        ("what is the most in a day for 9.5 kilos", WEIGHTS, "en", "8 to 13.9 kg\t— Most in a day: 12 mL"),
        ("评分12分的多久复查一次？", SCORES, "zh", "11至13分\t— 复查频次: 每两日一次"),
    ],
)
def test_a_quantity_is_in_the_row_whose_range_holds_it(question, text, language, lines):
    """The child weighs 15 kg, the row says 14 to 22 kg."""
    draft = cell_asked_for(asked(question, text, language))
    assert draft is not None
    assert draft.text == lines


def test_a_quantity_beyond_all_rows_is_in_none():
    """No row for 40 kg: neither looked up, nor quoted from another row."""
    request = asked("How much in one dose for a child of 40 kg?", WEIGHTS)
    assert cell_asked_for(request) is None
    start = WEIGHTS.index("6.5 mL")
    assert whole_cells(request, Draft("6.5 mL", (Span(0, start, start + 6),), confidence=0.9)).refused


def test_a_row_that_is_named_is_not_answered_from_another():
    """The network took the row of zone B for the one of zone C."""
    request = asked("What is paid in Zone C?", FARES)
    start = FARES.index("3.10")
    assert whole_cells(request, Draft("3.10", (Span(0, start, start + 4),), confidence=0.9)).refused


@pytest.mark.parametrize(
    ("question", "line"),
    [
        ("How long do you keep job applications?", "Job applications\t— 8 months"),
        ("when are the door camera recordings deleted", "Door camera recordings\t— 12 days"),
    ],
)
def test_a_table_of_two_columns_is_looked_up_by_its_row(question, line):
    """The second column has no name on the line."""
    draft = cell_asked_for(asked(question, KEPT))
    assert draft is not None
    assert draft.text == line


@pytest.mark.parametrize("question", ["When may the landlord inspect the roof?", "How long is the landlord bound?"])
def test_a_row_that_the_question_only_mentions_is_not_its_answer(question):
    """The landlord's name is not when he may come."""
    assert cell_asked_for(asked(question, KEPT)) is None


def test_two_columns_asked_for_are_both_quoted():
    """Price and minimum order of one row."""
    draft = cell_asked_for(asked("What are the price and minimum order of zone B?", FARES))
    assert draft is not None
    assert draft.text == "Zone B\t— Price per ride: 3.10; Zone B\t— Minimum order: 10 rides"


def test_the_more_of_the_question_a_cell_says_the_surer_it_is():
    """A look-up is not always as sure."""
    plain = cell_asked_for(asked("What is the price per ride in zone B?", FARES))
    more = cell_asked_for(asked("What is the price per ride in zone B for dogs at night?", FARES))
    assert plain is not None
    assert plain.confidence > 0.9
    assert more is None or more.confidence < plain.confidence


FORM = "ADMISSION\nName of the guest: Orla Finch\nKnown allergies: walnuts\nThe guest agrees to the rules of the house."


def test_a_form_is_looked_up_by_its_labels():
    """A label and its value are a row of a table."""
    draft = cell_asked_for(asked("What is the guest's name?", FORM))
    assert draft is not None
    assert draft.text == "Name of the guest: Orla Finch"
    assert cell_asked_for(asked("When did the guest arrive?", FORM)) is None


def test_a_line_is_found_by_its_row_and_what_it_says():
    """Not the line of another row that mentions it."""
    text = "Tarnol\t— Note: ends on 4 May\n\nScan\t— Date: 9 May, after tarnol has ended"
    draft = cell_asked_for(asked("when does the tarnol end?", text))
    assert draft is not None
    assert draft.text == "Tarnol\t— Note: ends on 4 May"


def test_a_person_of_so_many_years_is_in_the_row_of_that_age():
    """ "a woman of 84" has no unit."""
    text = "Age\tTarget\n\nUnder 70 years\t— Target: below 6\n\n70 years and over\t— Target: below 8"
    draft = cell_asked_for(asked("target for a woman of 84?", text))
    assert draft is not None
    assert draft.text == "70 years and over\t— Target: below 8"


CAPS = (
    "Colour\tUsed for\n\nCap 1\t— Colour: blue\nCap 1\t— Used for: clotting\n\n"
    "Cap 2\t— Colour: grey\nCap 2\t— Used for: lactate"
)
LEASE = (
    "Item\t— Content\n\nDate of lease\t— 3 May 2021\n\nRent commencement date\t— 1 July 2021\n\nGuarantor\t— Ada Holm"
)
SYRUP = (
    "For children the syrup is dosed by weight:\n\nWeight\tDose\n\n"
    "10 to 19 kg\t— Dose: 3 mL\n\n20 to 29 kg\t— Dose: 5 mL"
)


def read_from(question: str, text: str, quote: str) -> Draft:
    at = text.index(quote)
    draft = Draft(quote, (Span(0, at, at + len(quote), 0.8),), confidence=0.8)
    return whole_cells(asked(question, text), draft)


def test_the_row_in_which_it_stands_is_the_answer() -> None:
    """Which colour for lactate is told by the row that holds lactate."""
    found = cell_asked_for(asked("Which colour for lactate?", CAPS))
    assert found is not None
    assert "Colour: grey" in found.text


def test_of_two_rows_the_one_that_says_more_is_quoted() -> None:
    """The date of the lease is not the date from which rent is paid."""
    made = read_from("From what date is rent paid?", LEASE, "3 May 2021")
    assert made.text == "Rent commencement date\t— 1 July 2021"


@pytest.mark.parametrize(("text", "quote"), [(LEASE, "Ada Holm"), (CAPS, "Colour\tUsed for")])
def test_a_row_about_something_else_and_the_names_of_columns_are_no_answer(text: str, quote: str) -> None:
    """A guarantor is no agent."""
    assert read_from("What is the name of the estate agent?", text, quote).refused


def test_what_leads_up_to_a_table_tells_what_it_is_about() -> None:
    """The syrup is named above the table alone."""
    found = cell_asked_for(asked("How much syrup for a child of 25 kg?", SYRUP))
    assert found is not None
    assert found.text == "20 to 29 kg\t— Dose: 5 mL"
