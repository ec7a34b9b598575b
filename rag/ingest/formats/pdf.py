"""PDF by pdfium: text with tables, form values and notes, pages and the box of every word. Pages whose letters cannot
be read (scans, fonts without characters) go to OCR where it is installed."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats import ocr
from sparewheel.rag.ingest.formats.members import Members
from sparewheel.rag.ingest.formats.page_layout import Block, arrange, table_lines
from sparewheel.rag.ingest.formats.page_text import Turn, in_reading_order, same_row, without_running_heads, write
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder, clean
from sparewheel.rag.ingest.formats.pdf_marks import Marks, attachments_of, marks_of, without_struck
from sparewheel.rag.ingest.formats.pdf_rules import Rules, rules_of, strikes
from sparewheel.rag.ingest.formats.pdf_scan import Unread, unread
from sparewheel.rag.ingest.formats.pdf_words import lines_of, on_page, raw_text, to_screen, turn_of, upright_of
from sparewheel.rag.ingest.formats.print_size import large_lines
from sparewheel.rag.settings import Ingest

_WORD = "Attached file:"
_XFA_CURE = "open it in Adobe Acrobat and print it to a new PDF"
_UNMAPPED_CURE = "print it to a new PDF from the program that made it, or "


@dataclass
class _Pages:
    """The pages read so far. unread: index of each page whose letters cannot be read, and why."""

    blocks: list[list[Block]] = field(default_factory=list)
    sizes: list[tuple[float, float]] = field(default_factory=list)
    turns: dict[int, Turn] = field(default_factory=dict)
    unread: dict[int, Unread] = field(default_factory=dict)
    notes: dict[int, list[str]] = field(default_factory=dict)
    struck: int = 0
    off: int = 0  # words that lie off the page, or are too small to be seen
    fields: int = 0


def parse_pdf(data: bytes, settings: Ingest, depth: int = 0) -> Parsed:
    """Text with page spans and layout, then its notes and the names of the files attached to it, its members; metadata:
    author, created (as the file states them), ocr_pages, ocr_confidence, pages_without_text.

    Raises DocumentError for a damaged, protected or too long file, for one of which no page can be read without OCR,
    and for a form that is only an XFA one.
    """
    import pypdfium2 as pdfium

    document = _open(pdfium, data, settings)
    try:
        form = _form_of(pdfium, document)
        pages = _Pages()
        for index in range(len(document)):
            _read_page(pdfium, document, index, form, pages)
        metadata = _metadata(document)
        attached, left_out = attachments_of(document, settings.max_file_mb * 1_000_000)
        report = [*left_out, *_xfa(pdfium, document, pages)]
        if pages.unread:
            metadata |= _read_by_ocr(document, pages, settings, report, has_more=bool(attached))
        if not any(pages.blocks) and not attached and not pages.notes:
            raise DocumentError("no text in it: its pages are blank", cure="check that it opens in a PDF viewer")
        title = metadata.pop("title", "")
    finally:
        document.close()
    text, spans, layout = write(table_lines(without_running_heads(pages.blocks)), pages.sizes, pages.turns)
    headings = () if "ocr_pages" in metadata else large_lines(text, layout)  # OCR boxes have no true height
    if pages.off:
        report.append(f"{pages.off} words off the page or too small to be seen: left out")
    if pages.struck:
        report.append(f"{pages.struck} struck words: left out")
    members = Members(settings, depth)
    for name, content in attached:
        members.read(name, content)
    text += _behind(pages, members, report, bool(text))
    notes, found = (*report, *members.told), tuple(members.found)
    return Parsed(text, "application/pdf", title, headings, spans, layout, metadata, notes, found)


def _behind(pages: _Pages, members: Members, report: list[str], follows: bool) -> str:
    """What is in the document and on none of its pages: notes, the names of attached files. follows: on other text."""
    builder = TextBuilder()
    for index, texts in pages.notes.items():
        for text in texts:
            builder.add(f"Page {index + 1} {text}")
    if pages.notes:
        report.append(f"{sum(map(len, pages.notes.values()))} notes on its pages: read, at the end of its text")
    members.write(builder, _WORD)
    return "\n\n" * (follows and bool(builder.text)) + builder.text


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


def _form_of(pdfium: Any, document: Any) -> Any:
    """The handle that knows the values of the form's fields; None where the document has no form."""
    if document.get_formtype() == pdfium.raw.FORMTYPE_NONE:
        return None
    document.init_forms()
    return document.formenv.raw if document.formenv is not None else None


def _read_page(pdfium: Any, document: Any, index: int, form: Any, pages: _Pages) -> None:
    try:
        page = document[index]
    except pdfium.PdfiumError as error:
        raise DocumentError(f"page {index + 1} is damaged", cure="print the file to a new PDF") from error
    size = (page.get_width(), page.get_height())
    textpage = page.get_textpage()
    raw = raw_text(pdfium, textpage)
    upright = upright_of(pdfium, page, textpage, raw)
    place = to_screen(page, upright)
    upright_size = size if (upright - page.get_rotation()) % 180 == 0 else size[::-1]
    lines, off = on_page(lines_of(pdfium, textpage, raw, place), *upright_size)
    pages.off += off
    why = unread(pdfium, page, raw, lines, size)
    marks = marks_of(pdfium, form, page, place) if pdfium.raw.FPDFPage_GetAnnotCount(page.raw) else Marks()
    if why is not None:
        pages.unread[index] = why
        lines = []
    rules = rules_of(pdfium, page, place) if lines else Rules()
    lines, struck = without_struck(lines, [*marks.struck, *strikes(rules, lines)])
    beside = any(same_row(a, b) for a, b in pairwise(lines))  # pieces apart on one row: the mark of a table
    pages.blocks.append(arrange([*lines, *marks.values], rules if beside else None, upright_size[0]))
    pages.sizes.append(size)
    pages.struck += struck
    if upright != page.get_rotation():
        pages.turns[index] = turn_of(page, upright)
    if marks.notes:
        pages.notes[index] = marks.notes
    textpage.close()
    page.close()


def _metadata(document: Any) -> dict[str, str]:
    stated = document.get_metadata_dict()
    names = {"title": "Title", "author": "Author", "created": "CreationDate"}
    return {key: value for key, name in names.items() if (value := clean(stated.get(name, "")).strip())}


def _xfa(pdfium: Any, document: Any, pages: _Pages) -> list[str]:
    """What to tell of an XFA form. Raises DocumentError where its pages hold only the request to open it elsewhere."""
    if document.get_formtype() not in (pdfium.raw.FORMTYPE_XFA_FULL, pdfium.raw.FORMTYPE_XFA_FOREGROUND):
        return []
    said = " ".join(block.text for blocks in pages.blocks for block in blocks)
    if len(said) < 1000 and ("Please wait" in said or "Adobe Reader" in said or not said.strip()):
        raise DocumentError("an XFA form: its pages are made by the viewer and not in the file", cure=_XFA_CURE)
    return ["an XFA form: only what its pages show without a viewer of such forms was read"]


def _read_by_ocr(
    document: Any, pages: _Pages, settings: Ingest, report: list[str], *, has_more: bool
) -> dict[str, str]:
    """OCR into the pages; what to tell of it in the metadata and the report."""
    numbers = ",".join(str(index + 1) for index in pages.unread)
    engine = ocr.engine() if settings.ocr == "auto" else None
    fonts = sum(why == "letters" for why in pages.unread.values())
    if engine is None:
        cure = ocr.CURE if settings.ocr == "auto" else "set ingest.ocr = auto"
        if not any(pages.blocks) and not has_more:
            if fonts:
                raise DocumentError(
                    "unreadable: its fonts do not say which letters they show", cure=_UNMAPPED_CURE + cure
                )
            raise DocumentError("no text, scanned", cure=cure)
        scans = len(pages.unread) - fonts
        said = [
            f"{scans} scanned" * bool(scans),
            f"{fonts} whose fonts do not say which letters they show" * bool(fonts),
        ]
        report.append(f"pages left out: {numbers} ({', '.join(filter(None, said))}); {cure}")
        return {"pages_without_text": numbers}
    confidence: list[str] = []
    for index in pages.unread:
        page = document[index]
        lines, sure = ocr.read_page(page, engine)
        pages.blocks[index] = [*in_reading_order([*lines], page.get_width()), *pages.blocks[index]]
        pages.turns.pop(index, None)
        confidence.append(f"{index + 1}:{sure:.2f}")
        page.close()
    if not any(pages.blocks) and not has_more:
        raise DocumentError("no text: OCR read nothing on its pages", cure="scan it again at 300 dpi")
    report.append(f"pages read by OCR: {numbers}")
    return {"ocr_pages": numbers, "ocr_confidence": ",".join(confidence)}
