"""The reader's rows, its pre-training and its network, on toy data."""

import random

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from training.reader import loss_of, span_targets
from training.reader_batches import Rows, on_device, plan, rows_of, token_span
from training.reader_measure import best_span, refused, token_f1
from training.reader_model import ReaderNet
from training.reader_pretrain import MASK, cloze, recurring

PARTS = [([7, 8], [9], [20, 21, 22, 23], [(1, 2)], -1, 0), ([7], [], [30, 31], [], 1, 1)]


def toy():
    return rows_of(PARTS, ["a", "b"])


def test_a_row_says_where_its_passage_and_its_answer_stand():
    """[CLS] 7 8 [SEP] 9 20 21 22 23 [SEP]: the passage begins at 5, the answer is tokens 6 and 7."""
    rows = toy()
    assert rows.ids[:10].tolist() == [101, 7, 8, 102, 9, 20, 21, 22, 23, 102]
    assert (rows.question[0], rows.passage[0], rows.spans[0, 0].tolist()) == (4, 5, [6, 7])


def test_rows_survive_the_disk(tmp_path):
    """What is saved is what is loaded."""
    rows = toy()
    rows.save(tmp_path / "rows.npz")
    again = Rows.load(tmp_path / "rows.npz")
    assert again.sources == ("a", "b")
    assert np.array_equal(again.ids, rows.ids)


def test_the_target_is_the_gold_or_cls():
    """An answered row's mass lies on its tokens, an unanswered one's on [CLS]; only passage tokens are allowed."""
    batch = on_device(toy(), "cpu")(np.array([0, 1]))
    start, end = span_targets(batch)
    assert (start[0].argmax().item(), end[0].argmax().item(), start[1].argmax().item()) == (6, 7, 0)
    assert batch["allowed"][0].nonzero().flatten().tolist() == [0, 5, 6, 7, 8]


def test_a_plan_takes_a_source_as_often_as_asked():
    """Weight 2 twice, 0 never; the same seed gives the same plan."""
    first, second = (plan(toy(), 1, 1, {"a": 2.0, "b": 0.0}, 5) for _ in range(2))
    assert [b.tolist() for b in first] == [[0], [0]] == [b.tolist() for b in second]


def test_a_character_span_becomes_the_tokens_it_touches():
    """Characters 3 to 7 touch the second and third token."""
    assert token_span([(0, 2), (3, 5), (6, 9), (10, 12)], 3, 7) == (1, 2)
    assert token_span([(0, 2)], 5, 6) is None


def test_recurring_spans_are_the_longest_that_come_twice():
    """Neither stop words at the edge nor a part of a kept span."""
    tokens = ["the", "escrow", "agent", "holds", "it", "and", "the", "escrow", "agent", "pays"]
    assert recurring(tokens) == {("escrow", "agent"): [(1, 3), (7, 9)]}


def test_a_cloze_masks_one_place_and_points_at_the_other():
    """The words around the mask are cut out of the passage, the answer elsewhere is right."""
    tokens = [
        "the", "escrow", "agent", "holds", "the", "money", "in", "trust", ".", "later", "on", "the",
        "escrow", "agent", "pays", "it", "all", "out", "again", ".",
    ]  # fmt: skip
    ids = list(range(1000, 1000 + len(tokens)))
    for seed in range(5):
        ((question, _, passage, spans, _, _),) = cloze(ids, tokens, 1, None, random.Random(seed))
        assert MASK in question
        (a, b) = spans[0]
        assert [tokens[i - 1000] for i in passage[a : b + 1]] == ["escrow", "agent"]
        assert not set(question) & set(passage)


def test_a_short_training_learns_the_toy():
    """Thirty steps of the heads on two rows: the loss falls by half, labels and gate included."""
    torch.manual_seed(0)
    net, batch = ReaderNet(0.0), on_device(toy(), "cpu")(np.array([0, 1]))
    loss = loss_of({"gate_weight": 0.2, "label_weight": 0.2})
    optimiser = torch.optim.Adam([*net.span.parameters(), *net.gate.parameters(), *net.label.parameters()], 0.05)
    values = []
    for name in ("words", "positions", "types", "norm", "layers"):
        getattr(net, name).requires_grad_(False)
    for _ in range(30):
        values.append(loss(net, batch))
        optimiser.zero_grad()
        values[-1].backward()
        optimiser.step()
    assert values[-1].item() < values[0].item() / 2


def test_measures():
    """The best pair keeps its order; F1 counts words as a multiset; refusing is measured where 3 % are lost."""
    assert best_span(np.array([0.0, 5, 0], np.float32), np.array([9.0, 0, 1], np.float32)) == (0, 0, 9.0)
    assert token_f1("the law of Ohio", "Law of Ohio.") == 1.0
    assert token_f1("Ohio Ohio", "Ohio") == pytest.approx(2 / 3)
    assert refused([1.0] * 100, [0.0, 2.0]) == 0.5
