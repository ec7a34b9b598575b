"""Made documents to practise reading on: answers where they stand, none where nothing states them."""

import random
import re

import pytest

from training.practice import papers
from training.practice.values import VALUES, chinese, english
from training.reader.loss import loss_of


@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_answer_stands_in_its_passage(language):
    """Spans are never empty, and half of the questions or so have none."""
    made = [*papers.practice(language, 1500, random.Random(1), ["A sentence of another text."])]
    for example in made:
        for start, end in example.spans:
            assert example.passage[start:end].strip() == example.passage[start:end] != ""
        assert bool(example.spans) == (example.source == "practice")
    assert 0.3 < sum(bool(e.spans) for e in made) / len(made) < 0.6
    assert len({e.question for e in made}) > 800


def test_what_is_absent_is_not_said_in_other_words():
    """A question without an answer is never for a fact that a near one states."""
    assert papers.near("en", "starting dose", {"usual dose"})
    assert not papers.near("en", "starting dose", {"storage temperature"})
    assert papers.near("zh", "开始时的剂量 / 肝功能不全者", {"开始时的剂量"})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_fact_can_be_drawn(language):
    """Each wording names known values only, each fact has questions, each near noun is one."""
    file = papers.facts(language)
    known = {*VALUES[language], "v"}
    for fact in file["fact"]:
        assert fact["v"] in {*known, *papers.NONE}, fact["noun"]
        assert all({*re.findall(r"\{(\w+)\}", wording)} <= known for wording in fact["says"]), fact["noun"]
        assert len(fact["asks"]) >= 3, fact["noun"]
    nouns = {fact["noun"] for fact in file["fact"]}
    assert {noun for alike in file["near"] for noun in alike} <= nouns


def test_a_limit_belongs_to_its_value():
    """ "at least 30 days" and not "30 days"."""
    fact = {"noun": "n", "v": "days", "says": ["It needs at least {v} of notice"], "asks": ["how long"]}
    said = papers.fact_said(fact, VALUES["en"], random.Random(3))
    assert said.text[said.start : said.end].startswith("at least ")


def test_a_condition_has_a_value_of_its_own():
    fact = {"noun": "usual dose", "v": "dose", "says": ["Adults take {v} a day"], "asks": ["how much"]}
    said = papers.fact_said(fact, VALUES["en"], random.Random(4))
    pair = papers.conditioned("en", said, "leaflet", random.Random(5))
    values = {part.text[part.start : part.end] for part in pair}
    assert values == {said.value, said.other}
    assert {part.noun.partition(" / ")[0] for part in pair} == {"usual dose"}


def test_numbers_in_words():
    assert [chinese(n) for n in (0, 10, 15, 20, 105, 120, 180)] == [
        "零",
        "十",
        "十五",
        "二十",
        "一百零五",
        "一百二十",
        "一百八十",
    ]
    assert [english(n) for n in (7, 20, 45)] == ["seven", "twenty", "forty-five"]


def test_teachers_say_nothing_of_what_they_never_saw():
    """Rows of `gold_only` are taught by the gold, the others in the given share by the teachers."""
    torch = pytest.importorskip("torch")
    batch = {
        "ids": torch.zeros(2, 4, dtype=torch.long), "types": torch.zeros(2, 4, dtype=torch.long),
        "mask": torch.ones(2, 4, dtype=torch.bool), "allowed": torch.ones(2, 4, dtype=torch.bool),
        "spans": torch.tensor([[[1, 1]], [[1, 1]]]), "label": torch.tensor([-1, -1]), "source": torch.tensor([0, 1]),
        "taught": torch.tensor([[[0.0, 0.0], [0, 0], [0, 0], [1, 1]]] * 2),
    }  # fmt: skip
    logits = torch.zeros(2, 4, 2)
    logits[:, 1] = 20.0

    def net(ids, types, mask):
        return logits, torch.zeros(2), torch.zeros(2, 3)

    settings = {"teacher_share": 0.5, "gold_only": ["practice"], "gate_weight": 0.0, "label_weight": 0.0}
    assert loss_of(settings, ["practice", "practice"])(net, batch) < 1e-3
    assert loss_of(settings, ["squad", "squad"])(net, batch) > 5
