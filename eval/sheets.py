"""Tables as people save them: CSV as any Excel writes it, and .xlsx itself. Rows are numbered as Excel numbers them.

CSV: comma, semicolon or tab; UTF-8 with or without its mark, UTF-16, GBK (Chinese Excel) or Windows-1252 (Western
Excel); empty rows and empty columns at the end; "sep=;" in the first row. xlsx: the first sheet, values as it shows
them (5 %, not 0.05).
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from sparewheel.rag.errors import UsageError

Cells = list[str]
_SEPARATORS = (",", ";", "\t", "|")
_HIGH = re.compile(rb"[\x80-\xff]+")


def read_sheet(path: Path, is_head: Callable[[Cells], bool]) -> Iterator[tuple[int, Cells]]:
    """(row number, cells), the head first; empty rows are counted and left out. `is_head` knows the first row.

    Raises UsageError for a file that is no table, with the row where it can be named.
    """
    rows = _xlsx(path) if path.suffix.lower() == ".xlsx" else _csv(path, is_head)
    for number, cells in rows:
        stripped = [cell.strip() for cell in cells]
        if any(stripped):
            yield number, stripped


def decoded(path: Path) -> str:
    """The text of a file, whichever of the encodings above it was saved in."""
    raw = path.read_bytes()
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16", "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if all(
        len(run) % 2 == 0 for run in _HIGH.findall(raw)
    ):  # Chinese letters are pairs of high bytes, an umlaut is one
        try:
            return raw.decode("gb18030")
        except UnicodeDecodeError:
            pass
    return raw.decode("cp1252", "replace")


def _csv(path: Path, is_head: Callable[[Cells], bool]) -> Iterator[tuple[int, Cells]]:
    text = decoded(path)
    first, begin = text.split("\n", 1)[0].strip(), 0
    given = first[4:] if first.lower().startswith("sep=") and len(first) == 5 else ""
    if given:
        begin, text = 1, text.split("\n", 1)[1] if "\n" in text else ""
    separator = given or next((s for s in _SEPARATORS if is_head(_first_row(text, s))), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    number = begin
    try:
        for number, cells in enumerate(reader, begin + 1):
            yield number, cells
    except csv.Error as error:
        raise UsageError(f"{path}, row {number + 1}: {error}; double every quote inside a quoted cell") from None


def _first_row(text: str, separator: str) -> Cells:
    try:
        return next(filter(any, csv.reader(io.StringIO(text, newline=""), delimiter=separator)), [])
    except csv.Error:
        return []


def _xlsx(path: Path) -> Iterator[tuple[int, Cells]]:
    from zipfile import BadZipFile

    try:
        from openpyxl import load_workbook
        from openpyxl.utils.exceptions import InvalidFileException

        from sparewheel.rag.ingest.formats.xlsx import shown_value
    except ModuleNotFoundError:
        raise UsageError(
            f"{path}: .xlsx is read with openpyxl; pip install openpyxl, or save the file as CSV"
        ) from None
    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, OSError) as error:
        raise UsageError(f"{path}: no Excel file ({error}); save it again as .xlsx or as CSV") from None
    try:
        for number, row in enumerate(book.worksheets[0].iter_rows(), 1):
            yield number, ["" if c.value is None else shown_value(c.value, c.number_format or "General") for c in row]
    finally:
        book.close()
