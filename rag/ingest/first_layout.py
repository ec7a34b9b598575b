"""A snapshot as it was written before there were segments: its parts are read as the first segments of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROWS = "store.sqlite"


def as_segments(raw: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The content of a manifest of layout 1 as one of layout 2; raises ValueError where its rows cannot be read.

    Its keyword index is of an older version, which whoever opens it is told; vectors and texts stay as they are.
    """
    try:
        rows = sqlite3.connect(f"{(folder / ROWS).absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            (next_chunk,) = rows.execute("SELECT id FROM next_chunk").fetchone()
            (last,) = rows.execute("SELECT coalesce(max(number), 0) FROM documents").fetchone()
        finally:
            rows.close()
    except sqlite3.DatabaseError as error:
        raise ValueError(f"{ROWS} cannot be read: {error}") from error
    indexes = {
        name: {**state, "segments": [{"name": name, "chunks": state["chunks"]}]}
        for name, state in raw["indexes"].items()
    }
    segments = [{"name": ROWS, "chunks": raw["chunks"]}]
    return {
        **raw,
        "layout": 2,
        "indexes": indexes,
        "rows": segments,
        "next_chunk": next_chunk,
        "next_document": last + 1,
    }
