"""Where accounts are kept: in a file of this machine, or in the database that all servers share."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from sparewheel.app.people.accounts import Account, checked, key_of, read_accounts, write_accounts
from sparewheel.rag.disk import FileHold

if TYPE_CHECKING:
    from sparewheel.rag.postgres.shared import Shared

STAMP = "accounts"
Change = Callable[[Account | None], Account | None]


class KeptAccounts(Protocol):
    """The accounts, wherever they are."""

    def stamp(self) -> Hashable:
        """Another one after every change; cheap. Never None."""
        ...

    def read(self) -> dict[str, Account]:
        """By name. Raises SettingsError for what cannot be read."""
        ...

    def change(self, name: str, change: Change) -> None:
        """Keeps what `change` made of the account of this name; nobody changes any meanwhile. None: it is gone."""
        ...


class AccountsFile:
    """A TOML file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def stamp(self) -> Hashable:
        """Time of change and inode; () without a file."""
        try:
            stat = self.path.stat()
        except FileNotFoundError:
            return ()
        return stat.st_mtime_ns, stat.st_ino

    def read(self) -> dict[str, Account]:
        """As the protocol; {} without a file."""
        try:
            return read_accounts(self.path)
        except FileNotFoundError:
            return {}

    def change(self, name: str, change: Change) -> None:
        """As the protocol."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        hold = FileHold(self.path.with_name(f".{self.path.name}.lock"), shared=False, wait=True, create=True)
        try:
            accounts = self.read()
            account = change(accounts.pop(name, None))
            if account is not None:
                accounts[name] = account
            write_accounts(self.path, accounts)
        finally:
            hold.close()


class AccountsShared:
    """The table `accounts`."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def stamp(self) -> Hashable:
        """How often an account was changed."""
        return self._shared.stamp(STAMP)

    def read(self) -> dict[str, Account]:
        """As the protocol."""
        with self._shared.transaction() as rows:
            found = rows.execute("SELECT name, role, groups, password, keys FROM accounts").fetchall()
        return {row[0]: _account(row) for row in found}

    def change(self, name: str, change: Change) -> None:
        """As the protocol."""
        from sparewheel.rag.postgres.shared import changed

        with self._shared.transaction() as rows:
            changed(rows, STAMP)  # first: whoever changes another account waits here
            row = rows.execute(
                "SELECT name, role, groups, password, keys FROM accounts WHERE name = ?", (name,)
            ).fetchone()
            account = change(_account(row) if row is not None else None)
            rows.execute("DELETE FROM accounts WHERE name = ?", (name,))
            if account is not None:
                keys = json.dumps([asdict(key) for key in account.keys])
                kept = (account.name, account.role, json.dumps(account.groups), account.password, keys)
                rows.execute("INSERT INTO accounts VALUES (?, ?, ?, ?, ?)", kept)


def _account(row: tuple[Any, ...]) -> Account:
    name, role, groups, password, keys = row
    return checked(Account(name, role, tuple(groups), password, tuple(map(key_of, keys))))
