"""`sparewheel settings`: what can be set, and what is in force."""

from __future__ import annotations

import click

from app.cli.common import console, plain, print_json, settings_of
from rag.settings import Settings, describe


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The settings in force as JSON (keys are hidden).")
@click.pass_context
def settings(ctx: click.Context, as_json: bool) -> None:
    """Show every setting: its key, the value in force and what it does."""
    in_force = hide_keys(settings_of(ctx))
    if as_json:
        print_json(in_force)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("Key", "In force", "What it does", box=None, pad_edge=False)
    for key, default, doc in describe():
        value = default if "NAME" in key else repr(lookup(in_force, key))
        table.add_row(Text(key, style="cyan"), Text(value, style="bold" if value != default else ""), Text(doc))
    console().print(table)
    for name, endpoint in in_force["endpoint"].items():
        console().print(f"endpoint.{name}: {endpoint['model']} at {endpoint['url']}", markup=False)


def hide_keys(settings: Settings) -> dict[str, object]:
    """The settings as a dict, API keys replaced by "***"."""
    values = plain(settings)
    for endpoint in values["endpoint"].values():
        endpoint["key"] = "***" if endpoint["key"] else ""
    hidden: dict[str, object] = values
    return hidden


def lookup(values: object, key: str) -> object:
    """The value at a dotted key."""
    for part in key.split("."):
        values = values[part]  # type: ignore[index]
    return values
