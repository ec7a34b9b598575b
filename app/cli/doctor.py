"""`sparewheel doctor`: is this set-up fit to be relied on?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from sparewheel.app.cli.common import console, print_json, settings_of

if TYPE_CHECKING:
    from sparewheel.app.doctor import Check, Status

STYLES: dict[Status, str] = {"pass": "green", "warn": "yellow", "fail": "bold red"}


@click.command()
@click.option("--allow-calls", is_flag=True, help="Also call each cloud endpoint (one token) and Prometheus.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON: name, status, what, cure.")
@click.pass_context
def doctor(ctx: click.Context, allow_calls: bool, as_json: bool) -> int:
    """Check this set-up: answerers, keys, corpora, machine, 3-2-1 rule.

    Each line passes, warns or fails, with the cure. Without --allow-calls no
    other machine is contacted. Exit code 1 when a line fails.
    """
    from sparewheel.app.doctor import checks, healthy

    found = checks(settings_of(ctx), allow_calls)
    if as_json:
        print_json(found)
    else:
        show(found)
    return int(not healthy(found))


def show(found: list[Check]) -> None:
    """The lines as a table, the cure below what it cures, and the counts."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(max_width=20)
    table.add_column(overflow="fold")
    for check in found:
        table.add_row(Text(check.status, style=STYLES[check.status]), Text(check.name), Text(check.what))
        if check.cure:
            table.add_row("", "", Text(f"→ {check.cure}", style="dim"))
    counts = Counter(check.status for check in found)
    to = console()
    to.print(table)
    to.print(", ".join(f"{counts[status]} {status}" for status in STYLES))
