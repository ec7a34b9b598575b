"""What a corpus is besides its documents: corpus.json in its folder."""

from __future__ import annotations

import functools
import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

from sparewheel.rag.disk import write_durably
from sparewheel.rag.errors import NotFound, StoreError, UsageError, no_corpus
from sparewheel.rag.rights import Readers, Rights, checked_rules
from sparewheel.rag.types import Profile, Sensitivity

NAME = "corpus.json"


@dataclass(frozen=True)
class CorpusConfig:
    """A corpus folder is complete by itself: its domain's profile travels with it."""

    name: str
    domain: str = "general"
    sensitivity: Sensitivity = "normal"
    embedding: str = ""  # name of the embedding model; "" until the first dense index is built
    access: Mapping[str, Readers] = field(default_factory=dict)  # rules of single folders and documents (`rag.rights`)
    access_found: Mapping[str, Mapping[str, Readers]] = field(default_factory=dict)  # ingested folder -> the rules of
    # the files ".access" in it
    readers: tuple[str, ...] = ()  # who may read it (app.people.access): user names, "group:NAME"; empty: everybody
    profile: Profile = field(default_factory=Profile)
    id: str = field(default_factory=lambda: secrets.token_hex(4))  # names it where its name must not be shown
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def rights(self, names: frozenset[str]) -> Rights:
        """What somebody of these names ("anna", "group:hr") may read of it."""
        return Rights(names, tuple(rules for rules in (self.access, *self.access_found.values()) if rules))

    def write(self, folder: Path) -> None:
        write_durably(folder / NAME, self.to_json())

    def to_json(self) -> bytes:
        """corpus.json."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()


def read_config(folder: Path) -> CorpusConfig:
    """Raises NotFound when `folder` holds no corpus, StoreError when its corpus.json cannot be read."""
    try:
        return config_of((folder / NAME).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFound(no_corpus(folder.name, corpus_names(folder.parent))) from None
    except (ValueError, KeyError, TypeError, AttributeError, UsageError) as error:
        raise StoreError(f"{folder / NAME} cannot be read ({error}); mend it, or ingest into a new corpus") from error


@functools.lru_cache(maxsize=64)  # it is read with every question, and seldom another
def config_of(text: str) -> CorpusConfig:
    """The config that `to_json` wrote. Raises ValueError, KeyError, TypeError, AttributeError or UsageError for one
    that is broken."""
    raw = json.loads(text)
    tuples = {f.name for f in fields(Profile) if isinstance(getattr(Profile(), f.name), tuple)}
    profile: dict[str, Any] = {key: tuple(value) if key in tuples else value for key, value in raw["profile"].items()}
    # a file that does not say how sensitive it is may have lost the line: it stays on this machine
    older = hashlib.sha256(f"{raw['name']} {raw['created']}".encode()).hexdigest()[:8]
    raw = {
        "sensitivity": "high",
        "id": older,
        **raw,
        "readers": tuple(raw.get("readers", ())),
        "access": checked_rules(raw.get("access", {})),
        "access_found": {root: checked_rules(rules) for root, rules in raw.get("access_found", {}).items()},
        "profile": Profile(**profile),
    }
    if raw["sensitivity"] not in get_args(Sensitivity):
        raise ValueError(f"sensitivity is {raw['sensitivity']!r}, not 'high' or 'normal'")
    return CorpusConfig(**raw)


def corpus_names(corpora_folder: Path) -> list[str]:
    """The corpora kept in a folder, sorted; [] when the folder is absent."""
    return sorted(path.parent.name for path in corpora_folder.glob(f"*/{NAME}"))


def corpus_folder(corpora_folder: Path, name: str) -> Path:
    """Where the corpus `name` lives. Raises UsageError for a name that is no plain folder name."""
    return corpora_folder / checked_name(name)


def checked_name(name: str) -> str:
    """The name as it is. Raises UsageError for one that no corpus can have."""
    if not re.fullmatch(r"\w[\w.-]{0,63}", name):
        raise UsageError(f"corpus name {name!r}: use up to 64 letters, digits, '-', '_' and '.', a letter first")
    return name
