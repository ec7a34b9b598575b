"""Terms: what a reader types is found as the document writes it."""

import pytest

from sparewheel.rag.retrieve.tokenise import terms


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("COVID-19", "covid19"),
        ("IL-6", "il6"),
        ("Form 10-K", "10k"),
        ("Section 4.2(a)", "4.2(a)"),
        ("§ 512", "§512"),
        ("U.S.C.", "usc"),
        ("1,250,000", "1250000"),
        ("3.5 mg", "3.5"),
    ],
)
def test_an_identifier_is_one_term(text, term):
    """Identifiers, numbers and section signs stay whole."""
    assert term in terms(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("COVID-19", ["covid19", "covid", "19"]),
        ("4.2(a)", ["4.2(a)", "4.2", "4", "2"]),
        ("§ 512(c)", ["§512(c)", "512"]),
        ("non-compete", ["noncompet", "non", "compet"]),
    ],
)
def test_an_identifier_is_also_its_parts(text, expected):
    """Half of an identifier finds it too."""
    assert terms(text) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Terminations", "TERMINATION"),
        ("party's", "parties"),
        ("noncompete", "non-compete"),
        ("COVID19", "covid-19"),
        ("ＩＬ－６", "IL-6"),
        ("第十二条", "第12条"),
        ("第一百二十条", "第 120 条"),
        ("第二〇二四条", "第2024条"),
        ("第一百二十条之一", "第120条之1"),
        ("straße", "STRASSE"),
    ],
)
def test_two_spellings_share_their_first_term(one, other):
    """Case, inflection, hyphen, width and numerals do not keep a question from its passage."""
    assert terms(one)[0] == terms(other)[0]


def test_chinese_gives_words_and_pairs():
    """Every pair of neighbouring characters, then jieba's words."""
    pairs = ["承租", "租人", "人支", "支付", "付租", "租金"]
    assert terms("承租人支付租金") == [*pairs, "承租人", "支付", "租金"]


def test_an_article_is_cut_out_of_the_text_around_it():
    """根据第十二条支付 holds the article, and no pair reaches into it."""
    assert list(dict.fromkeys(terms("根据第十二条支付"))) == ["根据", "第12条", "支付"]


def test_ordinal_without_article_is_plain_text():
    """第 counts as a character where no article follows."""
    assert set(terms("次第")) == {"次第"}


def test_mixed_text_keeps_its_order():
    """A Latin word inside Chinese is a word of its own."""
    assert terms("使用IL-6抑制剂")[1:5] == ["使用", "il6", "il", "6"]


@pytest.mark.parametrize("text", ["", "   ", "the of and", "的了", "—…“”", "\x00\ufffe"])
def test_nothing_to_count(text):
    """Blanks, stop words and punctuation give no term."""
    assert terms(text) == []


def test_a_run_of_data_is_cut():
    """A run of 100,000 characters is one short term, so it cannot bloat the vocabulary."""
    assert [len(term) for term in terms("x" * 100_000)] == [64]


def test_traditional_characters_find_simplified_ones() -> None:
    """A question in Traditional characters has the terms of the Simplified text, and the other way round."""
    assert terms("違約金是多少") == terms("违约金是多少")
    assert set(terms("保證金何時退還")) & set(terms("乙方應支付保證金"))
