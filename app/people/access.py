"""Who may read which corpus. Checked where a corpus is opened, so that no page or API can forget it.

`user` None is the local owner: a command line or a page on loopback without accounts, where everything is allowed.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal, get_args

from sparewheel.rag.errors import Forbidden, NeedsRole, NotFound, StoreError, suggest
from sparewheel.rag.ingest.corpus import CorpusConfig
from sparewheel.rag.ingest.stores import CorpusSnapshot, Place
from sparewheel.rag.readable import readable as part_of
from sparewheel.rag.rights import Rights

Role = Literal["viewer", "analyst", "admin"]  # each may do what the ones before it may
ROLES: tuple[Role, ...] = get_args(Role)
GROUP = "group:"  # before a group's name in a list of readers


@dataclass(frozen=True)
class User:
    """Somebody with an account. viewer: asks and reads; analyst: also brings documents in and out, and evaluates;
    admin: also makes and removes corpora, and says who reads them."""

    name: str
    role: Role = "viewer"
    groups: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()  # of the key that they came with (`people.scopes`); (): all that the account may
    corpora: tuple[str, ...] = ()  # that the key is for; (): all that the account may read


def names_of(user: User) -> frozenset[str]:
    """By which names readers mean the user: their own, and "group:NAME" of each group."""
    return frozenset({user.name, *(GROUP + group for group in user.groups)})


def may_read(config: CorpusConfig, user: User | None) -> bool:
    """readers holds user names and "group:NAME"; empty: everybody. No role opens a corpus by itself, not even admin."""
    if user is None:
        return True
    if user.corpora and config.name not in user.corpora:
        return False
    return not config.readers or not names_of(user).isdisjoint(config.readers)


def rights_of(config: CorpusConfig, user: User | None) -> Rights | None:
    """What of the documents the user may read, if they may read the corpus; None: all, for the local owner."""
    return None if user is None else config.rights(names_of(user))


def admitted_rights(place: Place, name: str, user: User | None) -> Rights | None:
    """What of the corpus' documents the user may read; None: all. Raises as `admitted`."""
    return rights_of(admitted(place, name, user), user)


@contextmanager
def opened(place: Place, name: str, user: User | None) -> Iterator[CorpusSnapshot]:
    """The newest snapshot without what the user may not read: the one way to documents for whoever shows them. Raises
    as `admitted`, NotFound while it is empty."""
    rights = admitted_rights(place, name, user)
    with place.store(name).open() as snapshot:
        yield part_of(snapshot, rights, name)


def require_role(user: User | None, role: Role, action: str) -> None:
    """Raises NeedsRole when the user's role does not reach. action: what was tried, "remove a corpus"."""
    if user is not None and ROLES.index(user.role) < ROLES.index(role):
        raise NeedsRole(f"{user.name!r} is {user.role}; to {action} takes the role {role}: ask an administrator")


def readable(place: Place, user: User | None) -> list[CorpusConfig]:
    """The corpora kept there that the user may read, by name. One whose corpus.json is broken is left out."""
    found = []
    for name in place.names():
        with suppress(StoreError, NotFound):  # NotFound: removed while we looked
            found.append(place.config(name))
    return [config for config in found if may_read(config, user)]


def admitted(place: Place, name: str, user: User | None) -> CorpusConfig:
    """What the corpus is, once the user may read it.

    Raises NotFound; for a user, Forbidden in the same words whether the corpus is not there or not theirs, so that
    its existence stays hidden; UsageError for a name that no corpus can have.
    """
    if user is None:
        return place.config(name)
    with suppress(NotFound):
        config = place.config(name)
        if may_read(config, user):
            return config
    near = suggest(name, [config.name for config in readable(place, user)])
    raise Forbidden(f"no corpus {name!r} for {user.name!r}{near}; ask an administrator for access")
