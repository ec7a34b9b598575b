"""Which document changed or replaced which: an amendment and its contract, version 2 and version 1.

`relations` reads it from the opening, as metadata (`amends`, `version`, `supersedes`) beside the document's identity;
`in_force` uses it where passages of both were found: the newer come first, and a note names both with their dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import permutations
from typing import Protocol

from sparewheel.rag.types import Hit

KEYS = ("amends", "version", "supersedes")
_OPENING_CHARS = 1200
_CHANGE = r"(?:amendment|addendum|supplement(?:al agreement)?|supplementary agreement|variation|modification)"
_ORDINAL = r"(?:first|second|third|fourth|fifth|\w+th|\d+(?:st|nd|rd|th)|this|deed of)"
_AMENDS = re.compile(
    rf"(?ims)^\W*(?:{_ORDINAL}\s+){{0,2}}{_CHANGE}\b(?:\s+(?:agreement|letter|no\.?|number|nr\.?)?\s*(?:\d+|[ivx]+|one|two))?"
    r"\s+(?:to|of)\s+(?:the\s+|that\s+certain\s+)?(?!this\b)([^\n.;:(,]{4,120}?)"
    r"(?=\s+(?:dated|between|made|entered|by and|of\s+\d{1,2}\s+[a-z]+\s+\d{4})|[\n.;:(,]|\Z)"
)
_AMENDS_ZH = re.compile(
    r"(?:关于)?《?([^《》\n，。]{2,40}?)》?(?:之|的)?(?:第?[一二三四五六七八九十\d]*(?:号|次)?)"
    r"(?:补充协议|补充合同|变更协议|修正案|修订协议)"
)
_VERSION = re.compile(r"(?i)\b(?:version|ver\.|revision|rev\.|edition|v(?=\d))\s*:?\s*(\d{1,3}(?:\.\d{1,3}){0,3})\b")
_VERSION_ZH = re.compile(r"版本号?[：:\s]*[Vv]?(\d{1,3}(?:\.\d{1,3}){0,3})")
_SUPERSEDES = re.compile(r"(?i)\b(?:supersedes|replaces)\s+(?:and\s+replaces\s+)?((?:the\s+)?[^\n.;]{4,120})")
_CHANGED = r"(?:amend(?:ment|ed)|addendum|chang(?:e|ed)|variation|varied|revis(?:ion|ed)|replaced|new version)"
_BEFORE = re.compile(  # asks for what the newer document did away with
    r"(?i)\b(?:before|prior to|until)\s+"
    rf"(?:(?:the|its|this|that|first|last)\s+|(?:it|they|this)\s+(?:was|were)\s+){{0,3}}{_CHANGED}\b"
    r"|\bused to be\b|(?:修订|修改|变更|补充协议|修正)(?:之)?前"
)
_OLDER = re.compile(
    r"(?i)\b(?:originally|formerly|previously|(?:original|previous|first|old) version)\b|原来|原先|旧版|原合同|原协议"
)
_SMALL = {
    *("the", "a", "an", "of", "to", "and", "for", "in", "on", "between", "dated", "no", "number", "agreement"),
    *("document", "version"),
}


def relations(text: str, title: str) -> dict[str, str]:
    """What the opening says the document changes or replaces; a key that it says nothing of is absent."""
    opening = f"{title}\n{text[:_OPENING_CHARS]}"
    head = f"{title}\n{text[:200]}"  # what a document is stands in its first lines; later ones only mention others
    found: dict[str, str] = {}
    if amends := _AMENDS.search(head) or _AMENDS_ZH.search(head):
        found["amends"] = " ".join(amends[1].split())
    if version := _VERSION.search(opening) or _VERSION_ZH.search(opening):
        found["version"] = version[1]
    if "amends" not in found and (replaced := _SUPERSEDES.search(opening)):
        found["supersedes"] = " ".join(replaced[1].split())
    return found


def asks_before(question: str) -> bool:
    """Whether the question is about what a change did away with."""
    return _BEFORE.search(question) is not None


def asks_older(question: str) -> bool:
    """Whether the question is about an older document rather than what is in force."""
    return asks_before(question) or _OLDER.search(question) is not None


def without_before(question: str) -> str:
    """The question as it is put to the older document, which knows of no change: "What was the rent before the
    amendment?" -> "What was the rent?"."""
    return " ".join(_BEFORE.sub("", question).split()).replace(" ?", "?")


def in_force(hits: Sequence[Hit], question: str) -> tuple[list[Hit], list[str]]:
    """The hits with the passages of a newer document before those of the one it changed, and a note for each such
    pair. Where the question asks for the older one, that comes first; where it asks for what was before the change, the
    newer has nothing to say. Hits of other documents keep their places."""
    documents: dict[str, Hit] = {}
    for hit in hits:
        documents.setdefault(hit.chunk.document_id, hit)
    ordered, notes = list(hits), []
    for newer, older in permutations(documents.values(), 2):
        if not (how := _replaces(newer, older)):
            continue
        if asks_before(question):
            ordered = [hit for hit in ordered if hit.chunk.document_id != newer.chunk.document_id]
        else:
            first, second = (older, newer) if _OLDER.search(question) else (newer, older)
            ordered = _before(ordered, first.chunk.document_id, second.chunk.document_id)
        notes.append(f"{_called(older)} is {how} by {_called(newer)}")
    return [replace(hit, rank=rank) for rank, hit in enumerate(ordered, 1)] if notes else ordered, notes


def replaced(hits: Sequence[Hit]) -> set[tuple[str, str]]:
    """(newer, older) document id of each pair among the hits of which the one changes or replaces the other."""
    documents = {hit.chunk.document_id: hit for hit in hits}
    return {(a, b) for a, b in permutations(documents, 2) if _replaces(documents[a], documents[b])}


class Described(Protocol):
    """What is known of a document."""

    @property
    def id(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def metadata(self) -> Mapping[str, str]: ...


def changed_by(documents: Iterable[Described]) -> dict[str, frozenset[str]]:
    """document id -> ids of those that amended it, where there are any."""
    known = [*documents]
    changes = [each for each in known if each.metadata.get("amends")]
    found = {
        older.id: frozenset(each.id for each in changes if _how(each.metadata, each.title, older.metadata, older.title))
        for older in (known if changes else ())
    }
    return {id: ids for id, ids in found.items() if ids}


def _replaces(newer: Hit, older: Hit) -> str:
    """ "amended" or "superseded" where the one changes the other, else ""."""
    return _how(newer.chunk.metadata, newer.chunk.title, older.chunk.metadata, older.chunk.title)


def _how(said: Mapping[str, str], title: str, other: Mapping[str, str], older_title: str) -> str:
    base = _words(older_title)
    if (amends := _words(said.get("amends", ""))) and "amends" not in other:
        return "amended" if amends <= base or (base and base <= amends) else ""
    if (replaced := _words(said.get("supersedes", ""))) and replaced <= base | _words(other.get("version", "")):
        return "superseded"
    same = base and base == _words(title)
    if same and said.get("parties") == other.get("parties") and _number(said) > _number(other) > ():
        return "superseded"
    return ""


def _words(name: str) -> frozenset[str]:
    """The words that tell a title from others; Chinese by its characters in pairs."""
    name = _VERSION.sub(" ", name)
    words = {word for word in re.findall(r"[a-z0-9]+", name.casefold()) if word not in _SMALL}
    han = re.sub(r"[^\u4e00-\u9fff]", "", name)
    return frozenset(words | {han[i : i + 2] for i in range(len(han) - 1)})


def _number(metadata: Mapping[str, str]) -> tuple[int, ...]:
    return tuple(int(part) for part in metadata.get("version", "").split(".") if part.isdigit())


def _before(hits: list[Hit], first: str, second: str) -> list[Hit]:
    """The places that the two documents hold, filled with the passages of the first, then of the second."""
    places = [i for i, hit in enumerate(hits) if hit.chunk.document_id in (first, second)]
    moved = sorted((hits[i] for i in places), key=lambda hit: hit.chunk.document_id != first)
    ordered = list(hits)
    for place, hit in zip(places, moved, strict=True):
        ordered[place] = hit
    return ordered


def _called(hit: Hit) -> str:
    """ "Title" with its version and date where they are known."""
    known = hit.chunk.metadata
    version = f"version {known['version']}" if known.get("version") else ""
    more = ", ".join(filter(None, (version, known.get("date", ""))))
    return f'"{hit.chunk.title}"{f" ({more})" if more else ""}'
