"""The file of accounts (TOML): names, roles, groups, and hashes of passwords and API keys.

    [user.anna]
    role = "analyst"
    groups = ["litigation"]
    password = "$argon2id$..."
    [[user.anna.keys]]
    prefix = "sw-3f9a2c1b"
    sha256 = "..."

Neither a password nor a key is in it.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sparewheel.app.people.access import ROLES, Role, User
from sparewheel.rag.disk import write_durably
from sparewheel.rag.errors import SettingsError, UsageError, suggest

_NAME = re.compile(r"[\w.@+-]{1,64}")


@dataclass(frozen=True)
class Key:
    """An API key, without the secret. prefix: its first letters, to tell one from another."""

    prefix: str
    sha256: str
    label: str = ""
    created: str = ""
    expires: str = ""  # ISO 8601 date, the last day on which it counts; "": it does not end
    scopes: tuple[str, ...] = ()  # `people.scopes`; (): all that the account may
    corpora: tuple[str, ...] = ()  # (): all that the account may read

    def is_valid_on(self, day: str) -> bool:
        """day: ISO 8601 date."""
        return not self.expires or day <= self.expires


@dataclass(frozen=True)
class Account:
    name: str
    role: Role = "viewer"
    groups: tuple[str, ...] = ()
    password: str = ""  # argon2; "" has none and signs in by key only
    keys: tuple[Key, ...] = ()

    @property
    def user(self) -> User:
        return User(self.name, self.role, self.groups)


def checked(account: Account) -> Account:
    """The account as it is. Raises UsageError for a role, or a name of its user or groups, that cannot be."""
    for name in (account.name, *account.groups):
        if not _NAME.fullmatch(name):
            raise UsageError(f"{name!r} is no name: up to 64 letters, digits and . @ + - _")
    if account.role not in ROLES:
        raise UsageError(f"role {account.role!r} is not one of {', '.join(ROLES)}{suggest(account.role, ROLES)}")
    return account


def read_accounts(path: Path) -> dict[str, Account]:
    """By name. Raises FileNotFoundError, or SettingsError for a file that cannot be read."""
    try:
        users: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8")).get("user", {})
        return {name: checked(_account(name, row)) for name, row in users.items()}
    except FileNotFoundError:
        raise
    except (OSError, ValueError, TypeError, KeyError, AttributeError, UsageError) as error:
        raise SettingsError(f"{path}: accounts cannot be read ({error}); mend the file, or make it anew") from error


def write_accounts(path: Path, accounts: Mapping[str, Account]) -> None:
    """Replaces the file, for its owner's eyes only."""
    lines = ["# Made by `sparewheel users`. It holds hashes, no password and no key."]
    for name, account in sorted(accounts.items()):
        lines += ["", f"[user.{_said(name)}]", f"role = {_said(account.role)}", f"groups = {_said(account.groups)}"]
        if account.password:
            lines.append(f"password = {_said(account.password)}")
        for key in account.keys:
            stated = {
                part: value for part, value in vars(key).items() if value or part in ("prefix", "sha256", "label")
            }
            lines += [f"[[user.{_said(name)}.keys]]", *(f"{part} = {_said(value)}" for part, value in stated.items())]
    write_durably(path, ("\n".join(lines) + "\n").encode(), mode=0o600)


def key_of(row: Mapping[str, Any]) -> Key:
    """A key as it is kept, in the file or a database."""
    return Key(**{**row, "scopes": tuple(row.get("scopes", ())), "corpora": tuple(row.get("corpora", ()))})


def _account(name: str, row: Mapping[str, Any]) -> Account:
    keys = tuple(map(key_of, row.get("keys", ())))
    return Account(name, row.get("role", "viewer"), tuple(row.get("groups", ())), row.get("password", ""), keys)


def _said(value: object) -> str:
    """A JSON text is a TOML text, as long as it is printable."""
    return json.dumps(value, ensure_ascii=False)
