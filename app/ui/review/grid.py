"""The table: a row for each document, a column for each question; filtered, sorted, and clicked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import streamlit as st

from sparewheel.app.export.table.content import shown, sure, who
from sparewheel.app.ui.language import language, t
from sparewheel.app.view import MEDIUM
from sparewheel.rag.review.sheet import Row, Sheet, state_of

if TYPE_CHECKING:
    from sparewheel.rag.review.cell import Cell
    from sparewheel.rag.review.table import Column, Table

SHORT = 78  # characters of an answer in its cell, of Chinese half as many
ROW_PX, HEAD_PX, MOST_PX = 84, 38, 640
FIRST_PX, COLUMN_PX = 200, 230
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
    key = f"review_grid_{table.id}"

    def choose() -> None:
        cells = st.session_state[key].selection.cells
        if not cells:
            return
        number, name = cells[0]
        column = next((c for c in sheet.table.columns if c.name == name), sheet.table.columns[0])
        st.session_state[chosen_key(table)] = (rows[number].id, column.question)
        st.session_state["review_clicked"] = True

    heads = {column.name: st.column_config.TextColumn(width=COLUMN_PX, help=column.question) for column in
             sheet.table.columns}  # fmt: skip
    heads[t("review_document")] = st.column_config.TextColumn(width=FIRST_PX, pinned=True)
    with st.container(key="sw-review-grid"):
        st.dataframe(
            styled(sheet, rows), hide_index=True, key=key, on_select=choose, selection_mode="single-cell",
            column_config=heads, row_height=ROW_PX, height=min(MOST_PX, HEAD_PX + ROW_PX * max(1, len(rows))),
        )  # fmt: skip
    if st.session_state.pop("review_clicked", False):
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


def styled(sheet: Sheet, rows: list[Row]) -> Any:
    """The texts with their colours: approved green, unsure amber, what a document does not say grey."""
    import pandas

    names = [column.name for column in sheet.table.columns]
    texts = {t("review_document"): [row.name for row in rows]}
    texts |= {c.name: [written(sheet.cell(c, row), row) for row in rows] for c in sheet.table.columns}
    colours = {c.name: [coloured(sheet.cell(c, row)) for row in rows] for c in sheet.table.columns}
    frame = pandas.DataFrame(texts)
    marks = pandas.DataFrame(colours, columns=names)
    return frame.style.apply(lambda _: marks, axis=None, subset=names) if rows else frame


def written(cell: Cell | None, row: Row) -> str:
    """The short answer; below it how sure, who answered, and what people did."""
    if cell is None:
        return ""
    text = short(_MARKERS.sub("", shown(cell, language())))
    if state_of(cell) != "answered":
        return text
    probability = sure(cell)
    facts = ["" if probability is None else f"{probability:.0%}", who(cell, language())]
    facts += ["✎"] * (cell.correction is not None) + ["✓"] * (cell.approval is not None)
    facts += [f"💬{len(cell.comments)}"] * bool(cell.comments) + ["⟳"] * (not cell.is_of(row.sha256))
    return f"{text} ({', '.join(fact for fact in facts if fact)})"


def short(text: str) -> str:
    """Cut to what a cell has room for."""
    room, kept = SHORT, 0
    for letter in text:
        room -= 2 if letter > "\u2e80" else 1
        kept += room >= 0
    return text if kept == len(text) else f"{text[: kept - 1].rstrip()}…"


def coloured(cell: Cell | None) -> str:
    """As CSS, for the ground that the page has."""
    dark = st.context.theme.type == "dark"
    if cell is None or state_of(cell) != "answered":
        return f"color: {'#9aa5b1' if dark else '#5d6775'}"
    if cell.approval is not None:
        return f"background-color: {'#173d22' if dark else '#e1f3e4'}"
    probability = sure(cell)
    unsure = probability is not None and probability < MEDIUM
    return f"background-color: {'#45360f' if dark else '#fdf1d3'}" if unsure else ""
