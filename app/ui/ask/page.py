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
from sparewheel.app.ui.ask.examples import called, usual
from sparewheel.app.ui.ask.history import current, draw_sidebar, go_to, history, who
from sparewheel.app.ui.ask.stream import Shown, stream
from sparewheel.app.ui.ask.style import SCRIPT, STYLE
from sparewheel.app.ui.ask.turn import answer_html, ask_next, draw_answer, draw_from, draw_question, pairs
from sparewheel.app.ui.ask.within import Put, Within, choose, choose_also, put, titles_of
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
    places = st.columns(3 if len(service().corpora(user())) > 1 else 2, gap="medium")
    with places[0]:
        corpus = pick_corpus()
    if corpus is None:
        say_no_corpora()
        return
    if id and st.session_state["conversation_corpus"] != corpus.name:  # another corpus, another conversation
        id, turns = "", []
        go_to("")
    shared_by = st.session_state.get("conversation_owner", who()) if id else who()
    with told():
        with places[1]:
            also = choose_also(corpus) if len(places) > 2 else []
        with places[-1]:
            within = Within() if also else choose(corpus)
    sent = typed(corpus, also)
    if shared_by != who():
        st.info(plain(t("ask_shared_by", name=shared_by)), icon=":material/group:")
        id, turns = ("", []) if sent else (id, open_to_me(turns))
    puts = put(sent, [corpus, *also], within) if sent else []
    if puts and not id:
        id = history().start(who(), corpus.name, sent).id
        follow(id, corpus.name, who())
        go_to(id)
    if not puts:
        draw_sidebar(id)
    if not corpus.documents:
        st.info(plain(corpus.trouble) if corpus.trouble else t("ask_empty"))
        return
    welcome = st.empty()  # emptied at once when a question is sent
    with told():
        if turns or puts:
            draw_conversation(id, turns, puts)
        else:
            with welcome.container():
                draw_welcome(corpus)


def typed(corpus: CorpusInfo, also: Sequence[CorpusInfo]) -> str:
    """The question that was sent, "" for none. Files that came with it are read into the first corpus before."""
    hint = t("ask_placeholder", corpus=", ".join(each.name for each in (corpus, *also)))
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
        st.session_state["also"] = sorted({turn.answer.corpus for turn in turns} - {conversation.corpus})
        follow(id, conversation.corpus, conversation.owner)
    return id, readable(turns)


def readable(turns: Sequence[Turn]) -> list[Turn]:
    """As the user may see them now, without those of a corpus that is gone or not theirs."""
    here = {info.name for info in service().corpora(user())}
    kept = [turn for turn in turns if turn.answer.corpus in here]
    say_left_out(len(turns) - len(kept))
    return [replace(turn, answer=service().seen(turn.answer, user())) for turn in kept]


def open_to_me(turns: list[Turn]) -> list[Turn]:
    """Of a colleague's conversation the turns that rest on documents which this user may read, too."""
    mine = {name: titles_of(service().corpus(name, user())) for name in {turn.answer.corpus for turn in turns}}

    def rests_on_mine(answer: Answer) -> bool:
        return all(hit.chunk.document_id in mine[answer.corpus] for hit in answer.evidence)

    kept = [turn for turn in turns if rests_on_mine(turn.answer)]
    say_left_out(len(turns) - len(kept))
    return kept


def say_left_out(count: int) -> None:
    if count:
        st.caption(t("ask_shared_hidden", n=count))


def follow(id: str, corpus: str, owner: str) -> None:
    """The conversation that this session shows is about that corpus, and that user's."""
    st.session_state["conversation_seen"] = id
    st.session_state["conversation_corpus"] = corpus
    st.session_state["conversation_owner"] = owner


def draw_welcome(corpus: CorpusInfo) -> None:
    """What to ask, before anything was asked."""
    st.caption(t("ask_intro"))
    if asked := questions(corpus.name, corpus.updated, who(), language()):
        st.header(t("ask_examples"))
        for number, question in enumerate(asked):
            st.button(
                plain(question), key=f"example-{number}", on_click=ask_next, args=(question,),
                icon=":material/chat_bubble:",
            )  # fmt: skip
    else:
        st.write(t("ask_how"))
    warm(corpus.name, corpus.updated, corpus.language)


@st.cache_data(max_entries=32, show_spinner=False)
def questions(corpus: str, updated: str, who: str, language: str) -> list[str]:
    """To begin with; made once for a state of a corpus, a reader and a language: a look into the headings."""
    documents = called(service().documents(corpus, user()))
    headings = service().headings(corpus, [document.id for document in documents.values()], user())
    return usual(documents, headings, language)


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


def draw_conversation(id: str, turns: list[Turn], puts: Sequence[Put]) -> None:
    """The turns at the left, the evidence of one of them at the right (on a narrow screen below)."""
    chosen = st.session_state.get("shown_turn", to_look_at(turns)) if not puts else 0
    left, right = st.columns(2, gap="medium")
    beside = right.container(key="evidence").empty()
    above = left.container()

    several = len({turn.answer.corpus for turn in turns}) > 1

    def draw_old() -> None:
        with above:
            for number, turn in enumerate(turns):
                draw_turn(turn, turns[:number], chosen=turn.number == chosen, several=several)

    if not puts:
        draw_old()
        shown = turns
    else:
        st.session_state.pop("shown_turn", None)

        def meanwhile() -> None:  # what stood there already can wait until the search has begun
            draw_sidebar(id)
            draw_old()

        with left:
            shown = [*turns, *ask_all(id, turns, puts, beside, meanwhile)]
        chosen = to_look_at(shown)
    if turn := next((turn for turn in shown if turn.number == chosen), None):
        of = ""
        if several or len(puts) > 1:
            of = t("ask_from", corpus=turn.answer.corpus)
        elif len(shown) > 1:
            of = t("ask_evidence_of", n=turn.number, question=turn.question)
        draw_evidence(turn, beside, of)


def to_look_at(turns: Sequence[Turn]) -> int:
    """Number of the turn whose evidence is shown unasked: the last; where several corpora were asked, of their answers
    the first that is none of refusal."""
    last: list[Turn] = []
    for number in reversed(range(len(turns))):
        last.insert(0, turns[number])
        if not goes_on(turns[number], turns[:number]):
            break
    return next((turn.number for turn in last if turn.answer.outcome == "answered"), last[-1].number if last else 0)


def goes_on(turn: Turn, before: Sequence[Turn]) -> bool:
    """Is it the answer of a further corpus to the question before?"""
    first = st.session_state.get("conversation_corpus")
    return bool(
        before and turn.question == before[-1].question and turn.answer.corpus not in (first, before[-1].answer.corpus)
    )


def draw_turn(turn: Turn, before: Sequence[Turn], *, chosen: bool, several: bool) -> None:
    """One question and its answer as they were. several: corpora were asked, so each answer says which it is from."""
    if not goes_on(turn, before):
        draw_question(turn.question)
    with st.chat_message("assistant", avatar=":material/trip_origin:"):
        if (current(), turn.number) in _answering:
            wait_for_it(turn.number)
            return
        pipeline = service().pipeline(turn.answer.corpus, user())
        if several:
            draw_from(turn.answer.corpus)
        draw_answer(turn, before, pipeline, cards=chosen, several=several)


@st.fragment(run_every=1.0)
def wait_for_it(number: int) -> None:
    """A question that another tab asked, or this one before it was refreshed."""
    st.write(t("ask_still"))
    if (current(), number) not in _answering:
        st.rerun()


def draw_evidence(turn: Turn, place: DeltaGenerator, of: str) -> None:
    """of: which answer it is of, where there are several."""
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
        if of:
            st.caption(plain(of))
        evidence.draw(answer, f"t{turn.number}")


def ask_all(
    id: str, turns: list[Turn], puts: Sequence[Put], beside: DeltaGenerator, meanwhile: Callable[[], None]
) -> list[Turn]:
    """Puts the question to one corpus after the other; the new turns, drawn."""
    draw_question(puts[0].question)
    new: list[Turn] = []
    drawn: list[tuple[Pipeline, DeltaGenerator]] = []
    for number, each in enumerate(puts):
        with st.chat_message("assistant", avatar=":material/trip_origin:"):
            if len(puts) > 1:
                draw_from(each.corpus)
            pipeline, place = service().pipeline(each.corpus, user()), st.empty()
            new.append(ask(pipeline, id, turns, each, place, beside, meanwhile if number == 0 else lambda: None))
            drawn.append((pipeline, place))
    chosen = to_look_at([*turns, *new])
    for turn, (pipeline, place) in zip(new, drawn, strict=True):
        with place.container():
            draw_answer(turn, turns, pipeline, cards=turn.number == chosen, several=len(new) > 1)
    return new


def ask(
    pipeline: Pipeline, id: str, turns: list[Turn], put: Put, place: DeltaGenerator, beside: DeltaGenerator,
    meanwhile: Callable[[], None],
) -> Turn:  # fmt: skip
    """Streams the answer to its place and keeps it; the new turn. meanwhile: see `stream`."""
    owner, sent = who(), put.question
    begun = Answer(sent, pipeline.corpus, "", "failed", notes=(STOPPED,))
    number = history().append(id, owner, sent, begun)
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
            pipeline, sent, pairs(turns, pipeline.corpus), put.within, instant=service().settings.page.instant,
            language=language(), meanwhile=meanwhile, paint=paint,
            keep=lambda answer: history().settle(id, owner, number, answer),
        )  # fmt: skip
    place.html(answer_html(answer, f"t{number}", pipeline.sensitivity, cards=True))
    return Turn(number, now(), sent, answer)


@contextmanager
def being_answered(id: str, number: int) -> Iterator[None]:
    """Another tab, or this one refreshed, can see that the answer is on its way."""
    _answering.add((id, number))  # one operation of a set: safe between threads
    try:
        yield
    finally:
        _answering.discard((id, number))
