"""Who may come in: by password (argon2) on the page, by key (sha256) at the API. The file: `app.people.accounts`.

The file is read again when it changes: an account made, or a key withdrawn, by `sparewheel users` counts from the next
request on.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections.abc import Callable, Hashable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sparewheel.app.people.access import Role, User
from sparewheel.app.people.accounts import Account, Key, checked
from sparewheel.app.people.kept_accounts import AccountsFile, AccountsShared, KeptAccounts
from sparewheel.rag.errors import NotFound, Unavailable, UsageError, suggest
from sparewheel.rag.settings import Settings

if TYPE_CHECKING:
    from argon2 import PasswordHasher

Changed = TypeVar("Changed", bound=Account | None)

SHORTEST_PASSWORD = 10
HASHES_AT_ONCE = 2  # of 64 MiB each; also what slows down who guesses
PREFIX = len("sw-01234567")


class Accounts:
    """The accounts of one file or of the shared database, shared by threads; commands may change them beside."""

    def __init__(self, kept: Path | KeptAccounts) -> None:
        self.kept: KeptAccounts = AccountsFile(kept) if isinstance(kept, Path) else kept
        self._lock = threading.Lock()
        self._seen: Hashable = None  # the stamp of what was read
        self._accounts: dict[str, Account] = {}
        self._keys: dict[str, tuple[User, str]] = {}  # prefix -> whose, and the sha256 of the whole key
        self._hashing = threading.BoundedSemaphore(HASHES_AT_ONCE)

    def all(self) -> dict[str, Account]:
        """By name; {} while there are none. Raises SettingsError for a file that cannot be read. While their database
        cannot be reached, those that were read last count on."""
        with self._lock:
            try:
                stamp = self.kept.stamp()
            except Unavailable:
                if self._seen is None:
                    raise
                return self._accounts
            if self._seen != stamp:
                accounts = self.kept.read()
                self._keys = {key.prefix: (a.user, key.sha256) for a in accounts.values() for key in a.keys}
                self._accounts, self._seen = accounts, stamp
            return self._accounts

    def check(self, name: str, password: str) -> User | None:
        """The user, if that is the password. Takes as long for a name that is not there."""
        from argon2.exceptions import InvalidHashError, VerificationError

        account = self.all().get(name)
        known = account is not None and account.password != ""
        with self._hashing:
            try:
                self._hasher.verify(account.password if account and known else self._nobodys, password)
            except (VerificationError, InvalidHashError):
                return None
        return account.user if account and known else None

    def by_key(self, key: str) -> User | None:
        """Whose API key it is."""
        self.all()
        user, digest = self._keys.get(key[:PREFIX], (None, ""))
        return user if hmac.compare_digest(digest, _sha256(key)) else None

    def add(self, name: str, role: Role = "viewer", groups: tuple[str, ...] = (), password: str = "") -> Account:
        """A new account, or the account with another role, groups, and password if one is given."""
        checked(Account(name, role, groups))
        if password and len(password) < SHORTEST_PASSWORD:
            raise UsageError(f"the password has {len(password)} characters; take at least {SHORTEST_PASSWORD}")
        hashed = self._hasher.hash(password) if password else ""

        def added(account: Account | None) -> Account:
            before = account or Account(name)
            return replace(before, role=role, groups=groups, password=hashed or before.password)

        return self._change(name, added)

    def remove(self, name: str) -> None:
        """The account and its keys count no more. Raises NotFound."""
        self._known(name)
        self._change(name, lambda account: None)

    def new_key(self, name: str, label: str = "") -> str:
        """A new API key of the account: shown this once, only its hash is kept. Raises NotFound."""
        self._known(name)
        if not label.isprintable():
            raise UsageError(f"label {label!r} is not printable; take plain words")
        secret = f"sw-{secrets.token_hex(4)}-{secrets.token_urlsafe(32)}"
        today = datetime.now(UTC).date().isoformat()
        key = Key(secret[:PREFIX], _sha256(secret), label, today)
        self._change(name, lambda account: account and replace(account, keys=(*account.keys, key)))
        return secret

    def withdraw_key(self, name: str, prefix: str) -> None:
        """The user's key that begins so counts no more. Raises NotFound."""
        self._known(name)
        prefix, known = prefix[:PREFIX], [key.prefix for key in self.all()[name].keys]
        if prefix not in known:
            raise NotFound(
                f"no key of {name!r} begins with {prefix!r}{suggest(prefix, known)}; see: sparewheel users list"
            )

        def without(account: Account | None) -> Account | None:
            return account and replace(account, keys=tuple(key for key in account.keys if key.prefix != prefix))

        self._change(name, without)

    def _known(self, name: str) -> None:
        if name not in (names := self.all()):
            raise NotFound(f"no user {name!r}{suggest(name, names)}; make one: sparewheel users add {name}")

    def _change(self, name: str, change: Callable[[Account | None], Changed]) -> Changed:
        """The account as `change` made it (None: gone), after it is kept."""
        made: list[Changed] = []

        def changed(account: Account | None) -> Account | None:
            made.append(change(account))
            return made[-1]

        self.kept.change(name, changed)
        return made[-1]

    @cached_property
    def _hasher(self) -> PasswordHasher:
        from argon2 import PasswordHasher

        return PasswordHasher()

    @cached_property
    def _nobodys(self) -> str:
        return self._hasher.hash(secrets.token_hex())


def accounts_of(settings: Settings) -> Accounts:
    """The accounts of the setting api.users_file; without it those of the shared database, where there is one."""
    named = settings.api.users_file
    if settings.store and not named:
        from sparewheel.rag.postgres.shared import shared_of

        shared = shared_of(settings)
        assert shared is not None
        return Accounts(AccountsShared(shared))
    return Accounts(Path(named).expanduser() if named else settings.corpora_folder / "users.toml")


def _sha256(key: str) -> str:
    """Without salt: a key is 256 random bits, nobody has a table of those."""
    return hashlib.sha256(key.encode()).hexdigest()
