"""No quote cuts a figure in two, or leaves out the number of what it counts."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.whole_figures import with_whole_figures
from sparewheel.rag.types import Span


@pytest.mark.parametrize(
    ("text", "quote", "whole"),
    [
        ("应当在五个工作日内停止处理", "个工作日内", "五个工作日内"),
        ("每次服用12.5毫克，每日两次", ".5毫克", "12.5毫克"),
        ("a fee of EUR 1,250.00 a month", "250.00 a month", "1,250.00 a month"),
        ("the limit is 12.5 % of the fees", "12", "12.5 %"),
        ("at most 4g in 24 hours", "g in 24 hours", "4g in 24 hours"),
        ("within thirty (30) days", "30", "30"),
        ("Section 9 Notice period of two months", "Notice period", "Notice period"),
        ("rent is due on 1 March", "1 March", "1 March"),
        ("剂量≥20毫克", "20毫克", "≥20毫克"),
        ("第八条 个人撤回同意", "个人撤回同意", "个人撤回同意"),
    ],
)
def test_a_quote_holds_whole_figures(text: str, quote: str, whole: str) -> None:
    """Chinese numerals, decimals, thousands, signs and units stay together; what stands apart is left out."""
    start = text.index(quote)
    span = with_whole_figures(Span(0, start, start + len(quote)), text)
    assert text[span.start : span.end] == whole


@pytest.mark.parametrize(
    ("text", "quoted", "whole"),
    [
        ("省外每日180元，省内减半", "180", "180元"),
        ("在收到通知后六十日内答复", "六十", "六十日"),
        ("pay within 45 days", "45", "45 days"),
        ("No more than 120 guests", "No more than 120", "No more than 120"),
        ("须经三分之二以上股东通过", "三分之", "三分之二"),
        ("须完成4学时培训", "4学", "4学时"),
        ("高风险患者每日评估一次，中风险患者每周评估两次", "两次", "每周评估两次"),
        ("on page 12 of it", "12", "12"),
    ],
)
def test_a_number_is_quoted_with_what_it_counts(text: str, quoted: str, whole: str) -> None:
    """ "180" alone might be anything."""
    start = text.index(quoted)
    span = with_whole_figures(Span(0, start, start + len(quoted)), text)
    assert text[span.start : span.end] == whole


def test_a_thing_that_is_counted_keeps_its_number() -> None:
    """ "florins" is no answer to how much: the number stands right before it."""
    from sparewheel.rag.answer.whole_figures import with_whole_figures
    from sparewheel.rag.types import Span

    text = "The rent is 100 florins a month, due in May."
    for quoted, whole in (("florins", "100 florins"), ("a month", "a month"), ("May", "May")):
        start = text.index(quoted)
        span = with_whole_figures(Span(0, start, start + len(quoted), 1.0), text)
        assert text[span.start : span.end] == whole
