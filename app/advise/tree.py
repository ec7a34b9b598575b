"""The decision tree: what an organisation needs, to the set-up that serves it, with reasons and a settings file.

    confidential documents?   yes -> local
    no: does the budget pay for the hybrid cloud?   yes -> hybrid
                                                    no  -> open model + cloud

Latency, load, team and machine do not change the branch; they change the settings and what must be watched.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sparewheel.app.advise.assumptions import Assumptions, starting
from sparewheel.app.advise.catalogue import Open, catalogue, fit
from sparewheel.app.advise.cost import YEARS, Cost, Option, compare, cost, hours, machines_in
from sparewheel.app.advise.machine import Machine
from sparewheel.app.advise.starter import QUICK_S, Choice, settings_toml
from sparewheel.app.words import Language
from sparewheel.app.words.advice import option_name, said
from sparewheel.rag.errors import UsageError
from sparewheel.rag.types import Sensitivity

_LONG_CONTEXT = 100_000  # tokens: the passages of a long contract, history and answer
_ACTIVE_ON_CPU = 4.0  # billion parameters a token may go through on a processor; more is slower than reading speed


@dataclass(frozen=True)
class Need:
    """What is asked of the adviser. machine: one that is there already; None: the one the set-up's purchase buys."""

    sensitivity: Sensitivity = "normal"
    budget_usd: float = 60_000.0  # for all `years` together
    questions_per_day: float = 1_000.0
    answer_within_s: float = 10.0
    team: float = 0.5  # people who run it, full-time equivalents
    years: int = 3
    languages: tuple[Language, ...] = ("en",)  # of the documents
    machine: Machine | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.years <= YEARS:
            raise UsageError(f"years = {self.years}: the cost of ownership is reckoned over 1 to {YEARS} years")
        for name in ("budget_usd", "questions_per_day", "answer_within_s", "team"):
            value = getattr(self, name)
            if not 0 <= value < float("inf") or (name == "answer_within_s" and value == 0):
                raise UsageError(
                    f"{name} = {value!r}: give a number {'above 0' if 'within' in name else 'of 0 or more'}"
                )


@dataclass(frozen=True)
class Advice:
    """cost: of ownership after each year, by set-up. models: of the catalogue, the recommended one first."""

    set_up: Option
    reasons: tuple[str, ...]
    models: tuple[Choice, ...]
    settings_toml: str
    cost: Mapping[Option, tuple[Cost, ...]]
    assumptions: Assumptions


def advise(need: Need, assumptions: Assumptions | None = None, language: Language = "en") -> Advice:
    """The recommended set-up. The load of the need replaces that of the assumptions; reasons are in `language`."""
    a = (assumptions or starting()).assume({"questions_per_day": need.questions_per_day})
    set_up = decide(need, a)
    models = choices(need, a, set_up)
    return Advice(
        set_up,
        tuple(reasons(need, a, set_up, models, language)),
        models,
        settings_toml(set_up, models[0] if models else None, need.answer_within_s, language),
        compare(a, need.years),
        a,
    )


def decide(need: Need, a: Assumptions) -> Option:
    """The branch of the tree. The budget is held against what is spent; lost work is not in it."""
    if need.sensitivity == "high":
        return "local"
    return "hybrid" if cost("hybrid", a, need.years).spent_usd <= need.budget_usd else "open_cloud"


def choices(need: Need, a: Assumptions, set_up: Option) -> tuple[Choice, ...]:
    """Models that run on the machine, best first: on a GPU, with room for long documents, the most parameters.

    Without a machine: on the one that the set-up buys; open model + cloud buys none for a model. On a CPU only those
    that write fast enough to be read along.
    """
    machine = need.machine or bought(a, set_up)
    if machine is None:
        return ()
    found = []
    for model in catalogue():
        fits = fit(model, machine)
        quick = fits.where == "gpu" or (model.active or model.parameters) <= _ACTIVE_ON_CPU
        if fits.where and quick and _speaks(model, need.languages):
            found.append(Choice(model, fits))
    return tuple(sorted(found, key=_preference))


def _preference(choice: Choice) -> tuple[bool, bool, float, str]:
    model = choice.model
    return choice.fit.where != "gpu", model.context < _LONG_CONTEXT, -model.parameters, model.name


def bought(a: Assumptions, set_up: Option) -> Machine | None:
    """The machine with a GPU that the purchase of a set-up pays for."""
    if set_up == "open_cloud":
        return None
    gpu_gb = a[f"{set_up}_memory_gb"]
    return Machine(cores=8, memory_gb=2 * gpu_gb, free_gb=2 * gpu_gb, gpus=(("GPU", gpu_gb),))


def _speaks(model: Open, languages: tuple[Language, ...]) -> bool:
    listed = model.languages.split()
    return all(wanted in listed or listed[0].startswith("140") for wanted in languages)


def reasons(need: Need, a: Assumptions, set_up: Option, models: tuple[Choice, ...], language: Language) -> list[str]:
    """Why this set-up, and what to watch in it, most important first."""
    spent, hybrid = cost(set_up, a, need.years).spent_usd, cost("hybrid", a, need.years).spent_usd
    name, per_year = option_name(set_up, language), hours(set_up, a)
    servers = machines_in("local", a, need.years)
    figures: dict[str, object] = {
        "name": name, "years": need.years, "budget": need.budget_usd, "spent": spent, "hybrid": hybrid,
        "within": need.answer_within_s, "questions": need.questions_per_day, "team": need.team,
        "short": spent - need.budget_usd, "servers": servers,
        "degraded": per_year.degraded_h, "lost": 60 * per_year.lost_h,
    }  # fmt: skip
    keys = ["sensitive" if set_up == "local" else "budget_pays" if set_up == "hybrid" else "budget_short"]
    if set_up != "hybrid" and spent > need.budget_usd:
        keys.append("over_budget")
    keys.append(f"availability_{set_up}")
    if need.answer_within_s <= QUICK_S:
        keys.append("quick_local" if set_up == "local" else "quick_cloud")
    if set_up == "local" and servers > 1:
        keys.append("servers")
    if need.team < {"local": 1.0, "hybrid": 0.25, "open_cloud": 0.0}[set_up]:
        keys.append(f"team_{set_up}")
    told = [said(key, language, **figures) for key in keys]
    if models:
        best = models[0]
        where = said(best.fit.where, language)
        fits = {"model": best.model.title, "bits": best.fit.bits, "where": where, "count": len(models)}
        told.append(said("model", language, gb=best.model.memory_gb(best.fit.bits), **fits))
    else:
        told.append(said("no_model", language))
    return told
