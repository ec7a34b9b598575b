"""`sparewheel mcp`: the corpora as tools of an assistant."""

from __future__ import annotations

import click

from sparewheel.app.cli.common import extra, settings_of
from sparewheel.rag.errors import NotFound, suggest


@click.command()
@click.option("--user", "name", help="Act as this account, with its rights only.")
@click.option(
    "--confidential",
    multiple=True,
    metavar="CORPUS",
    help="Also give the assistant this corpus of high sensitivity (only where the assistant runs on this machine).",
)
@click.pass_context
def mcp(ctx: click.Context, name: str | None, confidential: tuple[str, ...]) -> None:
    """Serve the tools ask, search and list_corpora by MCP on standard input and
    output, for assistants on this machine (docs/api.md shows their settings).
    Corpora of high sensitivity are left out: most assistants are in a cloud.
    """
    with extra("serve"):
        from sparewheel.app.api.mcp import create_server
    from sparewheel.app.people.auth import accounts_of
    from sparewheel.app.service import Service
    from sparewheel.rag import observe

    settings = settings_of(ctx)
    user = None
    if name is not None:
        accounts = accounts_of(settings).all()
        if name not in accounts:
            raise NotFound(f"no user {name!r}{suggest(name, accounts)}; make one: sparewheel users add {name}")
        user = accounts[name].user
    observe.start(settings)
    with Service(settings) as service:
        create_server(service, user, frozenset(confidential)).run("stdio")
