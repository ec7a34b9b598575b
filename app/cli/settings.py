"""`sparewheel settings`: what can be set, and what is in force."""

from __future__ import annotations

import re
from typing import Any

import click

from sparewheel.app.cli.common import console, print_json, settings_of
from sparewheel.app.kept.records import plain
from sparewheel.rag.settings import Settings, describe

HEAD = """\
# Settings

Made by `sparewheel settings --markdown`; `sparewheel settings` shows the values in force.

Order, later wins: the defaults, the file (`--config FILE`, else the variable `SPAREWHEEL_CONFIG`, else
`sparewheel.toml` in the working folder, else in the user's configuration folder), the environment:
`SPAREWHEEL_RETRIEVE__EVIDENCE_K=5` sets `retrieve.evidence_k`. In the file a dot is a section:

```toml
data_folder = "/srv/sparewheel"

[retrieve]
evidence_k = 5

[endpoint.deepseek]
key_env = "DEEPSEEK_API_KEY"
```

A deployment may name its endpoints by variables instead: `PRIMARY_ENDPOINT`, `SECONDARY_ENDPOINT` (URL), each with
`_MODEL`, `_KEY` or `_KEY_FILE`; `DEEPSEEK_API_KEY` alone makes one endpoint. An unknown key is refused.
"""


# user and password of an address; a user alone may be a token
_IN_ADDRESS = re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s?#]*@", re.IGNORECASE)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The settings in force as JSON (keys are hidden).")
@click.option("--markdown", is_flag=True, help="The page docs/settings.md: every key, its default, what it does.")
@click.pass_context
def settings(ctx: click.Context, as_json: bool, markdown: bool) -> None:
    """Show every setting: its key, the value in force and what it does."""
    if markdown:
        click.echo(page(), nl=False)
        return
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


def page() -> str:
    """docs/settings.md."""
    rows = "".join(f"| `{key}` | `{default}` | {doc} |\n" for key, default, doc in describe())
    return f"{HEAD}\n| key | default | what it does |\n|---|---|---|\n{rows}"


def hide_keys(settings: Settings) -> dict[str, Any]:
    """The settings as a dict, API keys and passwords inside addresses replaced by "***"."""
    values = plain(settings)
    for endpoint in values["endpoint"].values():
        endpoint["key"] = "***" if endpoint["key"] else ""
    hidden: dict[str, Any] = _without_passwords(values)
    return hidden


def _without_passwords(value: Any) -> Any:
    """The same, every `scheme://user:password@` with "***" for the password."""
    if isinstance(value, dict):
        return {key: _without_passwords(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_without_passwords(one) for one in value)
    return _IN_ADDRESS.sub(r"\1***@", value) if isinstance(value, str) else value


def lookup(values: object, key: str) -> object:
    """The value at a dotted key."""
    for part in key.split("."):
        values = values[part]  # type: ignore[index]
    return values
