"""An answer that was kept, shown to somebody later or to somebody else: only while they may read what it rests on."""

from __future__ import annotations

from collections.abc import Callable, Collection

from sparewheel.rag.answer.unread import CATALOGUE, refused
from sparewheel.rag.types import Answer

WITHHELD = "rights"  # the reason of an answer that is not shown


def rests_on(answer: Answer) -> set[str]:
    """The documents that the answer quotes, was made from or names."""
    quoted = {citation.document_id for citation in answer.citations}
    return quoted | {hit.chunk.document_id for hit in answer.evidence} | set(answer.scope.documents)


def seen(answer: Answer, may_read: Callable[[Collection[str]], set[str]], *, whole: Callable[[], bool]) -> Answer:
    """The answer, or one that says why it is not shown. may_read: those of some documents that may be read. whole: may
    every document be read? Asked for what lists documents without quoting any."""
    ids = rests_on(answer)
    listed = answer.answered_by == CATALOGUE or (answer.outcome == "refused" and bool(answer.reason))
    if ids <= may_read(ids) and not (listed and not whole()):
        return answer
    return refused(Answer(answer.question, answer.corpus, "", "refused"), WITHHELD)
