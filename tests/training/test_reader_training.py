"""The reader's rows, its pre-training and its network, on toy data."""

import random

import numpy as np
import pytest

pytest.importorskip("torch")
import torch

from training.reader.batches import UNKNOWN, Plan, Rows, chosen, joined, on_device, rows_of, token_span
from training.reader.fit import average
from training.reader.judge import opinion, usable
from training.reader.loss import loss_of, span_targets
from training.reader.measure import best_span, refused, token_f1
from training.reader.model import ReaderNet
from training.reader.pretrain import MASK, cloze, recurring
from training.reader.student import before, folds

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
    """Weight 2 twice an epoch, 0 never; the same seed gives the same plan, and it goes on without end."""
    first, second = (Plan(toy(), 1, {"a": 2.0, "b": 0.0}, 5) for _ in range(2))
    assert len(first) == 2
    assert [first[step].tolist() for step in range(6)] == [[0]] * 6
    many = rows_of(PARTS * 8, ["a", "b"])
    first, second = (Plan(many, 4, {}, 5) for _ in range(2))
    assert [first[step].tolist() for step in (9, 1)] == [second[step].tolist() for step in (9, 1)]
    assert sorted(i for step in range(len(first)) for i in first[step]) == list(range(16))


def test_joined_rows_keep_their_sources():
    """Two files with other lists of sources become one; rows can be chosen out of it, and the tokens they are."""
    both = joined([toy(), rows_of([([5], [], [6, 7], [], 0, 0)], ["asked"])])
    assert [both.sources[i] for i in both.source] == ["a", "b", "asked"]
    last, tokens = chosen(both, np.array([False, False, True]))
    assert both.ids[tokens].tolist() == last.ids.tolist() == [101, 5, 102, 6, 7, 102]
    assert [last.sources[i] for i in last.source] == ["asked"]


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


class Fixed(torch.nn.Module):
    """Thinks that token 6 begins the answer and token 7 ends it, whatever it reads."""

    def forward(self, ids, types, mask):
        span = torch.zeros(*ids.shape, 2)
        span[:, 6, 0] = span[:, 7, 1] = 9.0
        return span, torch.zeros(len(ids)), torch.zeros(len(ids), 3)


def test_teachers_say_what_they_think_of_every_token_of_every_row():
    """Probabilities over the tokens where an answer may stand; row a's answer is seen, row b has no token 6."""
    rows = toy()
    thought = opinion([Fixed(), Fixed()], rows, "cpu", tokens=40)
    assert thought.shape == (len(rows.ids), 2)
    assert thought[6, 0] == pytest.approx(1, abs=0.01)
    assert thought[7, 1] == pytest.approx(1, abs=0.01)
    assert thought[1].tolist() == [0, 0]  # a question's token


def test_made_questions_are_kept_where_the_teachers_are_sure():
    """Of the answer they were made for, or of another; of no answer in a share; never where they are at sea."""
    rows = rows_of([([7], [], [20, 21, 22], [(0, 0)], -1, 0)] * 400, ["asked"])
    thought, begins = np.zeros((len(rows.ids), 2), np.float16), rows.starts[:-1]
    thought[begins[:100] + 3] = 0.2  # the answer, faintly
    thought[begins[100:200] + 5] = 0.9  # another one
    thought[begins[200:300]] = 0.9  # none
    thought[begins[300:] + 5] = 0.1  # who knows
    kept = usable(rows, thought)
    assert kept[:200].all()
    assert 20 < kept[200:300].sum() < 50
    assert not kept[300:].any()


def test_an_unknown_span_is_taught_by_teachers_or_not_at_all():
    """Without teachers such a row costs nothing at the span; with them it costs most where they disagree."""
    rows = rows_of([([7], [], [20, 21, 22], [UNKNOWN], 1, 0)], ["pubmedqa-0"])
    settings = {"gate_weight": 0.0, "label_weight": 0.0, "teacher_share": 0.5}
    batch = on_device(rows, "cpu")(np.array([0]))
    assert loss_of(settings, rows.sources)(Fixed(), batch).item() == 0
    costs = []
    for start, end in ((6, 7), (3, 3)):
        taught = np.zeros((len(rows.ids), 2), np.float16)
        if len(rows.ids) > start:
            taught[start, 0] = 1
        if len(rows.ids) > end:
            taught[end, 1] = 1
        batch = on_device(rows, "cpu", taught)(np.array([0]))
        costs.append(loss_of(settings, rows.sources)(Fixed(), batch).item())
    assert costs[0] < costs[1]


def test_of_a_made_question_only_the_teachers_word_counts():
    """The gold of `asked` rows is a guess: with the teachers elsewhere, the loss is the same whatever it says."""
    settings = {"gate_weight": 0.2, "label_weight": 0.0, "teacher_share": 0.5, "taught_only": ["asked"]}
    costs = {}
    for source in ("asked-legal", "squad"):
        for spans in ([(0, 0)], [(2, 2)]):
            rows = rows_of([([7], [], [20, 21, 22], spans, -1, 0)], [source])
            taught = np.zeros((len(rows.ids), 2), np.float16)
            taught[4] = 1
            batch = on_device(rows, "cpu", taught)(np.array([0]))
            torch.manual_seed(0)
            costs.setdefault(source, []).append(loss_of(settings, rows.sources)(ReaderNet(0.0), batch).item())
    assert costs["asked-legal"][0] == pytest.approx(costs["asked-legal"][1])
    assert costs["squad"][0] != pytest.approx(costs["squad"][1])


def test_a_member_never_sees_its_fold():
    """Nobody sees any in the turns before the last, since all share their mean."""
    settings = {"turns": [{}, {}], "members": 3, "folded": {"pubmedqa": 2.0}}
    assert set(folds(settings, 0, 1).values()) == {0.0}
    assert folds(settings, 1, 1) == {"pubmedqa-0": 2.0, "pubmedqa-1": 0.0, "pubmedqa-2": 2.0}


def test_members_are_averaged(tmp_path):
    """Into the mean of what they trained; a later turn begins there."""
    config = {"student": {"members": 2, "turns": [{}, {}]}, "teach": {"seeds": [1], "folder": "big"}}
    assert before(config, tmp_path, 0) == [tmp_path / "pretrain/weights.pt"]
    files = before(config, tmp_path, 1)
    assert [f.parent.name for f in files] == ["member-0", "member-1"]
    net = ReaderNet(0.0)
    for value, file in zip((1.0, 3.0), files, strict=True):
        file.parent.mkdir(parents=True)
        torch.save({"gate.bias": torch.full((1,), value).half()}, file)
    average(net, files)
    assert net.gate.bias.item() == 2.0


def test_measures():
    """The best pair keeps its order; F1 counts words as a multiset; refusing is measured where 3 % are lost."""
    assert best_span(np.array([0.0, 5, 0], np.float32), np.array([9.0, 0, 1], np.float32)) == (0, 0, 9.0)
    assert token_f1("the law of Ohio", "Law of Ohio.") == 1.0
    assert token_f1("Ohio Ohio", "Ohio") == pytest.approx(2 / 3)
    assert refused([1.0] * 100, [0.0, 2.0]) == 0.5
