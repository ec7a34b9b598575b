"""Who may read which corpus. Checked where a corpus is opened, so that no page or API can forget it.

`user` None is the local owner: a command line or a page on loopback without accounts, where everything is allowed.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from sparewheel.rag.errors import Forbidden, NeedsRole, NotFound, StoreError, suggest
from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder, corpus_names, read_config

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


def may_read(config: CorpusConfig, user: User | None) -> bool:
    """readers holds user names and "group:NAME"; empty: everybody. No role opens a corpus by itself, not even admin."""
    if user is None or not config.readers:
        return True
    return not {user.name, *(GROUP + group for group in user.groups)}.isdisjoint(config.readers)


def require_role(user: User | None, role: Role, action: str) -> None:
    """Raises NeedsRole when the user's role does not reach. action: what was tried, "remove a corpus"."""
    if user is not None and ROLES.index(user.role) < ROLES.index(role):
        raise NeedsRole(f"{user.name!r} is {user.role}; to {action} takes the role {role}: ask an administrator")


def readable(corpora_folder: Path, user: User | None) -> list[CorpusConfig]:
    """The corpora kept in the folder that the user may read, by name. One whose corpus.json is broken is left out."""
    found = []
    for name in corpus_names(corpora_folder):
        with suppress(StoreError, NotFound):  # NotFound: removed while we looked
            found.append(read_config(corpora_folder / name))
    return [config for config in found if may_read(config, user)]


def admitted(corpora_folder: Path, name: str, user: User | None) -> CorpusConfig:
    """What the corpus is, once the user may read it.

    Raises NotFound; for a user, Forbidden in the same words whether the corpus is not there or not theirs, so that
    its existence stays hidden; UsageError for a name that no corpus can have.
    """
    folder = corpus_folder(corpora_folder, name)
    if user is None:
        return read_config(folder)
    with suppress(NotFound):
        config = read_config(folder)
        if may_read(config, user):
            return config
    near = suggest(name, [config.name for config in readable(corpora_folder, user)])
    raise Forbidden(f"no corpus {name!r} for {user.name!r}{near}; ask an administrator for access")
