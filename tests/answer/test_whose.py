"""Who does it, of the parties that a contract names."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.whose import of_whom
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Span

TEXT = (
    "五、运输：进场运费由出租方承担，退场运费由承租方承担。\n"
    "六、维修：正常磨损由出租方负责维修；因承租方操作不当造成的损坏，由承租方承担维修费。\n"
    "七、手术：四级手术由主任医师主刀，三级手术由副主任医师以上人员主刀。\n"
)


def told(question: str, quoted: str, text: str = TEXT) -> Draft:
    """What is told where the network quoted these words."""
    at = text.index(quoted)
    hits = (Hit(Chunk("d", 0, len(text), text, language="zh"), 1.0, 1, "test"),)
    draft = Draft(quoted, (Span(0, at, at + len(quoted), 0.9),), confidence=0.9)
    return of_whom(AnswerRequest(question, hits, language="zh"), draft)


@pytest.mark.parametrize(
    ("question", "quoted", "clause"),
    [
        ("退场的运费谁出？", "出租方", "退场运费由承租方承担"),
        ("正常磨损坏了谁修？", "出租方", "正常磨损由出租方负责维修"),
        ("操作不当弄坏了谁修？", "出租方", "因承租方操作不当造成的损坏，由承租方承担维修费"),
        ("三级手术谁主刀？", "主任医师", "三级手术由副主任医师以上人员主刀"),
    ],
)
def test_the_clause_that_speaks_of_it_is_quoted(question: str, quoted: str, clause: str) -> None:
    """Whole, with its case, although the network pointed at another party."""
    draft = told(question, quoted)
    (span,) = draft.spans
    assert draft.text.strip().removeprefix("运输：").removeprefix("维修：") == clause
    assert draft.text == TEXT[span.start : span.end]


@pytest.mark.parametrize(("question", "quoted"), [("食堂的饭谁做？", "出租方"), ("一级手术谁主刀？", "副主任医师")])
def test_nobody_is_told_where_no_clause_speaks_of_it(question: str, quoted: str) -> None:
    """Nor is who does it of another grade."""
    assert told(question, quoted).refused


def test_other_questions_are_left_alone() -> None:
    """It is not asked who."""
    assert told("退场运费怎么承担？", "承租方").text == "承租方"
