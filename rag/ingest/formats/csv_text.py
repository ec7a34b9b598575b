"""CSV and its kin: each row as a record."""

from __future__ import annotations

import csv
import io
import re

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.decode import decode
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.tables import table_of
from sparewheel.rag.settings import Ingest

_DELIMITERS = ",;\t|，"
_NUMBER = re.compile(r"[\s€$£¥%+\-(]*\d[\d\s.,%)]*")


def parse_csv(data: bytes, settings: Ingest) -> Parsed:
    """The rows as one table, whose first row names the columns unless numbers stand in it."""
    text, encoding = decode(data)
    lines = text.split("\n", 1)
    stated = re.fullmatch(r"sep=(.)", lines[0].strip())
    delimiter = stated[1] if stated else _delimiter(text[:20_000])
    body = lines[1] if stated and len(lines) > 1 else text
    csv.field_size_limit(10_000_000)
    try:
        rows = [
            [cell.strip() for cell in row] for row in csv.reader(io.StringIO(body), delimiter=delimiter) if any(row)
        ]
    except csv.Error as error:
        raise DocumentError(f"not CSV: {error}", cure="save it again, or as .xlsx") from error
    builder = TextBuilder()
    while len(rows) > 2 and sum(map(bool, rows[0])) == 1 < min(sum(map(bool, row)) for row in rows[1:3]):
        builder.add(next(filter(None, rows.pop(0))))  # a title over the columns
    named = bool(rows) and len(rows) > 1 and all(cell and not _NUMBER.fullmatch(cell) for cell in rows[0])
    builder.table(table_of(rows, header_rows=1 if named else -1))
    return Parsed(builder.text, "text/csv", metadata={"encoding": encoding})


def _delimiter(sample: str) -> str:
    """The sign that divides most lines into the same number of cells, more than one."""
    lines = [line for line in sample.split("\n") if line.strip()][:50]

    def fitness(sign: str) -> tuple[float, int]:
        counts = [len(next(csv.reader([line], delimiter=sign))) for line in lines]
        usual = max(set(counts), key=counts.count) if counts else 1
        return (counts.count(usual) / len(counts) if usual > 1 else 0.0, usual)

    return max(_DELIMITERS, key=fitness)
