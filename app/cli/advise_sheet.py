"""The advice on the terminal, 80 columns: reasons, cost, break-even, what moves it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sparewheel.app.advise import OPTIONS, BreakEven, Option, break_even, hours, tornado
from sparewheel.app.cli.common import console
from sparewheel.app.words.advice import option_name, said

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from sparewheel.app.advise import Advice, Bar, Need
    from sparewheel.app.words import Language

BARS = 5  # of the tornado
BAR_WIDTH = 24  # columns
_SPACE_BY_CHINESE = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) | (?=[\u3000-\u9fff\uff00-\uffef])")
KINDS = ("purchase", "power", "operation", "tokens", "outage")


def print_advice(need: Need, advice: Advice, language: Language, settings_file: Path | None) -> None:
    """The whole sheet."""
    from rich.text import Text

    out = console()
    name = option_name(advice.set_up, language)
    out.print(Text(said("recommended", language, name=name), "bold green"))
    out.print(points(advice.reasons))
    _head(out, said("cost_title", language))
    out.print(cost_table(advice, need.years, language))
    _head(out, said("break_even_title", language))
    out.print(points([crossing(option, advice, need.years, language) for option in OPTIONS if option != advice.set_up]))
    _head(out, said("tornado_title", language, years=need.years))
    out.print(bars_table(advice, tornado(advice.set_up, advice.assumptions, need.years)[:BARS], language))
    out.print()
    out.print(Text(said("nines", language)))
    out.print(Text(said("edit", language), "dim"))
    done = said("settings_hint", language) if settings_file is None else ""
    out.print(Text(done or said("settings_written", language, file=settings_file), "dim"), soft_wrap=True)


def cost_table(advice: Advice, years: int, language: Language) -> Table:
    """Totals after each year, then the kinds of the last, then the expected share of full service."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(said("after", language))
    for option in OPTIONS:
        style = "bold" if option == advice.set_up else ""
        table.add_column(option_name(option, language), justify="right", style=style, no_wrap=True)
    for year in range(years):
        totals = [f"{advice.cost[option][year].total_usd:,.0f}" for option in OPTIONS]
        table.add_row(said("year", language, year=year + 1), *totals, end_section=year == years - 1)
    for kind in KINDS:
        parts = [getattr(advice.cost[option][years - 1], f"{kind}_usd") for option in OPTIONS]
        table.add_row(f"  {said(kind, language)}", *(f"{part:,.0f}" for part in parts), style="dim")
    shares = [hours(option, advice.assumptions).full_h / 8760 for option in OPTIONS]
    table.add_row(f"  {said('share', language)}", *(f"{share:.3%}" for share in shares), style="dim")
    return table


def points(lines: Sequence[str]) -> Table:
    """A bulleted list. Chinese breaks anywhere, so the spaces around its figures must not be the only places."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1, 0, 1))
    for line in lines:
        table.add_row("•", Text(_SPACE_BY_CHINESE.sub("", line), overflow="fold"))
    return table


def crossing(option: Option, advice: Advice, years: int, language: Language) -> str:
    """When `option` costs no more than the recommended one; where it does from the start, when that turns."""
    name = option_name(option, language)
    found = break_even(option, advice.set_up, advice.assumptions, years)
    if found.month == 0:
        line = said("cheaper_always", language, name=name)
        back = break_even(advice.set_up, option, advice.assumptions, years)
        turns = _turns(back, language)
        return line + (said("until", language, turns=turns) if turns else "")
    key = "cheaper_never" if found.month is None else "cheaper_from"
    turns = _turns(found, language)
    line = said(key, language, name=name, month=found.month, years=years)
    return line + (said("unless", language, turns=turns) if turns else "")


def _turns(found: BreakEven, language: Language) -> str:
    """The load and the price of an outage hour at which `found.first` costs no more, "" when neither does it."""
    texts = []
    if found.questions_per_day is not None:
        texts.append(said("at_load", language, value=found.questions_per_day))
    if found.outage_usd_per_hour is not None:
        texts.append(said("at_outage", language, value=found.outage_usd_per_hour))
    return said("or", language).join(texts)


def bars_table(advice: Advice, bars: list[Bar], language: Language) -> Table:
    """A tornado of text: label, the total at the low value, a bar between the two, the total at the high value."""
    from rich.table import Table

    table = Table.grid(padding=(0, 1))
    table.add_column(overflow="ellipsis", no_wrap=True, max_width=30)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    least = min((min(bar.low_usd, bar.high_usd) for bar in bars), default=0.0)
    most = max((max(bar.low_usd, bar.high_usd) for bar in bars), default=0.0)
    for bar in bars:
        ends = sorted(round((v - least) / (most - least) * BAR_WIDTH) for v in (bar.low_usd, bar.high_usd))
        drawn = " " * ends[0] + "█" * max(1, ends[1] - ends[0])
        label = advice.assumptions.rows[bar.key].label[language]
        table.add_row(f"  {label}", f"{bar.low_usd:,.0f}", drawn.ljust(BAR_WIDTH), f"{bar.high_usd:,.0f}")
    return table


def _head(out: Console, text: str) -> None:
    out.print()
    out.print(text, style="cyan", markup=False)
