"""Source files kept with a corpus in the database, in pieces."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from sparewheel.rag.postgres.store import PostgresStore

PIECE_BYTES = 1 << 20
ORPHAN = "1 day"  # a file that no document came from is swept after so long: its upload was interrupted


class Files:
    """The kept files of one corpus, each by the sha256 of its bytes and its name. Never changed, only removed."""

    def __init__(self, store: PostgresStore) -> None:
        self._database, self._corpus = store.database, store.number

    def put(self, sha256: str, name: str, path: Path) -> None:
        """Keeps the content of the file at `path`, unless it is there already."""
        if self.has(sha256, name):
            return
        self._database.write(
            lambda rows: rows.cursor().executemany(
                "INSERT INTO originals VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                ((self._corpus, sha256, name, number, piece) for number, piece in enumerate(_pieces(path))),
            )
        )

    def has(self, sha256: str, name: str) -> bool:
        """Whether it is kept."""
        where = "corpus = %s AND sha256 = %s AND name = %s AND piece = 0"
        found = self._database.read(
            lambda rows: rows.execute(f"SELECT 1 FROM originals WHERE {where}", (self._corpus, sha256, name)).fetchone()
        )
        return found is not None

    def get(self, sha256: str, name: str, path: Path) -> bool:
        """Writes it to `path`, piece by piece; False where it is not kept."""
        number, query = 0, "SELECT data FROM originals WHERE corpus = %s AND sha256 = %s AND name = %s AND piece = %s"
        with path.open("wb") as file:
            while True:
                given = (self._corpus, sha256, name, number)
                row = self._database.read(lambda rows, given=given: rows.execute(query, given, binary=True).fetchone())  # type: ignore[misc]
                if row is None:
                    return number > 0
                file.write(row[0])
                number += 1

    def remove(self, sha256: str, name: str) -> None:
        """It is gone."""
        self._database.write(
            lambda rows: rows.execute(
                "DELETE FROM originals WHERE corpus = %s AND sha256 = %s AND name = %s", (self._corpus, sha256, name)
            )
        )

    def sweep(self, used: Collection[tuple[str, str]]) -> None:
        """Removes files kept more than a day ago that are not among `used`: (sha256, name)."""
        hashes, names = [sha256 for sha256, _ in used], [name for _, name in used]
        self._database.write(
            lambda rows: rows.execute(
                f"DELETE FROM originals o WHERE corpus = %s AND kept < now() - interval '{ORPHAN}' AND NOT EXISTS"
                " (SELECT FROM unnest(%s::text[], %s::text[]) u(sha256, name)"
                " WHERE u.sha256 = o.sha256 AND u.name = o.name)",
                (self._corpus, hashes, names),
            )
        )


def _pieces(path: Path) -> Iterator[bytes]:
    """At least one, of an empty file too."""
    with path.open("rb") as file:
        piece = file.read(PIECE_BYTES)
        yield piece
        while piece := file.read(PIECE_BYTES):
            yield piece
