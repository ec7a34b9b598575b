"""`sparewheel advise`: which set-up to choose, why, and what each costs. Asks in a terminal, or takes flags."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparewheel.app.cli.common import console, print_json
from sparewheel.rag.errors import UsageError
from sparewheel.rag.records import plain

if TYPE_CHECKING:
    from sparewheel.app.advise import Advice, Need
    from sparewheel.app.words import Language

_SPOKEN: dict[str, tuple[Language, ...]] = {"en": ("en",), "zh": ("zh",), "both": ("en", "zh")}


@click.command()
@click.option("--sensitivity", type=click.Choice(["normal", "high"]), help="high: no data may leave your machines.")
@click.option("--budget", "budget_usd", type=float, metavar="USD", help="Budget for all the years together.")
@click.option("--questions", "questions_per_day", type=float, metavar="N", help="Questions per day.")
@click.option("--within", "answer_within_s", type=float, metavar="SECONDS", help="How soon an answer must be there.")
@click.option("--team", type=float, metavar="N", help="People available to run it, in full-time equivalents.")
@click.option("--years", type=int, default=3, show_default=True, help="Years to compare, 1 to 5.")
@click.option("--documents", type=click.Choice(["en", "zh", "both"]), default="en", help="Language of the documents.")
@click.option("--this-machine", is_flag=True, help="Choose a chat model for this machine rather than for a new one.")
@click.option("--assume", "assumed", multiple=True, metavar="KEY=VALUE", help="Change an assumption; repeatable.")
@click.option("--assumptions", "listed", is_flag=True, help="List every assumption with source and date.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", help="Language of the advice.")
@click.option(
    "--settings-file", type=click.Path(path_type=Path), metavar="OUT", help="Write a settings file to start from."
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def advise(
    years: int,
    documents: str,
    this_machine: bool,
    assumed: tuple[str, ...],
    listed: bool,
    language: Language,
    settings_file: Path | None,
    as_json: bool,
    **answers: Any,
) -> None:
    """Which set-up to choose (local, open model + cloud, hybrid), with reasons,
    its cost of ownership, and a settings file to start from.

    Without a flag it asks; anything you leave out is assumed.
    """
    from sparewheel.app.advise import Need, starting
    from sparewheel.app.advise import advise as choose
    from sparewheel.app.advise.assumptions import read_changes
    from sparewheel.app.advise.machine import machine

    assumptions = starting().assume(read_changes(assumed))
    if listed:
        if as_json:
            print_json(assumptions.rows)
        else:
            _print_assumptions(assumptions, language)
        return
    given = {name: value for name, value in answers.items() if value is not None}
    if not given and not as_json and is_terminal():
        given = _asked(years, language, assumptions["questions_per_day"])
    given.setdefault("questions_per_day", assumptions["questions_per_day"])
    here = machine() if this_machine else None
    spoken = _SPOKEN[documents]
    need = Need(years=years, languages=spoken, machine=here, **given)
    advice = choose(need, assumptions, language)
    if settings_file is not None:
        _write(settings_file, advice.settings_toml)
    if as_json:
        print_json(record(need, advice))
        return
    from sparewheel.app.cli.advise_sheet import print_advice

    print_advice(need, advice, language, settings_file)


def is_terminal() -> bool:
    """Whether a person can be asked."""
    return sys.stdin.isatty()


def record(need: Need, advice: Advice) -> dict[str, Any]:
    """The advice as JSON types: what the terminal shows, unrounded."""
    from sparewheel.app.advise import OPTIONS, break_even, hours, tornado

    models = [
        {"name": c.model.name, "hub": c.model.hub, "where": c.fit.where, "bits": c.fit.bits} for c in advice.models
    ]
    others = [option for option in OPTIONS if option != advice.set_up]
    costs = {
        option: [{**plain(each), "spent_usd": each.spent_usd, "total_usd": each.total_usd} for each in years]
        for option, years in advice.cost.items()
    }
    return {
        "need": need,
        "set_up": advice.set_up,
        "reasons": advice.reasons,
        "models": models,
        "cost": costs,
        "hours_a_year": {option: hours(option, advice.assumptions) for option in OPTIONS},
        "break_even": [break_even(option, advice.set_up, advice.assumptions, need.years) for option in others],
        "tornado": tornado(advice.set_up, advice.assumptions, need.years),
        "settings_toml": advice.settings_toml,
        "assumptions": advice.assumptions.rows,
    }


def _asked(years: int, language: Language, questions_per_day: float) -> dict[str, Any]:
    """The answers of a person at the terminal, defaults on Enter."""
    from sparewheel.app.advise import Need
    from sparewheel.app.words.advice import said

    usual = Need(questions_per_day=questions_per_day)
    high = click.confirm(said("ask_sensitivity", language), default=False)
    asked = {"sensitivity": "high" if high else "normal"}
    questions = (("budget_usd", "ask_budget"), ("questions_per_day", "ask_questions"),
                 ("answer_within_s", "ask_within"), ("team", "ask_team"))  # fmt: skip
    for name, key in questions:
        asked[name] = click.prompt(said(key, language, years=years), default=getattr(usual, name), type=float)
    click.echo()
    return asked


def _write(file: Path, text: str) -> None:
    """A new file with the settings; one that is there is kept."""
    try:
        with file.open("x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError:
        raise UsageError(f"{str(file)!r} is there already; name another --settings-file, or remove it") from None
    except OSError as error:
        raise UsageError(f"cannot write {str(file)!r}: {error.strerror}; name another --settings-file") from error


def _print_assumptions(assumptions: Any, language: str) -> None:
    from rich.padding import Padding
    from rich.text import Text

    out = console()
    for row in assumptions.rows.values():
        value = f"{row.value:,.12g} {row.unit}  ({row.low:,.12g} .. {row.high:,.12g})"
        out.print(Text.assemble((row.key, "cyan"), f" = {value}"))
        out.print(Padding(Text(f"{row.label[language]}: {row.source[language]} [{row.date}]", "dim"), (0, 0, 0, 4)))
