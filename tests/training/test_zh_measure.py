"""Chinese answers are compared by character, and the reader's logits become spans of the text."""

import pytest

pytest.importorskip("torch")
import numpy as np

from training.zh_measure import characters, f1, measure
from training.zh_model import Row, padded, read

FULL = "<s> q </s></s> p </s>"


class Encoding:
    def __init__(self, question, passage):
        self.ids = [0, *(10 + ord(c) % 50 for c in question), 2, 2, *(10 + ord(c) % 50 for c in passage), 2]
        q, p = len(question), len(passage)
        self.sequence_ids = [None, *[0] * q, None, None, *[1] * p, None]
        self.offsets = [
            (0, 0),
            *((i, i + 1) for i in range(q)),
            (0, 0),
            (0, 0),
            *((i, i + 1) for i in range(p)),
            (0, 0),
        ]


class Characters:
    """A tokenizer of one token a character."""

    def encode_batch(self, pairs):
        return [Encoding(*pair) for pair in pairs]


def pointing(first, last, margin=5.0, label=(3.0, 0.0, 0.0)):
    """A network that always points at tokens [first, last]."""

    def run(ids, mask):
        start, end = np.zeros(ids.shape, np.float32), np.zeros(ids.shape, np.float32)
        start[:, first], end[:, last] = margin, margin
        return start, end, np.tile(np.array(label, np.float32), (len(ids), 1))

    return run


def test_f1_counts_characters_as_a_multiset():
    """Punctuation, space and case don't count; a repeated character counts as often as it stands there."""
    assert characters("《民法典》 A第1条。") == "民法典a第1条"
    assert f1("三年，", "三年") == 1.0
    assert f1("年年", "年") == pytest.approx(2 / 3)
    assert f1("", "") == 1.0
    assert f1("甲", "") == 0.0


def test_reads_the_span_the_network_points_at():
    """Token places become characters of the text."""
    (reading,) = read(pointing(7, 8), Characters(), [("租期？", "租期为三年。")], 64, 4)
    assert (reading.start, reading.end, reading.margin) == (1, 3, 10.0)


def test_figures_count_spans_labels_and_refusals():
    """A label of yes answers a yes/no question; an unanswerable question is refused below the floor only."""
    questions = [
        {"question": "租期？", "text": "租期为三年。", "answers": ["期为"], "label": ""},
        {"question": "何时？", "text": "租期为三年。", "answers": [], "label": ""},
    ]
    low = measure(pointing(7, 8, 1.0), Characters(), questions, limit=64, floor=3.0)
    assert (low["f1"], low["em"], low["refused"], low["lost"], low["f1_refusing"]) == (1.0, 1.0, 1.0, 1.0, 0.5)
    yes = [{"question": "签了？", "text": "租期为三年。", "answers": [], "label": "yes"}]
    figures = measure(pointing(7, 8, label=(0.0, 4.0, 0.0)), Characters(), yes, limit=64, floor=0.0)
    assert (figures["yes_no"], figures["f1"]) == (1.0, 1.0)


def test_batches_are_padded_with_the_padding_id():
    """Rows are as wide as the longest, rounded up to 8; padding is masked."""
    ids, mask = padded([np.array([0, 5, 2], np.int32), np.arange(9, dtype=np.int32)])
    assert ids.shape == (2, 16)
    assert ids[0].tolist() == [0, 5, 2] + [1] * 13
    assert mask.sum(1).tolist() == [3, 9]


def test_batches_depend_on_seed_and_step_only():
    """Every row comes once an epoch, and a step asked for twice gives the same rows."""
    import torch

    from training.zh_model import Batches

    rows = [Row(np.full(4 + i % 5, i, np.int32), 2, 0, 0, 0) for i in range(24)]
    one, two = (Batches(rows, 4, 7, torch.device("cpu")) for _ in range(2))
    seen = sorted(int(value) for step in range(6) for value in one(step)["ids"][:, 0])
    assert seen == list(range(24))
    assert torch.equal(one(2)["ids"], two(2)["ids"])
