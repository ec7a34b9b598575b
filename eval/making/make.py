"""Makes the questions: drafts by rule or by a chat model, each checked by a round trip, a fair share of each kind.

The round trip: the product's own retrieval, given the question, has to bring the passage that answers it, and the words
that answer it have to be found again in the file's form. What is dropped is counted by reason. So the figures of such
a set say nothing of passages that retrieval does not find; `Made.dropped` says how many those were.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sparewheel.corpora import Question, located
from sparewheel.eval.making.absent import absent, topics_of
from sparewheel.eval.making.draft import Draft, Name, names
from sparewheel.eval.making.rules import drafts
from sparewheel.rag.disk import write_durably
from sparewheel.rag.errors import UsageError
from sparewheel.rag.ingest.stores import CorpusSnapshot
from sparewheel.rag.types import Chunk, Document, Filter, Hit

SILENT_SHARE = 0.2  # of the questions: no document answers them
MOST_DOCUMENTS = 200  # that are looked through, drawn by chance
FIRST = 3  # passages of a document that are looked through
ELSEWHERE = "not found again: the search brings other passages"
UNCLEAR = "its words stand there twice, or are not found in the file's form"
ALIKE = "asked before in the same words"
KNOWN_AFTER_ALL = "asks about something absent, but the search finds it"

Search = Callable[[str, Filter | None], Sequence[Hit]]
Write = Callable[[Document, Chunk, Name], Draft | str]  # a chat model's question of a passage, or why there is none


@dataclass(frozen=True)
class Made:
    """questions: in the order of their ids. dropped: reason -> how many drafts."""

    questions: tuple[Question, ...]
    dropped: Mapping[str, int]


def make(
    snapshot: CorpusSnapshot,
    search: Search,
    n: int,
    *,
    seed: int = 7,
    write: Write | None = None,
    made: Callable[[Question], None] = lambda question: None,
) -> Made:
    """At most n questions, a fifth of them without an answer; the same for the same documents and seed.

    search: question and filter -> the passages that the product would read. write: asks a chat model, which then makes
    most of the questions that have an answer, the rules the rest. Raises UsageError where nothing can be made.
    """
    chance = random.Random(seed)  # noqa: S311 (no secret)
    infos = snapshot.documents()
    called = names(infos)
    chosen = chance.sample(infos, min(MOST_DOCUMENTS, len(infos)))
    sources = [_Source(snapshot.document(i.id, layout=False), snapshot.chunks_of(i.id), called[i.id]) for i in chosen]
    checking = _Checking(search, {source.document.id: source.document for source in sources}, made)
    silent = round(SILENT_SHARE * n)
    checking.take(_in_turn(_silent(sources, chance), chance), silent)
    if write is not None:
        checking.take(_written(sources, write, chance, checking.dropped), silent + (n - silent) * 3 // 4)
    by_rule = [list(drafts(source.document, source.chunks, source.name)) for source in sources]
    checking.take(_in_turn(by_rule, chance), n)
    if not checking.questions:
        raise UsageError(
            "no question can be made of these documents: no numbered clauses, tables, figures or headings are found"
            "; set up a chat model (sparewheel settings), or write questions by hand (docs/evaluation.md)"
        )
    return Made(tuple(checking.questions), dict(sorted(checking.dropped.items())))


@dataclass(frozen=True)
class _Source:
    document: Document
    chunks: Sequence[Chunk]
    name: Name


class _Checking:
    """Keeps the drafts that stand the round trip, and counts the others."""

    def __init__(self, search: Search, documents: Mapping[str, Document], made: Callable[[Question], None]) -> None:
        self.questions: list[Question] = []
        self.dropped: Counter[str] = Counter()
        self._search, self._documents, self._made = search, documents, made
        self._asked: set[tuple[str, str]] = set()

    def take(self, found: Iterable[Draft], most: int) -> None:
        """Of the drafts in their order, until there are `most` questions in all."""
        if len(self.questions) >= most:
            return
        for draft in found:
            question = self._checked(draft)
            if isinstance(question, str):
                self.dropped[question] += 1
                continue
            self.questions.append(question)
            self._made(question)
            if len(self.questions) >= most:
                return

    def _checked(self, draft: Draft) -> Question | str:
        """The question, or why it is dropped."""
        same = (draft.question.casefold(), draft.document_id if draft.within else "")
        if same in self._asked:
            return ALIKE
        self._asked.add(same)
        question = self._question(draft)
        if not draft.answerable:
            return KNOWN_AFTER_ALL if _knows(draft, self._search(draft.question, None)) else question
        document = self._documents[draft.document_id]
        try:
            gold = located(question, document).gold[0]
        except UsageError:
            return UNCLEAR
        if (gold.start, gold.end) != (draft.start, draft.end):
            return UNCLEAR
        return question if self._found(draft) else ELSEWHERE

    def _found(self, draft: Draft) -> bool:
        """Among what the search brings of all documents, or first within its own: the question names it, and a product
        that takes it for another one shall be seen to do so."""
        own: Filter = {"document": draft.document_id}
        if not draft.within and any(_covers(hit.chunk, draft) for hit in self._search(draft.question, None)):
            return True
        return any(_covers(hit.chunk, draft) for hit in self._search(draft.question, own)[:FIRST])

    def _question(self, draft: Draft) -> Question:
        there = draft.answerable
        text = self._documents[draft.document_id].text
        return Question(
            id=f"{draft.kind.replace(' ', '-')}-{len(self.questions) + 1:03}",
            text=draft.question,
            answers=draft.answers,
            document_id=draft.document_id if there or draft.within else None,
            answerable=there,
            category=draft.kind,
            language=draft.language,
            evidence=text[draft.start : draft.end] if there else "",
            parts=draft.parts,
            within=draft.within,
        )


def _covers(chunk: Chunk, draft: Draft) -> bool:
    """Does the passage hold the answer? A long clause may go on in the next passage: half of it is enough."""
    common = min(chunk.end, draft.end) - max(chunk.start, draft.start)
    return chunk.document_id == draft.document_id and 2 * common >= draft.end - draft.start


def _knows(draft: Draft, hits: Sequence[Hit]) -> bool:
    """Does a passage name the invented company after all? Clauses and topics were looked for in the whole document."""
    if draft.kind != "absent name":
        return False
    who = draft.question.partition("与" if draft.language == "zh" else " with ")[2]
    who = who.partition("签订" if draft.language == "zh" else " say about")[0]
    return any(who in hit.chunk.text for hit in hits)


def _silent(sources: Sequence[_Source], chance: random.Random) -> list[list[Draft]]:
    topics = [topics_of(source.chunks) for source in sources]
    found = []
    for i, source in enumerate(sources):
        foreign = [
            about
            for j, other in enumerate(sources)
            if j != i and other.document.language == source.document.language
            for about in topics[j]
        ]
        found.append(list(absent(source.document, topics[i], foreign, source.name, chance)))
    return found


def _written(sources: Sequence[_Source], write: Write, chance: random.Random, dropped: Counter[str]) -> Iterator[Draft]:
    """A chat model's questions, of passages drawn by chance."""
    places = [(source, chunk) for source in sources for chunk in source.chunks if len(chunk.text) >= 120]
    for source, chunk in chance.sample(places, len(places)):
        found = write(source.document, chunk, source.name)
        if isinstance(found, str):
            dropped[found] += 1
        else:
            yield found


def _in_turn(by_document: Sequence[Sequence[Draft]], chance: random.Random) -> Iterator[Draft]:
    """The drafts kind after kind, document after document: no long one and no frequent kind fills the set."""
    heaps: dict[str, dict[str, list[Draft]]] = {}
    for found in by_document:
        for draft in chance.sample(list(found), len(found)):
            heaps.setdefault(draft.kind, {}).setdefault(draft.document_id, []).append(draft)
    while heaps:
        for kind in sorted(heaps):
            documents = heaps[kind]
            document = next(iter(documents))
            heap = documents.pop(document)
            yield heap.pop()
            if heap:
                documents[document] = heap  # at the end: its next turn comes after the others'
            if not documents:
                del heaps[kind]


def ready_for(path: Path) -> None:
    """Raises UsageError where the file cannot be written: another kind of file, or one is there that may be edited."""
    if path.suffix.lower() != ".jsonl":
        raise UsageError(f"{path}: questions are written as .jsonl; name the file so")
    if path.exists():
        raise UsageError(f"{path} is there already; give another file by --out, or remove it")


def write_questions(path: Path, questions: Sequence[Question]) -> None:
    """A file that `read_questions` reads, one object a line. Raises UsageError as `ready_for`."""
    ready_for(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(_row(question), ensure_ascii=False) for question in questions]
    write_durably(path, ("\n".join(lines) + "\n").encode())


def _row(question: Question) -> dict[str, object]:
    row: dict[str, object] = {"id": question.id, "question": question.text, "answerable": question.answerable}
    if question.answerable:
        row |= {"answers": list(question.answers), "evidence": question.evidence}
    if question.document_id:
        row["document"] = question.document_id
    if question.parts:
        row["parts"] = list(question.parts)
    if question.within:
        row["within"] = True
    return row | {"category": question.category, "language": question.language}
