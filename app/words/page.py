"""Every wording of the page as one table, from the tables of its screens."""

from __future__ import annotations

from sparewheel.app import words
from sparewheel.app.words import Table, accounts, advise, ask, documents, evaluate, health, review, shell

TABLES = (shell, ask, documents, review, evaluate, health, advise, accounts)


def table() -> Table:
    """The wordings of every screen. Raises ValueError for a key that two of them define."""
    merged: Table = {}
    for screen in TABLES:
        if twice := merged.keys() & screen.TEXTS.keys():
            raise ValueError(f"{screen.__name__} defines {', '.join(sorted(twice))} again; give the key another name")
        merged |= screen.TEXTS
    return merged


_TABLE = table()


def say(language: str, key: str, **values: object) -> str:
    """The wording of `key` in `language` with the values filled in. Raises KeyError for an unknown key."""
    return words.say(_TABLE[key], language, **values)
