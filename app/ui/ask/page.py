"""The page Ask: a conversation with a corpus, its evidence beside it.

A run of the script draws the old turns and then, where a question was sent, streams its answer (ask_stream). What is on
the screen is kept on the disk turn by turn (app.history), so a refresh, a restart or an error loses nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from sparewheel.app import view
from sparewheel.app.kept.history import Turn, now
from sparewheel.app.ui import evidence
from sparewheel.app.ui.ask.examples import contracts, examples, usual
from sparewheel.app.ui.ask.history import current, draw_sidebar, go_to, history, who
from sparewheel.app.ui.ask.stream import Shown, stream
from sparewheel.app.ui.ask.style import SCRIPT, STYLE
from sparewheel.app.ui.ask.turn import draw_answer, draw_question, pairs
from sparewheel.app.ui.ask.within import Within, choose, named, titles_of
from sparewheel.app.ui.documents import FORMATS, draw_results, read_in
from sparewheel.app.ui.language import language, t
from sparewheel.app.ui.session import may, pick_corpus, plain, say_no_corpora, service, told, unseen, user
from sparewheel.app.view import STOPPED
from sparewheel.rag.errors import NotFound
from sparewheel.rag.observe import asked_by
from sparewheel.rag.types import Answer
from sparewheel.rag.walk import MAX_QUESTION_CHARS

if TYPE_CHECKING:
    from streamlit.delta_generator import DeltaGenerator

    from sparewheel.app.service import CorpusInfo
    from sparewheel.rag.chain import Pipeline

_answering: set[tuple[str, int]] = set()  # (conversation, turn) that some session of this process is answering


def draw() -> None:
    with unseen("ask"):
        st.html(STYLE)
        st.html(SCRIPT, unsafe_allow_javascript=True)
    st.title(t("nav_ask"))
    id, turns = opened()
    left, right = st.columns(2, gap="medium")
    with left:
        corpus = pick_corpus()
    if corpus is None:
        say_no_corpora()
        return
    if id and st.session_state["conversation_corpus"] != corpus.name:  # another corpus, another conversation
        id, turns = "", []
        go_to("")
    shared_by = st.session_state.get("conversation_owner", who()) if id else who()
    with right, told():
        within = choose(corpus)
    sent = typed(corpus)
    if shared_by != who():
        st.info(plain(t("ask_shared_by", name=shared_by)), icon=":material/group:")
        id, turns = ("", []) if sent else (id, open_to_me(turns, corpus))
    if sent and (asked := named(sent, corpus, within)):
        sent, within = asked
    else:
        sent = ""
    if sent and not id:
        id = history().start(who(), corpus.name, sent).id
        follow(id, corpus.name, who())
        go_to(id)
    if not sent:
        draw_sidebar(id)
    if not corpus.documents:
        st.info(plain(corpus.trouble) if corpus.trouble else t("ask_empty"))
        return
    welcome = st.empty()  # emptied at once when a question is sent
    with told():
        if turns or sent:
            draw_conversation(service().pipeline(corpus.name, user()), id, turns, sent, within)
        else:
            with welcome.container():
                draw_welcome(corpus)


def typed(corpus: CorpusInfo) -> str:
    """The question that was sent, "" for none. Files that came with it are read in before it is asked."""
    hint = t("ask_placeholder", corpus=corpus.name)
    if may("analyst"):
        given = st.chat_input(
            hint, key="question", max_chars=MAX_QUESTION_CHARS, submit_mode="stop", accept_file="multiple",
            file_type=FORMATS,
        )  # fmt: skip
        if given and given.files:
            with told():
                st.session_state["uploaded"] = read_in(corpus.name, given.files)
                st.session_state["example"] = given.text or ""  # asked of the corpus as it is now
                st.rerun()
        text = given.text if given else ""
    elif corpus.documents:
        text = st.chat_input(hint, key="question", max_chars=MAX_QUESTION_CHARS, submit_mode="stop") or ""
    else:
        text = ""
    if results := st.session_state.pop("uploaded", None):
        draw_results(results)
    return (text or st.session_state.pop("example", "")).strip()


def opened() -> tuple[str, list[Turn]]:
    """The open conversation with its turns; ("", []) for a new one. Its corpus becomes the one chosen."""
    id = current()
    if not id:
        return "", []
    try:
        conversation, turns = history().load(id, who())
    except NotFound:
        go_to("")
        st.info(t("ask_gone"))
        return "", []
    try:
        service().corpus(conversation.corpus, user())
    except NotFound:
        st.warning(t("ask_corpus_gone"))
        draw_sidebar(id)
        st.stop()
    if st.session_state.get("conversation_seen") != id:  # just opened: the picker follows it
        st.session_state["corpus"] = conversation.corpus
        follow(id, conversation.corpus, conversation.owner)
    return id, [replace(turn, answer=service().seen(turn.answer, user())) for turn in turns]


def open_to_me(turns: list[Turn], corpus: CorpusInfo) -> list[Turn]:
    """Of a colleague's conversation the turns that rest on documents which this user may read, too."""
    mine = titles_of(corpus)
    kept = [turn for turn in turns if all(hit.chunk.document_id in mine for hit in turn.answer.evidence)]
    if len(kept) < len(turns):
        st.caption(t("ask_shared_hidden", n=len(turns) - len(kept)))
    return kept


def follow(id: str, corpus: str, owner: str) -> None:
    """The conversation that this session shows is about that corpus, and that user's."""
    st.session_state["conversation_seen"] = id
    st.session_state["conversation_corpus"] = corpus
    st.session_state["conversation_owner"] = owner


def draw_welcome(corpus: CorpusInfo) -> None:
    """What to ask, before anything was asked."""
    st.caption(t("ask_intro"))
    if asked := questions(corpus):
        st.header(t("ask_examples"))
        for number, question in enumerate(asked):
            st.button(
                plain(question), key=f"example-{number}", on_click=take_example, args=(question,),
                icon=":material/chat_bubble:",
            )  # fmt: skip
    else:
        st.write(t("ask_how"))
    warm(corpus.name, corpus.updated, corpus.language)


def questions(corpus: CorpusInfo) -> list[str]:
    """To begin with: of our samples, else the usual ones of contracts."""
    documents = service().documents(corpus.name, user())
    return examples(corpus.domain, language(), documents) or (
        of_contracts(corpus.name, corpus.updated, who()) if corpus.domain == "legal" else []
    )


@st.cache_data(max_entries=32, show_spinner=False)
def of_contracts(corpus: str, updated: str, who: str) -> list[str]:
    """Once for a state of a corpus and a reader: a look into the headings."""
    chosen = contracts(service().documents(corpus, user()))
    found = service().headings(corpus, [document.id for document in chosen], user())
    return usual({document.title: found[document.id] for document in chosen})


@st.cache_resource(show_spinner=False)
def warm(corpus: str, updated: str, language: str) -> None:
    """Once for a state of a corpus: what the first question needs is read while it is being typed."""
    pipeline = service().pipeline(corpus, user())

    def work() -> None:
        try:
            pipeline.warm(language or "en")
        except Exception as error:  # the first question will meet the same, and tell it
            logging.getLogger(__name__).info("corpus %r could not be warmed: %s", corpus, error)

    threading.Thread(target=work, name="warm", daemon=True).start()


def take_example(question: str) -> None:
    st.session_state["example"] = question


def draw_conversation(pipeline: Pipeline, id: str, turns: list[Turn], sent: str, within: Within) -> None:
    """The turns at the left, the evidence of one of them at the right (on a narrow screen below)."""
    chosen = len(turns) + 1 if sent else st.session_state.get("shown_turn", len(turns))
    left, right = st.columns(2, gap="medium")
    beside = right.container(key="evidence").empty()
    above = left.container()

    def draw_old() -> None:
        with above:
            for number, turn in enumerate(turns):
                draw_turn(turn, turns[:number], pipeline, chosen=turn.number == chosen)

    if sent:
        st.session_state.pop("shown_turn", None)

        def meanwhile() -> None:  # what stood there already can wait until the search has begun
            draw_sidebar(id)
            draw_old()

        with left:
            new = ask(pipeline, id, turns, sent, within, beside, meanwhile)
        turns = [*turns, new]
    else:
        draw_old()
    if shown := next((turn for turn in turns if turn.number == chosen), None):
        draw_evidence(shown, beside, several=len(turns) > 1)


def draw_turn(turn: Turn, before: Sequence[Turn], pipeline: Pipeline, *, chosen: bool) -> None:
    """One question and its answer as they were."""
    draw_question(turn.question)
    with st.chat_message("assistant", avatar=":material/trip_origin:"):
        if (current(), turn.number) in _answering:
            wait_for_it(turn.number)
            return
        draw_answer(turn, before, pipeline.profile, pipeline.sensitivity, cards=chosen)


@st.fragment(run_every=1.0)
def wait_for_it(number: int) -> None:
    """A question that another tab asked, or this one before it was refreshed."""
    st.write(t("ask_still"))
    if (current(), number) not in _answering:
        st.rerun()


def draw_evidence(turn: Turn, place: DeltaGenerator, *, several: bool) -> None:
    answer = turn.answer
    if not answer.evidence or STOPPED in answer.notes:
        place.empty()
        return
    with place.container():
        if answer.outcome != "answered":
            st.header(t("ask_closest"))
            st.html(evidence.passages(view.others(answer, language(), view.CLOSEST), unfolded=True))
            return
        st.header(t("ask_evidence"))
        if several:
            st.caption(plain(t("ask_evidence_of", n=turn.number, question=turn.question)))
        evidence.draw(answer, f"t{turn.number}")


def ask(
    pipeline: Pipeline, id: str, turns: list[Turn], sent: str, within: Within, beside: DeltaGenerator,
    meanwhile: Callable[[], None],
) -> Turn:  # fmt: skip
    """Streams the answer to the screen and keeps it; the new turn. meanwhile: see `stream`."""
    owner = who()
    begun = Answer(sent, pipeline.corpus, "", "failed", notes=(STOPPED,))
    number = history().append(id, owner, sent, begun)
    draw_question(sent)
    with st.chat_message("assistant", avatar=":material/trip_origin:"):
        place = st.empty()
        listed = False

        def paint(shown: Shown) -> None:
            nonlocal listed
            place.html(shown.html())
            if shown.hits and not listed:
                listed = True
                with beside.container():
                    st.header(t("ask_passages"))
                    st.html(evidence.passages(view.found(shown.hits, language())))

        with being_answered(id, number), asked_by(owner, f"{id}-{number}"):
            answer = stream(
                pipeline, sent, pairs(turns), within, instant=service().settings.page.instant, language=language(),
                meanwhile=meanwhile, paint=paint, keep=lambda answer: history().settle(id, owner, number, answer),
            )  # fmt: skip
        turn = Turn(number, now(), sent, answer)
        with place.container():
            draw_answer(turn, turns, pipeline.profile, pipeline.sensitivity, cards=True)
    return turn


@contextmanager
def being_answered(id: str, number: int) -> Iterator[None]:
    """Another tab, or this one refreshed, can see that the answer is on its way."""
    _answering.add((id, number))  # one operation of a set: safe between threads
    try:
        yield
    finally:
        _answering.discard((id, number))
