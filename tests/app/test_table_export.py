"""A review table as a file: what each format says, and that nothing in a document becomes a formula or markup."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import openpyxl
import pytest
from answers import CITED, LOCAL, REFUSED
from docx import Document

from sparewheel.app.export.table import FORMATS, Wanted, check_suffix, export_table
from sparewheel.rag.errors import UsageError
from sparewheel.rag.review.cell import Approval, Cell, Said, cell_of
from sparewheel.rag.review.sheet import Row, Sheet
from sparewheel.rag.review.table import Column, Table

AT = "2026-11-28T09:00:00.000+00:00"
COLUMNS = (Column("Rent", "How much is the rent?"), Column("Pets", "May I keep a cat?"))
ROWS = (Row("lease.pdf", "Lease (Acme)", "/secret/place/lease.pdf", "s1"), Row("b.md", "=HYPERLINK(1)", "b.md", "s1"))
EVIL = '=cmd|"/C calc"!A0 <b>x</b>\x0b'
WANTED = Wanted("leases", "en", AT, lambda row, page: f"https://x.example/{row.id}#page={page or 1}", "No advice.")


def cell(answer, document: str = "lease.pdf", **said) -> Cell:
    return replace(cell_of(answer, document, "s1", AT), **said)


RENT = cell(LOCAL, approval=Approval("ann", AT), comments=(Said("net?", "bo", AT),))
PETS = cell(replace(REFUSED, question="May I keep a cat?"))
FORMULA = cell(replace(LOCAL, text=EVIL, citations=(replace(CITED, quote=EVIL),)), "b.md")
CORRECTED = cell(replace(LOCAL, question="May I keep a cat?"), "b.md", correction=Said("with consent", "", AT, "s0"))
CELLS = {(c.key, c.document_id): c for c in (RENT, PETS, FORMULA, CORRECTED)}
SHEET = Sheet(Table("t", "Leases", COLUMNS), ROWS, CELLS)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("suffix", [form.suffix for form in FORMATS])
def test_no_format_tells_where_a_file_lies_on_this_machine(suffix: str, language: str) -> None:
    made = export_table(SHEET, suffix, replace(WANTED, language=language))
    assert made
    assert b"/secret/place" not in made


def test_excel_has_answers_and_citations_that_are_linked() -> None:
    book = openpyxl.load_workbook(io.BytesIO(export_table(SHEET, "xlsx", WANTED)))
    answers, citations = book["Answers"], book["Citations"]
    assert [[c.value for c in row] for row in answers.iter_rows()][:2] == [
        ["Document", "Rent", "Pets"], ["Lease (Acme)", "900 euros [1]", "does not say"],
    ]  # fmt: skip
    assert answers["B2"].hyperlink.location == "'Citations'!A2"
    assert answers["A2"].hyperlink.target == "https://x.example/lease.pdf#page=1"
    first = [c.value for c in citations[2]]
    assert first[:8] == ["Lease (Acme)", "How much is the rent?", "900 euros [1]", "900 euros", 2, "yes",
                         "Local reader", 0.91]  # fmt: skip
    assert citations["L2"].hyperlink.target == "https://x.example/lease.pdf#page=2"
    assert "Approved by ann" in citations["J2"].value
    assert citations["K2"].value == "bo, 2026-11-28 09:00 UTC: net?"
    assert citations.max_row == 5  # a cell without a citation has its row, too


def test_what_a_document_says_is_no_formula_and_no_markup() -> None:
    book = openpyxl.load_workbook(io.BytesIO(export_table(SHEET, "xlsx", WANTED)))
    cells = [c for sheet in book for row in sheet.iter_rows() for c in row]
    assert any(str(c.value).startswith("=cmd") for c in cells)
    assert "f" not in {c.data_type for c in cells}
    rows = list(csv.reader(io.StringIO(export_table(SHEET, "csv", WANTED).decode("utf-8-sig"))))
    assert [value for row in rows for value in row if value.startswith(("=", "+", "-", "@"))] == []
    page = export_table(SHEET, "html", WANTED).decode()
    assert ("<b>x</b>" in page, "&lt;b&gt;x&lt;/b&gt;" in page, "<script" in page) == (False, True, False)


def test_a_memo_goes_document_by_document() -> None:
    memo = Document(io.BytesIO(export_table(SHEET, "docx", WANTED)))
    lines = [paragraph.text for paragraph in memo.paragraphs]
    assert lines[0] == "Leases"
    assert [p.text for p in memo.paragraphs if p.style.name == "Heading 1"] == ["Lease (Acme)", "=HYPERLINK(1)"]
    assert "Rent: 900 euros [1]" in lines
    assert "“900 euros” (Page 2)" in lines
    assert "does not say: Pets" in lines
    assert "Pets: with consent" in lines
    assert lines[-1] == "No advice."


def test_json_has_everything() -> None:
    found = json.loads(export_table(SHEET, "json", WANTED))
    assert [(c["document_id"], c["column"], c["state"], c["answered_by"]) for c in found["cells"]] == [
        ("lease.pdf", "Rent", "answered", "reader"), ("lease.pdf", "Pets", "silent", ""),
        ("b.md", "Rent", "answered", "reader"), ("b.md", "Pets", "answered", "person"),
    ]  # fmt: skip
    assert found["cells"][0]["passages"][0]["sha256"] == RENT.passages[0].sha256
    assert found["tally"]["approved"] == 1


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(UsageError, match="did you mean 'xlsx'"):
        check_suffix(".xls")
