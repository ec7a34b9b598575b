"""A question that fits one of several look-alikes is not answered from the first."""

from __future__ import annotations

from sparewheel.rag.answer.twins import newest_first, twins
from sparewheel.rag.types import Chunk, Draft, Hit, Span


def documents(draft: Draft, hits: tuple[Hit, ...]) -> list[str]:
    return [hits[span.hit].chunk.document_id for span in twins(draft, hits)]


def hit(document: str, text: str, rank: int) -> Hit:
    return Hit(Chunk(document, 0, len(text), text, document.upper()), 1.0, rank, "given")


HITS = (
    hit("a", "The hirer returns the boat within 9 days of the end.", 1),
    hit("b", "The hirer returns the boat within 21 days of the end.", 2),
    hit("c", "The owner insures the boat against fire and theft.", 3),
)


def test_a_sentence_with_another_figure_in_another_document_is_a_twin() -> None:
    """Which boat is meant?"""
    assert documents(Draft("9 days", (Span(0, 35, 41),)), HITS) == ["a", "b"]


def test_what_only_one_document_says_has_no_twin() -> None:
    """And the very same sentence in two documents gives one answer."""
    assert twins(Draft("fire", (Span(2, 35, 39),)), HITS) == []
    same = (HITS[0], hit("d", HITS[0].chunk.text, 2))
    assert twins(Draft("9 days", (Span(0, 35, 41),)), same) == []
    assert twins(Draft(""), HITS) == []


def test_chinese_sentences_on_one_template_are_twins() -> None:
    """质保期 of two contracts."""
    found = (hit("x", "第六条 保证金为合同价款的百分之三。", 1), hit("y", "第六条 保证金为合同价款的百分之八。", 2))
    assert documents(Draft("百分之三", (Span(0, 12, 16),)), found) == ["x", "y"]


def test_a_mark_at_the_end_makes_no_twin() -> None:
    """One of them quotes the other."""
    quoted = (HITS[0], hit("d", HITS[0].chunk.text + "”", 2))
    assert twins(Draft("9 days", (Span(0, 35, 41),)), quoted) == []


def test_of_two_versions_the_newest_is_quoted_and_what_it_replaced_behind_it() -> None:
    """Whichever the reader pointed at."""
    old, new = HITS[0], HITS[1]
    versions = (Span(1, 0, len(new.chunk.text)), Span(0, 0, len(old.chunk.text)))
    draft = newest_first(Draft("9 days", (Span(0, 35, 41),)), (old, new), versions, chinese=False)
    assert draft.text.split("\n") == [new.chunk.text, f"Before that, A: {old.chunk.text}"]
    assert [span.hit for span in draft.spans] == [1, 0]
    assert draft.lines
    kept = newest_first(Draft("21 days", (Span(1, 35, 42),)), (old, new), versions, chinese=True)
    assert kept.text == f"21 days\n此前，A：{old.chunk.text}"
    assert newest_first(draft, (old, new), versions[:1], chinese=False) is draft
