"""Workbooks by openpyxl: each sheet a heading, each block of cells a table, values as the sheet shows them."""

from __future__ import annotations

import io
import re
import zipfile
from collections import Counter
from datetime import date, datetime, time
from itertools import groupby
from typing import Any

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.tables import Cell, Table, is_number
from sparewheel.rag.ingest.formats.zipped import open_zip
from sparewheel.rag.settings import Ingest

_DAMAGED = "open it in a spreadsheet program and save it again as .xlsx"
_QUOTED = re.compile(r'"([^"]*)"|\[\$([^\]-]*)[^\]]*\]|\\(.)')
_NO_VALUE = re.compile(rb"<f[ >][^<]*</f>\s*(?:<v\s*/>|<v></v>|</c>)")
_UNNAMED = re.compile(r"(?i)(?:sheet|tabelle|feuil|hoja|foglio|工作表)\s?\d*")  # as programs name them
_PLACES = re.compile(r"\.(0+)")


def parse_xlsx(data: bytes, settings: Ingest) -> Parsed:
    """Hidden sheets, rows and columns and struck-out cells are left out and counted; merged cells span."""
    archive = open_zip(data, "a workbook", _DAMAGED)
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(data), data_only=True, keep_links=False, rich_text=True)
    except Exception as error:  # openpyxl raises whatever the broken part makes it raise
        raise DocumentError(f"a damaged workbook ({type(error).__name__}: {error})", cure=_DAMAGED) from error
    builder = TextBuilder()
    left: Counter[str] = Counter()
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            left["sheet"] += 1
            continue
        _write_sheet(sheet, builder, left)
    said = {"sheet": "hidden sheet", "line": "hidden row or column", "struck": "struck-out cell"}
    counts = [(word, left[kind]) for kind, word in said.items() if left[kind]]
    notes = [f"{count} {word}{'s' if count > 1 else ''} left out" for word, count in counts]
    if missing := _without_value(archive):
        notes.append(f"{missing} formulas have no stored value: open and save it in a spreadsheet program")
    stated = book.properties
    known = {"author": stated.creator, "created": stated.created.isoformat() if stated.created else ""}
    return Parsed(
        builder.text,
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        stated.title or "",
        headings=tuple(builder.headings),
        metadata={key: value for key, value in known.items() if value and value != "openpyxl"},
        notes=tuple(notes),
    )


def _without_value(archive: zipfile.ZipFile) -> int:
    """How many formulas were saved by a program that does not calculate."""
    sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
    return sum(len(_NO_VALUE.findall(archive.read(name))) for name in sheets)


def _write_sheet(sheet: Any, builder: TextBuilder, left: Counter[str]) -> None:
    hidden_columns = {
        number
        for each in sheet.column_dimensions.values()
        if each.hidden
        for number in range(each.min or 0, min((each.max or 0), 20_000) + 1)
    }
    cells: dict[int, dict[int, str]] = {}
    notes: list[str] = []
    hidden_rows = {number for number, each in sheet.row_dimensions.items() if each.hidden}
    gone: set[tuple[str, int]] = set()
    for (row, column), cell in sorted(sheet._cells.items()):  # those that exist: a sheet may be a million rows tall
        if cell.value is None:
            continue
        if row in hidden_rows or column in hidden_columns:
            gone.add(("row", row) if row in hidden_rows else ("column", column))
            continue
        if cell.font is not None and cell.font.strike:
            left["struck"] += 1
            continue
        value, struck = _in_force(cell.value)
        left["struck"] += struck
        if shown := shown_value(value, cell.number_format or "General"):
            cells.setdefault(row, {})[column] = shown
        if cell.comment is not None and (said := " ".join((cell.comment.text or "").split())):
            notes.append(f"Comment on {cell.coordinate}: {said}")
    left["line"] += len(gone)
    if not cells:
        return
    if not _UNNAMED.fullmatch(sheet.title):
        builder.heading(sheet.title, 1)
    merged = {(each.min_row, each.min_col): each for each in sheet.merged_cells.ranges}
    for block in _blocks(cells, merged):
        for columns in _beside(block, cells, merged):
            builder.table(_table(block, columns, cells, merged))
    for note in notes:
        builder.add(note)


def _in_force(value: object) -> tuple[object, bool]:
    """The value without its runs that are struck out, and whether there were any."""
    if not isinstance(value, list):  # openpyxl's text of several fonts
        return value, False
    kept = [run for run in value if not (getattr(run, "font", None) is not None and run.font.strike)]
    return "".join(map(str, kept)), len(kept) < len(value)


def _blocks(cells: dict[int, dict[int, str]], merged: dict[tuple[int, int], Any]) -> list[list[int]]:
    """Runs of rows without an empty row between them; a merged cell holds its rows together."""
    covered = {
        row for each in merged.values() for row in range(each.min_row, min(each.max_row, each.min_row + 5000) + 1)
    }
    rows = sorted(set(cells) | {row for row in covered if min(cells) <= row <= max(cells)})
    return [[row for _, row in run] for _, run in groupby(enumerate(rows), lambda pair: pair[1] - pair[0])]


def _beside(rows: list[int], cells: dict[int, dict[int, str]], merged: dict[tuple[int, int], Any]) -> list[list[int]]:
    """The columns in use, by table: an empty column parts two that each have a row of names and several columns."""
    used = sorted({column for row in rows for column in cells.get(row, ())})
    runs = [[column for _, column in run] for _, run in groupby(enumerate(used), lambda pair: pair[1] - pair[0])]
    spanned = any(each.max_col > run[-1] >= each.min_col for run in runs[:-1] for each in merged.values()
                  if each.min_row <= rows[-1] and each.max_row >= rows[0])  # fmt: skip

    def is_table(run: list[int]) -> bool:
        first = next(cells[row] for row in rows if any(column in cells.get(row, ()) for column in run))
        return len(run) > 1 and all(column in first and not is_number(first[column]) for column in run)

    return runs if len(runs) > 1 and not spanned and all(map(is_table, runs)) else [used]


def _table(
    rows: list[int], kept: list[int], cells: dict[int, dict[int, str]], merged: dict[tuple[int, int], Any]
) -> Table:
    if not kept:
        return Table(())
    covered = {
        (row, column)
        for each in merged.values()
        if each.min_row <= rows[-1] and each.max_row >= rows[0]
        for row in range(max(each.min_row, rows[0]), min(each.max_row, rows[-1]) + 1)
        for column in kept
        if each.min_col <= column <= each.max_col and (row, column) != (each.min_row, each.min_col)
    }
    table = []
    for row in rows:
        line = []
        for column in kept:
            if (row, column) in covered:
                continue
            span = merged.get((row, column))
            tall = min(span.max_row, rows[-1]) - row + 1 if span else 1
            wide = sum(span.min_col <= each <= span.max_col for each in kept) if span else 1
            line.append(Cell(cells.get(row, {}).get(column, ""), tall, max(wide, 1)))
        table.append(tuple(line))
    return Table(tuple(table))


def shown_value(value: object, format: str) -> str:
    """A value as its number format shows it: dates, percentages, currencies, decimal places, thousands."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes")
    if not isinstance(value, int | float):
        return str(value).strip()
    pattern, *others = format.split(";")
    if value < 0 and others and set("-−(") & set("".join(_literals(others[0]))):  # red alone would lose the sign
        return shown_value(-value, others[0])
    literal = _QUOTED.sub("", pattern)
    places = _PLACES.search(literal)
    decimals = len(places[1]) if places else 0
    if "%" in literal:
        return f"{value * 100:.{decimals}f}%" if places or "0%" in literal else f"{value * 100:g}%"
    if "0" not in literal and "#" not in literal:
        return _plain(value)
    if "E" in literal.upper() and "GENERAL" not in literal.upper():
        return f"{value:.{decimals}e}"
    number = f"{value:{',' if ',' in literal.strip(',') else ''}.{decimals}f}"
    if re.fullmatch(r"0{2,}", literal) and isinstance(value, int):
        number = str(value).zfill(len(literal))
    before, after = _literals(pattern)
    return f"{before}{number}{after}".strip()


def _literals(pattern: str) -> tuple[str, str]:
    """What a number format writes before and after the digits: currencies and units."""
    bare = _QUOTED.sub(lambda m: "\ue000" * len(m[0]), pattern)
    first = re.search(r"[#0]", bare)
    last = max((m.end() for m in re.finditer(r"[#0?]", bare)), default=0)
    place = first.start() if first else 0

    def words(part: str) -> str:
        found = _QUOTED.sub(lambda m: m[1] or m[2] or m[3] or "", part)
        return re.sub(r"_.|\*.|\[[^\]]*\]", "", found)

    return words(pattern[:place]), words(pattern[last:]) if last else ""


def _plain(value: int | float) -> str:
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{value:.10g}"
