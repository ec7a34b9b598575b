"""A review table as a file: Excel with its citations, a Word memo, CSV, one web page, JSON.

export_table(sheet, "xlsx", Wanted("contracts", "en")) -> bytes
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass

from sparewheel.app.export.table.content import Wanted
from sparewheel.rag.errors import UsageError, suggest
from sparewheel.rag.review.sheet import Sheet

__all__ = ["FORMATS", "TableFormat", "Wanted", "check_suffix", "export_table"]


@dataclass(frozen=True, slots=True)
class TableFormat:
    """module: of this package, `app.export.table.<module>` writes it."""

    suffix: str
    media_type: str
    module: str


FORMATS = (
    TableFormat("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "excel"),
    TableFormat("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "memo"),
    TableFormat("csv", "text/csv; charset=utf-8", "plain_csv"),
    TableFormat("html", "text/html; charset=utf-8", "web_page"),
    TableFormat("json", "application/json", "as_json"),
)
_BY_SUFFIX = {form.suffix: form for form in FORMATS}


def check_suffix(suffix: str) -> TableFormat:
    """The format of a file's suffix, with or without its dot. Raises UsageError for another."""
    form = _BY_SUFFIX.get(suffix.removeprefix(".").casefold())
    if form is None:
        near = suggest(suffix, _BY_SUFFIX)
        raise UsageError(f"a table is not written as {suffix!r}{near}; give one of {', '.join(_BY_SUFFIX)}")
    return form


def export_table(sheet: Sheet, suffix: str, wanted: Wanted) -> bytes:
    """The table as a file of that suffix. Raises UsageError for an unknown one."""
    writer = importlib.import_module(f"sparewheel.app.export.table.{check_suffix(suffix).module}")
    made: bytes = writer.write(sheet, wanted)
    return made
