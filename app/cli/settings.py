"""`sparewheel settings`: what can be set, and what is in force."""

from __future__ import annotations

import re
from typing import Any

import click

from sparewheel.app.cli.common import console, print_json, settings_of
from sparewheel.rag.answer.key import key_of
from sparewheel.rag.errors import SettingsError
from sparewheel.rag.records import plain
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
_AS_PARAMETER = re.compile(r"([?&]password=)[^&\s]*", re.IGNORECASE)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="The settings in force as JSON (keys are hidden).")
@click.option("--all", "everything", is_flag=True, help="The advanced settings too.")
@click.option("--markdown", is_flag=True, help="Print docs/settings.md: every key, its default, what it does.")
@click.pass_context
def settings(ctx: click.Context, as_json: bool, everything: bool, markdown: bool) -> None:
    """Show the settings most people need, with the values in force and what
    they do; with --all every setting. A value that was changed is bold."""
    if markdown:
        click.echo(page(), nl=False)
        return
    given = settings_of(ctx)
    in_force = hide_keys(given)
    if as_json:
        print_json(in_force)
        return
    from rich.table import Table
    from rich.text import Text

    table = Table("Key", "In force", "What it does", box=None, pad_edge=False)
    left_out = 0
    for key, default, doc, advanced in describe():
        value = default if "NAME" in key else _shown(lookup(in_force, key))
        if advanced and not everything and value == default:
            left_out += 1
            continue
        table.add_row(Text(key, style="cyan"), Text(value, style="bold" if value != default else ""), Text(doc))
    console().print(table)
    if left_out:
        console().print(f"{left_out} advanced settings have their defaults; --all shows them")
    for name, endpoint in in_force["endpoint"].items():
        console().print(f"endpoint.{name}: {endpoint['model']} at {endpoint['url']}", markup=False)
    for name in given.endpoint:
        try:
            key_of(name, given.endpoint[name])
        except SettingsError as error:
            console().print(f"{error}: this endpoint cannot be asked", style="red", markup=False)


def _shown(value: object) -> str:
    """As `describe` writes a default: JSON has lists where the settings have tuples."""
    return repr(tuple(value) if isinstance(value, list) else value)


def page() -> str:
    """docs/settings.md."""
    tables = (("", False), ("\n## Advanced\n\nFew set-ups need these.\n", True))
    return HEAD + "".join(
        f"{title}\n| key | default | what it does |\n|---|---|---|\n"
        + "".join(f"| `{row.key}` | `{row.default}` | {row.doc} |\n" for row in describe() if row.advanced == advanced)
        for title, advanced in tables
    )


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
    return _AS_PARAMETER.sub(r"\1***", _IN_ADDRESS.sub(r"\1***@", value)) if isinstance(value, str) else value


def lookup(values: object, key: str) -> object:
    """The value at a dotted key."""
    for part in key.split("."):
        values = values[part]  # type: ignore[index]
    return values
