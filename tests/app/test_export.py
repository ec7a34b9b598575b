"""Exported files, opened again."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace

import pytest
from answers import CHINESE, FALLEN, LOCAL, REFUSED, WRITTEN
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.app.export import FORMATS, export
from sparewheel.app.kept.history import Turn
from sparewheel.app.words import Language
from sparewheel.rag.errors import UsageError
from sparewheel.rag.types import Answer

AT = "2026-11-24T09:30:00.000+00:00"
DISCLAIMER = "Have a qualified lawyer check it."
CLAUSE = replace(CHINESE.citations[0], quote="租金为每月900欧元", title="房屋租赁合同")


def turns(*answers: Answer) -> list[Turn]:
    return [Turn(n, AT, answer.question, answer) for n, answer in enumerate(answers, 1)]


def read(suffix: str, content: bytes) -> str:
    """The text of the file as its reader sees it, white space evened out."""
    if suffix == "docx":
        from docx import Document

        text = "\n".join(paragraph.text for paragraph in Document(io.BytesIO(content)).paragraphs)
    elif suffix == "pdf":
        from pypdf import PdfReader

        text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    else:
        text = content.decode().replace("\\", "")
    return " ".join(text.split())


def exported(suffix: str, answers: Sequence[Answer], language: Language = "en") -> str:
    return read(suffix, export(turns(*answers), suffix, language, DISCLAIMER))


@pytest.mark.parametrize("suffix", [form.suffix for form in FORMATS])
def test_a_conversation_can_be_read_again(suffix: str) -> None:
    """Questions, answers, who answered and when, documents with page and quote, the disclaimer."""
    text = exported(suffix, [LOCAL, FALLEN, WRITTEN])
    for said in (
        "Answers from leases", "How much is the rent?", "900 euros [1]", "Local reader: DeepSeek is busy",
        "Answered by: DeepSeek", "Asked on 2026-11-24 09:30 UTC", "[1] Lease, lease.pdf, page 2, 4. Rent", DISCLAIMER,
    ):  # fmt: skip
        assert said in text, said


@pytest.mark.parametrize("suffix", [form.suffix for form in FORMATS])
def test_chinese_is_written_and_read(suffix: str) -> None:
    """Question, answer, source and quote, beside Latin letters and figures."""
    text = exported(suffix, [replace(CHINESE, citations=(CLAUSE,))], "zh").replace(" ", "")
    for said in ("租金是多少？", "租金为每月900欧元", "房屋租赁合同", "回答者：", "第2页"):
        assert said in text, said


@pytest.mark.parametrize("suffix", [form.suffix for form in FORMATS])
def test_a_refusal_is_exported_with_the_closest_passages(suffix: str) -> None:
    """Who reads the file sees that nothing was found, and what was near."""
    text = exported(suffix, [REFUSED])
    assert "Not in these documents." in text
    assert "Closest passages" in text
    assert "Pets need our consent." in text


def test_a_stopped_answer_says_so() -> None:
    """Half an answer must not look like a whole one."""
    stopped = replace(LOCAL, outcome="failed", text="The rent", citations=(), notes=("stopped",))
    assert "stopped before it was finished" in exported("md", [stopped])


def test_markdown_of_a_document_stays_text() -> None:
    """A quote cannot bring in a link, a picture, a heading or a formula."""
    hostile = "# x ![i](http://e) [a](b) <b> $x$ **c** `d`\n- item\n1. one"
    written = export(turns(replace(LOCAL, text=hostile, citations=())), "md", "en").decode()
    assert r"\# x !\[i\](http://e) \[a\](b) \<b\> \$x\$ \*\*c\*\* \`d\`" in written
    assert "\n\\- item" in written
    assert "\n\\1. one" in written


@pytest.mark.parametrize("suffix", [form.suffix for form in FORMATS])
@settings(max_examples=25)
@given(text=st.text(max_size=200))
def test_any_text_can_be_exported(suffix: str, text: str) -> None:
    """Control characters, markup of reportlab or Word, emoji: the file is written."""
    answer = replace(LOCAL, question=text, text=text, citations=(replace(LOCAL.citations[0], quote=text, title=text),))
    assert export(turns(answer), suffix, "en", text)


def test_an_unknown_format_is_refused() -> None:
    """With the ones that there are."""
    with pytest.raises(UsageError, match="did you mean 'docx'"):
        export(turns(LOCAL), "doc", "en")
