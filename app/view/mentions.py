"""Documents named in a question by an @: "What does @Foundry Yard lease say about pets?". Pure."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

LONGEST = 120  # characters of a name behind an @
SHORTEST = 2  # of the beginning of a name

# an @ that begins a word, so that no mail address is taken for one; Chinese has no blanks
_AT = re.compile(r"(?:(?<=^)|(?<=[\s\u3000-\u9fff\uff00-\uffef(\"'“「,;]))[@\uff20](?=\S)")
_QUOTED = re.compile(r"[\"“「『《]([^\"”」』》\n]{1,120})[\"”」』》]")
_FIRST_WORD = re.compile(r"[^\s,;:?!，。；：？！、]+")
_BETWEEN = re.compile(r"[\s_\-–·.]+")


@dataclass(frozen=True, slots=True)
class Mentions:
    """question: as it is asked, without the signs. documents: ids, in the order named. unknown: what stands behind an
    @ and is no document's name; nearest: the title that is most like it, "" where none is."""

    question: str
    documents: tuple[str, ...] = ()
    unknown: str = ""
    nearest: str = ""


def mentioned(question: str, titles: Mapping[str, str]) -> Mentions:
    """What is named behind each @. titles: document id -> title; a document is called by its title, by its file name
    with or without the ending, or by a beginning of one that is no other document's."""
    names = _names(titles)
    found: dict[str, None] = {}
    parts, at = [], 0
    for sign in _AT.finditer(question):
        if sign.start() < at:
            continue
        rest = question[sign.end() : sign.end() + LONGEST]
        ids, length = _named(rest, names)
        if not ids:
            said = _first(rest)
            near = difflib.get_close_matches(_plain(said), names, 1, 0.5)
            return Mentions(question, tuple(found), said, titles[names[near[0]][0]] if near else "")
        found.update(dict.fromkeys(ids))
        parts += [question[at : sign.start()], question[sign.end() : sign.end() + length]]
        at = sign.end() + length
    return Mentions("".join([*parts, question[at:]]), tuple(found))


def _names(titles: Mapping[str, str]) -> dict[str, list[str]]:
    """Name as it is compared -> the documents that are called so."""
    names: dict[str, list[str]] = {}
    for id, title in titles.items():
        path = PurePosixPath(id)
        for name in {_plain(title), _plain(path.name), _plain(path.stem), _plain(id)} - {""}:
            names.setdefault(name, []).append(id)
    return names


def _named(rest: str, names: Mapping[str, list[str]]) -> tuple[list[str], int]:
    """The documents that the text begins with, and how many of its characters name them; the longest name counts."""
    if quoted := _QUOTED.match(rest):
        return _beginning(_plain(quoted[1]), names), quoted.end()
    for end in range(len(rest), SHORTEST - 1, -1):
        inside = end < len(rest) and rest[end - 1].isascii() and rest[end - 1].isalnum() and rest[end].isalnum()
        if not inside and not rest[end - 1].isspace() and (ids := names.get(_plain(rest[:end]))):
            return ids, end
    word = _first(rest)
    return (_beginning(_plain(word), names), len(word)) if len(word) >= SHORTEST else ([], 0)


def _beginning(name: str, names: Mapping[str, list[str]]) -> list[str]:
    """The documents of the name; else the one document with a name that begins so."""
    if exact := names.get(name):
        return exact
    ids = {id for known, of in names.items() if known.startswith(name) for id in of} if name else set()
    return list(ids) if len(ids) == 1 else []


def _first(rest: str) -> str:
    found = _FIRST_WORD.match(rest)
    return found[0] if found else rest[:20]


def _plain(name: str) -> str:
    return _BETWEEN.sub(" ", name).strip().casefold()
