"""rag/ingest/formats/pdf.py and page_text.py: text, pages and boxes that fit each other."""

from __future__ import annotations

import io
import subprocess

import pytest
from PIL import Image
from source_files import lines, pdf, scan

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats import ocr
from sparewheel.rag.ingest.formats.page_text import Line, write
from sparewheel.rag.ingest.load import load
from sparewheel.rag.settings import Ingest
from sparewheel.rag.types import Box

OFF = Ingest(ocr="off")


def loaded(folder, data: bytes, settings: Ingest = OFF):
    path = folder / "a.pdf"
    path.write_bytes(data)
    return load(path, "a.pdf", settings)


def box_of(document, phrase: str) -> list[Box]:
    start = document.text.index(phrase)
    return document.layout.locate(start, start + len(phrase))


def test_text_pages_and_boxes_agree(tmp_path):
    """Each word's span is its text, each page's span holds its words, and the box is where the word was drawn."""
    document = loaded(tmp_path, pdf(lines("Alpha Beta", "Gamma."), lines("Delta")))
    assert document.text == "Alpha Beta\nGamma.\n\nDelta"
    assert [document.text[p.start : p.end] for p in document.pages] == ["Alpha Beta\nGamma.", "Delta"]
    assert [document.text[a:b] for a, b in document.layout.spans] == ["Alpha", "Beta", "Gamma.", "Delta"]
    assert document.layout.pages.tolist() == [1, 1, 1, 2]
    (box,) = box_of(document, "Beta")
    assert box.page == 1
    assert box.x0 == pytest.approx(107, abs=3)  # 72 + width of "Alpha " at 12 points
    assert box.top < 800 - 700 < box.bottom + 1  # the baseline, measured from the top
    assert document.layout.sizes.tolist() == [[600, 800], [600, 800]]


@pytest.mark.parametrize(
    ("rotate", "corner"), [(0, "top left"), (90, "top right"), (180, "bottom right"), (270, "bottom left")]
)
def test_boxes_follow_the_rotation_of_the_page(tmp_path, rotate, corner):
    """A word drawn in the top left corner is found in the corner where the turned page shows it."""
    document = loaded(tmp_path, pdf(lines("Corner", x=20, top=770), rotate=rotate))
    (box,) = box_of(document, "Corner")
    width, height = document.layout.sizes[0].tolist()
    assert (width, height) == ((600, 800) if rotate in (0, 180) else (800, 600))
    assert ("left" if box.x0 < width / 2 else "right") in corner
    assert ("top" if box.top < height / 2 else "bottom") in corner
    assert 0 <= box.x0 < box.x1 <= width
    assert 0 <= box.top < box.bottom <= height


def test_boxes_count_from_the_corner_of_the_visible_page(tmp_path):
    """A media box that does not begin at 0,0 shifts the boxes with it."""
    document = loaded(tmp_path, pdf(lines("Word", x=172, top=800), box="100 100 700 900"))
    (box,) = box_of(document, "Word")
    assert box.x0 == pytest.approx(72, abs=2)
    assert box.top < 100 < box.bottom + 1


def test_running_headers_and_page_numbers_are_dropped(tmp_path):
    """What most pages repeat stays once, page numbers go, and the text between reads on."""
    pages = [lines("ACME CONFIDENTIAL", f"Clause {n} says something.", f"Page {n} of 4") for n in (1, 2, 3, 4)]
    document = loaded(tmp_path, pdf(*pages))
    assert document.text.count("ACME CONFIDENTIAL") == 1
    assert "of 4" not in document.text
    assert [document.text[p.start : p.end].split("\n")[-1] for p in document.pages] == [
        f"Clause {n} says something." for n in (1, 2, 3, 4)
    ]


def test_a_paragraph_goes_on_over_the_page_break(tmp_path):
    """No blank line between a page that ends inside a sentence and the next."""
    document = loaded(tmp_path, pdf(lines("The tenant shall"), lines("pay the rent.")))
    assert document.text == "The tenant shall\npay the rent."


def test_numbers_drawn_apart_from_their_clauses_are_put_back(tmp_path):
    """A column of clause numbers that comes first in the file is joined with the lines it stands beside."""
    numbers = lines("1.", "2.", "3.", x=50, step=40)
    texts = lines("First duty.", "Second duty.", "Third duty.", x=80, step=40)
    assert loaded(tmp_path, pdf(numbers + "\n" + texts)).text == "1. First duty.\n2. Second duty.\n3. Third duty."


def test_columns_are_read_one_after_the_other(tmp_path):
    """A page in two columns is not read across them."""
    words = "The parties agree upon the following terms"
    left = lines(*[f"{words[:30]} {n}" for n in range(9)], x=40)
    right = lines(*[f"{words[:30]} {n}" for n in range(9, 18)], x=320)
    numbers = [line.split()[-1] for line in loaded(tmp_path, pdf(left + "\n" + right)).text.split("\n") if line]
    assert numbers == [str(n) for n in range(18)]


def test_hyphens_at_line_ends(tmp_path):
    """A word divided at a line end is joined if the document knows it whole; a compound keeps its hyphen."""
    text = lines(
        "The agreement and its confi-",
        "dential part and each non-",
        "exclusive licence. It is confidential.",
        "A non-exclusive licence.",
    )
    document = loaded(tmp_path, pdf(text))
    assert "confidential part" in document.text
    assert "each non-exclusive licence" in document.text
    assert [document.text[a:b] for a, b in document.layout.spans][4:6] == ["confi", "dential"]


def test_password(tmp_path):
    """A protected PDF says so."""
    import pypdf

    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf(lines("Secret"))))
    writer.encrypt("word")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(DocumentError, match="protected by a password; save a copy without"):
        loaded(tmp_path, out.getvalue())


def test_page_limit(tmp_path):
    """A longer document is refused before its pages are read."""
    with pytest.raises(DocumentError, match=r"3 pages are over the limit of 2; raise ingest\.max_pages"):
        loaded(tmp_path, pdf(*[lines("x")] * 3), Ingest(max_pages=2))


def test_a_scan_without_ocr(tmp_path, monkeypatch):
    """A scanned file names the package to install; with OCR switched off, the setting."""
    monkeypatch.setattr(ocr, "engine", lambda: None)
    with pytest.raises(DocumentError, match=r"no text, scanned; install the extra .ocr."):
        loaded(tmp_path, scan(), Ingest())
    with pytest.raises(DocumentError, match=r"no text, scanned; set ingest\.ocr = auto"):
        loaded(tmp_path, scan())


def test_only_pages_without_text_are_read_by_ocr(tmp_path, monkeypatch):
    """Of a mixed file the scanned page alone goes to the engine; its boxes come back in points."""
    import pypdf

    writer = pypdf.PdfWriter()
    for part in (pdf(lines("Typed page, with enough text on it.")), scan()):
        writer.append(io.BytesIO(part))
    out = io.BytesIO()
    writer.write(out)
    seen = []

    def engine(image):
        seen.append(image.size)
        line = Line((("Scanned", 100.0, 200.0, 300.0, 250.0), ("words", 320.0, 200.0, 400.0, 250.0)), (" ",))
        return [(line, 0.9)]

    monkeypatch.setattr(ocr, "engine", lambda: engine)
    document = loaded(tmp_path, out.getvalue(), Ingest())
    assert document.text == "Typed page, with enough text on it.\n\nScanned words"
    assert (document.metadata["ocr_pages"], document.metadata["ocr_confidence"]) == ("2", "2:0.90")
    ((width, _),) = seen
    (box,) = box_of(document, "Scanned")
    assert (box.page, box.x0) == (2, pytest.approx(100 * 600 / width, rel=0.01))


def test_without_ocr_a_mixed_file_tells_which_pages_are_missing(tmp_path, monkeypatch):
    """The readable pages are kept."""
    import pypdf

    writer = pypdf.PdfWriter()
    for part in (scan(), pdf(lines("Typed page, with enough text on it."))):
        writer.append(io.BytesIO(part))
    out = io.BytesIO()
    writer.write(out)
    monkeypatch.setattr(ocr, "engine", lambda: None)
    document = loaded(tmp_path, out.getvalue(), Ingest())
    assert document.text == "Typed page, with enough text on it."
    assert document.metadata["pages_without_text"] == "1"
    assert [page.start for page in document.pages] == [0, 0]


def test_a_real_ocr_engine_reads_a_scan(tmp_path):
    """Where an OCR engine is installed, a picture of text gives its words with boxes."""
    if ocr.engine() is None:
        pytest.skip("no OCR engine on this machine")
    from PIL import Image, ImageDraw, ImageFont

    picture = Image.new("RGB", (1240, 500), "white")
    ImageDraw.Draw(picture).text((100, 100), "Governed by the laws of Delaware", "black", ImageFont.load_default(48))
    out = io.BytesIO()
    picture.save(out, "PDF", resolution=150)
    document = loaded(tmp_path, out.getvalue(), Ingest())
    assert "Delaware" in document.text
    (box,) = box_of(document, "Delaware")
    assert 0.4 * document.layout.sizes[0][0] < box.x0 < box.x1 < document.layout.sizes[0][0]


def test_lines_in_larger_print_are_headings(tmp_path):
    """By size: the largest is level 1, a wrapped one is one heading, a large paragraph is none."""
    large = "BT /F1 20 Tf 72 760 Td (Guide to the) Tj ET\nBT /F1 20 Tf 72 738 Td (Renal Clinic) Tj ET\n"
    section = "BT /F1 15 Tf 72 716 Td (Opening hours) Tj ET\n"
    body = lines(*["The clinic is open on every working day from eight to four."] * 12)
    document = loaded(tmp_path, pdf(large + section + body))
    assert [(document.text[a:b], level) for a, b, level in document.headings] == [
        ("Guide to the\nRenal Clinic", 1),
        ("Opening hours", 2),
    ]
    assert loaded(tmp_path, pdf(body)).headings == ()


def chinese(*texts: str, x0: float = 50.0, x1: float = 300.0) -> list[list[Line]]:
    """One page whose lines all reach from x0 to x1, but for the last."""
    page = []
    for n, text in enumerate(texts):
        right = x1 if n < len(texts) - 1 else x0 + 60
        page.append(Line(((text, x0, 20.0 * n, right, 20.0 * n + 12),), ()))
    return [page]


def test_chinese_lines_wrap_inside_words():
    """A full Chinese line goes on without a blank, also inside a number; an article or item begins a line."""
    pages = chinese(
        "甲方应当支付押金人民币12,00", "0元，并在三十日内", "第二条 租期为五年，自二〇二五年起算，共计", "五年"
    )
    text, _, layout = write(pages, [(600, 800)])
    assert text == "甲方应当支付押金人民币12,000元，并在三十日内\n第二条 租期为五年，自二〇二五年起算，共计五年"
    assert [text[a:b] for a, b in layout.spans] == [line.text for line in pages[0]]


def test_a_doubtful_word_of_a_scan_keeps_its_place(monkeypatch):
    """Left out, "4.2 million" would be 4.2; a doubtful figure is marked, a line that nobody can read is left out."""
    words = [("price", 96), ("4.2", 91), ("million", 42), ("7x9", 30), ("euros", 95)]
    rows = [f"1\t1\t1\t{n}\t{conf}\t{word}\t{60 * n}\t10\t50\t12" for n, (word, conf) in enumerate(words)]
    rows.append("1\t1\t2\t0\t20\t#~\t0\t40\t50\t12")
    head = "block_num\tpar_num\tline_num\tword_num\tconf\ttext\tleft\ttop\twidth\theight"
    said = "\n".join([head, *rows]).encode()

    def run(command, **options):
        return subprocess.CompletedProcess(command, 0, "eng" if "--list-langs" in command else said)

    monkeypatch.setattr(ocr.subprocess, "run", run)
    (line, sure) = ocr._tesseract(Image.new("L", (9, 9)))[0]
    assert line.text == "price 4.2 million \ufffd euros"
    assert sure == pytest.approx(0.708)
    assert len(ocr._tesseract(Image.new("L", (9, 9)))) == 1
