"""`sparewheel audit`: is the audit log whole, and what is in it."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparewheel.app.cli.common import console, print_json, settings_of

if TYPE_CHECKING:
    from sparewheel.rag.observe.audit_check import Report


@click.group()
def audit() -> None:
    """Check, show and export the audit log: every access, by whom, to what, with
    which outcome."""


@audit.command()
@click.option("--folder", type=click.Path(file_okay=False), help="Folder of the log (default: from the settings).")
@click.option("--head", default="", metavar="HASH", help="A hash noted earlier, which the log must still contain.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def verify(ctx: click.Context, folder: str | None, head: str, as_json: bool) -> int:
    """Follow the chain of hashes. Exit code 1 when it is broken, with the first
    broken line. Servers that share a database have a chain each: all are
    followed."""
    from sparewheel.rag.observe.running import audit_folders, check_log

    settings = settings_of(ctx)
    if folder or not settings.store:
        return _told(check_log(settings, Path(folder) if folder else None, head), as_json)
    worst = 0
    with audit_folders(settings) as folders:
        for each in folders:
            console().print(f"server {each.name}:", style="bold", markup=False)
            worst = max(worst, _told(check_log(settings, each, head if len(folders) == 1 else ""), as_json))
    return worst


def _told(report: Report, as_json: bool) -> int:
    """The report as one reads it; the exit code."""
    if as_json:
        print_json({**asdict(report), "ok": report.ok})
        return int(not report.ok)
    if report.broken:
        console().print(f"broken at {report.broken}", style="bold red", markup=False)
    elif report.lost_head:
        lost = "a record whose hash was noted is missing: the log was cut off or rewritten"
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
    with _folders(ctx, folder) as folders:
        every = (one for each in folders for one in records(each))
        fitting = [one for one in every if all(one.get(k) == v for k, v in wanted.items())]
    if len(folders) > 1:
        fitting.sort(key=lambda one: str(one.get("at", "")))
    newest = fitting[-count:]
    if as_json:
        print_json(newest)
        return
    table = Table("Nr", box=None, pad_edge=False)
    table.add_column("When (UTC)", no_wrap=True, min_width=16)
    for heading in ("Event", "Who", "Corpus", "Outcome", "By", "Documents"):
        table.add_column(heading, overflow="fold")
    for one in newest:
        row = (
            one["n"],
            one.get("at", "")[:16].replace("T", " "),
            one.get("event", "question"),
            one.get("user") or "owner",
            one.get("corpus"),
            one.get("outcome"),
        )
        table.add_row(*(Text(str(cell or "")) for cell in (*row, one.get("answered_by"), _cited(one))))
    console().print(table)


def _cited(record: dict[str, Any]) -> str:
    """ "lease.pdf 100-137, ...": what was cited, or the document that was read."""
    cited = ", ".join(f"{document} {start}-{end}" for document, start, end in record.get("cited", ()))
    return cited or str(record.get("document", ""))


@audit.command()
@click.option("--user", help="Only records of this user (what is kept about a person).")
@click.option("--since", default="", metavar="DATE", help="Only records from this day on, 2026-01-31.")
@click.option("--until", default="9999", metavar="DATE", help="Only records before this day.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="File to write (default: print).")
@click.pass_context
def export(ctx: click.Context, user: str | None, since: str, until: str, out: Path | None) -> None:
    """Export records as JSON, one a line, exactly as they are in the log."""
    from sparewheel.rag.observe.audit_check import records

    with _folders(ctx, None) as folders:
        every = (one for each in folders for one in records(each))
        fitting = (one for one in every if since <= one["at"] < until and user in (None, one.get("user")))
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in fitting)
    if out is None:
        click.echo(lines, nl=False)
    else:
        out.write_text(lines, encoding="utf-8")
        console(err=True).print(f"{lines.count(chr(10)):,} records in {out}", markup=False)


@audit.command()
@click.option("--before", required=True, metavar="DATE", help="Remove files whose records are all older, 2026-01-31.")
@click.pass_context
def prune(ctx: click.Context, before: str) -> None:
    """Remove the oldest files of the log. A record that stays says which records
    were removed, so that the log still verifies."""
    from sparewheel.rag.observe.running import open_log

    with open_log(settings_of(ctx)) as log:
        console().print(f"{log.prune(before):,} records removed")


def _folders(ctx: click.Context, folder: str | None) -> AbstractContextManager[list[Path]]:
    from sparewheel.rag.observe.running import audit_folders

    return nullcontext([Path(folder)]) if folder else audit_folders(settings_of(ctx))
