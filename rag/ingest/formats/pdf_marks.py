"""What a PDF has beside its page text: values of form fields, notes, struck passages, attached files."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sparewheel.rag.ingest.formats.page_text import Line, spread
from sparewheel.rag.ingest.formats.parsed import clean
from sparewheel.rag.ingest.formats.pdf_words import Transform

_MOST_ANNOTATIONS = 5000  # of a page
_MOST_VALUE = 20_000  # characters of a field or a note
_MOST_ATTACHMENTS = 100
TICKED, UNTICKED = "☒", "☐"


@dataclass
class Marks:
    """values: what fills the form's fields, and text typed onto the page, where it is seen. notes: comments. struck:
    rectangles of struck text."""

    values: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    struck: list[tuple[float, float, float, float]] = field(default_factory=list)


def marks_of(pdfium: Any, form: Any, page: Any, place: Transform) -> Marks:
    """form: of the document, None where it has none."""
    raw = pdfium.raw
    marks = Marks()
    for annotation in _annotations(raw, page):
        kind = raw.FPDFAnnot_GetSubtype(annotation)
        if raw.FPDFAnnot_GetFlags(annotation) & raw.FPDF_ANNOT_FLAG_HIDDEN:
            continue
        rect = raw.FS_RECTF()
        raw.FPDFAnnot_GetRect(annotation, rect)
        left, right = sorted((rect.left, rect.right))
        bottom, top = sorted((rect.bottom, rect.top))
        box = place(left, bottom, right, top)
        if kind == raw.FPDF_ANNOT_WIDGET and form is not None:
            value = _field_value(raw, form, annotation)
            marks.values += _in_box(value, box)
        elif kind == raw.FPDF_ANNOT_FREETEXT:
            marks.values += _in_box(_string(raw, annotation, b"Contents"), box)
        elif kind == raw.FPDF_ANNOT_STRIKEOUT:
            marks.struck.append(box)
        if kind in (
            raw.FPDF_ANNOT_TEXT,
            raw.FPDF_ANNOT_HIGHLIGHT,
            raw.FPDF_ANNOT_UNDERLINE,
            raw.FPDF_ANNOT_STRIKEOUT,
            raw.FPDF_ANNOT_SQUARE,
            raw.FPDF_ANNOT_STAMP,
        ):
            text = " ".join(clean(_string(raw, annotation, b"Contents")).split())
            if text:
                who = " ".join(clean(_string(raw, annotation, b"T")).split())
                marks.notes.append(f"[Note{f' of {who}' if who else ''}: {text}]")
    return marks


def without_struck(lines: list[Line], struck: list[tuple[float, float, float, float]]) -> tuple[list[Line], int]:
    """The lines without the words that are struck through, and how many words that were."""
    if not struck:
        return lines, 0
    kept: list[Line] = []
    gone = 0
    for line in lines:
        stay = [not any(_strikes(box, word) for box in struck) for word in line.words]
        if all(stay):
            kept.append(line)
            continue
        gone += stay.count(False)
        words = [word for word, stays in zip(line.words, stay, strict=True) if stays]
        gaps = [" "] * (len(words) - 1)
        if words:
            kept.append(Line(tuple(words), tuple(gaps), line.hyphen and stay[-1]))
    return kept, gone


def _strikes(box: tuple[float, float, float, float], word: tuple[str, float, float, float, float]) -> bool:
    """Whether the rectangle lies over the middle of the word."""
    x, y = (word[1] + word[3]) / 2, (word[2] + word[4]) / 2
    return box[0] - 1 <= x <= box[2] + 1 and box[1] <= y <= box[3]


def _annotations(raw: Any, page: Any) -> Iterator[Any]:
    for i in range(min(raw.FPDFPage_GetAnnotCount(page.raw), _MOST_ANNOTATIONS)):
        annotation = raw.FPDFPage_GetAnnot(page.raw, i)
        if annotation:
            yield annotation
            raw.FPDFPage_CloseAnnot(annotation)


def _field_value(raw: Any, form: Any, annotation: Any) -> str:
    kind = raw.FPDFAnnot_GetFormFieldType(form, annotation)
    if kind in (raw.FPDF_FORMFIELD_CHECKBOX, raw.FPDF_FORMFIELD_RADIOBUTTON):
        return TICKED if raw.FPDFAnnot_IsChecked(form, annotation) else UNTICKED
    if kind in (raw.FPDF_FORMFIELD_TEXTFIELD, raw.FPDF_FORMFIELD_COMBOBOX, raw.FPDF_FORMFIELD_LISTBOX):
        size = min(raw.FPDFAnnot_GetFormFieldValue(form, annotation, None, 0), 2 * _MOST_VALUE)
        buffer = ctypes.create_string_buffer(size)
        raw.FPDFAnnot_GetFormFieldValue(form, annotation, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
        return _utf16(buffer)
    return ""


def _string(raw: Any, annotation: Any, key: bytes) -> str:
    size = min(raw.FPDFAnnot_GetStringValue(annotation, key, None, 0), 2 * _MOST_VALUE)
    buffer = ctypes.create_string_buffer(max(size, 2))
    raw.FPDFAnnot_GetStringValue(annotation, key, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return _utf16(buffer)


def _utf16(buffer: Any) -> str:
    return str(buffer.raw.decode("utf-16-le", "replace")).split("\x00")[0]


def _in_box(text: str, box: tuple[float, float, float, float]) -> list[Line]:
    """The text as lines that share the height of the box."""
    rows = [row for row in clean(text).split("\n") if row.strip()]
    high = (box[3] - box[1]) / max(len(rows), 1)
    lines = []
    for i, row in enumerate(rows):
        line = spread(row, box[0], box[1] + i * high, max(box[2], box[0] + 1), box[1] + (i + 1) * high)
        if line is not None:
            lines.append(line)
    return lines


def _named(name: str) -> str:
    """A name that was stored as UTF-16 where the format has one byte a character."""
    if not name.startswith("\u00fe\u00ff"):
        return name
    return name.encode("latin-1", "replace").decode("utf-16", "replace")


def attachments_of(document: Any, most_bytes: int) -> tuple[list[tuple[str, bytes]], list[str]]:
    """(name, content) of the files attached to the document; and what was left out, in words."""
    found: list[tuple[str, bytes]] = []
    left_out: list[str] = []
    for i in range(min(document.count_attachments(), _MOST_ATTACHMENTS)):
        try:
            attachment = document.get_attachment(i)
            name = clean(_named(attachment.get_name())).strip() or f"attachment {i + 1}"
            data = bytes(attachment.get_data())
        except Exception as error:  # whatever pdfium's wrapper raises for a damaged one
            left_out.append(f"attachment {i + 1} could not be read ({type(error).__name__})")
            continue
        if len(data) > most_bytes:
            left_out.append(f"attachment {name} is over the limit of {most_bytes // 1_000_000} MB")
        elif data:
            found.append((name, data))
    return found, left_out
