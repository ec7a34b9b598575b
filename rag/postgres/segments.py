"""Segments of the keyword index, written."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from sparewheel.rag.postgres.postings import Segment
from sparewheel.rag.postgres.snapshot import Head

if TYPE_CHECKING:
    from sparewheel.rag.postgres.database import Rows


def store_segment(rows: Rows, head: Head, number: int, version: int, segment: Segment) -> None:
    """Writes the segment under this number, born with the version."""
    rows.execute(
        f"INSERT INTO segments_{head.number} (corpus, segment, born, chunks, ids, lengths)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        (
            *(head.number, number, version, len(segment.ids)),
            *(segment.ids.astype("<i8").tobytes(), segment.lengths.astype("<i4").tobytes()),
        ),
    )
    postings = ((head.number, number, term, data) for term, data in sorted(segment.postings.items()))
    copy_rows(rows, f"postings_{head.number} (corpus, segment, term, data)", postings)


def copy_rows(rows: Rows, into: str, records: Iterable[tuple[Any, ...]]) -> None:
    """Brings the records into the table and columns `into`, by COPY."""
    with rows.cursor().copy(f"COPY {into} FROM STDIN") as copy:
        for record in records:
            copy.write_row(record)
