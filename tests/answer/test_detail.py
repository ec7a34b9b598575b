"""The few words that a question asks for, within what was quoted."""

import numpy as np
import pytest

from sparewheel.rag.answer.detail import figure_asked_for, fits, is_detail
from sparewheel.rag.answer.spans import best_short


@pytest.mark.parametrize(
    ("question", "text", "detail"),
    [
        ("How much can the rent be?", "the rent shall not exceed £84,000 a year.", "£84,000 a year"),
        ("Within what time must it be notified?", "notify without delay and within 24 hours of it", "within 24 hours"),
        ("When is the fee due?", "The fee of $500 is due on 1 March 2026.", "1 March 2026"),
        ("罚款多少？", "处五万元以上五十万元以下的罚款", "五万元以上五十万元以下"),
        ("押金是多少？", "押金为人民币33,000元，签约时支付。", "人民币33,000元"),
        ("体重24公斤的儿童单次剂量是多少？", "体重 20～29公斤：5.5毫升", "5.5毫升"),
        ("Who signs?", "The fee of $500 is due.", None),
    ],
)
def test_the_figure_of_the_kind_that_is_asked_for(question, text, detail):
    """With the words of its bound; none where no figure is asked for."""
    found = figure_asked_for(question, text, 0)
    assert (text[slice(*found)] if found else None) == detail


def test_a_text_without_figure_cannot_say_how_much():
    """Nor when or how often; what asks for none is not judged."""
    assert fits("How much zinc did it contain?", "It was a cream") is False
    assert fits("How often is it checked?", "every six months") is True
    assert fits("Who checks it?", "the director") is None


def test_a_detail_says_nearly_as_much_as_the_best_span():
    """Not much less, and it is no mere full stop."""
    text = "The fee is nine months' rent."
    assert is_detail((11, 28, 6.0), (0, 29, 9.0), text)
    assert not is_detail((11, 28, 2.0), (0, 29, 9.0), text)
    assert not is_detail((28, 29, 9.0), (0, 29, 9.0), text)


def test_the_best_short_span_is_short():
    """Of at most so many tokens, whatever a longer one scores."""
    start = np.array([9.0, 0, 4, 0, 0], np.float32)
    end = np.array([0.0, 0, 0, 4, 9], np.float32)
    assert best_short(start, end, 9) == (0, 4, 18.0)
    assert best_short(start, end, 3) == (2, 4, 13.0)
    assert best_short(start[:1], end[:1], 14) == (0, 0, 9.0)
