"""Which documents of a corpus somebody may read: access rules by folder and document, and labels that documents carry.

    rules = {"hr/": ("group:hr",), "hr/public/": ("*",), "merger.pdf": ("anna", "group:board")}
    Rights(frozenset({"ben", "group:hr"}), (rules,)).allow("hr/pay.xlsx")      True
    Rights(frozenset({"ben", "group:hr"}), (rules,)).allow("merger.pdf")       False

Of a set of rules the nearest one counts: that of the document itself, else of its folder, else of the folder above; "/"
is the whole corpus. There are several sets (what administrators say, what files beside the documents say), and a
document may carry labels of its own: all must allow. Where none says anything, who may read the corpus may read it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from sparewheel.rag.errors import UsageError
from sparewheel.rag.types import WITHIN

LABEL = "access"  # key of a document's metadata: who may read it
EVERYBODY, NOBODY = "*", "!"
WHOLE = "/"  # a rule for the whole corpus
Readers = tuple[str, ...]  # user names, "group:NAME", EVERYBODY, NOBODY
Rules = Mapping[str, Readers]  # document id, or folder with "/" at its end -> who may read it, or what lies in it
_READER = re.compile(r"(?:group:)?[\w.@+-]{1,64}|\*|!")


@dataclass(frozen=True)
class Rights:
    """What one person may read of one corpus, as it was when it was looked up.

    names: the person's own and those of their groups, as rules name them. rules: the sets that all must allow.
    """

    names: frozenset[str]
    rules: tuple[Rules, ...] = field(default=(), hash=False)

    def allow(self, document_id: str, labels: Readers = ()) -> bool:
        """May the document be read? labels: those that it carries itself."""
        return all(self._fits(readers) for readers in self.asked(document_id, labels))

    def asked(self, document_id: str, labels: Readers = ()) -> list[Readers]:
        """The lists of readers in each of which somebody must be to read the document; [] for everybody."""
        found = [*(nearest(rules, document_id) for rules in self.rules), labels]
        return [readers for readers in dict.fromkeys(found) if readers]

    def among(self, document_ids: Iterable[str], labels: Mapping[str, Readers]) -> list[str]:
        """Those that may be read, in their order. labels: document id -> the labels it carries, where it has some."""
        return [id for id in document_ids if self.allow(id, labels.get(id, ()))]

    def that_matter(self, labelled: Collection[str]) -> Rights:
        """The same rights without names that no rule and no label knows: people of one circle have equal ones.
        labelled: the names in labels."""
        known = {name for rules in self.rules for readers in rules.values() for name in readers}
        return Rights(self.names & known.union(labelled), self.rules)

    def _fits(self, readers: Readers) -> bool:
        return EVERYBODY in readers or not self.names.isdisjoint(readers)


def nearest(rules: Rules, document_id: str) -> Readers:
    """Who may read the document as the nearest rule has it; () where none is about it."""
    while True:  # what lies in a file is read by who may read the file
        if document_id in rules:
            return rules[document_id]
        if WITHIN not in document_id:
            break
        document_id = document_id.rpartition(WITHIN)[0]
    place = len(document_id)
    while (place := document_id.rfind("/", 0, place)) >= 0:
        if (folder := document_id[: place + 1]) in rules:
            return rules[folder]
    return rules.get(WHOLE, ())


def checked_rules(rules: Mapping[str, Sequence[str]]) -> dict[str, Readers]:
    """The rules, each list of readers in order. Raises UsageError for a reader or a place that cannot be."""
    found = {}
    for place, readers in rules.items():
        if not place or place != place.strip() or "\\" in place or not place.isprintable():
            raise UsageError(f"{place!r} is no document or folder; a folder ends with '/', as in 'hr/' or 'hr/pay/'")
        found[place] = checked_readers(readers)
    return found


def checked_readers(readers: Sequence[str]) -> Readers:
    """The readers in order, each once. Raises UsageError for none, and for what is no name."""
    names = tuple(dict.fromkeys(name.strip() for name in ([readers] if isinstance(readers, str) else readers)))
    if not names:
        raise UsageError("no reader is named; '*' is everybody who may read the corpus, '!' is nobody")
    for name in names:
        if not _READER.fullmatch(name):
            raise UsageError(f"{name!r} is no reader: a user name, group:NAME, '*' (everybody) or '!' (nobody)")
    return names


def labels_of(text: str) -> Readers:
    """The readers that a label names, "anna, group:hr"; nobody for a label that names none or cannot be read."""
    try:
        return checked_readers([part for part in re.split(r"[,;\s]+", text) if part])
    except UsageError:
        return (NOBODY,)
