"""Chinese answers are compared by character, and every way to answer is measured on the same questions."""

import pytest

pytest.importorskip("torch")
import numpy as np

from sparewheel.rag.types import Draft, Span
from training.chinese.embed import padded
from training.chinese.measure import characters, compared, emptied, f1, measure

LEASE = (
    "甲方与乙方签订合同。租期为三年，自签订之日起算。月租金为八千元，按季支付。"
    "争议由房屋所在地的人民法院管辖，双方另有约定的除外，以书面为准。本合同一式两份，双方各执一份，自签字之日起生效。"
)


class Pointing:
    """A reader of the network that always points at the term of three years, and is as sure as told."""

    def __init__(self, sure):
        self.sure = sure

    def likeliest(self, asked, request):
        at = request.hits[0].chunk.text.index("三年")
        return (Span(0, at, at + 2, self.sure),)

    def read(self, request):
        at = request.hits[0].chunk.text.index("三年")
        return Draft("三年", (Span(0, at, at + 2),)) if self.sure > 0.5 else Draft("", refused=True)


def test_f1_counts_characters_as_a_multiset():
    """Punctuation, space and case don't count; a repeated character counts as often as it stands there."""
    assert characters("《民法典》 A第1条。") == "民法典a第1条"
    assert f1("三年，", "三年") == 1.0
    assert f1("年年", "年") == pytest.approx(2 / 3)
    assert f1("", "") == 1.0
    assert f1("甲", "") == 0.0


def test_figures_count_spans_labels_and_refusals():
    """A label of yes answers a yes/no question; an unanswerable question is refused below the floor only."""
    questions = [
        {"question": "租期？", "text": LEASE, "answers": ["三年"], "label": ""},
        {"question": "何地？", "text": LEASE, "answers": [], "label": ""},
        {"question": "签了吗？", "text": LEASE, "answers": [], "label": "yes"},
    ]
    figures = measure(questions, [("三年", 0.9), ("三年", 0.1), ("yes", 0.2)], 0.5)
    assert (figures["f1"], figures["span_f1"], figures["yes_no"]) == (1.0, 1.0, 1.0)
    assert (figures["refused"], figures["lost"]) == (1.0, 0.5)


def test_the_ways_to_answer_differ_where_they_should():
    """The network answers what it is asked for, the rules say yes or no; an unsure network may leave it to them."""
    questions = [
        {"question": "租期多久？", "text": LEASE, "answers": ["三年"], "label": ""},
        {"question": "双方是否签订合同？", "text": LEASE, "answers": [], "label": "yes"},
    ]
    sure, unsure = compared(Pointing(0.9), questions), compared(Pointing(0.15), questions)
    assert (sure["network"]["span_f1"], sure["network"]["yes_no"]) == (1.0, 0.0)
    assert sure["network, rules for yes or no"]["f1"] == sure["ships"]["f1"] == 1.0
    assert unsure["the same, rules below 0.1"]["span_f1"] == 1.0
    assert unsure["the same, rules below 0.2"]["span_f1"] == unsure["rules"]["span_f1"] < 1.0
    assert unsure["ships"]["lost"] == 0.5


def test_an_emptied_text_lacks_the_answer():
    """The sentence that says it is cut out; the question stays."""
    (gone,) = emptied([{"question": "月租金？", "text": LEASE, "answers": ["八千元"], "label": ""}], 1)
    assert (gone["question"], gone["answers"]) == ("月租金？", [])
    assert "八千元" not in gone["text"]


def test_batches_are_padded_with_the_padding_id():
    """Rows are as wide as the longest, rounded up to 8; padding is masked."""
    ids, mask = padded([np.array([0, 5, 2], np.int32), np.arange(9, dtype=np.int32)])
    assert ids.shape == (2, 16)
    assert ids[0].tolist() == [0, 5, 2] + [1] * 13
    assert mask.sum(1).tolist() == [3, 9]
