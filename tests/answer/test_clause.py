"""Without a Chinese network the clause, date or amount asked for is quoted, verbatim and in place."""

import pytest

from sparewheel.rag.answer.clause import ClauseQuoter
from sparewheel.rag.answer.instant_quote import InstantQuote
from sparewheel.rag.errors import Unavailable
from sparewheel.rag.types import AnswerRequest, Chunk, Hit
from tests.inline_work import Inline

JUDGMENT = (
    "经审理查明,原告张某与被告李某于2016年3月5日签订房屋租赁合同,约定月租金为3200元,租赁期限三年,"
    "被告李某未支付2018年下半年的租金,原告多次催讨,双方同意解除合同,争议房屋位于荣昌县昌元街道"
)


def read(question, *texts):
    hits = tuple(
        Hit(Chunk(f"d{i}", 0, len(text), text, language="zh"), 1.0 / (i + 1), i + 1, "test")
        for i, text in enumerate(texts or (JUDGMENT,))
    )
    return ClauseQuoter().read(AnswerRequest(question, hits, language="zh"))


def test_a_case_is_quoted_with_what_holds_for_it():
    """用于加盟店的 alone would say yes."""
    draft = read("开加盟店算转租吗？", "乙方将该房屋用于开设加盟店的，不视为转租，但应当告知甲方。")
    assert (draft.text, draft.label) == ("乙方将该房屋用于开设加盟店的，不视为转租", "no")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("原告与被告何时签订租赁合同？", "2016年3月5日"),
        ("月租金是多少？", "3200元"),
        ("争议房屋位于何处？", "争议房屋位于荣昌县昌元街道"),
    ],
)
def test_quotes_what_the_question_asks_for(question, expected):
    """A date, an amount, or the clause; the span says exactly the text."""
    draft = read(question)
    assert draft.text == expected
    (span,) = draft.spans
    assert JUDGMENT[span.start : span.end] == expected


@pytest.mark.parametrize(("question", "label"), [("被告是否支付租金？", "no"), ("双方是否同意解除合同？", "yes")])
def test_yes_no_questions_get_a_label_and_the_evidence(question, label):
    """The clause that denies means no, one that affirms means yes; other questions have no label."""
    assert read(question).label == label
    assert read("月租金是多少？").label == ""


def test_refuses_what_the_passages_do_not_say():
    """A question whose words are not there gets no answer."""
    draft = read("刑期从哪一天起算？", "本合同一式两份,自双方签字之日生效")
    assert (draft.refused, draft.text, draft.spans) == (True, "", ())


def test_no_passages_no_answer():
    """Nothing to read is refused, not an error; punctuation alone too."""
    assert ClauseQuoter().read(AnswerRequest("租金多少？", (), language="zh")).refused
    assert read("租金多少？", "。。。").refused


def test_points_at_the_passage_that_says_it():
    """Of several passages the span names the one that answers."""
    draft = read("争议房屋位于何处？", "本合同自签字之日生效", JUDGMENT)
    assert draft.spans[0].hit == 1


class Nobody:
    """Answerers that all failed."""

    async def stream(self, request, deadline=None):
        raise Unavailable("nobody")
        yield

    async def warm(self, request): ...


async def test_stands_behind_the_chinese_answerers():
    """Where none of them answers, Chinese questions are quoted, under the quoter's own name and with a Chinese note."""
    hit = Hit(Chunk("d", 0, len(JUDGMENT), JUDGMENT, language="zh"), 1.0, 1, "test")
    request = AnswerRequest("月租金是多少？", (hit,), language="zh")
    shown, finished = [event async for event in InstantQuote(Nobody(), Inline()).stream(request)]
    assert (shown.text, finished.draft.text, finished.answered_by) == ("3200元", "3200元", "quote")
    assert (finished.degraded, "只引用与问题最接近的句子" in finished.notes[0]) == (True, True)


def test_a_number_of_the_question_is_no_answer():
    """The 26 of "梧桐街26号" is asked about, not asked for."""
    draft = read("梧桐街26号的押金是多少？", "梧桐街26号商铺的押金为人民币33,000元")
    assert draft.text == "33,000元"
