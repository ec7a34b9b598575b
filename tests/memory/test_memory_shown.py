"""An answer of before is shown as one, in both languages and wherever it goes."""

from __future__ import annotations

from dataclasses import replace

from sparewheel.app import view
from sparewheel.app.api.spoken import Spoken
from sparewheel.app.cli.answers import byline
from sparewheel.rag.events import Done, Token
from sparewheel.rag.records import plain, record
from sparewheel.rag.types import Answer, Attempt, Remembered

KEPT = Remembered("What is the notice?", "deepseek", "deepseek-v4", "2026-11-28T09:00:00+00:00", same=False)
ANSWER = Answer(
    "How long is the notice?", "leases", "Thirty days [1].", "answered", answered_by="memory", degraded=True,
    attempts=(Attempt("deepseek", "failed", "overloaded"), Attempt("memory", "answered", seconds=0.01)),
    remembered=KEPT,
)  # fmt: skip


def test_the_badge_says_whose_answer_of_when() -> None:
    """And the line above which question it was given to, where that was another one."""
    badge = view.badge(ANSWER, "en")
    assert (badge.text, badge.tone) == ("DeepSeek's answer of 28 November 2026, passages unchanged", "fallback")
    assert badge.why.startswith("DeepSeek is busy. Memory answered in 0.0 s.")
    assert view.badge(ANSWER, "zh").text == "DeepSeek 2026年11月28日的回答，所依据的段落未变"
    assert view.heading(ANSWER, "en") == ("Asked then: What is the notice?",)
    assert view.heading(replace(ANSWER, remembered=replace(KEPT, same=True)), "zh") == ()
    person = replace(KEPT, answered_by="person", person="Ann Lee")
    assert view.provenance(person, "en") == "Answer of Ann Lee, 28 November 2026, passages unchanged"
    theirs = replace(ANSWER, remembered=person)
    assert (view.confidence(theirs, "en"), view.confidence(theirs, "zh")) == ("Written by a person", "由人撰写")
    assert "written by a person" in byline(theirs, "en")


def test_a_near_question_is_offered() -> None:
    """With the words that bring its answer."""
    near = replace(ANSWER, answered_by="reader", remembered=None, similar=KEPT)
    assert view.notes(near, "en") == (
        "A similar question was answered by DeepSeek on 28 November 2026: What is the notice?"
        " Ask it in these words to see that answer.",
    )
    assert "相近的问题" in view.notes(near, "zh")[0]


def test_the_command_and_openais_protocol_say_so_too() -> None:
    """The client's text ends with it, streamed or whole."""
    told = "DeepSeek's answer of 28 November 2026, passages unchanged"
    assert f"answered by memory: {told}" in byline(ANSWER, "en")
    spoken = Spoken("en")
    pieces = [piece for event in (Token(ANSWER.text, "memory"), Done(ANSWER)) for piece in spoken.pieces(event)]
    assert "".join(pieces).endswith(f"({told})")
    assert Spoken("zh").whole(ANSWER).endswith("（DeepSeek 2026年11月28日的回答，所依据的段落未变）")


def test_the_record_comes_back_whole() -> None:
    """What the page's history keeps of it."""
    assert record(Answer, plain(ANSWER)) == ANSWER
