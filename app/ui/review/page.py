"""The page itself: which table, how far it is, the table, and the cell that was clicked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from sparewheel.app.ui.ask.style import STYLE
from sparewheel.app.ui.language import t
from sparewheel.app.ui.review import cell, fill, grid, new
from sparewheel.app.ui.session import FIGURE_PX, may, pick_corpus, plain, say_no_corpora, service, told, unseen, user

if TYPE_CHECKING:
    from sparewheel.app.service import CorpusInfo
    from sparewheel.rag.review.sheet import Sheet
    from sparewheel.rag.review.table import Table

LOOK_S = 2.0  # while a table is filled, it is drawn anew so often


def draw() -> None:
    st.title(t("nav_review"))
    st.caption(t("review_intro"))
    with unseen("review"):
        st.html(STYLE)
    corpus = pick_corpus()
    if corpus is None:
        say_no_corpora()
        return
    if said := st.session_state.pop("review_said", ""):
        st.success(plain(said))
    with told():
        tables = service().reviews.tables(corpus.name, user())
        if not tables:
            st.info(t("review_none" if may("analyst") else "review_none_viewer"))
        else:
            draw_table(corpus, pick_table(corpus, tables))
        if may("analyst"):
            new.draw(corpus, expanded=not tables)


def pick_table(corpus: CorpusInfo, tables: list[Table]) -> Table:
    """The table that is looked at: the newest, until another is chosen."""
    by_id = {table.id: table for table in tables}
    key = f"review_table_{corpus.name}"
    if made := st.session_state.pop(f"review_made_{corpus.name}", ""):
        st.session_state[key] = made
    if st.session_state.get(key) not in by_id:
        st.session_state[key] = tables[0].id
    chosen = st.selectbox(
        t("review_table"), list(by_id), key=key,
        format_func=lambda id: f"{by_id[id].name} · {by_id[id].at[:16].replace('T', ' ')}",
    )  # fmt: skip
    return by_id[chosen]


def draw_table(corpus: CorpusInfo, table: Table) -> None:
    """While the table is filled, this part of the page is drawn anew by itself."""
    standing = service().reviews.standing(corpus.name, table.id, user())
    running = standing is not None and standing.state in ("waiting", "running")
    chosen = st.session_state.get(grid.chosen_key(table))

    @st.fragment(run_every=LOOK_S if running and chosen is None else None)
    def part() -> None:
        with told():
            sheet = service().reviews.sheet(corpus.name, table.id, user())
            draw_figures(sheet)
            fill.draw(corpus, table, sheet)
            grid.draw(table, sheet)

    part()
    if chosen is not None:
        cell.draw(corpus, table, chosen)
    fill.draw_export(corpus, table)


def draw_figures(sheet: Sheet) -> None:
    """How large the table is, and how far it is filled."""
    tally = sheet.tally
    with st.container(horizontal=True):
        st.metric(t("review_rows"), f"{len(sheet.rows):,}", width=FIGURE_PX)
        st.metric(t("review_columns"), f"{len(sheet.table.columns):,}", width=FIGURE_PX)
        st.metric(t("review_cells"), f"{tally.asked:,} / {tally.cells:,}", width=FIGURE_PX)
        st.metric(t("review_answered"), f"{tally.answered:,}", width=FIGURE_PX)
        st.metric(t("review_approved"), f"{tally.approved:,}", width=FIGURE_PX)
        if sheet.spent_usd:
            st.metric(t("review_spent"), f"{sheet.spent_usd:.2f} $", width=FIGURE_PX)
