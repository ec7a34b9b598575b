"""Examples for the Chinese reader point at their answers, whatever was cut."""

import random

import pytest

from training.chinese.examples import Asked, Texts, positive, removed
from training.chinese.texts import WINDOW_CHARS, clauses, sentences, windows

LEASE = (
    "甲方与乙方于2020年3月1日签订租赁合同。租赁合同约定租期为三年，月租金为八千元。"
    "乙方未支付押金，甲方有权解除租赁合同。争议由房屋所在地人民法院管辖，双方另有约定的除外，以双方书面约定为准并通知对方当事人到场。"
)


def asked(text, answer, question="月租金是多少？"):
    start = text.index(answer)
    return Asked("租赁", 0, question, start, start + len(answer))


@pytest.mark.parametrize("seed", range(5))
def test_a_window_around_an_answer_holds_it(seed):
    """However long the text, the window is at most `WINDOW_CHARS` long and its answer is the text's."""
    text = LEASE * 20 + "违约金为五千元。" + LEASE * 20
    example = positive(asked(text, "五千元"), text, random.Random(seed))
    passage = example.passage(text)
    assert passage[example.answer_start : example.answer_end] == "五千元"
    assert len(passage) == WINDOW_CHARS


def test_a_removed_answer_is_gone():
    """Without its sentence the question has no answer and the passage no trace of it."""
    example = removed(asked(LEASE, "八千元"), LEASE, random.Random(0))
    assert "八千元" not in example.passage(LEASE)
    assert (example.answer_start, example.answer_end) == (-1, -1)
    assert "人民法院" in example.passage(LEASE)


def test_an_answer_said_twice_cannot_be_removed():
    """Cutting one of two places would leave the question answerable, so no example is made."""
    assert removed(asked(LEASE + LEASE, "八千元"), LEASE + LEASE, random.Random(0)) is None


def test_windows_cover_a_text():
    """Every character is in a window, the last one ends at the end."""
    spans = windows(1300)
    assert set(range(1300)) == {i for a, b in spans for i in range(a, b)}
    assert spans[-1][1] == 1300


def test_sentences_and_clauses():
    """A sentence keeps its full stop, a clause ends at any mark."""
    text = "甲方违约，乙方解除。另议"
    assert [text[a:b] for a, b in sentences(text)] == ["甲方违约，乙方解除。", "另议"]
    assert [text[a:b] for a, b in clauses(text)] == ["甲方违约", "乙方解除", "另议"]


def test_texts_are_kept_once():
    """The same text has one index."""
    texts = Texts()
    assert [texts.add(t) for t in ("甲", "乙", "甲")] == [0, 1, 0]


def test_simplified_keeps_offsets():
    """Traditional characters are turned one for one."""
    pytest.importorskip("opencc")
    from sparewheel.rag.text import simplified

    assert simplified("買賣契約與學術研究") == "买卖契约与学术研究"


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("乙方未支付押金", ("乙方", "未", "", "支付押金")),
        ("被告应当承担赔偿责任", ("被告", "", "应当", "承担赔偿责任")),
        ("三年期满", None),
    ],
)
def test_statements_are_taken_apart(clause, expected):
    """Subject, negator, verb and rest of a plain clause; other clauses give nothing."""
    from training.chinese.made import statement

    assert statement(clause) == expected


def test_a_negated_statement_is_answered_no():
    """The question drops the negator; its evidence is the sentence."""
    from training.chinese.made import yes_no

    text = "乙方未支付押金。"
    example = yes_no(0, text, 0, len(text), random.Random(0))
    assert example.label == 2
    assert "未" not in example.question
    assert text[example.answer_start : example.answer_end] == text


def test_the_quoted_sentence_of_an_article_is_found():
    """Of an article, the sentence that the lawyer's answer repeats; none when it repeats nothing."""
    from training.chinese.made import quoted

    article = "第一条 为了保护民事主体的合法权益。定作人可以随时解除合同，造成损失的应当赔偿。本法自公布之日起施行。"
    span = quoted(article, "您好，定作人可以随时解除合同，造成损失的应当赔偿损失。")
    assert article[span[0] : span[1]] == "定作人可以随时解除合同，造成损失的应当赔偿。"
    assert quoted(article, "请咨询律师") is None
