"""The questions on our own sample documents (`legal/questions.jsonl`, `medical/questions.jsonl`). Apache-2.0.

A record:
    {"id": "legal-023", "question": "What is the yearly cap on Nimbus's liability under the data processing agreement?",
     "answers": ["EUR 1,500,000 in a contract year", "EUR 1,500,000"], "document": "data-processing-agreement.pdf",
     "evidence": "the liability of the Processor under this DPA is limited to EUR 1,500,000 in a contract year",
     "category": "lookup", "language": "en"}

label: "yes" or "no" for a yes/no question. category: lookup (one place says it), condition (a rule must be applied),
table (a cell), yes-no, paraphrase (other words than the document's), unanswerable (plausible, and no document says it:
no document, answers or evidence).
`evidence` is verbatim in the document's text but for white space, which differs between file formats.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace

from sparewheel.corpora.domains import samples
from sparewheel.corpora.records import GoldSpan, Question
from sparewheel.rag.errors import UsageError
from sparewheel.rag.types import Document


def sample_questions(domain: str) -> Iterator[Question]:
    """The questions on the sample documents of `legal` or `medical`, in file order; `located` adds the gold span."""
    with (samples(domain) / "questions.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield Question(
                id=row["id"],
                text=row["question"],
                answers=tuple(row.get("answers", ())),
                document_id=row.get("document"),
                answerable="document" in row,
                label=row.get("label", ""),
                category=row["category"],
                language=row["language"],
                evidence=row.get("evidence", ""),
            )


def located(question: Question, document: Document) -> Question:
    """The question with the place of its evidence in `document` as gold span. Raises UsageError if it is not there."""
    letters = (re.escape(letter) for letter in question.evidence if not letter.isspace())
    found = re.search(r"\s*".join(letters), document.text)
    if not question.evidence or found is None:
        raise UsageError(f"{question.id}: {question.evidence!r} is not in {document.id}; is it the sample document?")
    return replace(question, gold=(GoldSpan(document.id, found.start(), found.end()),))
