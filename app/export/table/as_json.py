"""A table as JSON: every cell with its citations, what people said of it and the sums of the passages it rests on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from sparewheel.app.export.table.content import Wanted
from sparewheel.rag.records import plain
from sparewheel.rag.review.cell import Cell
from sparewheel.rag.review.sheet import Row, Sheet, state_of
from sparewheel.rag.review.table import Column


def write(sheet: Sheet, wanted: Wanted) -> bytes:
    text = json.dumps({"corpus": wanted.corpus, "at": wanted.at, **as_record(sheet)}, ensure_ascii=False, indent=1)
    return text.encode("utf-8", "replace")


def as_record(sheet: Sheet) -> dict[str, Any]:
    """The table as JSON types, without paths of this machine."""
    documents = [{"id": row.id, "name": row.name, "sha256": row.sha256} for row in sheet.rows]
    cells = [cell_record(cell, row, column) for row, column, cell in sheet.filled()]
    return {"table": plain(sheet.table), "documents": documents, "tally": plain(sheet.tally),
            "spent_usd": sheet.spent_usd, "cells": cells}  # fmt: skip


def cell_record(cell: Cell, row: Row, column: Column) -> dict[str, Any]:
    """A cell as JSON types: what is shown first, then what it stands on."""
    answer = cell.answer
    citations = [replace(c, source=Path(c.source).name if Path(c.source).is_absolute() else c.source)
                 for c in answer.citations]  # fmt: skip
    return {
        "document_id": row.id, "column": column.name, "question": column.question, "state": state_of(cell),
        "text": cell.text, "label": answer.label if cell.correction is None else "", "answered_by": cell.answered_by,
        "model": answer.model, "confidence": cell.confidence, "degraded": answer.degraded, "asked": cell.at,
        "outdated": not cell.is_of(row.sha256), "citations": plain(citations), "passages": plain(cell.passages),
        "correction": plain(cell.correction), "approval": plain(cell.approval), "comments": plain(cell.comments),
        "cost_usd": answer.usage.cost_usd, "notes": list(answer.notes),
    }  # fmt: skip
