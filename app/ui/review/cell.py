"""One cell: the answer in full, its evidence with the page, and what people say of it."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from sparewheel.app import view
from sparewheel.app.export.table.content import day, person, shown, who
from sparewheel.app.ui import evidence
from sparewheel.app.ui.language import language, t
from sparewheel.app.ui.review.grid import chosen_key
from sparewheel.app.ui.session import may, plain, service, told, user
from sparewheel.rag.review.cell import sha256_of_text
from sparewheel.rag.review.sheet import state_of
from sparewheel.rag.types import Answer, Chunk, Hit

if TYPE_CHECKING:
    from sparewheel.app.service import CorpusInfo
    from sparewheel.rag.review.cell import Cell
    from sparewheel.rag.review.sheet import Row, Sheet
    from sparewheel.rag.review.table import Column, Table
    from sparewheel.rag.types import Document


def draw(corpus: CorpusInfo, table: Table, chosen: tuple[str, str]) -> None:
    """chosen: document id and question."""
    with told():
        sheet = service().reviews.sheet(corpus.name, table.id, user())
        row = next((row for row in sheet.rows if row.id == chosen[0]), None)
        column = next((column for column in sheet.table.columns if column.question == chosen[1]), None)
        if row is None or column is None:
            st.session_state.pop(chosen_key(table), None)
            return
        with st.container(border=True, key="sw-review-cell"):
            with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
                st.subheader(plain(f"{row.name} · {column.name}"), anchor=False)
                if st.button(t("review_close"), icon=":material/close:", type="tertiary"):
                    st.session_state.pop(chosen_key(table), None)
                    st.rerun()
            draw_cell(corpus, sheet, row, column)


def draw_cell(corpus: CorpusInfo, sheet: Sheet, row: Row, column: Column) -> None:
    cell = sheet.cell(column, row)
    st.caption(plain(column.question))
    if cell is None:
        st.info(t("review_missing"))
        return
    draw_answer(cell, row)
    mark = hashlib.sha256(f"{row.id}\n{column.question}".encode()).hexdigest()[:12]
    for said in cell.comments:
        st.caption(plain(f"{person(said.by, language())}, {day(said.at)}: {said.text}"))
    with st.container(horizontal=True):
        if may("analyst"):
            draw_marks(corpus, cell, mark)
        draw_comment(corpus, cell, mark)
    if cell.answer.citations:
        with told():
            document = service().document(corpus.name, row.id, user())
            evidence.draw(with_passages(cell, document), f"cell-{mark}")


def draw_answer(cell: Cell, row: Row) -> None:
    """What it says, who says so, and what is to be known of it."""
    st.markdown(f"**{plain(shown(cell, language()))}**")
    facts = [who(cell, language())]
    if cell.correction is None:
        facts.append(view.confidence(cell.answer, language()))
    st.caption(plain(" · ".join(fact for fact in (*facts, day(cell.at)) if fact)))
    if cell.correction is not None:
        said = cell.correction
        st.caption(plain(t("review_corrected_by", who=person(said.by, language()), at=day(said.at))))
        machine = view.text(cell.answer, language()) if cell.answer.outcome == "answered" else t("review_silent")
        st.caption(plain(t("review_machine_said", text=machine)))
        if said.document_sha256 and said.document_sha256 != row.sha256:
            st.warning(t("review_corrected_old"))
    if cell.approval is not None:
        by = person(cell.approval.by, language())
        st.caption(plain(t("review_approved_by", who=by, at=day(cell.approval.at))))
    if not cell.is_of(row.sha256):
        st.warning(t("review_outdated"))
    if state_of(cell) == "failed":
        for note in view.notes(cell.answer, language()):
            st.caption(plain(note))


def draw_marks(corpus: CorpusInfo, cell: Cell, mark: str) -> None:
    """Approve, and correct."""
    of = (corpus.name, cell.question, cell.document_id)
    approved = cell.approval is not None
    label = t("review_unapprove" if approved else "review_approve")
    icon = ":material/undo:" if approved else ":material/check:"
    if st.button(label, icon=icon, key=f"approve-{mark}", type="secondary" if approved else "primary"):
        with told():
            service().reviews.approve(*of, user(), approved=not approved)
            st.rerun()
    with st.popover(t("review_correct"), icon=":material/edit:"):
        text = st.text_area(t("review_correction"), cell.text, key=f"correct-{mark}")
        if st.button(t("review_correction_save"), type="primary", key=f"save-{mark}"):
            with told():
                service().reviews.correct(*of, text, user())
                st.rerun()
        if cell.correction is not None and st.button(t("review_correction_drop"), key=f"drop-{mark}"):
            with told():
                service().reviews.correct(*of, None, user())
                st.rerun()


def draw_comment(corpus: CorpusInfo, cell: Cell, mark: str) -> None:
    """Room for another comment: everybody who reads the table may comment."""
    with (
        st.popover(t("review_comment"), icon=":material/add_comment:"),
        st.form(f"comment-{mark}", clear_on_submit=True),
    ):
        text = st.text_area(t("review_comment"))
        if st.form_submit_button(t("review_comment_add"), type="primary"):
            with told():
                service().reviews.comment(corpus.name, cell.question, cell.document_id, text, user())
                st.rerun()


def with_passages(cell: Cell, document: Document) -> Answer:
    """The answer with the passages that it rests on, as they stand in the document; one that changed is left out."""
    starts = [page.start for page in document.pages]
    hits = []
    for citation in cell.answer.citations:
        passage = next((p for p in cell.passages if p.start <= citation.start and citation.end <= p.end), None)
        if passage is None:
            continue
        text = document.text[passage.start : passage.end]
        if sha256_of_text(text) != passage.sha256:
            continue
        page = document.pages[max(bisect_right(starts, passage.start) - 1, 0)].number if starts else None
        chunk = Chunk(document.id, passage.start, passage.end, text, document.title, citation.headings, page,
                      document.language, citation.chunk_id)  # fmt: skip
        hits.append(Hit(chunk, 0.0, 1, view.OF_CELL))
    return replace(cell.answer, evidence=tuple(hits))
