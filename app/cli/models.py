"""`sparewheel models`: the built-in models and a catalogue of open ones to run on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparewheel.app.cli.common import console, print_json

if TYPE_CHECKING:
    from sparewheel.app.advise.catalogue import Open
    from sparewheel.app.advise.machine import Machine
    from sparewheel.rag.weights import BuiltIn


@click.group()
def models() -> None:
    """The built-in models and a catalogue of open ones."""


@models.command("list")
@click.option("--fits", is_flag=True, help="Only open models that fit this machine.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def list_(fits: bool, as_json: bool) -> int:
    """What is built in, and open models by memory needed."""
    from sparewheel.app.advise.catalogue import catalogue
    from sparewheel.app.advise.machine import machine
    from sparewheel.rag.weights import built_in

    here = machine()
    own, others = [describe_built_in(m) for m in built_in()], [describe_open(m, here) for m in catalogue()]
    others = [row for row in others if row["runs"] or not fits]
    if as_json:
        print_json({"machine": here, "built_in": own, "open": others})
        return 0
    to = console()
    to.print(built_in_table(own))
    to.print(f"\nThis machine: {this_machine(here)}\n")
    to.print(open_table(others))
    to.print("Gigabytes = billions x bits a weight (16, 8.5, 4.5) / 8 x 1.2")
    to.print("To use one: set local_chat.model to its hub name or folder.", soft_wrap=True)
    return 0


def built_in_table(rows: list[dict[str, Any]]) -> Any:
    table = plain_table("built in", "MB", "memory", "licence")
    table.add_column("use")
    for row in rows:
        memory = f"{row['memory_mb']:.0f} MB" if row["memory_mb"] else ""
        size = f"{row['size_mb']:.0f}" if not row["trouble"] else ""
        use = row["trouble"] or row["use"]
        table.add_row(row["name"], size, memory, row["licence"], use, style="red" if row["trouble"] else "")
    return table


def open_table(rows: list[dict[str, Any]]) -> Any:
    table = plain_table("open model", "billion", "16 bit", "8 bit", "4 bit", "runs here", "licence")
    for row in rows:
        size = f"{row['parameters']:g}" + (f"/{row['active']:g}" if row["active"] else "")
        memory = [f"{row['memory_gb'][bits]:.1f}" for bits in ("16", "8", "4")]
        table.add_row(
            row["name"], size, *memory, row["runs"] or "no", row["licence"], style="" if row["runs"] else "dim"
        )
    return table


def plain_table(*heads: str) -> Any:
    """A table without frames, its columns never broken: 80 columns are enough for seven."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for head in heads:
        right = head[0].isdigit() or head in ("billion", "MB", "memory")
        table.add_column(head, justify="right" if right else "left", no_wrap=True)
    return table


@models.command()
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def info(name: str, as_json: bool) -> int:
    """All that is known of the model NAME; of a built-in one its model card."""
    from rich.markdown import Markdown
    from rich.table import Table

    from sparewheel.app.advise.catalogue import find
    from sparewheel.app.advise.machine import machine
    from sparewheel.rag.weights import BuiltIn

    model = find(name)
    row = describe_built_in(model) if isinstance(model, BuiltIn) else describe_open(model, machine())
    if as_json:
        print_json(row)
        return 0
    table = Table.grid(padding=(0, 2))
    for key, value in row.items():
        if isinstance(value, dict):
            value = ", ".join(f"{gb:.1f} GB at {bits} bit" for bits, gb in value.items())
        if value not in ("", 0):
            table.add_row(key.replace("_", " "), f"{value:,.1f}" if isinstance(value, float) else str(value))
    console().print(table)
    if isinstance(model, BuiltIn) and (card := model.folder / "MODEL.md").is_file():
        console().print(Markdown(card.read_text(encoding="utf-8")))
    return 0


@models.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def verify(as_json: bool) -> int:
    """Check every built-in file against its sha256. Exit code 1 when one is wrong."""
    from sparewheel.rag.weights import verify as check

    wrong = check()
    if as_json:
        print_json([{"file": name, "ok": not trouble, "trouble": trouble} for name, trouble in wrong.items()])
    else:
        for name, trouble in wrong.items():
            console().print(f"[red]{name}: {trouble}[/red]" if trouble else f"{name}: ok")
    return int(any(wrong.values()))


@models.command()
@click.option("--write", is_flag=True, help="Write them into the settings file, which is created if need be.")
@click.option("--force", is_flag=True, help="With --write: replace endpoints of the same names.")
@click.pass_context
def detect(ctx: click.Context, write: bool, force: bool) -> int:
    """Find chat servers on this machine (Ollama, vLLM, llama.cpp, LM Studio) and print their settings."""
    from sparewheel.app.detect import PORTS, section
    from sparewheel.app.detect import detect as find_servers
    from sparewheel.app.settings_file import write_endpoints
    from sparewheel.rag.settings import settings_file

    servers = find_servers()
    if not servers:
        ports = ", ".join(map(str, PORTS))
        click.echo(f"no chat server with a model answers at 127.0.0.1, ports {ports}", err=True)
        return 1
    for server in servers:
        click.echo(f"# {server.name}: {', '.join(server.models)}\n{section(server)}")
    if write:
        given = ctx.find_root().obj
        path = Path(given) if given else settings_file(os.environ) or Path("sparewheel.toml")
        write_endpoints(path, {server.name: section(server) for server in servers}, force=force)
        click.echo(f"{', '.join(server.name for server in servers)}: written to {path}", err=True)
    return 0


def describe_built_in(model: BuiltIn) -> dict[str, Any]:
    return {
        "name": model.name,
        "use": model.use,
        "languages": model.languages,
        "licence": model.licence,
        "size_mb": round(model.size_mb, 1),
        "memory_mb": model.memory_mb,
        "trouble": model.trouble,
    }


def describe_open(model: Open, here: Machine) -> dict[str, Any]:
    """`runs`: "gpu, 16 bit", "cpu, 4 bit", or "" where it doesn't."""
    from sparewheel.app.advise.catalogue import BITS, fit

    found = fit(model, here)
    return {
        "name": model.name,
        "title": model.title,
        "hub": model.hub,
        "parameters": model.parameters,
        "active": model.active,
        "context": model.context,
        "licence": model.licence,
        "languages": model.languages,
        "use": model.use,
        "memory_gb": {str(bits): round(model.memory_gb(bits), 1) for bits in BITS},
        "runs": f"{found.where}, {found.bits} bit" if found.where else "",
    }


def this_machine(here: Machine) -> str:
    cards = ", ".join(f"{name} {memory:.0f} GB" for name, memory in here.gpus) or "no GPU"
    return f"{here.memory_gb:.0f} GB of memory ({here.free_gb:.0f} free), {here.cores} cores, {cards}"
