"""A table as an Excel file: a sheet of answers, each linked to its row of the sheet of citations, which opens the
document. What a document says is text, never a formula."""

from __future__ import annotations

import io
from typing import Any

from sparewheel.app import view
from sparewheel.app.export.table.content import Wanted, clean, day, person, shown, sure, who
from sparewheel.app.words.page import say
from sparewheel.rag.review.cell import Cell
from sparewheel.rag.review.sheet import Row, Sheet, state_of
from sparewheel.rag.review.table import Column

CITATIONS = ("review_document", "review_question", "review_answer", "review_quote", "review_page", "review_verified",
             "review_who", "review_sure", "review_when", "review_status", "review_comments", "review_link")  # fmt: skip
WIDTHS = (30, 30, 44, 60, 8, 10, 18, 11, 20, 30, 40, 10)
WRAPPED = (1, 2, 3, 4, 10, 11)  # columns of long texts
SURE = 1 + CITATIONS.index("review_sure")
GREY, AMBER, GREEN = "FF8A8F98", "FFFFF3D6", "FFE3F4E6"


def write(sheet: Sheet, wanted: Wanted) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    answers = book.active
    answers.title = say(wanted.language, "review_answers")
    citations = book.create_sheet(say(wanted.language, "review_citations"))
    first_rows = _citations(citations, sheet, wanted)
    _answers(answers, sheet, wanted, citations.title, first_rows)
    book.properties.creator, book.properties.title = "Sparewheel", clean(sheet.table.name)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _answers(answers: Any, sheet: Sheet, wanted: Wanted, citations: str, first: dict[tuple[str, str], int]) -> None:
    """Documents x questions. first: (question, document) to the row of its first citation."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.worksheet.hyperlink import Hyperlink

    _head(answers, [say(wanted.language, "review_document"), *(column.name for column in sheet.table.columns)])
    answers.freeze_panes = "B2"
    answers.column_dimensions["A"].width = 36
    for number, row in enumerate(sheet.rows, 2):
        _text(answers.cell(number, 1), row.name, wanted.link(row, None))
        answers.cell(number, 1).alignment = Alignment(wrap_text=True, vertical="top")
        for place, column in enumerate(sheet.table.columns, 2):
            cell = sheet.cell(column, row)
            written = answers.cell(number, place)
            _text(written, shown(cell, wanted.language))
            written.alignment = Alignment(wrap_text=True, vertical="top")
            if cell is None:
                continue
            if line := first.get((column.question, row.id)):
                written.hyperlink = Hyperlink(ref=written.coordinate, location=f"'{citations}'!A{line}")
            if state_of(cell) != "answered":
                written.font = Font(color=GREY, italic=True)
            elif cell.approval is not None:
                written.fill = PatternFill("solid", fgColor=GREEN)
            elif (probability := sure(cell)) is not None and probability < view.MEDIUM:
                written.fill = PatternFill("solid", fgColor=AMBER)
    for place in range(2, len(sheet.table.columns) + 2):
        answers.column_dimensions[answers.cell(1, place).column_letter].width = 32
    answers.auto_filter.ref = answers.dimensions


def _citations(citations: Any, sheet: Sheet, wanted: Wanted) -> dict[tuple[str, str], int]:
    """A row for each citation, one at least for each cell; (question, document) to the first of them."""
    from openpyxl.styles import Alignment

    _head(citations, [say(wanted.language, key) for key in CITATIONS])
    citations.freeze_panes = "A2"
    first: dict[tuple[str, str], int] = {}
    line = 1
    for row, column, cell in sheet.filled():
        first[column.question, row.id] = line + 1
        for cited in cell.answer.citations or (None,):
            line += 1
            page = cited.page if cited else None
            quote = " ".join(cited.quote.split()) if cited else ""
            verified = say(wanted.language, "review_yes" if cited.verified else "review_no") if cited else ""
            values = (row.name, column.question, shown(cell, wanted.language), quote, page or "", verified,
                      *_about(cell, row, column, wanted))  # fmt: skip
            for place, value in enumerate(values, 1):
                _text(citations.cell(line, place), value)
                citations.cell(line, place).alignment = Alignment(wrap_text=place in WRAPPED, vertical="top")
            citations.cell(line, SURE).number_format = "0%"
            if target := wanted.link(row, page):
                _text(citations.cell(line, len(CITATIONS)), say(wanted.language, "review_link"), target)
    for place, width in enumerate(WIDTHS, 1):
        citations.column_dimensions[citations.cell(1, place).column_letter].width = width
    citations.auto_filter.ref = citations.dimensions
    return first


def _about(cell: Cell, row: Row, column: Column, wanted: Wanted) -> tuple[str | float, ...]:
    """Who answered, how sure, when, what people said."""
    language = wanted.language
    probability = sure(cell)
    status = []
    if cell.correction is not None:
        said = cell.correction
        status.append(say(language, "review_corrected_by", who=person(said.by, language), at=day(said.at)))
    if cell.approval is not None:
        by = person(cell.approval.by, language)
        status.append(say(language, "review_approved_by", who=by, at=day(cell.approval.at)))
    if not cell.is_of(row.sha256):
        status.append(say(language, "review_outdated"))
    comments = "\n".join(f"{person(c.by, language)}, {day(c.at)}: {c.text}" for c in cell.comments)
    return (who(cell, language), "" if probability is None else round(probability, 2), day(cell.at), " ".join(status),
            comments)  # fmt: skip


def _head(to: Any, names: list[str]) -> None:
    from openpyxl.styles import Alignment, Font

    for place, name in enumerate(names, 1):
        cell = to.cell(1, place)
        _text(cell, name)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _text(cell: Any, value: str | float, link: str = "") -> None:
    """A number as such; a text as text, whatever it begins with."""
    from openpyxl.styles import Font

    if not isinstance(value, str):
        cell.value = value
        return
    cell.value = clean(value)
    cell.data_type = "s"  # "=1+1" in a contract is no formula
    if link:
        cell.hyperlink = link
        cell.font = Font(color="FF0B5CAD", underline="single")
