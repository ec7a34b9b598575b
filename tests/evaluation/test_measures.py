"""Measures of one answer, against values worked by hand and against a second, plain implementation."""

from __future__ import annotations

import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.corpora import GoldSpan
from sparewheel.eval.measures import best, exact_match, merged, normalise, overlap, token_f1, tokens


def test_english_is_normalised_as_squad_does() -> None:
    """Case, punctuation, articles and white space do not count."""
    assert normalise("The  lease, a “term” of an hour; U.S.") == "lease “term” of hour us"


def test_chinese_loses_punctuation_of_either_width() -> None:
    """Full-width digits are digits, and 《 》，。 go."""
    assert normalise("《合同法》第１２条，　规定。", "zh") == "合同法第12条规定"


def test_chinese_tokens_are_characters_and_latin_runs() -> None:
    """A Han character is a token; a number or Latin word is one."""
    assert tokens("第12条 COVID-19", "zh") == ["第", "12", "条", "covid19"]


@pytest.mark.parametrize(
    ("answer", "reference", "expected"),
    [
        ("eighteen (18) months", "18 months", 0.8),  # 2 common of 3 and 2: P 2/3, R 1
        ("the term", "a term", 1.0),
        ("a b b", "b b b", 0.8),  # "a" is an article: 2 common of 2 and 3
        ("b c", "d", 0.0),
        ("", "term", 0.0),
        ("", "the", 1.0),  # neither has a token
    ],
)
def test_token_f1_by_hand(answer: str, reference: str, expected: float) -> None:
    """2PR / (P + R) over multisets."""
    assert token_f1(answer, reference) == pytest.approx(expected)


def test_chinese_f1_by_hand() -> None:
    """押金三千元 and 三千元。: 3 common of 5 and 3."""
    assert token_f1("押金三千元", "三千元。", "zh") == pytest.approx(2 * 3 / 8)


def test_the_best_reference_counts() -> None:
    """Exact match with any reference is 1."""
    assert best(exact_match, "18 Months.", ["eighteen months", "18 months"]) == 1.0


def squad_f1(answer: str, reference: str) -> float:
    """The formula again, step by step as the SQuAD 2.0 script goes, sharing nothing with eval.measures."""

    def words(text: str) -> list[str]:
        without = "".join(c for c in text.lower() if c not in set(string.punctuation))
        return re.sub(r"\b(a|an|the)\b", " ", without).split()

    got, gold = words(answer), words(reference)
    if len(got) == 0 or len(gold) == 0:
        return float(got == gold)
    same = sum(min(n, Counter(gold)[w]) for w, n in Counter(got).items())
    if same == 0:
        return 0.0
    precision, recall = same / len(got), same / len(gold)
    return 2 * precision * recall / (precision + recall)


WORDS = st.lists(st.sampled_from(["the", "a", "Rent", "rent.", "is", "due", "(12)", "12", "U.S.", "and,"]), max_size=8)


@given(WORDS, WORDS)
def test_token_f1_is_that_of_squad(answer: list[str], reference: list[str]) -> None:
    """Equal to a second implementation for any texts."""
    a, b = " ".join(answer), " ".join(reference)
    assert token_f1(a, b) == pytest.approx(squad_f1(a, b))


def test_overlap_by_hand() -> None:
    """Cited [0, 10) and [5, 20) of x, and 5 of y; gold [15, 40) of x: 5 common of 25 found and 25 gold."""
    cited = [GoldSpan("x", 0, 10), GoldSpan("x", 5, 20), GoldSpan("y", 15, 20)]
    found = overlap(cited, [GoldSpan("x", 15, 40)])
    assert (found.precision, found.recall, found.f1) == (0.2, 0.2, 0.2)


def test_nothing_cited_has_no_precision() -> None:
    """Recall is 0, precision does not apply."""
    found = overlap([], [GoldSpan("x", 0, 4)])
    assert (found.precision, found.recall, found.f1) == (None, 0.0, 0.0)


SPANS = st.lists(
    st.builds(lambda d, a, n: GoldSpan(d, a, a + n), st.sampled_from("xy"), st.integers(0, 30), st.integers(0, 9)),
    max_size=6,
)


def characters(spans: list[GoldSpan]) -> set[tuple[str, int]]:
    return {(s.document_id, i) for s in spans for i in range(s.start, s.end)}


@given(SPANS, SPANS)
def test_overlap_counts_characters_as_sets_do(found: list[GoldSpan], gold: list[GoldSpan]) -> None:
    """Equal to counting single characters, however the spans overlap."""
    ours, theirs = characters(found), characters(gold)
    got = overlap(found, gold)
    assert (got.found, got.gold, got.common) == (len(ours), len(theirs), len(ours & theirs))
    assert characters(merged(found)) == ours
