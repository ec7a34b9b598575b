"""rag/text.py: the language of a text and its sentences."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.rag.text import columns, language_of, sentences, trim

MIXED = st.text(alphabet="aB c.D!?\n\t12.()“”’。！；第一条、 \r\u3000", max_size=200)


def said(text: str, abbreviations: tuple[str, ...] = ()) -> list[str]:
    return [text[a:b] for a, b in sentences(text, abbreviations)]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("This Agreement is governed by the laws of Delaware.", "en"),
        ("用人单位应当依法支付经济补偿。", "zh"),
        ("什么是 confidentiality agreement?", "zh"),
        ("The term 定金 means an earnest deposit paid by the buyer on signing.", "en"),
        ("", "en"),
        ("12345 !!", "en"),
    ],
)
def test_language(text, language):
    """The language is what most of the text is written in; a text without letters counts as English."""
    assert language_of(text) == language


def test_language_of_a_long_text_is_judged_all_along_it():
    """An English cover page does not make a Chinese statute English."""
    assert (
        language_of("Unofficial cover page in English. " * 20 + "第一条 为了规范合同行为，制定本法。\n" * 2000) == "zh"
    )


def test_abbreviations_and_initials_end_no_sentence():
    """Full stops of built-in and of given abbreviations, initials and clause numbers end nothing."""
    text = "5.1. Acme Inc. and J. Smith agree. Give 5 mg b.i.d. Monday. The Gmbh. Berlin pays 3.5 euros. Done."
    assert said(text, ("Gmbh.",)) == [
        "5.1. Acme Inc. and J. Smith agree.",
        "Give 5 mg b.i.d. Monday.",
        "The Gmbh. Berlin pays 3.5 euros.",
        "Done.",
    ]


def test_quotes_close_with_their_sentence():
    """Closing quotes and brackets belong to the sentence that they close, in English and Chinese."""
    assert said('He said "Stop." Then (perhaps!) he left.') == ['He said "Stop."', "Then (perhaps!) he left."]
    assert said("他说：“不行。”然后离开。") == ["他说：“不行。”", "然后离开。"]


def test_wrapped_lines_stay_together_and_list_items_apart():
    """The end of a wrapped line ends no sentence; a list item, a heading line and a blank line do."""
    text = (
        "The Supplier shall deliver the goods to the place that the\nBuyer names. It shall\n(a) pack them;\n"
        "(b) insure them\n\nNotices\nNotices are given in writing."
    )
    assert said(text) == [
        "The Supplier shall deliver the goods to the place that the\nBuyer names.",
        "It shall",
        "(a) pack them;",
        "(b) insure them",
        "Notices",
        "Notices are given in writing.",
    ]


@given(MIXED)
def test_sentences_cover_everything_but_blanks(text):
    """Spans are in order, trimmed, and nothing but white space lies between them."""
    place = 0
    for start, end in sentences(text):
        assert text[place:start].strip() == ""
        assert text[start:end].strip() == text[start:end] != ""
        place = end
    assert text[place:].strip() == ""


@given(st.text(max_size=50))
def test_trim_is_strip_with_offsets(text):
    """trim gives the offsets of what str.strip gives."""
    start, end = trim(text, 0, len(text))
    assert text[start:end] == text.strip()


def test_columns_count_chinese_twice():
    """A Chinese character takes two columns."""
    assert (columns("abc"), columns("第3条")) == (3, 5)
