"""Step 4: a draft becomes an answer, its citations resolved and held against the documents as stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sparewheel.rag.answer.cite import LOCAL_READER, cite, pages_of, refusal
from sparewheel.rag.answer.instant_quote import QUOTE, unread
from sparewheel.rag.answer.remembered import MEMORY
from sparewheel.rag.answer.twins import newest_first, twins
from sparewheel.rag.answer.unread import is_foreign, refused
from sparewheel.rag.catalogue import Catalogue
from sparewheel.rag.memory.memory import Recalled, Served
from sparewheel.rag.outline import speaks_of
from sparewheel.rag.reliability.failover import Finished
from sparewheel.rag.text import language_of, sentences
from sparewheel.rag.types import Answer, Citation, Draft, Hit, Scope
from sparewheel.rag.understand import Reading
from sparewheel.rag.versions import asks_older, replaced
from sparewheel.rag.views import View


def cited(
    answer: Answer, finished: Finished, view: View, *, which: str | None = None, recalled: Recalled | None = None
) -> Answer:
    """The draft with its citations resolved, or a refusal.

    which: what the clause deals with whose number is asked for: the quote is given under its label.
    recalled: what the memory holds for the question.
    """
    draft = finished.draft
    answer = replace(
        answer,
        answered_by=finished.answered_by,
        model=draft.model,
        degraded=finished.degraded,
        attempts=finished.attempts,
        usage=sum((attempt.usage for attempt in finished.attempts), draft.usage),
        confidence=draft.confidence,
        label=draft.label,
        notes=(*answer.notes, *finished.notes, *draft.notes),
    )
    if finished.answered_by == MEMORY and recalled and recalled.served:
        return _served(answer, recalled.served, view)
    if recalled and recalled.similar and finished.answered_by in (LOCAL_READER, QUOTE):
        answer = replace(answer, similar=recalled.similar)
    quoted = finished.answered_by == QUOTE
    if draft.refused:
        return unread(answer, language_of(answer.question)) if quoted else nothing_found(answer, view)
    under_label = which is not None and bool(draft.spans) and view.catalogue is not None
    whole = _whole_sentence(draft, answer.evidence) if under_label else draft
    done = cite(answer, whole, view.stored.page_of if view.stored else None, instant=quoted)
    if under_label and view.catalogue is not None:
        done = _labelled(done, view.catalogue) if speaks_of(whole.text, which or "") else refusal(answer)
    return replace(done, citations=tuple(verified(citation, view) for citation in done.citations))


def verified(citation: Citation, view: View) -> Citation:
    """The citation, verified only where its quote stands at its place in the document as stored."""
    if view.stored is None or not citation.verified:
        return citation
    there = view.stored.text_at(citation.document_id, citation.start, citation.end)
    return replace(citation, verified=there == citation.quote)


def nothing_found(answer: Answer, view: View) -> Answer:
    """`answer` as refused; where no chat model read it, and all that was found is in another language, that is why."""
    languages = view.catalogue.languages() if view.catalogue else ()
    if answer.answered_by in ("", LOCAL_READER) and is_foreign(answer, languages):
        return refused(answer, "language")
    return refusal(answer)


def beside_twins(answer: Answer, finished: Finished, reading: Reading, view: View) -> tuple[Finished, Scope | None]:
    """What the local reader quotes, with what a document said that the one quoted changed or replaced; or the documents
    that say the same, each with its own values, where the question names none of them."""
    if finished.answered_by != LOCAL_READER or finished.draft.refused or view.catalogue is None:
        return finished, None
    hits, alike = answer.evidence, twins(finished.draft, answer.evidence)
    if not alike:
        return finished, None
    own, pairs = hits[alike[0].hit].chunk.document_id, replaced(hits)
    of = {span: hits[span.hit].chunk.document_id for span in alike}
    others = [id for id in of.values() if id != own and not {(own, id), (id, own)} & pairs]
    if others and not reading.scope.documents:
        ids = (own, *others)
        return finished, Scope(ids, tuple(view.catalogue.title(id) for id in ids), ambiguous=True)
    if asks_older(reading.question):
        return finished, None
    versions = sorted((s for s in alike if of[s] not in others), key=lambda s: sum(b == of[s] for _, b in pairs))
    chinese = language_of(answer.question) == "zh"
    return replace(finished, draft=newest_first(finished.draft, hits, versions, chinese=chinese)), None


def _served(answer: Answer, served: Served, view: View) -> Answer:
    """`answer` as one of before, with its citations as they stand in this view."""
    kept, chunks = served.kept, [hit.chunk for hit in served.evidence]
    citations = []
    for citation in kept.citations:
        at = (c.id for c in chunks if (c.document_id, c.start <= citation.start) == (citation.document_id, True)
              and citation.end <= c.end)  # fmt: skip
        page_of = view.stored.page_of if view.stored else None
        page, last = pages_of(page_of, citation.document_id, citation.start, citation.end, citation.page)
        citations.append(verified(replace(citation, chunk_id=next(at, -1), page=page, last_page=last), view))
    return replace(
        answer,
        text=kept.text,
        outcome="answered",
        label=kept.label,
        citations=tuple(citations),
        evidence=served.evidence,
        remembered=kept.remembered(served.same),
    )


def _whole_sentence(draft: Draft, hits: Sequence[Hit]) -> Draft:
    """The sentence in which the draft's first quote begins: what a clause says, where no detail of it is asked for."""
    span = draft.spans[0]
    text = hits[span.hit].chunk.text
    start, end = next((s for s in sentences(text) if s[0] <= span.start < s[1]), (span.start, span.end))
    end = max(end, span.end)
    return replace(draft, text=text[start:end], spans=(replace(span, start=start, end=end),))


def _labelled(answer: Answer, catalogue: Catalogue) -> Answer:
    """The quote under the label of its clause, where it stands in a numbered one."""
    first = answer.citations[0]
    label = catalogue.label(first.document_id, first.start)
    if not label or answer.text.startswith(label):
        return answer
    return replace(answer, text=f"{label}{'：' if label.startswith('第') else ': '}{answer.text}")
