"""`sparewheel eval availability`: load under faults, as a table and as JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparewheel.rag.errors import UsageError, suggest

if TYPE_CHECKING:
    from sparewheel.eval.availability.scenario import Scenario

HEADER = f"{'scenario':<28} right lost wrong hung  p50 s  p99 s  max s call/100"


@click.command()
@click.argument("files", nargs=-1, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--only", multiple=True, metavar="NAME", help="Run only this scenario; repeatable.")
@click.option(
    "--json", "json_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures to this file."
)
@click.option("--list", "list_only", is_flag=True, help="List the scenarios.")
def availability(files: tuple[Path, ...], only: tuple[str, ...], json_file: Path | None, list_only: bool) -> int:
    """Play the scenarios in FILES against the failover, on this machine.

    Two servers on 127.0.0.1 play primary and secondary endpoint; nothing else is
    contacted. Without FILES: every fault alone, then the outages (5 minutes).
    call/100: calls to the primary per 100 questions. Exit code 1 when a question
    was lost, answered wrongly, or hung.
    """
    from sparewheel.eval.availability.play import play, serving

    scenarios = chosen(files, only)
    if list_only:
        for scenario in scenarios:
            click.echo(f"{scenario.name:<28} {scenario.about or scenario.primary}")
        return 0
    played: list[dict[str, Any]] = []
    click.echo(HEADER)
    with serving() as primary, serving() as backup:
        for scenario in scenarios:
            played.append(play(scenario, primary, backup, warm_up=3))
            click.echo(row(played[-1]))
    if json_file:
        json_file.write_text(json.dumps({"scenarios": played}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return int(any(figures["right"] < figures["questions"] for figures in played))


def chosen(files: tuple[Path, ...], only: tuple[str, ...]) -> list[Scenario]:
    """The scenarios of the files, or the built-in ones, that `only` names. Raises UsageError for an unknown name."""
    from sparewheel.eval.availability.scenario import BUILT_IN, load

    scenarios = [s for file in files or (BUILT_IN / "faults.toml", BUILT_IN / "outages.toml") for s in load(file)]
    known = [scenario.name for scenario in scenarios]
    for name in only:
        if name not in known:
            raise UsageError(f"no scenario {name!r}{suggest(name, known)}; --list names them all")
    return [scenario for scenario in scenarios if not only or scenario.name in only]


def row(figures: dict[str, Any]) -> str:
    """One line of the table, 80 columns at most."""
    counts = "{right:5} {lost:4} {wrong:5} {hung:4}".format(**figures)
    times = "{p50_s:6.3f} {p99_s:6.3f} {max_s:6.2f} {primary_calls_per_100:8.1f}".format(**figures)
    return f"{figures['name'][:28]:<28} {counts} {times}"
