"""Questions to begin with: those of our samples whose documents the corpus holds; else what is usually asked of the
clauses that the headings of its documents name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sparewheel.corpora import sample_questions
from sparewheel.rag.errors import NotFound

if TYPE_CHECKING:
    from sparewheel.rag.ingest.described import DocumentInfo

MOST = 4
LOOKED_AT = 40  # documents, those with the shortest titles
LONGEST_TITLE = 80  # characters
# the kinds to show, in this order (see corpora.own)
KINDS = ("lookup", "condition", "yes-no", "table", "paraphrase")
# of English contracts: what a heading holds, and what is asked then. All were answered where they were tried, on the
# contracts of CUAD; medical and Chinese ones were refused half the time, so that there are none.
USUAL = (
    ("governing law|applicable law", "Which law governs the {title}?"),
    ("terminat", "Who may terminate the {title}, and with what notice?"),
    ("assign", "May the {title} be assigned without consent?"),
    ("liability", "How is liability limited under the {title}?"),
    ("insurance", "Which insurance must be kept under the {title}?"),
    ("audit", "Who may audit the records under the {title}?"),
)


def examples(domain: str, language: str, documents: Sequence[DocumentInfo]) -> list[str]:
    """Up to MOST questions in the language of the page (else in any), each of another document; [] without samples."""
    ids = {document.id for document in documents}
    try:
        known = [q for q in sample_questions(domain) if q.answerable and q.document_id in ids]
    except NotFound:
        return []
    known = [q for q in known if q.language == language] or known
    chosen: list[str] = []
    used: set[str | None] = set()
    for kind in (*KINDS, *KINDS):
        found = next((q for q in known if q.category == kind and q.document_id not in used), None)
        if found is not None and len(chosen) < MOST:
            chosen.append(found.text)
            used.add(found.document_id)
    return chosen


def contracts(documents: Sequence[DocumentInfo]) -> list[DocumentInfo]:
    """The English documents whose headings are worth a look: a title that fits into a question, the shortest first."""
    named = [one for one in documents if one.language == "en" and 0 < len(one.title) <= LONGEST_TITLE]
    return sorted(named, key=lambda one: len(one.title))[:LOOKED_AT]


def usual(headings: Mapping[str, Sequence[str]]) -> list[str]:
    """Up to MOST usual questions, each of another contract and clause. headings: of each contract, by its title."""
    asked: dict[str, str] = {}  # title -> question
    for holds, question in USUAL:
        fits = re.compile(holds, re.IGNORECASE)
        for title, here in headings.items():
            if title not in asked and any(fits.search(heading) for heading in here):
                asked[title] = question.format(title=title)
                break
    return list(asked.values())[:MOST]
