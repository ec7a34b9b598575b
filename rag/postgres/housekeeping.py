"""What a writer does after it published: merge small segments, forget what died, index the vectors.

None of it changes what a reader finds. Each step is a transaction of its own, done by one process at a time.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.ingest.rows import ids_in
from sparewheel.rag.postgres.database import SCHEMA, Database, driver
from sparewheel.rag.postgres.lists import Lists, Part
from sparewheel.rag.postgres.nearest import EXACT_UP_TO
from sparewheel.rag.postgres.postings import MOST_CHUNKS, Segment, count, in_ranges, merge
from sparewheel.rag.postgres.segments import store_segment
from sparewheel.rag.postgres.snapshot import Head, PostgresSnapshot, read_head

if TYPE_CHECKING:
    from sparewheel.rag.postgres.database import Rows

GRACE = "1 hour"  # what died is kept so long for questions that began before
SMALL = 64  # chunks; segments of about the same size are merged ...
TOGETHER = 8  # ... when there are so many of them
DEAD_SHARE = 0.25  # a segment with more of its chunks dead is written again without them
_PURGED_AT_ONCE = 500  # documents
_LOCK = 0x5350_0000  # + number of the corpus
_GRAPH_BYTES = 700  # of a vector beside its own, while the index is built
_MOST_INDEX_MEMORY = 1 << 30  # bytes; a graph that needs more is built more slowly


def tidy(database: Database, number: int, lists: Lists) -> None:
    """Merges, and forgets what died an hour ago; each where there is something to do."""
    while chosen := to_merge(PostgresSnapshot(database, number, lists)):
        if not database.write(lambda rows, some=chosen: _merged(rows, number, some)):  # type: ignore[misc]
            break  # another process is at it
    database.write(lambda rows: _purged(rows, number))


def to_merge(snapshot: PostgresSnapshot) -> list[Part]:
    """Segments to write as one: several of about the same size, or one that is mostly dead; [] for nothing to do."""
    firsts, sizes = snapshot.dead
    dead = [int(in_ranges(part.ids, firsts, sizes).sum()) if len(firsts) else 0 for part in snapshot.parts]
    for part, gone in zip(snapshot.parts, dead, strict=True):
        if gone > DEAD_SHARE * len(part.ids):
            return [part]
    alike: defaultdict[int, list[Part]] = defaultdict(list)
    for part in snapshot.parts:
        alike[max(0, math.floor(math.log(max(len(part.ids), 1) / SMALL, TOGETHER)) + 1)].append(part)
    for _, parts in sorted(alike.items()):
        if len(parts) >= TOGETHER:
            chosen, total = list[Part](), 0
            for part in sorted(parts, key=lambda part: len(part.ids)):
                if total + len(part.ids) <= MOST_CHUNKS:
                    chosen.append(part)
                    total += len(part.ids)
            if len(chosen) > 1:
                return chosen
    return []


def _merged(rows: Rows, number: int, parts: Sequence[Part]) -> bool:
    """Whether the segments were written as one; False where another process is merging."""
    if rows.execute("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK + number,)).fetchone() != (True,):
        return False
    places = {part.number: place for place, part in enumerate(parts)}
    numbers = list(places)
    living = rows.execute(
        f"SELECT count(*) FROM segments_{number} WHERE segment = ANY(%s) AND died IS NULL",
        (numbers,),
    ).fetchone()
    if living != (len(parts),):
        return False
    gone = rows.execute(
        f"SELECT document, first, chunks FROM documents_{number} WHERE died IS NOT NULL AND NOT unindexed"
    ).fetchall()
    _, firsts, sizes = np.array(gone, np.int64).reshape(-1, 3).T
    order = np.argsort(firsts)
    kept = [~in_ranges(part.ids, firsts[order], sizes[order]) for part in parts]

    def postings() -> Iterator[tuple[str, int, bytes]]:
        with rows.cursor("postings", withhold=False) as cursor:
            cursor.itersize = 5000
            cursor.execute(
                f"SELECT term, segment, data FROM postings_{number} WHERE segment = ANY(%s) ORDER BY term",
                (numbers,),
                binary=True,
            )
            for term, segment, data in cursor:
                yield term, places[segment], data

    made = merge([(part.ids, part.lengths) for part in parts], kept, postings())
    head = read_head(rows, number, lock=True)
    version = head.version + 1
    if len(made.ids):
        store_segment(rows, head, head.next_segment, version, made)
    rows.execute(
        f"UPDATE segments_{number} SET died = %s, died_at = now() WHERE segment = ANY(%s)",
        (version, numbers),
    )
    held = np.sort(np.concatenate([part.ids for part in parts]))
    there = held.searchsorted(firsts)
    dropped = [
        row[0] for row, place in zip(gone, there.tolist(), strict=True) if place < len(held) and held[place] == row[1]
    ]
    rows.execute(f"UPDATE documents_{number} SET unindexed = true WHERE document = ANY(%s)", (dropped,))
    rows.execute(
        "UPDATE corpora SET version = %s, next_segment = next_segment + 1 WHERE number = %s", (version, number)
    )
    return True


def _purged(rows: Rows, number: int) -> None:
    """What died an hour ago is gone. Documents first, their names last, once no segment has their chunks."""
    if rows.execute("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK + number,)).fetchone() != (True,):
        return
    long_dead = f"died_at < now() - interval '{GRACE}'"
    found = rows.execute(
        f"SELECT document, first, first + chunks FROM documents_{number}"
        f" WHERE died IS NOT NULL AND {long_dead} AND NOT purged LIMIT {_PURGED_AT_ONCE}"
    ).fetchall()
    if found:
        documents, firsts, beyond = (list(column) for column in zip(*found, strict=True))
        for table in ("chunks", "vectors"):
            rows.execute(
                f"DELETE FROM {table}_{number} c USING unnest(%s::bigint[], %s::bigint[]) r(first, beyond)"
                " WHERE c.chunk >= r.first AND c.chunk < r.beyond",
                (firsts, beyond),
            )
        for table in ("contents", "facts"):
            rows.execute(f"DELETE FROM {table}_{number} WHERE document = ANY(%s)", (documents,))
        # a document without chunks is in no segment
        rows.execute(
            f"UPDATE documents_{number} SET purged = true, unindexed = unindexed OR chunks = 0"
            " WHERE document = ANY(%s)",
            (documents,),
        )
    rows.execute(f"DELETE FROM documents_{number} WHERE died IS NOT NULL AND {long_dead} AND purged AND unindexed")
    old = rows.execute(
        f"DELETE FROM segments_{number} WHERE died IS NOT NULL AND {long_dead} RETURNING segment"
    ).fetchall()
    if old:
        segments = [segment for (segment,) in old]
        rows.execute(f"DELETE FROM postings_{number} WHERE segment = ANY(%s)", (segments,))


def index_vectors(database: Database, number: int) -> None:
    """Builds the HNSW index once there are too many vectors to compare one by one."""
    with database.connection() as rows:
        head = read_head(rows, number)
        name = f"vectors_{number}_hnsw"
        if head.embedded <= EXACT_UP_TO:
            return
        if rows.execute("SELECT to_regclass(%s)", (f"{SCHEMA}.{name}",)).fetchone() != (None,):
            return
        try:
            _build(rows, head, name)
        except driver().errors.DiskFull:  # of the small shared memory of a container; one process alone needs none
            _build(rows, head, name, alone=True)


def _build(rows: Rows, head: Head, name: str, *, alone: bool = False) -> None:
    memory = min(head.embedded * (2 * head.dimension + _GRAPH_BYTES), _MOST_INDEX_MEMORY)
    with rows.transaction():
        rows.execute(f"SET LOCAL maintenance_work_mem = '{max(64, memory >> 20)}MB'")
        rows.execute("SET LOCAL statement_timeout = 0")
        if alone:
            rows.execute("SET LOCAL max_parallel_maintenance_workers = 0")
        rows.execute(
            f"CREATE INDEX IF NOT EXISTS {name} ON vectors_{head.number}"
            f" USING hnsw ((embedding::halfvec({head.dimension})) halfvec_ip_ops)"
        )


def count_again(database: Database, number: int, tokeniser: str) -> None:
    """The whole keyword index anew, by another tokeniser, from the stored chunks."""
    snapshot = PostgresSnapshot(database, number, Lists())
    documents = snapshot.ranges({})
    pieces: list[Segment] = []
    lengths: dict[int, int] = {}
    for run in _in_runs(documents.sizes, MOST_CHUNKS // 4):
        sizes = documents.sizes[run]
        ids = ids_in(list(zip(documents.firsts[run].tolist(), sizes.tolist(), strict=True)))
        pieces.append(count(snapshot.chunks(ids.tolist()), ids))
        terms = np.concatenate([[0], np.cumsum(pieces[-1].lengths)])[np.concatenate([[0], np.cumsum(sizes)])]
        lengths |= dict(zip(documents.documents[run].tolist(), np.diff(terms).tolist(), strict=True))

    def replaced(rows: Rows) -> None:
        head = read_head(rows, number, lock=True)
        version = head.version + 1
        rows.execute(f"UPDATE segments_{number} SET died = %s, died_at = now() WHERE died IS NULL", (version,))
        for place, piece in enumerate(pieces):
            store_segment(rows, head, head.next_segment + place, version, piece)
        rows.execute(
            f"UPDATE documents_{number} d SET terms = n.terms"
            " FROM unnest(%s::bigint[], %s::bigint[]) n(document, terms) WHERE d.document = n.document",
            (list(lengths), list(lengths.values())),
        )
        rows.execute(
            f"UPDATE corpora SET version = %s, tokeniser = %s, next_segment = next_segment + %s, terms = (SELECT"
            f" coalesce(sum(terms), 0) FROM documents_{number} WHERE died IS NULL) WHERE number = %s",
            (version, tokeniser, len(pieces), number),
        )

    database.write(replaced)


def _in_runs(sizes: NDArray[np.int64], most: int) -> Iterator[slice]:
    """Runs of documents that have at most so many chunks together; a larger document is one by itself."""
    ends, start = np.cumsum(sizes), 0
    while start < len(sizes):
        before = int(ends[start]) - int(sizes[start])
        stop = max(start + 1, int(ends.searchsorted(before + most, "right")))
        yield slice(start, stop)
        start = stop
