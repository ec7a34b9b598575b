"""How many cells of made tables stand in the text with the names of their row and their column, per format; and how
many questions for a cell are answered with that cell.

    python -m benchmarks.tables [--rounds N]

Writes benchmarks/results/tables.json.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

from benchmarks.machine import save
from benchmarks.made_tables import FORMATS, Made, made_tables
from sparewheel.rag.answer.cells import cell_asked_for
from sparewheel.rag.ingest.formats.registry import parser_of
from sparewheel.rag.ingest.split import split
from sparewheel.rag.settings import Ingest
from sparewheel.rag.table_text import EMPTY, MARK, VALUE
from sparewheel.rag.types import AnswerRequest, Document, Hit, Profile

ROUNDS = 12  # tables of each of the six kinds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    rounds = parser.parse_args().rounds
    tables = made_tables(rounds)
    figures: dict[str, Any] = {"tables": len(tables), "formats": {}}
    for format_name, (suffix, write) in FORMATS.items():
        rows = [measure(made, text_of(write(made), suffix)) for made in tables]
        figures["formats"][format_name] = total(rows, tables)
        print(f"{format_name:20}", {k: v for k, v in figures["formats"][format_name].items() if k != "cells_by_kind"},
              figures["formats"][format_name]["cells_by_kind"])  # fmt: skip
    save("tables", figures)


def text_of(data: bytes, suffix: str) -> str:
    return parser_of(f"table{suffix}", data)(data, Ingest(ocr="off")).text


def measure(made: Made, text: str) -> dict[str, int]:
    """cells: how many there are; right: in the text under their names; asked, answered, wrong: of questions."""
    lines = set(cells_in(text))
    truth = list(made.truth())
    right = sum(any(fits(line, *cell) for line in lines) for cell in truth)
    document = Document("table", text, made.caption, "table")
    hits = tuple(Hit(c, 1.0, i + 1, "all") for i, c in enumerate(split(document, Ingest(), Profile("general"))))
    asked = answered = wrong = 0
    for names, header, value in truth[:: max(1, len(truth) // 20)]:
        question = f"What is the {' '.join(reversed(header))} of {', '.join(names)}?"
        draft = cell_asked_for(AnswerRequest(question, hits))
        asked += 1
        if draft is None:
            continue
        answered += 1
        said = EMPTY if draft.refused else draft.text.rpartition(VALUE)[2]
        wrong += said != (value or EMPTY)
    return {"cells": len(truth), "right": right, "asked": asked, "answered": answered, "wrong": wrong}


def cells_in(text: str) -> Iterator[tuple[str, str, str]]:
    """(row, column, cell) of each line of a table."""
    for line in text.split("\n"):
        row, mark, rest = line.rpartition(MARK)
        column, value, cell = rest.rpartition(VALUE)
        if mark and value:
            yield row, column, cell


def fits(line: tuple[str, str, str], names: tuple[str, ...], header: tuple[str, ...], cell: str) -> bool:
    return (
        line[0].split("\t")[-len(names) :] == list(names)
        and line[1] == ", ".join(header)
        and line[2] == (cell or EMPTY)
    )


def total(rows: list[dict[str, int]], tables: list[Made]) -> dict[str, Any]:
    sums = {key: sum(row[key] for row in rows) for key in rows[0]}
    kinds = {made.kind for made in tables}
    by_kind = {}
    for kind in sorted(kinds):
        of = [row for row, made in zip(rows, tables, strict=True) if made.kind == kind]
        by_kind[kind] = round(sum(r["right"] for r in of) / sum(r["cells"] for r in of), 3)
    return {
        "cells": sums["cells"],
        "cell_accuracy": round(sums["right"] / sums["cells"], 4),
        "asked": sums["asked"],
        "answered": round(sums["answered"] / sums["asked"], 3),
        "right_of_answered": round(1 - sums["wrong"] / max(sums["answered"], 1), 4),
        "cells_by_kind": by_kind,
    }


if __name__ == "__main__":
    main()
