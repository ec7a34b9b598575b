"""The memory of a corpus: answers of fuller answerers, and of people, for when these cannot answer.

    memory.keep(asked, answer, at, local=False)   the answer, with the passages that it rests on
    memory.recall(asked, text_at)                 Recalled(served=..., similar=...)
    memory.lapse(documents, text_at)              what rests on changed or deleted text is forgotten

An answer is served where the question is the same after normalisation, or an equivalent one, within the same documents;
where every passage that it rests on still says what it said; and where one of these is among the passages that were
found for the question. In a corpus of high sensitivity only what people and models of this machine answered counts.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.memory.alike import Question, differ
from sparewheel.rag.memory.equivalence import (
    Check,
    Measured,
    asking,
    checks,
    lopsided,
    one_sided,
    squashed,
    where_words_stand,
    worded,
    words_shared,
)
from sparewheel.rag.memory.index import Index, Scope
from sparewheel.rag.memory.kept import PERSON, Asked, Kept, Passage, TextAt, kept_of, key_of, stands
from sparewheel.rag.memory.store import MemoryStore
from sparewheel.rag.memory.store import Question as AskedQuestion
from sparewheel.rag.types import Answer, Chunk, Citation, Embedder, Hit, Remembered

MOST_KEPT = 20_000  # answers of a corpus; beyond, the oldest of models go
CANDIDATES = 6  # nearest kept questions that are looked at
AROUND = {"en": 500, "zh": 160}  # characters of a passage beside the cited words that the reader is given
NO_VECTOR = np.zeros(0, np.float32)


class Places(Protocol):
    """The built-in reader of a language."""

    def place(self, question: str, title: str, text: str) -> tuple[int, int, float] | None:
        """(start, end, margin) of what answers the question in the text, None where nothing could be read."""
        ...


@dataclass(frozen=True, slots=True)
class Served:
    """A kept answer that answers the question. evidence: its passages as they are now, cited ones first."""

    kept: Kept
    evidence: tuple[Hit, ...]
    same: bool


@dataclass(frozen=True, slots=True)
class Recalled:
    """What a look brought. similar: a question that was answered, near to this one, where nothing is served."""

    served: Served | None = None
    similar: Remembered | None = None


class Memory:
    """Of one corpus. Safe to share between threads."""

    def __init__(
        self,
        store: MemoryStore,
        embedder: Callable[[str], Embedder | None],
        reader: Callable[[str], Places | None],
        check: Mapping[str, Check] | None = None,
    ) -> None:
        """embedder, reader: by language, None where there is none: the same questions are found even so."""
        self.store = store
        self._index = Index(store)
        self._embedder = embedder
        self._reader = reader
        self._checks = checks() if check is None else check

    # ------------------------------------------------------------ keeping

    def keep(self, asked: Asked, answer: Answer, at: str, *, local: bool, person: str = "") -> int | None:
        """Keeps the answer; its id. None for one that rests on no passage, or not on what its citations say: that is
        kept by nobody. at: ISO 8601, UTC. local: no model beyond this machine wrote it."""
        if not worth_keeping(answer) or (asked.sensitivity == "high" and not (local or person)):
            return None
        kept = kept_of(asked, answer, at, local=local, person=person)
        place = self._read(_question(kept), kept, answer.evidence)
        return self.put(replace(kept, place=place[:2] if place else None))

    def put(self, kept: Kept) -> int:
        """Keeps an answer that is worth it; its id."""
        vector, name = self._vector(_question(kept))
        id = self.store.put(kept, vector, name)
        self._index.refresh()
        if len(self._index) > MOST_KEPT:
            self._forget_oldest()
        return id

    def drop(self, kept: Kept) -> int:
        """Forgets what is kept for the same question; how many answers that were."""
        self._index.refresh()
        id = self._index.exact(kept.key)
        return self.store.forget([id]) if id is not None else 0

    def note(self, asked: Asked, day: str) -> None:
        """Counts that the question was asked. day: ISO 8601. In a corpus of high sensitivity nothing is written."""
        if asked.sensitivity == "high":
            return
        question = AskedQuestion(asked.whole, asked.language, asked.documents, asked.shape, 1, day)
        self.store.ask(question, key_of(_question(asked), asked.documents, asked.shape), day)

    def _forget_oldest(self) -> None:
        oldest = self.store.ids()[MOST_KEPT - MOST_KEPT // 10 :]
        self.store.forget([kept.id for kept in self.store.answers(oldest) if kept.answered_by != PERSON])

    def lapse(self, documents: Collection[str], text_at: TextAt) -> int:
        """Forgets the answers that rest on a document that is none of these, or on text that is another by now; how
        many."""
        held = self.store.documents()
        gone = held - set(documents)
        forgotten = set(self.store.resting_on(gone)) if gone else set()
        for document in sorted(held - gone):  # one after the other: the text of one is in memory at a time
            ids = [id for id in self.store.resting_on([document]) if id not in forgotten]
            forgotten |= {kept.id for kept in self.store.answers(ids) if not _still(kept, document, text_at)}
        if gone:
            self.store.forget_questions(documents=gone)
        return self.store.forget(forgotten)

    # ------------------------------------------------------------ recalling

    def is_empty(self) -> bool:
        """Whether nothing was ever kept. Costs a look at the disk."""
        return self.store.is_empty()

    def recall(self, asked: Asked, text_at: TextAt, *, searched: bool = True) -> Recalled:
        """The answer to serve, or a similar question; neither where nothing is near. See the module.

        searched: False asks what would be served, whatever a search would find.
        """
        self._index.refresh()
        if not len(self._index):
            return Recalled()
        new = _question(asked)
        for scope in _scopes(asked):
            id = self._index.exact(key_of(new, *scope))
            for kept in self.store.answers([id] if id is not None else []):
                if differ(new, _question(kept)):
                    continue
                if served := self._served(kept, asked, text_at, same=True, searched=searched):
                    return Recalled(served)
        return self._equivalent(new, asked, text_at, searched)

    def _equivalent(self, new: Question, asked: Asked, text_at: TextAt, searched: bool) -> Recalled:
        check = self._checks.get(asked.language)
        vector, name = self._vector(new)
        if check is None or not vector.size:
            return Recalled()
        near = self._index.near(vector, asked.language, name, _scopes(asked), CANDIDATES)
        cosines = {id: cosine for id, cosine in near if cosine >= check.near}
        found = [kept for kept in self.store.answers(list(cosines)) if _may_see(kept, asked)]
        found = sorted((kept for kept in found if stands(kept, text_at)), key=lambda kept: -cosines[kept.id])
        best: tuple[float, Served] | None = None
        for kept in found:
            old = _question(kept)
            served = None if differ(new, old) else self._served(kept, asked, text_at, same=False, searched=searched)
            if served is None:
                continue
            cosine = cosines[kept.id]
            others = [cosines[other.id] for other in found if not _same_place(other, kept)]
            unread = compared(new, old, kept, cosine, cosine - max(others, default=check.near), served.evidence)
            if check.at_best(unread) < max(check.threshold, best[0] if best else 0.0):
                continue  # whatever the reader would find
            probability = check.probability(self._with_reading(unread, new, old, kept, served.evidence))
            if probability >= check.threshold and (best is None or probability > best[0]):
                best = probability, served
        if best is not None:
            return Recalled(best[1])
        return Recalled(similar=found[0].remembered(same=False) if found else None)

    def measured(
        self, new: Question, old: Question, kept: Kept, cosine: float, lead: float, evidence: Sequence[Hit]
    ) -> Measured:
        """What the check is given of a new question and a kept one."""
        return self._with_reading(compared(new, old, kept, cosine, lead, evidence), new, old, kept, evidence)

    def _with_reading(
        self, unread: Measured, new: Question, old: Question, kept: Kept, evidence: Sequence[Hit]
    ) -> Measured:
        """With what the reader finds for either question."""
        mine = self._read(new, kept, evidence)
        place = kept.place or self._read(old, kept, evidence)
        cited = squashed(mine[2] / 4) if mine else 0.5
        return replace(unread, cited=cited, same_place=_within(mine, kept), same_span=_overlap(mine, place))

    def _read(self, question: Question, kept: Kept, evidence: Sequence[Hit]) -> tuple[int, int, float] | None:
        """(start, end, margin) of what the reader finds for the question around what is cited first, in characters of
        the document; None where nothing can be read."""
        reader = self._reader(question.language)
        citation = kept.citations[0] if kept.citations else None
        chunk = next((hit.chunk for hit in evidence if citation and _holds(hit.chunk, citation)), None)
        if reader is None or chunk is None or citation is None:
            return None
        around = AROUND.get(question.language, 500)
        first = max(0, citation.start - chunk.start - around)
        text = chunk.text[first : citation.end - chunk.start + around]
        place = reader.place(question.text, " ".join((chunk.title, *chunk.headings)), text)
        return (chunk.start + first + place[0], chunk.start + first + place[1], place[2]) if place else None

    def _served(self, kept: Kept, asked: Asked, text_at: TextAt, *, same: bool, searched: bool) -> Served | None:
        """The answer with its passages, None where it may not be served."""
        if not _may_see(kept, asked) or not stands(kept, text_at):
            return None
        if not searched:
            return Served(kept, _evidence(kept, (), text_at), same)
        if not any(_overlaps(hit.chunk, citation) for hit in asked.hits for citation in kept.citations):
            return None
        if not asked.documents and asked.hits[0].chunk.document_id not in kept.read:
            return None  # what ranks first now was not there to be read then
        return Served(kept, _evidence(kept, asked.hits, text_at), same)

    def _vector(self, question: Question) -> tuple[NDArray[np.float32], str]:
        """(float32 [dimension] of the question without the naming of its document, the model's name)."""
        embedder = self._embedder(question.language)
        if embedder is None:
            return NO_VECTOR, ""
        return embedder.embed([question.text], query=True)[0], embedder.name


def compared(new: Question, old: Question, kept: Kept, cosine: float, lead: float, evidence: Sequence[Hit]) -> Measured:
    """What is known of a new question and a kept one before the reader has read for them."""
    shared, held, missing = words_shared(new, old)
    return Measured(
        cosine, shared, held, missing, 0.5, 0.5, 0.5, max(0.0, min(1.0, lead)), asking(new, old), one_sided(new, old),
        *_words_of(new, old, kept, evidence), lopsided(new, old), *worded(new, old),
    )  # fmt: skip


def _words_of(new: Question, old: Question, kept: Kept, evidence: Sequence[Hit]) -> tuple[float, float]:
    """As `where_words_stand`, in the passages that the answer rests on."""
    cited = " ".join(c.quote for c in kept.citations)
    around = " ".join(hit.chunk.text for hit in evidence if any(_holds(hit.chunk, c) for c in kept.citations))
    return where_words_stand(new, old, cited, around)


def _within(place: tuple[int, int, float] | None, kept: Kept) -> float:
    """Whether a place of the first cited passage touches a citation; .5 where there is none."""
    if place is None:
        return 0.5
    document = kept.citations[0].document_id
    return float(any(place[0] < c.end and c.start < place[1] for c in kept.citations if c.document_id == document))


def _overlap(a: Sequence[float] | None, b: Sequence[float] | None) -> float:
    """What two places share, of both; .5 where there is none."""
    if not a or not b:
        return 0.5
    shared = max(0.0, min(a[1], b[1]) - max(a[0], b[0]))
    return float(shared / max(1.0, max(a[1], b[1]) - min(a[0], b[0])))


def worth_keeping(answer: Answer) -> bool:
    """Whether every sentence is borne out and every citation verified. "[?]" marks a sentence that is not."""
    cited = bool(answer.citations) and all(citation.verified for citation in answer.citations)
    doubted = "[?]" in answer.text or any(note.startswith("not in the passages:") for note in answer.notes)
    return answer.outcome == "answered" and bool(answer.text.strip()) and cited and not doubted


def _question(one: Asked | Kept) -> Question:
    return _read_once(one.whole if isinstance(one, Asked) else one.question, one.language, one.names)


@lru_cache(maxsize=1024)
def _read_once(whole: str, language: str, names: tuple[tuple[str, int, int], ...]) -> Question:
    """The same object for the same question: what is compared of it is found out once."""
    return Question(whole, language, names)


def _scopes(asked: Asked) -> list[Scope]:
    """The documents of kept questions that may be the same one: these, or, where the answer is from these, all."""
    scopes: list[Scope] = [(asked.documents, asked.shape)]
    return scopes if not asked.documents else [*scopes, ((), asked.shape)]


def _may_see(kept: Kept, asked: Asked) -> bool:
    """Whether the answer is from the documents that are asked, and by somebody who may see them."""
    within = not asked.documents or all(p.document_id in asked.documents for p in kept.passages)
    return within and (kept.local or asked.sensitivity == "normal")


def _same_place(a: Kept, b: Kept) -> bool:
    """Whether two answers cite a common place."""
    return any(
        x.document_id == y.document_id and x.start < y.end and y.start < x.end for x in a.citations for y in b.citations
    )


def _overlaps(chunk: Chunk, citation: Citation) -> bool:
    return chunk.document_id == citation.document_id and chunk.start < citation.end and citation.start < chunk.end


def _holds(chunk: Chunk, citation: Citation) -> bool:
    return chunk.document_id == citation.document_id and chunk.start <= citation.start and citation.end <= chunk.end


def _still(kept: Kept, document: str, text_at: TextAt) -> bool:
    """As `stands`, of one document's passages and quotes."""
    passages = tuple(p for p in kept.passages if p.document_id == document)
    citations = tuple(c for c in kept.citations if c.document_id == document)
    return not passages or stands(replace(kept, passages=passages, citations=citations), text_at)


def _evidence(kept: Kept, hits: Sequence[Hit], text_at: TextAt) -> tuple[Hit, ...]:
    """The passages that the answer rests on, then what else was found."""
    cited: list[Hit] = []
    for passage in kept.passages:
        hit = next((h for h in hits if _is_at(h.chunk, passage)), None)
        if hit is None:
            citation = next((c for c in kept.citations if c.document_id == passage.document_id), None)
            text = text_at(passage.document_id, passage.start, passage.end)
            chunk = Chunk(passage.document_id, passage.start, passage.end, text, language=kept.language)
            if citation is not None:
                about = {"title": citation.title, "headings": citation.headings, "page": citation.page}
                chunk = replace(chunk, **about, metadata={"source": citation.source})  # type: ignore[arg-type]
            hit = Hit(chunk, 1.0, 1, "memory")
        cited.append(hit)
    rest = [hit for hit in hits if hit not in cited]
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate((*cited, *rest), 1))


def _is_at(chunk: Chunk, passage: Passage) -> bool:
    return (chunk.document_id, chunk.start, chunk.end) == (passage.document_id, passage.start, passage.end)
