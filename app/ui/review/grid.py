"""The table: a row for each document, a column for each question; filtered, sorted, and clicked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import streamlit as st

from sparewheel.app.export.table.content import shown, sure, who
from sparewheel.app.ui.language import language, t
from sparewheel.app.ui.review import sheet_view
from sparewheel.app.view import MEDIUM, SUREST
from sparewheel.rag.review.sheet import Row, Sheet, state_of

if TYPE_CHECKING:
    from sparewheel.rag.review.cell import Cell
    from sparewheel.rag.review.table import Column, Table

SHORT = 110  # characters of an answer in its cell, of Chinese half as many
SHOWN = ("all", "open", "low", "silent", "corrected", "outdated")
_MARKERS = re.compile(r" ?\[\d{1,3}\]")
DOCUMENT = ""  # sorts by the document's name


def chosen_key(table: Table) -> str:
    """Where the session keeps which cell is looked at: (document id, question)."""
    return f"review_chosen_{table.id}"


def draw(table: Table, sheet: Sheet) -> None:
    if not sheet.rows:
        return
    rows = draw_choice(table, sheet)
    st.caption(t("review_hint"))
    columns = sheet.table.columns
    chosen = st.session_state.get(chosen_key(table))
    clicked = sheet_view.draw(
        {
            "name": table.name,
            "first": t("review_document"),
            "columns": [(column.name, column.question) for column in columns],
            "rows": [{"name": row.name, "cells": [drawn(sheet.cell(c, row), row) for c in columns]} for row in rows],
            "chosen": next(
                ((i, k) for i, row in enumerate(rows) for k, c in enumerate(columns) if (row.id, c.question) == chosen),
                (-1, -1),
            ),
        },
        key=f"review_grid_{table.id}",
    )
    if clicked is not None and clicked[0] < len(rows):
        st.session_state[chosen_key(table)] = (rows[clicked[0]].id, columns[clicked[1]].question)
        st.rerun()  # the cell is drawn below, outside of what is drawn anew by itself


def draw_choice(table: Table, sheet: Sheet) -> list[Row]:
    """The documents that are shown, in the order that is wanted."""
    with st.container(horizontal=True):
        text = st.text_input(t("review_find"), key=f"review_find_{table.id}", width=260)
        show = st.selectbox(
            t("review_show"), SHOWN, format_func=lambda s: t(f"review_show_{s}"), key=f"review_show_{table.id}",
            width=260,
        )  # fmt: skip
        names = {DOCUMENT: t("review_document"), **{c.question: c.name for c in sheet.table.columns}}
        by = st.selectbox(
            t("review_sort"), list(names), format_func=lambda q: names[q], key=f"review_sort_{table.id}", width=260
        )
    return chosen_rows(sheet, text, show, by)


def chosen_rows(sheet: Sheet, text: str, show: str, by: str) -> list[Row]:
    """text: of an answer or the document's name. show: see SHOWN. by: a question; its answers order the documents,
    those without one last."""
    rows = [row for row in sheet.rows if fits(sheet, row, text, show)]
    column = next((c for c in sheet.table.columns if c.question == by), None)
    if column is None:
        return rows
    order = column

    def place(row: Row) -> tuple[bool, str]:
        cell = sheet.cell(order, row)
        return state_of(cell) != "answered", shown(cell, language()).casefold()

    return sorted(rows, key=place)


def fits(sheet: Sheet, row: Row, text: str, show: str) -> bool:
    """Whether a document is shown."""
    cells = [(column, sheet.cell(column, row)) for column in sheet.table.columns]
    wanted = text.strip().casefold()
    said = [row.name, row.id, *(shown(cell, language()) for _, cell in cells)]
    if wanted and not any(wanted in each.casefold() for each in said):
        return False
    return show == "all" or any(is_so(sheet, row, column, cell, show) for column, cell in cells)


def is_so(sheet: Sheet, row: Row, column: Column, cell: Cell | None, show: str) -> bool:
    """Whether one cell is a reason to show its document."""
    if cell is None:
        return show == "open"
    if show == "low":
        probability = sure(cell)
        return probability is not None and probability < MEDIUM
    return {
        "open": cell.approval is None,
        "silent": state_of(cell) == "silent",
        "corrected": cell.correction is not None,
        "outdated": sheet.is_outdated(column, row),
    }[show]


def drawn(cell: Cell | None, row: Row) -> tuple[str, str, str]:
    """The short answer; how sure, who answered, and what people did; and how it looks."""
    if cell is None:
        return "", "", ""
    text = short(_MARKERS.sub("", shown(cell, language())))
    if state_of(cell) != "answered":
        return text, "", "quiet"
    probability = sure(cell)
    facts = ["" if probability is None else f"{min(probability, SUREST):.0%}", who(cell, language())]
    facts += ["✎"] * (cell.correction is not None) + ["✓"] * (cell.approval is not None)
    facts += [t("review_comments_n", n=len(cell.comments))] * bool(cell.comments)
    facts += [t("review_changed")] * (not cell.is_of(row.sha256))
    unsure = probability is not None and probability < MEDIUM
    look = "approved" if cell.approval is not None else "unsure" if unsure else ""
    return text, " · ".join(fact for fact in facts if fact), look


def short(text: str) -> str:
    """Cut to what a cell has room for; a Chinese letter takes that of two."""
    room, kept = SHORT, 0
    for letter in text:
        room -= 2 if letter > "\u2e80" else 1
        kept += room >= 0
    return text if kept == len(text) else f"{text[: kept - 1].rstrip()}…"
