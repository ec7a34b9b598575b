"""Examples for the Chinese reader: real questions, and kinds made from plain text.

An example is compact: a window of a text, less a cut, with a question. Kinds: `asked` (CMRC, DRCD), `removed` (the
same, the answering sentence cut out: no answer), `elsewhere` (asked on a similar text: no answer), `swapped` (a year,
number or title of the question put in the place of another one of its text: no answer), `lecoqa` (the sentences
of the gold article that the lawyer's answer repeats), `yesno` (a statement turned into "X是否Y？"). Recurring spans are
made from whole texts (`reader_pretrain`).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sparewheel.corpora import Question, dataset
from sparewheel.rag.text import simplified
from sparewheel.rag.types import Document
from training.chinese.texts import WINDOW_CHARS, sentences
from training.splits import held_out

LABELS = ("", "yes", "no")


@dataclass(frozen=True, slots=True)
class Example:
    """`passage(text)` is what is read; [answer_start, answer_end) lies in it, both -1 where it holds no answer."""

    kind: str
    text: int  # index into the texts that travel with the examples
    start: int
    end: int
    cut_start: int
    cut_end: int
    question: str
    answer_start: int = -1
    answer_end: int = -1
    label: int = 0  # index into LABELS

    def passage(self, text: str) -> str:
        return text[self.start : self.cut_start] + text[self.cut_end : self.end]

    def row(self) -> list[Any]:
        """The fields in order, as a line of JSON holds them."""
        return list(asdict(self).values())


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on `texts[text]` with the place of its answer there."""

    title: str
    text: int
    question: str
    start: int
    end: int


class Texts:
    """The texts that the examples point into, each once."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._known: dict[str, int] = {}

    def add(self, text: str) -> int:
        if text not in self._known:
            self._known[text] = len(self.all)
            self.all.append(text)
        return self._known[text]


def asked(name: str, texts: Texts, *, simplify: bool = False) -> Iterator[Asked]:
    """Every question of a set in SQuAD form that has a place; with `simplify` all in Simplified characters."""
    turn = simplified if simplify else str
    set = dataset(name)
    documents: dict[str, Document] = {document.id: document for document in set.documents()}
    for question in set.questions():
        if question.gold and question.document_id:
            yield _asked(question, documents[question.document_id], texts, turn)


def _asked(question: Question, document: Document, texts: Texts, turn: Any) -> Asked:
    where, gold = question.passage, question.gold[0]
    text, base = (document.text[where.start : where.end], where.start) if where else (document.text, 0)
    place = texts.add(turn(text))
    return Asked(simplified(document.title), place, turn(question.text), gold.start - base, gold.end - base)


def split(questions: list[Asked]) -> tuple[list[Asked], list[Asked]]:
    """(trained on, held out) by article title in Simplified characters, so both sets agree on an article."""
    return [q for q in questions if not held_out(q.title)], [q for q in questions if held_out(q.title)]


def positive(question: Asked, text: str, rng: random.Random) -> Example:
    """The question with a window that holds the answer, at a random place around it."""
    earliest, latest = max(0, question.end - WINDOW_CHARS), max(0, min(question.start, len(text) - WINDOW_CHARS))
    start = rng.randint(min(earliest, latest), latest)
    end = max(min(len(text), start + WINDOW_CHARS), question.end)
    at = (question.start - start, question.end - start)
    return Example("asked", question.text, start, end, end, end, question.question, *at)


def removed(question: Asked, text: str, rng: random.Random) -> Example | None:
    """The question with the sentences of its answer cut out; None where the rest still says the answer or is short."""
    inside = [s for s in sentences(text) if s[0] < question.end and question.start < s[1]]
    answer, cut = text[question.start : question.end], (inside[0][0], inside[-1][1])
    rest = text[: cut[0]] + text[cut[1] :]
    if len(rest) < 60 or answer in rest:
        return None
    start = max(0, min(cut[0] - rng.randint(60, WINDOW_CHARS - 60), len(text) - WINDOW_CHARS - (cut[1] - cut[0])))
    end = min(len(text), start + WINDOW_CHARS + cut[1] - cut[0])
    return Example("removed", question.text, start, end, cut[0], cut[1], question.question)


def elsewhere(questions: list[Asked], texts: list[str], rng: random.Random, *, nearest: int = 8) -> Iterator[Example]:
    """Each question with a window of one of the `nearest` other texts (by tf-idf of bigrams) that lacks its answer."""
    places = sorted({question.text for question in questions})
    ranked = similar([q.question for q in questions], [texts[i] for i in places], nearest + 1)
    for question, row in zip(questions, ranked, strict=True):
        answer = texts[question.text][question.start : question.end]
        others = [places[i] for i in row if places[i] != question.text and answer not in texts[places[i]]]
        if others:
            place = rng.choice(others)
            start = rng.randint(0, max(0, len(texts[place]) - WINDOW_CHARS))
            end = min(len(texts[place]), start + WINDOW_CHARS)
            yield Example("elsewhere", place, start, end, end, end, question.question)


_NAMED = re.compile(r"\d+(?:\.\d+)?|《[^》]{2,12}》|「[^」]{2,12}」|“[^”]{2,12}”|[A-Za-z][A-Za-z0-9-]{2,}")


def swapped(question: Asked, text: str, rng: random.Random) -> Example | None:
    """The question with a number or a title put in the place of another of its kind that the text says outside the
    answer's sentences: it looks answerable and is not (in the manner of SQuAD 2.0). None where there is no such pair.
    """
    inside = [s for s in sentences(text) if s[0] < question.end and question.start < s[1]]
    said = text[inside[0][0] : inside[-1][1]] + question.question if inside else text
    found = [m for m in _NAMED.finditer(question.question) if m[0] in text]
    if not found:
        return None
    old = rng.choice(found)
    others = [n for n in _NAMED.findall(text) if _like(n) == _like(old[0]) and n not in said]
    if not others:
        return None
    asked = question.question[: old.start()] + rng.choice(others) + question.question[old.end() :]
    where = positive(question, text, rng)
    return Example("swapped", where.text, where.start, where.end, where.end, where.end, asked)


def _like(name: str) -> tuple[str, int]:
    """What a name may be swapped for: a number of as many digits, a title in the same marks."""
    return ("0", len(name)) if name[0].isdigit() else ("a" if name[0].isascii() else name[0], 0)


def similar(queries: list[str], texts: list[str], count: int) -> list[list[int]]:
    """For each query the indices of its `count` nearest texts by tf-idf of character bigrams, nearest first."""
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    measure = TfidfVectorizer(analyzer="char", ngram_range=(2, 2), sublinear_tf=True)
    weights = measure.fit_transform(texts).T.tocsr()
    rows: list[list[int]] = []
    for first in range(0, len(queries), 500):
        scores = (measure.transform(queries[first : first + 500]) @ weights).toarray()
        best = np.argpartition(-scores, min(count, scores.shape[1] - 1), axis=1)[:, :count]
        order = np.take_along_axis(scores, best, axis=1).argsort(axis=1)[:, ::-1]
        rows += np.take_along_axis(best, order, axis=1).tolist()
    return rows
