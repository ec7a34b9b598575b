"""What a document is: its title, kind, parties, drug, matter, date, and the names it gives to them.

The opening says it, every later passage takes it for granted. It is read once, when the document is stored, by rules
(`opening_en`, `opening_zh`), and kept as metadata: to filter by, to be corrected by hand, to be indexed with every
passage, and to tell which document a question names (`retrieve.scope`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import PurePath

from sparewheel.rag.errors import UsageError, suggest
from sparewheel.rag.ingest import opening_en, opening_zh
from sparewheel.rag.ingest.several import SEPARATOR, SEVERAL
from sparewheel.rag.table_text import labelled
from sparewheel.rag.types import WITHIN, Document

OPENING_CHARS = 4000
KEYS = ("kind", "parties", "drug", "subject", "matter", "date", "aliases")
EDITED = "edited"  # metadata key: the keys that a person set; they are not read again

_FILE_LIKE = re.compile(
    r"(?i).*\bEX-?\d+(?:\.\d+)?\b.*|.*\.(?:pdf|docx?|html?|txt|xml|rtf|wpd|tmp)|[a-z]?\d{5,}\w*|[\W\d_]+"
    r"|package leaflet\b.*|patient (?:information )?leaflet|information for the (?:patient|user)s?|(?:药品|使用)?说明书"
    r"|(?:untitled|unknown|document|scan|file|doc|img|page|export)[\s_\d-]*|无标题.*|未命名.*|新建.*|扫描.*"
)


_EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|__)(?=\S)([^*\n]{1,120}?)(?<=\S)\1(?![\w*])")  # of Markdown: **Acme Ltd**

_BETWEEN = re.compile("[;；\\n]")  # several names, as people type them
_EQUALS = re.compile(r"\s*[=＝]\s*")
_ALIAS = re.compile(r"[^=]+ = [^=]+")
_ISO = re.compile(r"\d{4}(-\d\d){0,2}", re.ASCII)
_MISSTATED = {  # key -> what is said of a value that cannot be
    "title": "the title is empty; say what the document is",
    "date": "{value!r} is no date; write a day, a month or a year: 2024-05-31, 2024-05 or 2024",
    "aliases": "{value!r} does not say who is meant; write each as: Tenant = Acme Ltd",
}


@dataclass(frozen=True, slots=True)
class Opening:
    """What the opening of a document says of it. "" and () where it does not say."""

    title: str = ""
    kind: str = ""  # "non-disclosure agreement", "patient leaflet", "房屋租赁合同"
    parties: tuple[str, ...] = ()
    drug: tuple[str, ...] = ()  # name, then substance
    subject: str = ""  # what a contract is about: 物理实验台
    matter: str = ""  # number of the case, or the patient
    date: str = ""  # ISO 8601
    aliases: tuple[tuple[str, str], ...] = ()  # (the name used in the document, the party it stands for)

    def metadata(self) -> dict[str, str]:
        """As document metadata, what is unknown left out."""
        named = SEPARATOR.join(f"{alias} = {name}" for alias, name in self.aliases)
        found = {
            "kind": self.kind,
            "parties": SEPARATOR.join(self.parties),
            "drug": SEPARATOR.join(self.drug),
            "subject": self.subject,
            "matter": self.matter,
            "date": self.date,
            "aliases": named,
        }
        return {key: value for key, value in found.items() if value}


def identified(document: Document) -> Document:
    """The document with its title and what its opening says as metadata; what a person has set is kept."""
    by_hand = document.metadata.get(EDITED, "").split()
    read = opening_zh.read if document.language == "zh" else opening_en.read
    opening = _EMPHASIS.sub(r"\2", labelled(document.text[:OPENING_CHARS]))
    found = Opening(**read(opening, _headings(document)))
    title = document.title
    if "title" not in by_hand and says_nothing(title, document):
        title = found.title or title
    kept = {key: value for key, value in document.metadata.items() if key not in KEYS or key in by_hand}
    fresh = {key: value for key, value in found.metadata().items() if key not in by_hand}
    return replace(document, title=title, metadata={**kept, **fresh})


def edited(document: Document, changes: Mapping[str, str]) -> Document:
    """The document with the title or identity as a person states it. Several names may have semicolons or line breaks
    between them. Raises UsageError for a key that is neither, and for what is `misstated`."""
    known = ("title", *KEYS)
    for key in changes:
        if key not in known:
            raise UsageError(f"a document has no {key!r}{suggest(key, known)}; known are {', '.join(known)}")
    if wrong := misstated(changes):
        raise UsageError(_MISSTATED[wrong].format(value=changes[wrong]))
    by_hand = dict.fromkeys([*document.metadata.get(EDITED, "").split(), *changes])
    values = {key: SEPARATOR.join(_names(key, value)) for key, value in changes.items()}
    title = values.pop("title", document.title)
    metadata = {**document.metadata, **values, EDITED: " ".join(by_hand)}
    return replace(document, title=title, metadata={key: value for key, value in metadata.items() if value})


def misstated(changes: Mapping[str, str]) -> str:
    """The first key of the changes whose value cannot be: an empty title, a date that is none, an alias of nobody; ""
    where all can be. Any other value may be empty: it is not known then."""
    for key, value in changes.items():
        names = _names(key, value)
        if key == "title" and not names:
            return key
        if key == "date" and names and not _is_date(names[0]):
            return key
        if key == "aliases" and not all(_ALIAS.fullmatch(name) for name in names):
            return key
    return ""


def carried(new: Document, old: Document) -> Document:
    """The new reading of a document with what a person has set on the old one."""
    by_hand = old.metadata.get(EDITED, "")
    if not by_hand:
        return new
    kept = {key: old.metadata[key] for key in (EDITED, *by_hand.split()) if key in old.metadata}
    title = old.title if "title" in by_hand.split() else new.title
    return replace(new, title=title, metadata={**new.metadata, **kept})


def says_nothing(title: str, document: Document) -> bool:
    """Whether the title is the name of the file, a filing number or empty of words."""
    letters = _letters(title)
    stem = PurePath((document.source or document.id).rpartition(WITHIN)[2]).stem
    return not letters or letters == _letters(stem) or bool(_FILE_LIKE.fullmatch(title.strip()))


def _headings(document: Document) -> list[str]:
    """The headings that the format marks, in the opening, as one line each."""
    marked = [(start, end) for start, end, _ in document.headings if start < OPENING_CHARS]
    return [" ".join(document.text[start:end].split()).lstrip("# ") for start, end in marked]


def _names(key: str, value: str) -> list[str]:
    """What a person typed for the key, its blanks tidied; of several names each."""
    parts = _BETWEEN.split(value) if key in SEVERAL else [value]
    tidy = (" ".join(part.split()) for part in parts)
    if key == "aliases":
        tidy = (_EQUALS.sub(" = ", part) for part in tidy)
    return [part for part in tidy if part]


def _is_date(text: str) -> bool:
    """A day, a month or a year that there is, as ISO 8601 writes them."""
    try:
        date.fromisoformat(text + "-01" * (2 - text.count("-")))
    except ValueError:
        return False
    return bool(_ISO.fullmatch(text))


def _letters(name: str) -> str:
    return "".join(c for c in name.casefold() if c.isalnum())
