"""Tables as records: which cell names what, and how it is written."""

from __future__ import annotations

import time

import pytest

from sparewheel.rag.ingest.formats.parsed import TextBuilder
from sparewheel.rag.ingest.formats.plain import parse_markdown
from sparewheel.rag.ingest.formats.tables import Cell, Table, table_of
from sparewheel.rag.ingest.formats.xml import parse_xml
from sparewheel.rag.ingest.outline import outline
from sparewheel.rag.ingest.split import split
from sparewheel.rag.settings import Ingest
from sparewheel.rag.table_text import labelled
from sparewheel.rag.text import sentences
from sparewheel.rag.types import Document, Profile


def written(table: Table) -> list[str]:
    """The lines of the table, tabs as "|"."""
    builder = TextBuilder()
    builder.table(table)
    return [line.replace("\t", "|") for line in builder.text.split("\n") if line]


def test_an_empty_cell_keeps_its_place() -> None:
    """A dose that the table leaves out is marked, so the next column's never stands for it."""
    table = table_of([["Drug", "1-5 years", "6-12 years", "Adults"], ["Corvane", "", "10 mg", "40 mg"]], "Doses")
    assert written(table) == [
        "Doses",
        "Drug|1-5 years|6-12 years|Adults",
        "Corvane|— 1-5 years: —",
        "Corvane|— 6-12 years: 10 mg",
        "Corvane|— Adults: 40 mg",
    ]


@pytest.mark.parametrize("second", ["", None], ids=["left empty", "merged"])
def test_a_name_over_several_rows_is_repeated(second: str | None) -> None:
    """Merged or left empty, the drug's name stands in each of its rows."""
    first = Cell("Amoril", rows=1 if second == "" else 2)
    below = (Cell(""),) if second == "" else ()
    table = Table(
        (
            (Cell("Drug"), Cell("Age group"), Cell("Dose")),
            (first, Cell("1-5 years"), Cell("125 mg")),
            (*below, Cell("6-12 years"), Cell("250 mg")),
        )
    )
    assert written(table)[1:] == ["Amoril|1-5 years|— Dose: 125 mg", "Amoril|6-12 years|— Dose: 250 mg"]


def test_headers_of_several_levels_and_a_title_row_inside() -> None:
    """Spanning headers lead to the one below them; a row of one cell names the rows after it."""
    table = Table(
        (
            (Cell("Tenant", rows=2), Cell("Late fee", columns=2)),
            (Cell("after 10 days"), Cell("after 30 days")),
            (Cell("Residential"), Cell("15"), Cell("45")),
            (Cell("Ground floor", columns=3),),
            (Cell("Commercial"), Cell("40"), Cell("120")),
        )
    )
    assert written(table)[2:] == [
        "Residential|— Late fee, after 10 days: 15",
        "Residential|— Late fee, after 30 days: 45",
        "Ground floor|Commercial|— Late fee, after 10 days: 40",
        "Ground floor|Commercial|— Late fee, after 30 days: 120",
    ]


def test_a_list_of_names_and_values_has_no_header() -> None:
    """Two columns prove a header only where the values are numbers alike."""
    assert written(table_of([["Landlord", "Harbour Ltd"], ["Rent", "1,200"], ["Term", "5 years"]])) == [
        "Landlord|— Harbour Ltd",
        "Rent|— 1,200",
        "Term|— 5 years",
    ]


def test_a_bare_number_says_what_it_counts_and_a_total_is_no_unit() -> None:
    """Unit 2, not 2; the total row takes no unit's name."""
    table = table_of(
        [["Unit", "Tenant", "Rent"], ["1", "A Ltd", "3,000"], ["2", "A Ltd", "4,000"], ["", "Total", "7,000"]]
    )
    assert written(table)[3:] == ["Unit 2|— Tenant: A Ltd", "Unit 2|— Rent: 4,000", "Total|— Rent: 7,000"]


def test_a_table_inside_a_cell_is_a_table() -> None:
    """A layout table gives its title to the table in its cell."""
    inner = table_of([["Year", "Rent"], ["1", "20,000"], ["2", "20,900"]])
    table = Table(((Cell("Rent schedule", inner=(inner,)), Cell("Payable yearly in advance.")),))
    assert written(table) == ["Rent schedule", "Year|Rent", "Year 1|— Rent: 20,000", "Year 2|— Rent: 20,900",
                              "Payable yearly in advance."]  # fmt: skip


def test_a_long_table_is_cut_between_rows_and_keeps_its_caption() -> None:
    """Every passage of a rent roll has whole rows, each with its names, and the caption in its path."""
    rows = [["Unit", "Tenant", "Rent"], *([str(n), f"Tenant {n}", f"{1000 + n} EUR"] for n in range(1, 61))]
    builder = TextBuilder()
    builder.add("The rents follow.")
    builder.table(table_of(rows, "Rent roll, Harbour House"))
    document = Document("roll.md", builder.text, "Roll", "roll.md")
    chunks = split(document, Ingest(), Profile("general"))
    assert len(chunks) > 3
    assert all(document.text[c.start : c.end] == c.text for c in chunks)
    assert {c.headings for c in chunks[1:]} == {("Rent roll, Harbour House",)}
    assert [c.text.count("Tenant:") for c in chunks] == [c.text.count("Rent:") for c in chunks]


def test_a_row_that_begins_as_a_clause_opens_no_part() -> None:
    """ "1. Parking" in a fee table is a name, not a heading."""
    builder = TextBuilder()
    builder.table(table_of([["Service", "Fee", "Due"], ["1. Parking", "40 EUR", "monthly"], ["2. Lift", "9 EUR", "x"]]))
    document = Document("fees.md", builder.text, "Fees", "fees.md")
    assert outline(document, Profile("general")) == []


def test_a_cell_is_a_sentence() -> None:
    """However long, a line of a table never runs into the next."""
    text = f"Notice\t— Landlord: {'ninety days in writing to the address above ' * 2}\nNotice\t— Tenant: thirty days"
    assert [text[a:b].count("\t") for a, b in sentences(text)] == [1, 1]


def test_markdown_tables_front_matter_and_struck_text() -> None:
    """A pipe table becomes lines of cells, front matter stays as facts, struck text goes, code stays."""
    source = "---\nauthor: T. Okafor\n---\n# Fees ~~old~~\n\n|Fee|EUR|\n|-|-|\n|Late \\| x||\n\n```\n|a|b|\n|-|-|\n```"
    parsed = parse_markdown(source.encode(), Ingest())
    assert parsed.text == ("author: T. Okafor\n\n# Fees \n\nFee\tEUR\n\nLate | x\t— EUR: —\n\n```\n|a|b|\n|-|-|\n```")
    assert [parsed.text[a:b] for a, b, _ in parsed.headings] == ["Fees"]


def test_rows_as_labels_for_who_looks_for_labels() -> None:
    """The particulars of a lease name its parties, whatever their columns are called."""
    table = table_of([["Item", "Content"], ["Landlord", "Quayside Ltd"], ["Unit", "12"]], header_rows=1)
    builder = TextBuilder()
    builder.table(table)
    assert labelled(builder.text).split("\n\n")[1:] == ["Landlord: Quayside Ltd", "Unit: 12"]


def test_markup_that_never_ends_costs_one_pass():
    """Comments and tables of Markdown that are opened thousands of times and closed never; wide sheets."""
    began = time.process_time()
    for text in ("<!--" * 50_000, "<table" * 50_000, "+---+\n" * 50_000, "+---+\n|" + "|" * 100_000):
        assert parse_markdown(text.encode(), Ingest()).text
    row = '<Row><Cell ss:Index="16000"><Data>1</Data></Cell></Row>'
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    sheet = f'<Worksheet ss:Name="a"><Table>{row * 100}</Table></Worksheet>'
    assert parse_xml(f'<Workbook xmlns="{space}" xmlns:ss="{space}">{sheet}</Workbook>'.encode(), Ingest()).text
    assert time.process_time() - began < 3.0
