"""Questions to begin with: those of our samples whose documents the corpus holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from corpora import sample_questions
from rag.errors import NotFound

if TYPE_CHECKING:
    from rag.ingest.snapshot import DocumentInfo

MOST = 4
# the kinds to show, in this order (see corpora.own)
KINDS = ("lookup", "condition", "yes-no", "table", "paraphrase")


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
