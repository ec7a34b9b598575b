"""rag/ingest/split.py: chunks are clauses, articles and sections, and their offsets are exact."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.rag.errors import UsageError
from sparewheel.rag.ingest.split import SPLITTER_VERSION, split
from sparewheel.rag.settings import Ingest
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Document, Page, Profile

SMALL = Ingest(chunk_chars=230)
CLAUSE = "The Supplier shall do so with reasonable care and skill, and in any case before the agreed date. "


def document(text: str, **more) -> Document:
    return Document("d", text, more.pop("title", "Supply Agreement"), "d.txt", language=language_of(text), **more)


def paths(chunks) -> list[tuple[str, ...]]:
    return [chunk.headings for chunk in chunks]


def openings(chunks) -> list[str]:
    return [chunk.text.split()[0] for chunk in chunks]


def check(text: str, chunks, limit: int, overlap: int = 0) -> None:
    """The promises of `split`, for any text."""
    covered = 0
    for chunk in chunks:
        assert text[chunk.start : chunk.end] == chunk.text
        assert chunk.text == chunk.text.strip() != ""
        assert len(chunk.text) <= limit
        assert chunk.start >= covered - overlap
        assert text[covered : chunk.start].strip() == ""
        assert chunk.end > covered
        covered = chunk.end
    assert text[covered:].strip() == ""


# ---------------------------------------------------------------- invariants

PIECES = st.sampled_from(
    [
        "ARTICLE IV\n", "Section 2. Term. ", "1. DEFINITIONS.\n", "1.1 ", "(a) ", "(i) ", "5.2.1 Foo: ", "§ 5 ",
        "EXHIBIT A\n", "第三章 总则\n", "第十二条 ", "（一）", "一、", "# Title\n", "## Part\n", "Abstract\n", "\n\n",
        "\n", " ", "\r\n", "\t", CLAUSE, CLAUSE * 3, "用人单位应当依法支付经济补偿。", "劳动者，" * 40, "x" * 300,
        "a; b; ", "U.S. law applies", "\u3000", "。", "?!",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=40).map("".join), st.sampled_from([200, 333, 1000]))
@settings(max_examples=150)
def test_chunks_of_any_structure_are_exact(text, limit):
    """English, Chinese and mixed text: chunks are verbatim, ordered, trimmed, within the limit, and miss nothing."""
    chunks = split(document(text), Ingest(chunk_chars=limit), Profile())
    check(text, chunks, limit // (2 if language_of(text) == "zh" else 1))


@given(st.text(max_size=600))
@settings(max_examples=100)
def test_chunks_of_garbage_are_exact(text):
    """The same for any string at all."""
    check(text, split(document(text), SMALL, Profile()), 230)


@given(st.lists(PIECES, max_size=30).map("".join))
@settings(max_examples=50)
def test_overlap_repeats_no_more_than_asked(text):
    """With overlap a chunk begins at most so many characters before the end of the one before, and fits the limit."""
    chunks = split(document(text), Ingest(chunk_chars=200, overlap_chars=40), Profile())
    check(text, chunks, 200, overlap=40)


# ---------------------------------------------------------------- contracts

CONTRACT = f"""SUPPLY AGREEMENT

This Agreement is made between Alpha Ltd and Beta GmbH. {CLAUSE}

1. DEFINITIONS. In this Agreement the following words have these meanings:

1.1 "Goods" means what is listed in Section 7.

1.2 "Price" means the price of the Goods.

2. Delivery

2.1 Place. {CLAUSE}{CLAUSE}

2.2 Risk. {CLAUSE}

(a) {CLAUSE}

(b) {CLAUSE}

3. GOVERNING LAW. This Agreement is governed by the laws of Ireland.
"""


def test_a_clause_is_a_chunk_and_knows_its_path():
    """Sub-clauses that fit stand alone under their clause; an over-long one is divided at its items."""
    chunks = split(document(CONTRACT), SMALL, Profile())
    assert paths(chunks) == [
        (),
        ("1. DEFINITIONS",),
        ("2. Delivery", "2.1 Place"),
        ("2. Delivery", "2.2 Risk"),
        ("2. Delivery", "2.2 Risk"),
        ("2. Delivery", "2.2 Risk"),
        ("3. GOVERNING LAW",),
    ]
    assert openings(chunks) == ["SUPPLY", "1.", "2.", "2.2", "(a)", "(b)", "3."]


def test_short_neighbours_share_a_chunk_only_under_the_same_parent():
    """Short definitions are packed; the first clause of the next section is not packed with them."""
    text = "1. DEFINITIONS\n\n" + "".join(f'1.{n} "Term {n}" means thing number {n} of it.\n\n' for n in range(1, 9))
    text += f"2. PRICE\n\n2.1 {CLAUSE}{CLAUSE}\n\n2.2 {CLAUSE}{CLAUSE}\n"
    chunks = split(document(text), SMALL, Profile())
    assert all(path[0] == "1. DEFINITIONS" for path in paths(chunks)[:-2])
    assert "2. PRICE" in chunks[-2].text
    assert len(chunks) == 4


def test_a_cut_clause_keeps_its_heading():
    """Every piece of a clause that is longer than a chunk carries the clause in its path and ends at a sentence."""
    chunks = split(document("7. WARRANTY. " + CLAUSE * 9), SMALL, Profile())
    assert len(chunks) > 4
    assert set(paths(chunks)) == {("7. WARRANTY",)}
    assert all(chunk.text.endswith("date.") for chunk in chunks)


def test_articles_and_sections_nest():
    """ARTICLE, the title on its next line, Section and (a) make one path."""
    text = f"ARTICLE IV\nTERMINATION\n\nSection 4.1 For Cause. {CLAUSE}{CLAUSE}\n\nSection 4.2 Effect. {CLAUSE}{CLAUSE}"
    assert paths(split(document(text), Ingest(chunk_chars=260), Profile())) == [
        ("ARTICLE IV TERMINATION", "Section 4.1 For Cause"),
        ("ARTICLE IV TERMINATION", "Section 4.2 Effect"),
    ]


def test_a_reference_at_a_line_start_opens_nothing():
    """A wrapped line that begins with "Section 2 of ..." or with a number continues its clause."""
    text = f"3. NOTICES. {CLAUSE}Notices that concern a breach are given as set out in\n"
    text += "Section 2 of the Schedule and in\n2.1 above."
    assert len(split(document(text), Ingest(chunk_chars=400), Profile())) == 1
    assert set(paths(split(document(text), Ingest(chunk_chars=200), Profile()))) == {("3. NOTICES",)}


@pytest.mark.parametrize(
    ("first", "second"),
    [("(h) ", "(i) "), ("(a) ", "(b) "), ("(i) ", "(ii) "), ("(1) ", "(2) "), ("a) ", "b) "), ("(A) ", "(B) ")],
)
def test_items_of_one_list_are_siblings(first, second):
    """(h) and (i) are letters of one list; (i) and (ii) are Roman numbers of one list."""
    text = "4. DUTIES. " + CLAUSE + "\n" + first + CLAUSE + "\n" + second + CLAUSE + "\n"
    chunks = split(document(text), SMALL, Profile())
    assert openings(chunks)[-2:] == [first.strip(), second.strip()]


# ---------------------------------------------------------------- statutes

STATUTE = """第一章 总则

第一条 为了保护劳动者的合法权益，制定本法。

第二条 中华人民共和国境内的用人单位适用本法。

第二章 劳动合同的订立

第十条 建立劳动关系，应当订立书面劳动合同。
（一）全日制用工；
（二）法律规定的其他情形。
"""


def test_one_article_of_a_statute_is_one_chunk():
    """Short as they are, articles are not packed; a chapter heading goes with its first article."""
    chunks = split(document(STATUTE, title="劳动合同法"), Ingest(), Profile())
    assert paths(chunks) == [("第一章 总则", "第一条"), ("第一章 总则", "第二条"), ("第二章 劳动合同的订立", "第十条")]
    assert chunks[2].text.endswith("（二）法律规定的其他情形。")


def test_chinese_chunks_are_half_as_long():
    """A Chinese character says about twice what a letter says."""
    text = "第十条 " + "用人单位应当依法支付经济补偿。" * 60
    assert max(len(chunk.text) for chunk in split(document(text), Ingest(), Profile())) <= 500


def test_paragraph_signs_open_articles():
    """§ 5 opens an article."""
    text = f"§ 4 Scope. {CLAUSE}{CLAUSE}\n\n§ 5 Duties. {CLAUSE}{CLAUSE}"
    assert paths(split(document(text), SMALL, Profile())) == [("§ 4 Scope",), ("§ 5 Duties",)]


# ---------------------------------------------------------------- other structure


def test_headings_that_the_format_marks_are_followed():
    """Document.headings give the path with their levels, whatever the lines look like."""
    text = f"patient leaflet\n\nwhat it is for\n\n{CLAUSE}{CLAUSE}\n\nhow to take it\n\n{CLAUSE}{CLAUSE}"
    places = [(text.index(line), text.index(line) + len(line), level) for line, level in (
        ("patient leaflet", 1), ("what it is for", 2), ("how to take it", 2))]  # fmt: skip
    chunks = split(document(text, headings=tuple(places)), SMALL, Profile())
    assert paths(chunks) == [("patient leaflet", "what it is for"), ("patient leaflet", "how to take it")]


def test_the_title_is_not_repeated_in_the_path():
    """A first heading that reads as the title is left out of the path."""
    chunks = split(document("SUPPLY AGREEMENT\n\n1. PRICE. " + CLAUSE * 3), SMALL, Profile())
    assert chunks[-1].headings == ("1. PRICE",)


def test_leaflet_headings_without_numbers():
    """A short line alone above a paragraph is its heading."""
    text = f"Side effects\n\n{CLAUSE}{CLAUSE}\n\nStorage\n\n{CLAUSE}{CLAUSE}"
    assert paths(split(document(text), SMALL, Profile())) == [("Side effects",), ("Storage",)]


def test_numbered_titles_in_sentence_case():
    """A short numbered line above its text is the title, few capitals or not; a wrapped first line is none."""
    text = (
        f"3. How to take it\n{CLAUSE}{CLAUSE}\n4. The Supplier shall keep the goods\nin a dry place. {CLAUSE}{CLAUSE}"
    )
    assert paths(split(document(text), Ingest(chunk_chars=260), Profile())) == [("3. How to take it",), ("4",)]


def test_chinese_leaflet_headings():
    """【用法用量】 opens a section; an article that begins with 规定 is no reference."""
    text = (
        "【用法用量】\n"
        + "口服，每日一次。" * 10
        + "\n【禁忌】\n"
        + "孕妇禁用本品。" * 10
        + "\n第八条 规定本市特别重大事项。"
    )
    assert paths(split(document(text), SMALL, Profile())) == [("用法用量",), ("禁忌",), ("第八条",)]


def test_profile_patterns_are_honoured():
    """A domain's own heading lines open parts; a pattern that is no regular expression is the profile's mistake."""
    text = f"item one: scope\n{CLAUSE}{CLAUSE}\nitem two: price\n{CLAUSE}{CLAUSE}"
    chunks = split(document(text), SMALL, Profile(heading_patterns=(r"item \w+:",)))
    assert paths(chunks) == [("item one: scope",), ("item two: price",)]
    with pytest.raises(UsageError, match=r"heading pattern '\('"):
        split(document(text), SMALL, Profile(heading_patterns=("(",)))


def test_profile_abbreviations_are_honoured():
    """A long clause is not cut after an abbreviation of the domain."""
    text = "Take 5 mg b.d.s. Monday mornings with water and food and rest. " * 8
    without = split(document(text), SMALL, Profile())
    assert all(chunk.text.endswith("rest.") for chunk in without)


def test_chunks_know_their_page():
    """The page is the one the chunk begins on; documents without pages give None."""
    text = f"{CLAUSE}{CLAUSE}\n\n{CLAUSE}{CLAUSE}"
    second = text.index("\n\n") + 2
    chunks = split(document(text, pages=(Page(1, 0, second - 2), Page(2, second, len(text)))), SMALL, Profile())
    assert [chunk.page for chunk in chunks] == [1, 2]
    assert split(document(text), SMALL, Profile())[0].page is None


def test_overlap_repeats_the_end_of_the_chunk_before():
    """Where a clause is cut, the next chunk begins with whole words of the one before."""
    chunks = split(document("7. WARRANTY. " + CLAUSE * 6), Ingest(chunk_chars=200, overlap_chars=30), Profile())
    assert all(0 < before.end - after.start <= 30 for before, after in pairwise(chunks))


def test_empty_and_blank_documents_give_no_chunks():
    """Nothing in, nothing out."""
    assert split(document(""), SMALL, Profile()) == split(document(" \n\n\t"), SMALL, Profile()) == []


@pytest.mark.parametrize("text", ["x" * 400_000, "a " * 200_000, "\n" * 400_000, "1. " * 130_000, "(a)\n" * 100_000])
def test_hostile_texts_take_linear_time(text):
    """Half a megabyte without structure, or of nothing but labels, is split within seconds."""
    began = time.process_time()
    split(document(text), Ingest(), Profile())
    assert time.process_time() - began < 10


def test_the_splitter_has_a_version():
    """The store records it, to notice chunks of another splitter."""
    assert SPLITTER_VERSION.isdigit()
