"""A table as CSV: UTF-8 with its mark, so that Excel reads Chinese; a row for each document."""

from __future__ import annotations

import csv
import io

from sparewheel.app.export.table.content import Wanted, clean, shown
from sparewheel.app.words.page import say
from sparewheel.rag.review.sheet import Sheet


def write(sheet: Sheet, wanted: Wanted) -> bytes:
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow([say(wanted.language, "review_document"), *(tame(clean(c.name)) for c in sheet.table.columns)])
    for row in sheet.rows:
        cells = (tame(shown(sheet.cell(column, row), wanted.language)) for column in sheet.table.columns)
        rows.writerow([tame(clean(row.id)), *cells])
    return out.getvalue().encode("utf-8-sig")


def tame(text: str) -> str:
    """The text, that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
