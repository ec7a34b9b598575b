"""Pairs of a new question and a kept one, measured as the memory measures them, with whether they are the same.

The same: a question of a data set and a rewording of it (`wordings.jsonl`, written for this), and a fact of a made
document asked for in several forms. Not the same: a question and the nearest others on the same document whose answers
lie elsewhere, as they stand in the data sets: what two people really asked of one text; and near misses that were
written to pass for the same (`near` in `wordings.jsonl`: another party, condition, date, the roles swapped).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from sparewheel.corpora import Question as SetQuestion
from sparewheel.corpora import dataset
from sparewheel.eval.asked import COLLECTIONS, made
from sparewheel.eval.asked.made import Paper, asked
from sparewheel.rag.memory.alike import Question, differ
from sparewheel.rag.memory.equivalence import Measured
from sparewheel.rag.memory.kept import Kept
from sparewheel.rag.memory.memory import Memory
from sparewheel.rag.text import language_of, sentences
from sparewheel.rag.types import Chunk, Citation, Embedder, Hit

WORDINGS = Path(__file__).with_name("wordings.jsonl")
PASSAGE_CHARS = 1000
NEAREST = 3  # other questions of the document that one is compared with


@dataclass(frozen=True, eq=False)
class Pair:
    """same: label. guarded: the guard that throws the pair out, "" where none does."""

    language: str
    source: str
    same: bool
    guarded: str
    cosine: float
    measured: Measured | None
    new: str
    old: str


MEASURED = ("", "words")  # guards whose pairs teach the check, too: what they stop is only the plainest of its kind
NEAR = "near miss"  # source of a pair that was written to be taken for the same


@dataclass(frozen=True, eq=False)
class New:
    """A new question with the kept one that it rewords, or (`is_same` False) is a near miss of; None for neither."""

    noted: Noted
    of: Noted | None = None
    is_same: bool = True


@dataclass(frozen=True, eq=False)
class Noted:
    """A question with where its answer stands in its document."""

    question: Question
    kept: Kept
    passage: Hit
    place: tuple[str, int, int]


def noted(text: str, language: str, document: str, whole: str, start: int, end: int,
          names: tuple[tuple[str, int, int], ...] = ()) -> Noted:  # fmt: skip
    """The question as kept with the sentence around characters [start, end) of its document cited."""
    first = max(0, min(start, max(0, (start + end - PASSAGE_CHARS) // 2)))
    last = min(len(whole), max(end, first + PASSAGE_CHARS))
    said = [(a + first, b + first) for a, b in sentences(whole[first:last])]
    touched = [(a, b) for a, b in said if b > start and a < end] or [(start, end)]
    a, b = touched[0][0], touched[-1][1]
    chunk = Chunk(document, first, last, whole[first:last], language=language)
    cited = Citation(1, document, "", "", a, b, whole[a:b], verified=True)
    kept = Kept(text, language, (), "one", names, "", "", (cited,), (), (document,), "gold", "", "")
    return Noted(Question(text, language, names), kept, Hit(chunk, 1.0, 1, "gold"), (document, start, end))


def pairs(memory: Memory, new: Sequence[New], known: Sequence[Noted], embedder: Embedder, source: str
          ) -> Iterator[Pair]:  # fmt: skip
    """Of each new question and the nearest kept ones of one document."""
    if not known or not new:
        return
    kept = embedder.embed([one.question.text for one in known], query=True)
    for each in new:
        one, same = each.noted, each.of
        (vector,) = embedder.embed([one.question.text], query=True)
        cosines = kept @ vector
        for i in np.argsort(-cosines)[: NEAREST + 1].tolist():
            other = known[i]
            if other is one or (same is None and other.kept.question == one.kept.question):
                continue
            label = other is same and each.is_same
            missed = other is same and not each.is_same
            if not each.is_same and not missed:
                continue
            if not label and not missed and _overlap(one.place, other.place):
                continue  # perhaps the same after all
            away = [c for j, c in enumerate(cosines.tolist())
                    if known[j] is not one and not _overlap(known[j].place, other.place)]  # fmt: skip
            guarded = differ(one.question, other.question)
            lead = float(cosines[i]) - max(sorted(away)[-5:], default=0.0)
            measured = None
            if guarded in MEASURED:
                measured = memory.measured(
                    one.question, other.question, other.kept, float(cosines[i]), lead, [other.passage]
                )
            yield Pair(one.question.language, NEAR if missed else source, label, guarded, float(cosines[i]), measured,
                       one.kept.question, other.kept.question)  # fmt: skip


def of_sets(memory: Memory, embedders: dict[str, Embedder], wordings: Path, most: int, seed: int = 5) -> Iterator[Pair]:
    """Rewordings against the questions of their documents; and `most` other questions of each set as they are."""
    rows = [json.loads(line) for line in wordings.read_text(encoding="utf-8").splitlines()]
    by_split: dict[tuple[str, str], dict[str, dict[str, list[str]]]] = defaultdict(dict)
    for row in rows:
        by_split[row["set"], row["split"]][row["id"]] = row
    for (name, split), reworded in by_split.items():
        data = dataset(name)
        texts = {document.id: document.text for document in data.documents(split)}
        by_document: dict[str, list[SetQuestion]] = defaultdict(list)
        for question in data.questions(split):
            if question.answerable and question.gold and question.document_id:
                by_document[question.document_id].append(question)
        rng = np.random.default_rng(seed)
        asked = [q.id for questions in by_document.values() for q in questions if q.id not in reworded]
        sampled = set(rng.permutation(asked)[:most].tolist())
        for document, questions in by_document.items():
            if not any(q.id in reworded or q.id in sampled for q in questions):
                continue
            known, new = list[Noted](), list[New]()
            for q in questions:
                language, span, row = language_of(q.text), q.gold[0], reworded.get(q.id, {})
                put = partial(noted, language=language, document=document, whole=texts[document], start=span.start,
                              end=span.end)  # fmt: skip
                known.append(one := put(q.text))
                new += [New(put(text), one) for text in row.get("wordings", ())]
                new += [New(put(text), one, is_same=False) for text in row.get("near", ())]
                if q.id in sampled:
                    new.append(New(one))
            language = known[0].question.language
            same = [one for one in known if one.question.language == language]
            new = [each for each in new if each.noted.question.language == language]
            yield from pairs(memory, new, same, embedders[language], f"{name} {split}")


def of_made(memory: Memory, embedders: dict[str, Embedder], most_papers: int) -> Iterator[Pair]:
    """Every fact of a made document, kept as it is asked plainly, asked for in the other open forms."""
    for collection in COLLECTIONS:
        for paper in made(collection).papers[:most_papers]:
            known, new = list[Noted](), list[New]()
            for key in paper.facts:
                one = _of_fact(paper, key, "plain", paper.names[0])
                known.append(one)
                new += [
                    New(_of_fact(paper, key, form, name), one)
                    for form in ("lay", "polite", "typo")
                    for name in paper.names[:1]
                ]
            language = known[0].question.language
            yield from pairs(memory, new, known, embedders[language], collection)


def _of_fact(paper: Paper, key: str, form: str, name: str) -> Noted:
    """A fact of a made document as it is asked for in one form, the document called by one of its names."""
    fact = paper.facts[key]
    language = language_of(fact.sentence)
    text = asked(paper, fact, "", form, name, key, language).text
    at, start = text.find(name), paper.text.index(fact.sentence)
    names = ((name, at, at + len(name)),) if at >= 0 else ()
    return noted(text, language, paper.file, paper.text, start, start + len(fact.sentence), names)


def _overlap(a: tuple[str, int, int], b: tuple[str, int, int]) -> bool:
    return a[0] == b[0] and a[1] < b[2] and b[1] < a[2]
