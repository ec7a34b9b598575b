"""A question with its answer: who answered and why, the text, its sources, and what can be done with it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from sparewheel.app import view
from sparewheel.app.export import FORMATS, export
from sparewheel.app.kept.feedback import Feedback
from sparewheel.app.kept.history import Turn
from sparewheel.app.ui import evidence
from sparewheel.app.ui.language import language, t
from sparewheel.app.ui.session import service, told, user
from sparewheel.app.view import html as view_html
from sparewheel.app.view.html import escape
from sparewheel.rag.types import Answer, Sensitivity

if TYPE_CHECKING:
    from sparewheel.rag.chain import Pipeline

STEPS = ("retrieve", "rerank", "answer", "cite", "total")


def draw_question(question: str) -> None:
    with st.chat_message("user", avatar=":material/person:"):
        st.html(f'<div class="sw-asked">{escape(question)}</div>')


def draw_from(corpus: str) -> None:
    """Which corpus the answer below is from, where several were asked."""
    st.html(f'<p class="sw-from">{escape(t("ask_from", corpus=corpus))}</p>')


def draw_answer(turn: Turn, before: Sequence[Turn], pipeline: Pipeline, *, cards: bool, several: bool = False) -> None:
    """The body of an answer. cards: its evidence stands beside it, so the sources are not listed here again. several:
    it is one of those of several corpora, so what none of it is said of is said briefly."""
    answer, anchors = turn.answer, f"t{turn.number}"
    disclaimer = pipeline.profile.disclaimer.get(language(), "")
    if several and answer.outcome == "refused" and not cards:
        st.html(refusal_html(answer))
        return
    st.html(answer_html(answer, anchors, pipeline.sensitivity, cards=cards))
    if answer.similar is not None:
        st.button(
            t("ask_similar"), key=f"similar-{anchors}", icon=":material/history:", on_click=ask_next,
            args=(answer.similar.question,),
        )  # fmt: skip
    if answer.outcome == "answered":
        draw_actions(turn, before, disclaimer, anchors, cards=cards)
        if cards and disclaimer:
            st.caption(disclaimer)


def answer_html(answer: Answer, anchors: str, sensitivity: Sensitivity, *, cards: bool) -> str:
    """Badge and figures, the text or the refusal, notes, sources, and the story behind it."""
    lang = language()
    badge = view.badge(answer, lang, sensitivity)
    facts = "".join(f'<span class="sw-fact">{escape(fact)}</span>' for fact in view.facts(answer, lang))
    notes = "".join(f'<p class="sw-note">{escape(t("ask_note", note=note))}</p>' for note in view.notes(answer, lang))
    head = f'<div class="sw-row"><span class="sw-badge sw-{badge.tone}">{escape(badge.text)}</span>{facts}</div>'
    above = "".join(f'<p class="sw-place">{escape(line)}</p>' for line in view.heading(answer, lang))
    return f"{head}{above}{_body(answer, anchors, cards=cards)}{notes}{_story(answer, badge.why)}"


def _body(answer: Answer, anchors: str, *, cards: bool) -> str:
    lang = language()
    written = answer.answered_by not in view.QUOTED
    numbers = [citation.marker for citation in answer.citations]
    text = view_html.answer(view.text(answer, lang), lang, anchors, numbers, written=written)
    if answer.outcome == "answered":
        return text + ("" if cards else _sources(answer, anchors))
    help = t("ask_refused_help" if answer.outcome == "refused" else "ask_failed_help")
    if view.STOPPED in answer.notes:
        return text if answer.text else ""
    closest = () if cards else view.others(answer, lang, view.CLOSEST)  # else they stand beside it
    listed = f'<p class="sw-place">{escape(t("ask_closest"))}</p>{evidence.passages(closest)}' if closest else ""
    return f'<div class="sw-refused">{text if answer.text else ""}<p>{escape(help)}</p>{listed}</div>'


def refusal_html(answer: Answer) -> str:
    """That this corpus does not say it, its closest passages folded."""
    told = f"<p>{escape(t('ask_not_here'))}</p>"
    if not (closest := view.others(answer, language(), view.CLOSEST)):
        return f'<div class="sw-refused">{told}</div>'
    folded = f"<summary>{escape(t('ask_closest'))}</summary>{evidence.passages(closest)}"
    return f'<div class="sw-refused">{told}<details class="sw-why">{folded}</details></div>'


def _sources(answer: Answer, anchors: str) -> str:
    """The citations on a line each, for an answer whose evidence is not beside it."""
    items = "".join(
        f'<li id="{anchors}-{card.marker}" tabindex="-1">{escape(view.reference(card, language()))}</li>'
        for card in view.cards(answer, language())
    )
    return f'<ul class="sw-sources">{items}</ul>' if items else ""


def _story(answer: Answer, why: str) -> str:
    """Who was tried, how long each step took; folded."""
    told_of = [why] if why else []
    steps = [f"{t(f'ask_step_{step}')} {answer.timings[step]:.2f} s" for step in STEPS if step in answer.timings]
    told_of += [" · ".join(steps)] if steps else []
    if answer.model:
        told_of.append(t("ask_model", model=answer.model))
    if answer.usage.prompt_tokens:
        usage = answer.usage
        told_of.append(t("ask_tokens", prompt=usage.prompt_tokens, completion=usage.completion_tokens))
    items = "".join(f"<li>{escape(item)}</li>" for item in told_of)
    return f'<details class="sw-why"><summary>{escape(t("ask_why"))}</summary><ul>{items}</ul></details>'


def pairs(turns: Sequence[Turn], corpus: str) -> list[tuple[str, str]]:
    """The history that a follow-up question is asked with: what that corpus was asked and answered."""
    asked = [turn for turn in turns if turn.answer.corpus == corpus and turn.answer.outcome != "failed"]
    return [(turn.question, turn.answer.text) for turn in asked]


# ---------------------------------------------------------------- what can be done with it


def draw_actions(turn: Turn, before: Sequence[Turn], disclaimer: str, anchors: str, *, cards: bool) -> None:
    """Evidence (where it is not shown), copy, export, thumbs, comment."""
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=f"actions-{anchors}"):
        if not cards:
            st.button(
                t("ask_show_evidence"), key=f"show-{anchors}", icon=":material/find_in_page:", on_click=show_evidence,
                args=(turn.number,),
            )  # fmt: skip
        copied = view.copied(turn.answer, language(), disclaimer)
        st.html(copy_button(copied, f"copy-{anchors}"), width="content")
        with st.popover(t("ask_export"), icon=":material/download:"):
            draw_export("one", t("ask_export_this"), [turn], disclaimer, anchors)
            if before:
                draw_export("all", t("ask_export_all"), [*before, turn], disclaimer, anchors)
        st.feedback("thumbs", key=f"thumbs-{anchors}", on_change=rate, args=(turn, anchors))
        with st.popover(t("ask_comment"), icon=":material/comment:"), st.form(f"comment-{anchors}", border=False):
            comment = st.text_area(t("ask_comment_what"), key=f"said-{anchors}", max_chars=2000)
            if st.form_submit_button(t("ask_comment_send")) and comment.strip():
                rate(turn, anchors, comment.strip())


def ask_next(question: str) -> None:
    """It is sent with the next run of the page."""
    st.session_state["example"] = question


def show_evidence(number: int) -> None:
    """The evidence of that turn stands beside the conversation from now on."""
    st.session_state["shown_turn"] = number


def rate(turn: Turn, anchors: str, comment: str = "") -> None:
    """Keeps the thumb that is set (a comment without one counts as a thumb down)."""
    thumb = st.session_state.get(f"thumbs-{anchors}")
    if thumb is None and not comment:
        return
    with told():
        service().rate(Feedback.of(turn.answer, 1 if thumb == 1 else -1, comment), user())
        st.toast(t("ask_rated"))


def draw_export(name: str, label: str, turns: Sequence[Turn], disclaimer: str, anchors: str) -> None:
    """A button for each format; the file is made when it is pressed."""
    st.caption(label)
    lang = language()
    with st.container(horizontal=True):
        for form in FORMATS:
            st.download_button(
                form.name, partial(export, turns, form.suffix, lang, disclaimer),
                f"sparewheel-{turns[-1].at[:10]}-{turns[-1].number}.{form.suffix}", form.media_type,
                key=f"export-{name}-{form.suffix}-{anchors}", on_click="ignore",
            )  # fmt: skip


def copy_button(text: str, id: str) -> str:
    """A button that puts `text` on the clipboard (by the script of ask_style)."""
    return (
        f'<div style="position:relative"><div class="sw-source" id="{id}" aria-hidden="true">{html.escape(text)}</div>'
        f'<button type="button" class="sw-copy" data-source="{id}" data-done="{escape(t("ask_copied"))}" '
        f'title="{escape(t("ask_copy_what"))}">'
        f"{escape(t('ask_copy'))}</button></div>"
    )
