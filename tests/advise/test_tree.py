"""The decision tree: which branch, why, which model, and settings that the program accepts."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparewheel.app.advise import Need, advise, cost, starting
from sparewheel.app.advise.machine import Machine
from sparewheel.app.words.advice import TEXTS
from sparewheel.rag.errors import UsageError
from sparewheel.rag.settings import load_settings

SMALL = Machine(cores=4, memory_gb=16, free_gb=12)
CARD = Machine(cores=16, memory_gb=64, free_gb=60, gpus=(("RTX", 24.0),))


@given(
    st.sampled_from(["high", "normal"]),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
    st.integers(1, 5),
    st.floats(0.1, 600),
)
def test_the_branches(sensitivity, budget: float, questions: float, years: int, within: float) -> None:
    """High sensitivity is local whatever it costs; else the hybrid cloud where the budget pays for it."""
    need = Need(sensitivity, budget, questions, within, years=years)
    advice = advise(need)
    a = starting().assume({"questions_per_day": questions})
    pays = cost("hybrid", a, years).spent_usd <= budget
    assert advice.set_up == ("local" if sensitivity == "high" else "hybrid" if pays else "open_cloud")
    assert len(advice.cost["local"]) == years
    assert advice.reasons


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("machine", [None, SMALL, CARD, Machine(1, 1.0, 1.0)], ids=["buy", "small", "card", "tiny"])
@pytest.mark.parametrize("within", [0.2, 2.0, 3.0, 10.0, 900.0])
@pytest.mark.parametrize(("sensitivity", "budget"), [("high", 0), ("normal", 1e6), ("normal", 0)])
def test_the_settings_are_accepted(tmp_path: Path, sensitivity, budget, within, machine, language) -> None:
    """Every branch gives a file that load_settings reads, with the endpoints and the model of the branch."""
    advice = advise(Need(sensitivity, budget, answer_within_s=within, machine=machine), language=language)
    file = tmp_path / "sparewheel.toml"
    file.write_text(advice.settings_toml, encoding="utf-8")
    settings = load_settings(file, env={})
    endpoints = {"local": [], "open_cloud": ["deepseek"], "hybrid": ["deepseek", "second"]}[advice.set_up]
    assert list(settings.endpoint) == endpoints
    assert settings.local_chat.model == (advice.models[0].model.hub if advice.models else "")
    assert settings.answer.timeout_s == min(max(within, 0.5), 600)
    assert all((each.hedge_after_s > 0) == (within <= 3) for each in settings.endpoint.values())
    assert all(each.first_token_s < settings.answer.timeout_s for each in settings.endpoint.values())


def test_confidential_documents_get_no_endpoint() -> None:
    """Nothing of the file names a place outside the machine."""
    made = advise(Need("high")).settings_toml
    assert "endpoint" not in tomllib.loads(made)
    assert "http" not in made


@pytest.mark.parametrize(
    ("need", "said"),
    [
        (Need("high", budget_usd=0), "380,000 USD over the budget"),
        (Need("high", team=0.5), "wants about one person"),
        (Need("high", questions_per_day=120_000), "need 3 servers"),
        (Need(answer_within_s=2), "hedge_after_s"),
        (Need(budget_usd=1000), "23,657 USD"),
        (Need(), "51,525 USD"),
        (Need(team=0.1), "some hours a week"),
        (Need(), "52.6 minutes without any answer"),
        (Need(machine=CARD), "Gemma 4 31B, 20.9 GB at 4 bit on the GPU"),
        (Need(budget_usd=0), "No chat model of your own"),
    ],
)
def test_reasons_name_the_figures(need: Need, said: str) -> None:
    """What decides is told with its figure."""
    assert said in "\n".join(advise(need).reasons)


def test_models_fit_speak_and_are_quick_enough() -> None:
    """On 16 GB without a GPU only models with few active parameters; Chinese documents want a Chinese model."""
    on_cpu = advise(Need("high", machine=SMALL)).models
    assert on_cpu[0].fit.where == "cpu"
    assert all((c.model.active or c.model.parameters) <= 4 for c in on_cpu)
    chinese = advise(Need("high", languages=("zh",), machine=CARD)).models
    assert "llama-3.1-8b" not in [c.model.name for c in chinese]
    assert all(c.model.memory_gb(c.fit.bits) <= 24 or c.fit.where == "cpu" for c in chinese)


@pytest.mark.parametrize(
    "wrong", [{"years": 0}, {"budget_usd": -1}, {"team": float("nan")}, {"answer_within_s": 0.0}], ids=str
)
def test_a_need_that_makes_no_sense_is_refused(wrong) -> None:
    """The message names the field."""
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Need(**wrong)


def test_every_text_is_in_both_languages_with_the_same_figures() -> None:
    """A figure that one language leaves out is a mistake."""
    for key, texts in TEXTS.items():
        fields = [set(re.findall(r"{(\w+)", text)) for text in texts]
        assert fields[0] == fields[1], key
