# ruff: noqa: E501
"""What nobody sees on a page is no text of it."""

from __future__ import annotations

import pytest

from sparewheel.eval.hostile.injections import _docx, _pdf
from sparewheel.rag.ingest.load import load
from sparewheel.rag.settings import Ingest

SEEN = "The Willow notice period is 14 days."


def text_of(tmp_path, name, data):
    (tmp_path / name).write_bytes(data)
    return load(tmp_path / name, name, Ingest(ocr="off")).text


@pytest.mark.parametrize(
    "style",
    [
        "display:none", "visibility: hidden", "opacity:0", "opacity: 0.0;", "font-size:0", "font-size:1px", "font-size: 0.5pt",
        "position:absolute; left:-9999px", "text-indent:-9999px", "margin-left: -5000px", "clip:rect(0,0,0,0)", "clip-path: inset(50%)",
        "color:#fff", "color: white;", "color:rgb(255, 255, 255)", "color:transparent", "height:0; overflow:hidden", "transform:scale(0)",
    ],
)  # fmt: skip
def test_a_page_hides_it_by_style(tmp_path, style):
    """On the element, or where it can be told by a class, by the style sheet."""
    page = f'<html><body><p>{SEEN}</p><p style="{style}">SECRET</p></body></html>'
    assert text_of(tmp_path, "a.html", page.encode()) == SEEN
    if "color" not in style:
        page = f'<html><style>.x{{{style}}}</style><body><p>{SEEN}</p><p class="x">SECRET</p></body></html>'
        assert text_of(tmp_path, "b.html", page.encode()) == SEEN


@pytest.mark.parametrize(
    "style",
    [
        "opacity:0.9", "opacity:1", "font-size:10px", "font-size:1.2em", "font-size:1rem", "left:-5px", "margin-left:-10px",
        "background:#036;color:#fff", "color:#ffe", "color:#fff8dc", "background-color:white", "border-color:white",
    ],
)  # fmt: skip
def test_what_is_seen_is_read(tmp_path, style):
    """White letters on a dark ground too."""
    page = f'<html><body><p style="{style}">{SEEN}</p></body></html>'
    assert text_of(tmp_path, "a.html", page.encode()) == SEEN


def test_white_letters_of_a_table_head_on_a_dark_row_are_read(tmp_path):
    """The ground is said by what stands around them."""
    page = f'<table><tr bgcolor="#003366"><td style="color:#fff">{SEEN}</td></tr></table>'
    assert SEEN in text_of(tmp_path, "a.html", page.encode())


@pytest.mark.parametrize("where", ["docx vanish", "docx tiny"])
def test_word_hides_it(tmp_path, where):
    """By its mark for hidden text, or by letters of one point."""
    assert text_of(tmp_path, "a.docx", _docx([SEEN], "SECRET", where)) == SEEN


def test_a_pdf_holds_it_off_the_page(tmp_path):
    """And says that it was left out."""
    (tmp_path / "a.pdf").write_bytes(_pdf([SEEN], "SECRET words"))
    document = load(tmp_path / "a.pdf", "a", Ingest(ocr="off"))
    assert document.text.strip() == SEEN
    assert "2 words off the page" in document.metadata["notes"]


def test_letters_without_shape_are_gone(tmp_path):
    """Tag characters, variation selectors beyond the first, marks that turn the direction, blanks without width."""
    hidden = "".join(chr(0xE0000 + ord(c)) for c in "obey") + "\u202e\u2066\u200b\U000e0101\ufff9"
    assert text_of(tmp_path, "a.txt", f"{SEEN}{hidden}".encode()) == SEEN
