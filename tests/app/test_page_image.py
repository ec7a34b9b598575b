"""A PDF page drawn with its cited words boxed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from sparewheel.app.ui.page_image import WIDTH_PX, draw_page, lines
from sparewheel.corpora import samples
from sparewheel.rag.ingest.formats.pdf import parse_pdf
from sparewheel.rag.settings import Ingest
from sparewheel.rag.types import Box

LEASE = samples("legal") / "documents" / "commercial-lease.pdf"


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


@pytest.fixture(scope="module")
def boxes() -> list[Box]:
    """Of the words "nine months' written notice" in the sample lease."""
    parsed = parse_pdf(LEASE.read_bytes(), Ingest())
    assert parsed.layout is not None
    start = parsed.text.index("nine months' written notice")
    return parsed.layout.locate(start, start + len("nine months' written notice"))


def is_yellow(pixel: tuple[int, ...]) -> bool:
    return pixel[2] < pixel[0] - 40 and pixel[2] < pixel[1] - 40


def test_the_cited_words_are_yellow_and_nothing_else(boxes: list[Box]) -> None:
    """Where the words stand the paper is marked; without boxes no pixel of the page is."""
    page = boxes[0].page
    plain, marked = opened(draw_page(LEASE, page)), opened(draw_page(LEASE, page, boxes))
    assert plain.size == marked.size
    assert plain.width == pytest.approx(WIDTH_PX, abs=1)
    scale = WIDTH_PX / 595.3
    box = lines(boxes)[0]
    corner = (int((box.x0 + 0.5) * scale), int((box.top + 0.5) * scale))
    assert is_yellow(marked.getpixel(corner))
    assert not is_yellow(plain.getpixel(corner))
    assert not is_yellow(marked.getpixel((corner[0], int((box.top - 40) * scale))))


def test_a_strip_shows_the_part_around_the_boxes(boxes: list[Box]) -> None:
    """Without the page's margins, and with the marked words in it."""
    whole, strip = (opened(draw_page(LEASE, boxes[0].page, boxes, strip=s)) for s in (False, True))
    assert strip.width < whole.width
    assert strip.height < whole.height / 2
    assert any(is_yellow(colour) for _, colour in strip.resize((200, 200)).getcolors(40_000))


def test_boxes_of_another_page_are_not_drawn(boxes: list[Box]) -> None:
    """The page is as it was printed."""
    assert draw_page(LEASE, boxes[0].page + 1, boxes) == draw_page(LEASE, boxes[0].page + 1)


def test_words_are_joined_to_lines() -> None:
    """One frame a line, from the top down; a word of the next line begins another."""
    words = [Box(1, 10, 5, 20, 15), Box(1, 22, 6, 40, 15), Box(1, 8, 20, 30, 30)]
    assert lines(words) == [Box(1, 10, 5, 40, 15), Box(1, 8, 20, 30, 30)]


def test_a_page_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Not an empty picture."""
    with pytest.raises(Exception, match="page"):
        draw_page(LEASE, 99)
