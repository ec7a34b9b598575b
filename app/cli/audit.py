"""`sparewheel audit`: is the audit log whole, and what is in it."""

from __future__ import annotations

from collections import deque
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from sparewheel.app.cli.common import console, print_json, settings_of


@click.group()
def audit() -> None:
    """Check and show the audit log: who asked which corpus, what was cited, who
    answered."""


@audit.command()
@click.option("--folder", type=click.Path(file_okay=False), help="Folder of the log (default: from the settings).")
@click.option("--head", default="", metavar="HASH", help="A hash noted earlier, which the log must still contain.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def verify(ctx: click.Context, folder: str | None, head: str, as_json: bool) -> int:
    """Follow the chain of hashes. Exit code 1 when it is broken, with the first
    broken line."""
    from sparewheel.rag.observe.audit_check import check

    report = check(_folder(ctx, folder), head)
    if as_json:
        print_json({**asdict(report), "ok": report.ok})
        return int(not report.ok)
    if report.broken:
        console().print(f"broken at {report.broken}", style="bold red", markup=False)
    elif report.lost_head:
        lost = f"the record with hash {head} is missing: the log was cut off or rewritten"
        console().print(lost, style="bold red", markup=False)
    whole = "every record follows the one before it" if report.ok else "up to there the chain holds"
    console().print(f"{report.records:,} records, {report.first} to {report.last}; {whole}")
    for place in report.torn:
        console().print(f"{place}: half a line that a crash left; nothing after it is missing", markup=False)
    if report.ok:
        console().print(f"newest hash, to be kept elsewhere: {report.head}", markup=False, soft_wrap=True)
    return int(not report.ok)


@audit.command()
@click.option("--folder", type=click.Path(file_okay=False), help="Folder of the log (default: from the settings).")
@click.option(
    "-n", "count", type=click.IntRange(1), default=20, show_default=True, help="How many of the newest records."
)
@click.option("--corpus", help="Only records of this corpus.")
@click.option("--user", help="Only records of this user.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def show(
    ctx: click.Context, folder: str | None, count: int, corpus: str | None, user: str | None, as_json: bool
) -> None:
    """Show the newest records without checking the chain."""
    from rich.table import Table
    from rich.text import Text

    from sparewheel.rag.observe.audit_check import records

    wanted = {key: value for key, value in (("corpus", corpus), ("user", user)) if value is not None}
    fitting = (one for one in records(_folder(ctx, folder)) if all(one.get(k) == v for k, v in wanted.items()))
    newest = list(deque(fitting, count))
    if as_json:
        print_json(newest)
        return
    table = Table("Nr", box=None, pad_edge=False)
    table.add_column("When (UTC)", no_wrap=True, min_width=16)
    for heading in ("Who", "Corpus", "Outcome", "By", "Cited"):
        table.add_column(heading, overflow="fold")
    for one in newest:
        row = (
            one["n"],
            one.get("at", "")[:16].replace("T", " "),
            one.get("user") or "owner",
            one.get("corpus"),
            one.get("outcome"),
        )
        table.add_row(*(Text(str(cell or "")) for cell in (*row, one.get("answered_by"), _cited(one))))
    console().print(table)


def _cited(record: dict[str, Any]) -> str:
    """ "lease.pdf 100-137, ..." """
    return ", ".join(f"{document} {start}-{end}" for document, start, end in record.get("cited", ()))


def _folder(ctx: click.Context, folder: str | None) -> Path:
    from sparewheel.rag.observe.running import audit_folder

    return Path(folder) if folder else audit_folder(settings_of(ctx))
