"""PDF by pdfium: text, pages and the box of every word; pages without text go to OCR where it is installed."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable
from itertools import islice
from typing import Any

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats import ocr
from sparewheel.rag.ingest.formats.page_text import Line, Word, in_reading_order, without_running_heads, write
from sparewheel.rag.ingest.formats.parsed import Parsed, clean
from sparewheel.rag.ingest.formats.print_size import large_lines
from sparewheel.rag.settings import Ingest

# A word, or one Chinese, Japanese or Korean character: each of these gets a box of its own.
_WIDE = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_TOKEN = re.compile(rf"[{_WIDE}]|[^\s\x00-\x1f\x7f\ufffe{_WIDE}]+")
_HYPHENS = "\x02\ufffe"  # what pdfium puts where a word is divided at a line end
_LATIN_END = "\u2e7f"  # wide characters come after it
_SCARCE = 16  # characters; a page with fewer that shows a picture counts as scanned
_ALPHANUMERIC = re.compile(r"[^\W_]")
_LARGE_PICTURE = 0.3  # of the page's area
_Transform = Callable[[float, float, float, float], tuple[float, float, float, float]]


def parse_pdf(data: bytes, settings: Ingest) -> Parsed:
    """Text with page spans and layout; metadata: author, created (as the file states them), ocr_pages,
    pages_without_text. Raises DocumentError for a damaged, protected or too long file, and for a scanned one
    without OCR."""
    import pypdfium2 as pdfium

    document = _open(pdfium, data, settings)
    try:
        pages: list[list[Line]] = []
        sizes: list[tuple[float, float]] = []
        scanned: list[int] = []
        for index in range(len(document)):
            lines, size, is_scan = _page(pdfium, document, index)
            pages.append(lines)
            sizes.append(size)
            if is_scan:
                scanned.append(index)
        metadata = _metadata(document)
        if scanned:
            metadata |= _read_scans(document, pages, scanned, settings)
        if not any(pages):
            raise DocumentError("no text in it: its pages are blank", cure="check that it opens in a PDF viewer")
        title = metadata.pop("title", "")
    finally:
        document.close()
    text, spans, layout = write(without_running_heads(pages), sizes)
    headings = () if "ocr_pages" in metadata else large_lines(text, layout)  # OCR boxes have no true height
    return Parsed(text, "application/pdf", title, headings, spans, layout, metadata)


def _open(pdfium: Any, data: bytes, settings: Ingest) -> Any:
    if b"%PDF-" not in data[:1024]:
        raise DocumentError("not a PDF: the %PDF mark is missing", cure="check the file, or give it its right suffix")
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise DocumentError(
                "protected by a password", cure="save a copy without a password and ingest that"
            ) from error
        raise DocumentError(
            f"a damaged PDF ({error})", cure="copy it again from its source, or print it to a new PDF"
        ) from error
    if len(document) > settings.max_pages:
        raise DocumentError(
            f"{len(document)} pages are over the limit of {settings.max_pages}", cure="raise ingest.max_pages"
        )
    return document


def _page(pdfium: Any, document: Any, index: int) -> tuple[list[Line], tuple[float, float], bool]:
    """Lines of the page, its size as shown, and whether it is a picture of text without text."""
    try:
        page = document[index]
    except pdfium.PdfiumError as error:
        raise DocumentError(f"page {index + 1} is damaged", cure="print the file to a new PDF") from error
    size = (page.get_width(), page.get_height())
    textpage = page.get_textpage()
    raw = textpage.get_text_range()
    count = textpage.count_chars()
    if len(raw) != count:  # characters beyond U+FFFF, or some that pdfium leaves out of the range
        raw = "".join(map(_character, (pdfium.raw.FPDFText_GetUnicode(textpage, i) for i in range(count))))
    lines = in_reading_order(_lines(pdfium, textpage, raw, _to_screen(page)), size[0])
    scarce = len(list(islice(_ALPHANUMERIC.finditer(raw), _SCARCE))) < _SCARCE
    garbled = raw.count("\ufffd") > 0.3 * len(raw)
    is_scan = (scarce or garbled) and _shows_picture(pdfium, page, size)
    textpage.close()
    page.close()
    return ([] if garbled and is_scan else lines), size, is_scan


def _character(code: int) -> str:
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"


def _lines(pdfium: Any, textpage: Any, raw: str, to_screen: _Transform) -> list[Line]:
    rect = pdfium.raw.FS_RECTF()
    box, address, handle = pdfium.raw.FPDFText_GetLooseCharBox, ctypes.byref(rect), textpage.raw
    plain = raw.isascii()
    lines: list[Line] = []
    words: list[Word] = []
    gaps: list[str] = []
    end = 0
    for found in _TOKEN.finditer(raw):
        between, start = raw[end : found.start()], found.start()
        end = found.end()
        text = found.group() if plain else clean(found.group().replace("\u00ad", "-"))
        if not text:
            continue
        box(handle, start, address)
        left, bottom, right, top = rect.left, rect.bottom, rect.right, rect.top
        if end - start > 1:
            box(handle, end - 1, address)
            left, right = min(left, rect.left), max(right, rect.right)
            bottom, top = min(bottom, rect.bottom), max(top, rect.top)
        word = (text, *to_screen(left, bottom, right, top))
        hyphen = bool(words) and not between.isspace() and any(c in between for c in _HYPHENS)
        if words and (hyphen or "\n" in between or _turns_back(words[-1], word)):
            lines.append(Line(tuple(words), tuple(gaps), hyphen))
            words, gaps = [word], []
            continue
        if words:
            real = bool(between) and text > _LATIN_END and not pdfium.raw.FPDFText_IsGenerated(handle, start - 1)
            gaps.append(_gap(words[-1], word, between, real))
        words.append(word)
    if words:
        lines.append(Line(tuple(words), tuple(gaps)))
    return lines


def _turns_back(last: Word, word: Word) -> bool:
    """Whether a word that pdfium puts on the same line stands clearly below or above it."""
    return word[2] > last[4] or word[4] < last[2]


def _gap(last: Word, word: Word, between: str, real: bool) -> str:
    """ "" inside a run of characters and between Chinese characters that only look spaced (no real blank), else " "."""
    if not between:
        return ""
    wide = last[0][-1] > _LATIN_END and word[0][0] > _LATIN_END
    return "" if wide and not real and word[1] - last[3] < 0.35 * (last[4] - last[2]) else " "


def _to_screen(page: Any) -> _Transform:
    """From PDF user space to points from the top left of the page as it is shown."""
    left, bottom, right, top = page.get_bbox()
    rotation = page.get_rotation()
    if rotation == 90:
        return lambda x0, y0, x1, y1: (y0 - bottom, x0 - left, y1 - bottom, x1 - left)
    if rotation == 180:
        return lambda x0, y0, x1, y1: (right - x1, y0 - bottom, right - x0, y1 - bottom)
    if rotation == 270:
        return lambda x0, y0, x1, y1: (top - y1, right - x1, top - y0, right - x0)
    return lambda x0, y0, x1, y1: (x0 - left, top - y1, x1 - left, top - y0)


def _shows_picture(pdfium: Any, page: Any, size: tuple[float, float]) -> bool:
    for picture in page.get_objects(filter=(pdfium.raw.FPDF_PAGEOBJ_IMAGE,), max_depth=3):
        left, bottom, right, top = picture.get_bounds()
        if (right - left) * (top - bottom) > _LARGE_PICTURE * size[0] * size[1]:
            return True
    return False


def _metadata(document: Any) -> dict[str, str]:
    stated = document.get_metadata_dict()
    names = {"title": "Title", "author": "Author", "created": "CreationDate"}
    return {key: value for key, name in names.items() if (value := clean(stated.get(name, "")).strip())}


def _read_scans(document: Any, pages: list[list[Line]], scanned: list[int], settings: Ingest) -> dict[str, str]:
    """OCR into `pages`; what to tell of it in the metadata."""
    numbers = ",".join(str(index + 1) for index in scanned)
    engine = ocr.engine() if settings.ocr == "auto" else None
    if engine is None:
        if not any(pages):
            raise DocumentError(
                "no text, scanned", cure=ocr.CURE if settings.ocr == "auto" else "set ingest.ocr = auto"
            )
        return {"pages_without_text": numbers}
    for index in scanned:
        page = document[index]
        pages[index] = in_reading_order(ocr.read_page(page, engine), page.get_width())
        page.close()
    if not any(pages):
        raise DocumentError("no text: OCR read nothing on its pages", cure="scan it again at 300 dpi")
    return {"ocr_pages": numbers}
