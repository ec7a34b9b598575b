"""Filling a table from the page: what it would cost, progress, stopping; and the exports."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import streamlit as st

from sparewheel.app import view
from sparewheel.app.export.table import FORMATS, Wanted
from sparewheel.app.service.reviews import Plan
from sparewheel.app.ui.language import language, t
from sparewheel.app.ui.session import may, plain, service, told, user

if TYPE_CHECKING:
    from sparewheel.app.service import CorpusInfo
    from sparewheel.app.service.filling import Standing
    from sparewheel.rag.review.fill import Again
    from sparewheel.rag.review.sheet import Sheet
    from sparewheel.rag.review.table import Table


def draw(corpus: CorpusInfo, table: Table, sheet: Sheet) -> None:
    """Progress while it is filled; else how it ended, and the button that fills."""
    standing = service().reviews.standing(corpus.name, table.id, user())
    if standing is not None and standing.state in ("waiting", "running"):
        draw_progress(corpus, table, standing)
        return
    key = f"review_ran_{table.id}"
    if st.session_state.get(key) and standing is not None:
        st.session_state[key] = False
        st.rerun()  # the whole page: it need not be drawn anew by itself any more
    if standing is not None:
        say_end(standing)
    if may("analyst"):
        draw_start(corpus, table, sheet)


def draw_progress(corpus: CorpusInfo, table: Table, standing: Standing) -> None:
    st.session_state[f"review_ran_{table.id}"] = True
    if standing.waiting_s > 0:
        text = t("review_waiting", left=span(standing.waiting_s))
    else:
        left = span(standing.left_s) if standing.left_s is not None else "…"
        text = t("review_progress", done=standing.done, total=standing.total, rate=standing.per_second, left=left)
    st.progress(standing.done / standing.total if standing.total else 0.0, text=text)
    if may("analyst") and st.button(t("review_stop"), icon=":material/stop_circle:", key=f"review_stop_{table.id}"):
        with told():
            service().reviews.stop(corpus.name, table.id, user())
            st.caption(t("review_stopping"))


def say_end(standing: Standing) -> None:
    """Why the last run did not come to its end, where it did not."""
    if standing.state == "failed":
        st.error(t("review_ended_failed", why=plain(standing.error)))
    elif standing.why == "budget":
        st.warning(t("review_ended_budget", usd=standing.spent_usd))
    elif standing.why == "person":
        st.info(t("review_ended_person"))


def draw_start(corpus: CorpusInfo, table: Table, sheet: Sheet) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover(t("review_how"), icon=":material/tune:"):
            again, plan = draw_plan(table)
        found = service().reviews.estimate(corpus.name, table.id, user(), again)
        label = t("review_fill" if not sheet.tally.asked else "review_go_on")
        pressed = st.button(label, type="primary", icon=":material/play_arrow:", disabled=not found.cells)
        if not found.cells:
            st.caption(t("review_nothing_due"), width="content")
        elif found.answerer:
            who = view.answerer(found.answerer, language())
            st.caption(plain(t("review_estimate", cells=found.cells, who=who, usd=found.usd, off=found.off_peak_usd)),
                       width="content")  # fmt: skip
        else:
            st.caption(t("review_estimate_free", cells=found.cells), width="content")
    if pressed:
        with told():
            service().reviews.start(corpus.name, table.id, user(), plan)
            st.rerun()


def draw_plan(table: Table) -> tuple[Again, Plan]:
    """What is asked again, and what may be spent."""
    again = cast("Again", st.radio(
        t("review_again"), ["changed", "reader", "all"], format_func=lambda a: t(f"review_again_{a}"),
        key=f"review_again_{table.id}"))  # fmt: skip
    if table.answerers == "local" or not service().settings.endpoint:
        return again, Plan(again)
    budget = st.number_input(t("review_budget"), 0.0, step=0.5, key=f"review_budget_{table.id}")
    off_peak = st.toggle(t("review_off_peak"), key=f"review_off_peak_{table.id}")
    return again, Plan(again, budget, off_peak)


def draw_export(corpus: CorpusInfo, table: Table) -> None:
    """A button for each format; the file is made when it is asked for."""
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.popover(t("review_export"), icon=":material/download:"):
            for form in FORMATS:
                made = st.session_state.get(f"review_file_{table.id}_{form.suffix}")
                if st.button(t(f"review_export_{form.suffix}"), key=f"review_make_{table.id}_{form.suffix}"):
                    with told():
                        wanted = Wanted(corpus.name, language())
                        _, made = service().reviews.export(corpus.name, table.id, form.suffix, wanted, user())
                if made is not None:
                    st.download_button(
                        t("review_download", name=f"{table.name}.{form.suffix}"), made, f"{table.name}.{form.suffix}",
                        form.media_type, key=f"review_save_{table.id}_{form.suffix}", icon=":material/download:",
                    )  # fmt: skip
        if may("analyst") and st.button(t("review_remove"), icon=":material/delete:", type="tertiary"):
            confirm_remove(corpus.name, table)


def confirm_remove(corpus: str, table: Table) -> None:
    """Asks once more, then removes."""

    @st.dialog(t("review_remove"))
    def ask() -> None:
        st.write(plain(t("review_remove_sure", name=table.name)))
        if st.button(t("review_remove_yes"), type="primary"):
            with told():
                service().reviews.remove(corpus, table.id, user())
                st.session_state["review_said"] = t("review_removed", name=table.name)
                st.rerun()

    ask()


def span(seconds: float) -> str:
    """ "45 s", "7 min", "2 h"."""
    if seconds < 90:
        return t("review_seconds", n=round(seconds))
    minutes = round(seconds / 60)
    return t("review_minutes", n=minutes) if minutes < 90 else t("review_hours", n=round(minutes / 60, 1))
