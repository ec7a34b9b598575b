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
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sparewheel.app.people.access import Role, User
from sparewheel.app.people.accounts import Account, Key, checked
from sparewheel.app.people.kept_accounts import AccountsFile, AccountsShared, KeptAccounts
from sparewheel.app.people.key_use import KeyUse
from sparewheel.app.people.scopes import checked_scopes
from sparewheel.rag.errors import NotFound, Unavailable, UsageError, suggest
from sparewheel.rag.settings import Settings

if TYPE_CHECKING:
    from argon2 import PasswordHasher

Changed = TypeVar("Changed", bound=Account | None)

SHORTEST_PASSWORD = 10
HASHES_AT_ONCE = 2  # of 64 MiB each; also what slows down who guesses
USED = "keys-used.sqlite"  # when each key was last used, as this machine knows it
PREFIX = len("sw-01234567")


class Accounts:
    """The accounts of one file or of the shared database, shared by threads; commands may change them beside."""

    def __init__(
        self,
        kept: Path | KeptAccounts,
        used: Path | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """used: the file that notes when keys were last used; by default beside the file of accounts, else nowhere."""
        self.kept: KeptAccounts = AccountsFile(kept) if isinstance(kept, Path) else kept
        if used is None and isinstance(kept, Path):
            used = kept.with_name(USED)
        self._use = KeyUse(used) if used is not None else None
        self._now = now
        self._lock = threading.Lock()
        self._seen: Hashable = None  # the stamp of what was read
        self._accounts: dict[str, Account] = {}
        self._keys: dict[str, tuple[User, Key]] = {}  # prefix -> whose, and the key
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
                self._keys = {key.prefix: (a.user, key) for a in accounts.values() for key in a.keys}
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
        """Whose API key it is, with what the key is for; None for one that is not known, was withdrawn or has ended."""
        self.all()
        user, known = self._keys.get(key[:PREFIX], (None, Key("", "")))
        right = hmac.compare_digest(known.sha256, _sha256(key))
        if user is None or not right or not known.is_valid_on(self._now().date().isoformat()):
            return None
        if self._use is not None:
            self._use.used(known.prefix)
        return replace(user, scopes=known.scopes, corpora=known.corpora)

    def last_used(self) -> dict[str, str]:
        """Prefix of a key -> when it was last used, ISO 8601 UTC; only of keys that were."""
        return self._use.last() if self._use is not None else {}

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

    def new_key(
        self, name: str, label: str = "", *, scopes: tuple[str, ...] = (), corpora: tuple[str, ...] = (), days: int = 0
    ) -> str:
        """A new API key of the account: shown this once, only its hash is kept. Raises NotFound.

        scopes, corpora: what it is for; (): all that the account may. days: how long it counts; 0: without end.
        """
        self._known(name)
        scopes = checked_scopes(scopes)
        if days < 0:
            raise UsageError(f"a key cannot be valid for {days} days; 0 is without end")
        if not label.isprintable():
            raise UsageError(f"label {label!r} is not printable; take plain words")
        secret = f"sw-{secrets.token_hex(4)}-{secrets.token_urlsafe(32)}"
        today = self._now().date()
        ends = (today + timedelta(days=days)).isoformat() if days else ""
        key = Key(secret[:PREFIX], _sha256(secret), label, today.isoformat(), ends, scopes, corpora)
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
        return Accounts(AccountsShared(shared), settings.corpora_folder / USED)
    return Accounts(Path(named).expanduser() if named else settings.corpora_folder / "users.toml")


def _sha256(key: str) -> str:
    """Without salt: a key is 256 random bits, nobody has a table of those."""
    return hashlib.sha256(key.encode()).hexdigest()
