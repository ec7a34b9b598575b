"""From an answer to what is drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from answers import CHINESE, EVIDENCE, FALLEN, LOCAL, REFUSED, WRITTEN
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.app import view
from sparewheel.app.cli.answers import byline
from sparewheel.app.words import Language
from sparewheel.app.words import answers as view_words
from sparewheel.rag.reliability.faults import FAULTS
from sparewheel.rag.types import Attempt, Citation

LANGUAGES: tuple[Language, ...] = get_args(Language)


def test_the_badge_says_who_answered() -> None:
    """The first in the order, by its name; a brand is written as it writes itself."""
    assert (view.badge(WRITTEN, "en").text, view.badge(WRITTEN, "en").tone) == ("DeepSeek", "first")
    assert (view.badge(LOCAL, "en").text, view.badge(LOCAL, "zh").text) == ("Local reader", "本地阅读器")


def test_the_badge_says_why_another_answered() -> None:
    """The fallback's badge names the answerer that should have answered, and its trouble."""
    assert view.badge(FALLEN, "en").text == "Local reader: DeepSeek is busy"
    recalled = replace(FALLEN, attempts=(Attempt("memory", "failed", "unanswered"), *FALLEN.attempts))
    assert view.badge(recalled, "en").text == "Local reader: DeepSeek is busy"
    assert view.badge(FALLEN, "zh").text == "本地阅读器：DeepSeek繁忙"
    assert view.badge(FALLEN, "en").why == "DeepSeek is busy. Local reader answered in 0.2 s."


def test_the_badge_of_a_quote_for_want_of_time_is_no_first_choice() -> None:
    """Nobody had failed when the time was over; at the terminal no empty brackets stand there."""
    late = replace(FALLEN, answered_by="quote", attempts=())
    badge = view.badge(late, "en")
    assert (badge.text, badge.tone) == ("Nearest sentence only: there was no time to read the passages", "fallback")
    assert view.badge(late, "zh").text == "仅最接近的句子：没有时间阅读段落"
    assert byline(late, "en").endswith("degraded (there was no time to read the passages)")


def test_the_badge_of_a_confidential_corpus_says_that_nothing_left() -> None:
    """Privacy is shown with the answer."""
    assert view.badge(LOCAL, "en", "high").why.endswith("nothing left this machine.")


def test_an_endpoint_named_otherwise_is_known_by_its_model() -> None:
    """ "primary" with a DeepSeek model is DeepSeek; without a known model it is called what it is."""
    assert view.answerer("primary", "en", "deepseek-v4-pro") == "DeepSeek"
    assert [view.answerer(name, "en") for name in ("primary", "my_cloud")] == ["Primary endpoint", "My cloud"]


@pytest.mark.parametrize("code", FAULTS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_fault_has_its_words(code: str, language: Language) -> None:
    """No fault code is shown to a reader."""
    told = view.reason(Attempt("deepseek", "failed", code), language)
    fallback = view.reason(Attempt("deepseek", "failed", "unexpected"), language)
    assert told.startswith("DeepSeek")
    assert (code == "unexpected") == (told == fallback)


def test_a_refusal_says_that_no_model_was_asked() -> None:
    """And shows the closest passages with their relevance."""
    assert view.badge(REFUSED, "en").text == "No model was asked"
    closest = view.others(REFUSED, "en")
    assert [(card.title, card.place, card.score) for card in closest] == [
        ("Lease", "page 2, 4. Rent", "closest passage"),
        ("Lease", "page 3, 9. Pets", "passage no. 2 by closeness"),
    ]


def test_a_stopped_question_is_told_as_such() -> None:
    """What had come so far is not called a failure of the answerers."""
    stopped = replace(LOCAL, outcome="failed", text="The rent", citations=(), notes=(view.STOPPED,))
    assert (view.badge(stopped, "en").text, view.notes(stopped, "en")) == ("Stopped", ())


@pytest.mark.parametrize(
    ("confidence", "said"),
    [
        (0.999, "High confidence (99%)"),
        (0.93, "High confidence (93%)"),
        (0.6, "Medium confidence (60%)"),
        (0.3, "Low confidence"),
    ],
)
def test_confidence_in_words(confidence: float, said: str) -> None:
    """Of the local reader, whose figure is calibrated."""
    assert view.confidence(replace(LOCAL, confidence=confidence), "en").startswith(said)


def test_a_written_answer_claims_no_probability() -> None:
    """How often a chat model is right is not known here."""
    assert view.confidence(WRITTEN, "en") == "Written by a model: check the passages"


def test_facts_are_latency_and_cost() -> None:
    """A local answer costs nothing and says so."""
    assert view.facts(LOCAL, "en")[1:] == ("0.24 s", "no cost")
    assert view.facts(WRITTEN, "zh")[1:] == ("0.24 秒", "0.00015 美元")


def test_a_quote_of_nobody_who_read_is_called_so() -> None:
    """Its badge is no reader's; it is a quote with a marker and a probability, not the writing of a chat model."""
    quoted = replace(FALLEN, answered_by="quote")
    assert view.badge(quoted, "en").text == "Nearest sentence only: DeepSeek is busy"
    assert (view.text(quoted, "en"), view.probability(quoted)) == (view.text(FALLEN, "en"), FALLEN.confidence)
    unread = replace(REFUSED, text="No answerer was able to read the passages in time.", reason="unread")
    assert view.text(unread, "en") == unread.text


def test_notes_are_in_the_language_of_the_page() -> None:
    """What the library notes in English is told in Chinese."""
    noted = replace(LOCAL, notes=("dense index 40% built: the rest is found by its words only", "something new"))
    assert view.notes(noted, "zh") == ("语义索引已建成 40%，其余按字词检索", "something new")


def test_a_search_that_failed_is_told_in_words() -> None:
    """What the passages were found by instead; the cause, which may name a path, stands in the log."""
    noted = replace(LOCAL, notes=("dense search failed: OSError: no such file: /srv/index",))
    assert view.notes(noted, "en") == ("semantic search failed; these passages were found by keyword only",)
    assert view.notes(noted, "zh") == ("语义检索失败；以下段落仅按字词检索得到",)


def test_a_heading_that_is_only_a_number_is_called_a_section() -> None:
    """ "page 5, 8" would read as two pages."""
    bare = replace(LOCAL, citations=(replace(LOCAL.citations[0], page=5, headings=("8.2",)),))
    assert [view.cards(bare, language)[0].place for language in LANGUAGES] == [
        "page 5, section 8.2",
        "第 5 页，第 8.2 节",
    ]


def test_a_quote_gets_its_marker() -> None:
    """The reader's answer carries no markers; the page needs them to lead to the passage."""
    assert view.text(LOCAL, "en") == "900 euros [1]"
    second = Citation(2, "lease.pdf", "Lease", "lease.pdf", 200, 222, "Pets need\nour consent.", 3, (), True, 2)
    both = replace(LOCAL, text="900 euros; Pets need our consent.", citations=(*LOCAL.citations, second))
    assert view.text(both, "en") == "900 euros [1]; Pets need our consent. [2]"


def test_a_documents_own_bracket_is_no_marker() -> None:
    """A quoted "[1]" of a medical paper does not lead to our citation 1."""
    quoted = "as shown [1] before"
    citation = replace(LOCAL.citations[0], quote=quoted)
    assert view.text(replace(LOCAL, text=quoted, citations=(citation,)), "en") == "as shown [\u20601] before [1]"


def test_a_yes_or_no_stands_in_front() -> None:
    """In the language of the page."""
    labelled = replace(LOCAL, label="no")
    assert [view.text(labelled, language) for language in LANGUAGES] == ["No. 900 euros [1]", "否。900 euros [1]"]


def test_cards_follow_the_numbers_of_the_citations() -> None:
    """Card n is citation n, with the cited words marked within the whole passage."""
    (card,) = view.cards(LOCAL, "en")
    assert (card.marker, card.place, card.quote, card.score) == (
        1,
        "page 2, 4. Rent",
        "900 euros",
        "closest passage",
    )
    assert [(s.text, s.marker) for s in card.passage] == [
        ("The rent is ", 0), ("900 euros", 1), (".\nPay it monthly, please.", 0),
    ]  # fmt: skip
    assert [other.start for other in view.others(LOCAL, "en")] == [200]


def test_a_citation_without_its_passage_still_has_a_card() -> None:
    """Its quote stands for the passage."""
    (card,) = view.cards(replace(LOCAL, evidence=()), "en")
    assert ([s.text for s in card.passage], card.score) == (["900 euros"], "")


def test_the_copied_answer_names_its_sources() -> None:
    """Answer, numbered references, disclaimer."""
    assert view.copied(LOCAL, "en", "Not legal advice.").splitlines() == [
        "900 euros [1]", "", "[1] Lease, page 2, 4. Rent: “900 euros”", "", "Not legal advice.",
    ]  # fmt: skip
    assert "[1] Lease，第 2 页，4. Rent：「900 euros」" in view.copied(CHINESE, "zh")


@given(st.text(), st.lists(st.tuples(st.integers(-5, 40), st.integers(-5, 40), st.integers(1, 9)), max_size=6))
def test_segments_are_the_passage_and_nothing_else(passage: str, spans: list[tuple[int, int, int]]) -> None:
    """Whatever the spans are: put together again, nothing is lost, doubled or moved."""
    cut = view.segments(passage, spans)
    assert "".join(segment.text for segment in cut) == passage
    assert all(segment.text for segment in cut)


def test_a_long_passage_is_cut_around_the_cited_words() -> None:
    """The marked words stay whole, the cuts are at blanks and marked by an ellipsis."""
    passage = view.segments("before " * 60 + "900 euros" + " after" * 60, [(420, 429, 1)])
    short = view.shortened(passage, 50)
    assert [s.text for s in short] == ["… " + "before " * 7, "900 euros", " after" * 8 + " …"]
    assert view.shortened(passage, 500) == passage


def test_lines_that_a_page_wrapped_are_joined() -> None:
    """A sentence flows; a new sentence or item keeps its line; no character is added or lost."""
    passage = (
        "10.1 The Tenant may end this lease on the break date\nby giving notice.\n10.2 If it does not,\nnothing.\n"
    )
    joined = view.unwrapped(passage)
    assert joined.splitlines()[0] == "10.1 The Tenant may end this lease on the break date by giving notice."
    assert (len(joined), joined.count("\n")) == (len(passage), 2)


def test_wrapped_chinese_is_joined_without_a_blank() -> None:
    """A blank without width stands for the line end."""
    line = "租赁期限届满前乙方不再续租该房屋的应当提前九十日以书面形式"
    assert view.unwrapped(f"{line}\n通知甲方。") == f"{line}\u200b通知甲方。"


@given(st.text())
def test_joining_lines_moves_nothing(passage: str) -> None:
    """Offsets into a passage stay true."""
    joined = view.unwrapped(passage)
    assert len(joined) == len(passage)
    assert all(new == old or (old == "\n" and new in " \u200b") for old, new in zip(passage, joined, strict=True))


def test_every_wording_is_there_twice() -> None:
    """English and Chinese differ and fill in the same values."""
    tables = (view_words.ANSWERERS, view_words.REASONS, view_words.CONFIDENCE, view_words.LABELS)
    pairs = [pair for table in tables for pair in table.values()]
    assert all(english and chinese and english != chinese for english, chinese in pairs)


def test_evidence_of_the_fakes_is_what_a_reranker_gives() -> None:
    """The scores that the cards read are those of a real hit."""
    assert all("relevance" in hit.scores for hit in EVIDENCE)
