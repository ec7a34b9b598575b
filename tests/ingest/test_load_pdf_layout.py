"""PDF as people have it: tables, columns, turned text, forms, notes, attachments, stamps, fonts without letters."""

from __future__ import annotations

import io

import pypdf
import pypdf.annotations
import pytest
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate, Table, TableStyle

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.text_layer import garbled, unmapped
from sparewheel.rag.ingest.load import load
from sparewheel.rag.settings import Ingest

OFF = Ingest(ocr="off")
DOSES = [["Drug", "1-5 years", "6-12 years", "Adults"], ["Amoril", "125 mg", "250 mg", "500 mg"],
         ["Corvane", "", "10 mg", "40 mg"], ["Zelfen", "25 mg", "75 mg", "150 mg"]]  # fmt: skip
LEFT = [
    "The committee reviewed the annual",
    "report and approved it. The lessee",
    "shall pay the service charge on",
    "the first day of each quarter in",
    "advance, with interest at the rate",
    "of four percent from the due date.",
]
RIGHT = [
    "The lessor insures the building",
    "against fire and storm, and shall",
    "rebuild it after a loss without",
    "delay. The cost of the insurance is",
    "shared by the lessees in proportion",
    "to the areas that they have let.",
]


def loaded(folder, data: bytes):
    path = folder / "a.pdf"
    path.write_bytes(data)
    return load(path, "a.pdf", OFF)


def drawn(draw, **page) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, **page)
    draw(canvas)
    canvas.save()
    return out.getvalue()


def table(rows: list[list[str]], ruled: bool) -> bytes:
    out = io.BytesIO()
    style = [("GRID", (0, 0), (-1, -1), 0.5, "black")] if ruled else []
    SimpleDocTemplate(out).build([Table(rows, style=TableStyle(style), repeatRows=1, colWidths=90)])
    return out.getvalue()


@pytest.mark.parametrize("ruled", [True, False], ids=["ruled", "without rules"])
def test_a_cell_stands_with_its_row_and_column(tmp_path, ruled):
    """An empty cell keeps its place; the words of a cell's line lie where they are printed."""
    document = loaded(tmp_path, table(DOSES, ruled))
    assert (
        document.text.split("\n\n")[2]
        == "Corvane\t— 1-5 years: —\nCorvane\t— 6-12 years: 10 mg\nCorvane\t— Adults: 40 mg"
    )
    start = document.text.index("Corvane\t— 6-12 years: 10 mg")
    boxes = document.layout.locate(start, start + len("Corvane\t— 6-12 years: 10 mg"))
    assert {box.page for box in boxes} == {1}
    assert len({round(box.top) for box in boxes}) == 2  # the row, and the header above it


def test_a_table_over_pages_keeps_its_header(tmp_path):
    """A header that the next page repeats is read once, and every row has it."""
    rows = [["Unit", "Tenant", "Rent EUR"], *([f"Unit {n}", f"Tenant {n} Ltd", f"{3000 + n:,}"] for n in range(80))]
    text = loaded(tmp_path, table(rows, ruled=True)).text
    assert text.count("Unit\tTenant\tRent EUR") == 1
    assert all(f"Unit {n}\t— Rent EUR: {3000 + n:,}" in text for n in range(80))


@pytest.mark.parametrize("by_row", [True, False], ids=["drawn row by row", "drawn column by column"])
def test_columns_are_read_one_after_the_other(tmp_path, by_row):
    """However the producer drew them."""
    spots = [(60, i, text) for i, text in enumerate(LEFT)] + [(320, i, text) for i, text in enumerate(RIGHT)]
    spots = sorted(spots, key=lambda spot: spot[1]) if by_row else spots
    data = drawn(lambda c: [c.drawString(x, 700 - 14 * i, text) for x, i, text in spots])
    assert " ".join(loaded(tmp_path, data).text.split()) == " ".join(LEFT + RIGHT)


def test_text_set_sideways_is_read_along_its_lines(tmp_path):
    """And its boxes lie where the page shows it."""

    def draw(canvas: Canvas) -> None:
        canvas.rotate(90)
        canvas.drawString(100, -200, "The option expires on 30 June 2027.")

    document = loaded(tmp_path, drawn(draw))
    assert document.text == "The option expires on 30 June 2027."
    (first, *_, last) = document.layout.boxes.tolist()
    assert first[1] > last[1]  # it runs up the page
    assert abs(first[0] - last[0]) < 2


def test_values_of_a_form_stand_behind_their_labels(tmp_path):
    """A filled field and a ticked box are text of the page."""

    def draw(canvas: Canvas) -> None:
        canvas.drawString(60, 700, "Known allergy:")
        canvas.acroForm.textfield(x=200, y=695, width=200, height=16, value="penicillin", name="a")
        canvas.drawString(60, 660, "Consents to the transfer:")
        canvas.acroForm.checkbox(x=220, y=657, size=14, checked=True, name="b")

    assert loaded(tmp_path, drawn(draw)).text.split("\n") == [
        "Known allergy: penicillin",
        "Consents to the transfer: ☒",
    ]


def test_attached_files_are_read_and_named(tmp_path):
    """Named behind the text of the pages, documents of their own; what cannot be read is told."""
    writer = pypdf.PdfWriter(io.BytesIO(drawn(lambda c: c.drawString(60, 700, "Cover letter to the portfolio."))))
    writer.add_attachment("terms.txt", b"The price is 4.2 million euros.")
    writer.add_attachment("song.mp3", b"ID3")
    out = io.BytesIO()
    writer.write(out)
    document = loaded(tmp_path, out.getvalue())
    assert document.text.endswith("Attached file: terms.txt")
    assert [(each.id, each.text) for each in document.members] == [("terms.txt", "The price is 4.2 million euros.")]
    assert "song.mp3 not read: no parser" in document.metadata["notes"]


def test_notes_and_struck_text(tmp_path):
    """A comment is read as one, with its page; struck words are left out and counted."""
    writer = pypdf.PdfWriter(io.BytesIO(drawn(lambda c: c.drawString(100, 700, "The rent is 1,800 2,400 euros."))))
    note = pypdf.annotations.Text(rect=(50, 500, 70, 520), text="Ask the board first.")
    struck = pypdf.generic.DictionaryObject({
        pypdf.generic.NameObject("/Type"): pypdf.generic.NameObject("/Annot"),
        pypdf.generic.NameObject("/Subtype"): pypdf.generic.NameObject("/StrikeOut"),
        pypdf.generic.NameObject("/Rect"): pypdf.generic.RectangleObject((155, 697, 185, 712)),
    })  # fmt: skip
    writer.add_annotation(0, note)
    writer.add_annotation(0, struck)
    out = io.BytesIO()
    writer.write(out)
    document = loaded(tmp_path, out.getvalue())
    assert document.text == "The rent is 2,400 euros.\n\nPage 1 [Note: Ask the board first.]"
    assert "1 struck words: left out" in document.metadata["notes"]


def test_a_stamp_does_not_make_a_scan_a_text_page(tmp_path):
    """A page that is a picture, but for the court's filing notice, is a scan."""
    from PIL import Image
    from reportlab.lib.utils import ImageReader

    def draw(canvas: Canvas) -> None:
        canvas.drawImage(ImageReader(Image.new("L", (200, 280), 230)), 0, 0, 595, 842)
        canvas.drawString(300, 800, "Electronically Filed Court of Appeals 02-DEC-2011")

    with pytest.raises(DocumentError, match="no text, scanned"):
        loaded(tmp_path, drawn(draw))


def test_raised_digits_stay_exponents(tmp_path):
    """10⁹, not 109."""

    def draw(canvas: Canvas) -> None:
        text = canvas.beginText(60, 700)
        text.setFont("Helvetica", 12)
        text.textOut("Stop below 1.0 x 10")
        text.setFont("Helvetica", 7)
        text.setRise(5)
        text.textOut("9")
        text.setRise(0)
        text.setFont("Helvetica", 12)
        text.textOut("/L.")
        canvas.drawText(text)

    assert loaded(tmp_path, drawn(draw)).text == "Stop below 1.0 x 10⁹/L."


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("Wkh sxufkdvh sulfh lv iruw wkrxvdqg hxurv dqg lv sdlg zlwklq whq gdbv ri wkh vdoh ri wkh vkduhv.", True),
        ("The purchase price is forty thousand euros and is paid within ten days of the sale of the shares.", False),
        ("Der Kaufpreis beträgt vierzigtausend Euro und ist binnen zehn Tagen nach dem Verkauf fällig.", False),
        ("Aciclovir Amoxicillin Doxycycline Erythromycin Gentamicin Metronidazole Nitrofurantoin Vancomycin Rifampicin "
         "Isoniazid Trimethoprim Flucloxacillin", False),
        ("第一条 本合同自双方签字之日起生效。", False),
    ],
)  # fmt: skip
def test_letters_that_are_other_letters(text, wrong):
    """A shifted alphabet is no language; names of drugs, German and Chinese are text."""
    assert garbled(text) is wrong


def test_letters_without_characters():
    """Private use and control characters say nothing; a bullet from a symbol font among words does not matter."""
    assert unmapped("\ue005\ue00d\ue00a \ue014\ue018") is True
    assert unmapped("\x05\r\n\x01\x14\x18") is True
    assert unmapped("\uf0b7 The tenant pays the rent monthly.") is False


def test_a_sheet_whose_sides_are_stated_the_wrong_way_round(tmp_path):
    """A page on which nothing would be seen, as its sheet lies across: its text is read. Beside text that is seen, what
    is off the sheet stays out."""
    option, price = (80, 760, "The option expires on 30 June 2027."), (80, 500, "The price is 18 euros.")
    assert loaded(tmp_path, drawn(lambda c: c.drawString(*option), pagesize=(800, 600))).text == option[2]
    both = drawn(lambda c: [c.drawString(*option), c.drawString(*price)], pagesize=(800, 600))
    assert loaded(tmp_path, both).text == price[2]
