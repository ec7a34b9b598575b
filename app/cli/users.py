"""`sparewheel users`: accounts of the page and keys of the API."""

from __future__ import annotations

import sys
from collections.abc import Mapping

import click

from sparewheel.app.cli.common import console, extra, print_json, settings_of
from sparewheel.app.people.accounts import Account
from sparewheel.app.people.auth import PREFIX, Accounts, accounts_of


@click.group()
def users() -> None:
    """Accounts of the page and keys of the API."""


@users.command()
@click.argument("name")
@click.option(
    "--role", type=click.Choice(["viewer", "analyst", "admin"]), help="Role of the account (default: viewer)."
)
@click.option(
    "--group", "groups", multiple=True, help="A group of the account; repeatable. Replaces the earlier groups."
)
@click.option(
    "--password", "ask", is_flag=True, help="Ask for a password for the page (or read the first line of a pipe)."
)
@click.pass_context
def add(ctx: click.Context, name: str, role: str | None, groups: tuple[str, ...], ask: bool) -> None:
    """Make the account NAME, or change it.

    viewer asks and reads; analyst also brings documents in and evaluates; admin
    also makes corpora and says who reads them.
    """
    accounts = _accounts(ctx)
    before = accounts.all().get(name, Account(name))
    password = ""
    if ask and sys.stdin.isatty():
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    elif ask:
        password = sys.stdin.readline().rstrip("\n")
    with extra("serve"):
        made = accounts.add(name, role or before.role, groups or before.groups, password)  # type: ignore[arg-type]
    _recorded(ctx, "account_changed", name, role=made.role, groups=", ".join(made.groups))
    console().print(f"{made.name}: {made.role}" + (f", in {', '.join(made.groups)}" if made.groups else ""))


@users.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, without passwords and keys.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> None:
    """Who has an account, and with which keys."""
    from rich.table import Table

    found = _accounts(ctx).all()
    if as_json:
        used = _accounts(ctx).last_used()
        print_json([_row(account, used) for account in found.values()])
        return
    if not found:
        console().print("no accounts; make one with: sparewheel users add NAME")
        return
    table = Table("name", "role", "groups", "password", "keys", expand=True)
    for account in found.values():
        password = "yes" if account.password else ""
        table.add_row(account.name, account.role, ", ".join(account.groups), password, str(len(account.keys) or ""))
    console().print(table)
    if not any(account.keys for account in found.values()):
        return
    keys = Table(expand=True)
    for head in ("key", "of", "for", "until", "last used", "note"):
        keys.add_column(head, no_wrap=head in ("key", "until", "last used"))
    used = _accounts(ctx).last_used()
    for account in found.values():
        for key in account.keys:
            what = " · ".join(filter(None, (", ".join(key.scopes), ", ".join(key.corpora)))) or "all"
            last = used.get(key.prefix, "never")[:10]
            keys.add_row(key.prefix, account.name, what, key.expires, last, key.label)
    console().print(keys)


@users.command()
@click.argument("name")
@click.pass_context
def remove(ctx: click.Context, name: str) -> None:
    """Remove the account NAME; its keys count no more."""
    _accounts(ctx).remove(name)
    _recorded(ctx, "account_removed", name)
    console().print(f"removed {name}")


@users.command()
@click.argument("name")
@click.option("--label", default="", help="A note on what the key is for.")
@click.option(
    "--scope", "scopes", multiple=True, type=click.Choice(["ask", "read", "write", "admin"]),
    help="What the key may be used for; repeatable. Default: all that the account may.",
)  # fmt: skip
@click.option("--corpus", "corpora", multiple=True, help="A corpus that the key is for; repeatable. Default: all.")
@click.option("--days", default=0, help="How many days the key is valid. Default: without end.")
@click.option("--withdraw", metavar="PREFIX", help="Instead, revoke the key that begins with PREFIX.")
@click.pass_context
def key(
    ctx: click.Context, name: str, label: str, scopes: tuple[str, ...], corpora: tuple[str, ...], days: int,
    withdraw: str | None,
) -> None:  # fmt: skip
    """Make an API key for NAME, shown this once.

    A key can do less than its account, never more: ask (ask and search), read
    (documents and files), write (bring documents in and out), admin (corpora).
    """
    accounts = _accounts(ctx)
    if withdraw:
        accounts.withdraw_key(name, withdraw)
        _recorded(ctx, "key_revoked", name, key=withdraw)
        console().print(f"withdrew {withdraw} of {name}")
        return
    secret = accounts.new_key(name, label, scopes=scopes, corpora=corpora, days=days)
    _recorded(ctx, "key_made", name, key=secret[:PREFIX])
    click.echo(secret)
    console(err=True).print("Keep it now: it is not shown again. Send it as  Authorization: Bearer KEY", style="dim")


def _accounts(ctx: click.Context) -> Accounts:
    return accounts_of(settings_of(ctx))


def _recorded(ctx: click.Context, event: str, name: str, **fields: str) -> None:
    """A change of accounts goes into the audit log."""
    from sparewheel.rag.observe.audit import access
    from sparewheel.rag.observe.running import open_log

    settings = settings_of(ctx)
    if settings.observe.audit:
        with open_log(settings) as log:
            log.write(access(event, account=name, **fields))


def _row(account: Account, used: Mapping[str, str]) -> dict[str, object]:
    keys = [
        {**{part: value for part, value in vars(key).items() if part != "sha256"}, "used": used.get(key.prefix, "")}
        for key in account.keys
    ]
    row = {"name": account.name, "role": account.role, "groups": list(account.groups)}
    return {**row, "password": bool(account.password), "keys": keys}
