"""Are two questions the same one? A calibrated check, for candidates that no guard of `alike` has thrown out.

    check.probability(measured(...))  -> that the kept answer answers the new question, 0..1

What is measured: how near the questions are (embeddings), how many of their words they share, whether a reranker finds
the new question answered by the sentences that are cited, and whether the built-in reader, given the new question and
the passage, quotes at the place that is cited. A logistic regression makes one probability of it; its weights lie in
`equivalence.json`, made by `training.equivalence` from questions written in several ways.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from sparewheel.rag.memory.alike import Question, apart
from sparewheel.rag.memory.wording import stem

WEIGHTS = Path(__file__).with_name("equivalence.json")
_LATIN = re.compile(r"[a-z\d][\w'’.-]*", re.IGNORECASE)
_ASKING_ZH = re.compile(r"什么|多少|如何|怎么|怎样|哪些|是否|可以|能否|应当|需要|规定|约定")
_SMALL = frozenset(
    re.findall(
        r"\S+",
        "a an the of to in on at for by with from and or is are was were be been do does did can could may might must"
        " shall should will would has have had it its this that these those i we you they he she my our your their me"
        " us them what which who whom whose when where why how much many long there any some if as so not no under"
        " about into than then please tell exactly actually",
    )
)
_SMALL_ZH = frozenset("的了吗呢么是在有和与及或对为被把将该此请问我你您们什么多少几哪怎如何一下")


@dataclass(frozen=True, slots=True)
class Measured:
    """What is compared of a new question and a kept one. Each is 0..1 unless said otherwise."""

    cosine: float  # of the embeddings, -1..1
    shared: float  # of the content words of both, by Dice
    held: float  # of those of the shorter one
    missing: float  # content words of one that the other has nothing like, of all of both
    cited: float  # the reader's or reranker's logit that the cited sentences answer the new question, squashed to 0..1
    same_place: float  # the reader quotes within the citation: 1, beside it: 0, unread: .5
    same_span: float  # what the reader quotes for the new question is what it quotes for the kept one: share of both
    lead: float  # how much nearer the kept question is than the next one about another place, 0..1
    same_words_of_asking: float  # both ask for the same kind of thing: 1; one says nothing of it: .5; 0
    names_on_one_side: float  # one names a party or a role that the other leaves out
    cited_words: float  # of the new question's words that the kept one lacks: share in the cited sentences
    elsewhere: float  # and share that stand elsewhere in the passage, but not in the cited sentences
    opposites_on_one_side: float  # one says "maximum", "before" or the like, the other neither that nor its opposite
    only_new: float  # words of the new question that nothing in the kept one says, three or more: 1
    only_old: float  # and of the kept one
    swapped: float  # each says something that the other does not
    frame: float  # how much of both stands in the same order


READ = ("cited", "same_place", "same_span")  # what costs a run of the reader's network


def columns(measured: Measured) -> dict[str, float]:
    """What the regression sees: each measure, and products of those that say most together."""
    found = {f.name: float(getattr(measured, f.name)) for f in fields(Measured)}
    pairs = (("cosine", "same_span"), ("cosine", "shared"), ("lead", "same_span"), ("same_span", "same_place"),
             ("missing", "same_span"), ("cosine", "cosine"), ("swapped", "frame"))  # fmt: skip
    return found | {f"{a}*{b}": found[a] * found[b] for a, b in pairs}


@dataclass(frozen=True)
class Check:
    """A logistic regression for one language. threshold: from which probability an answer is served."""

    weights: Mapping[str, float]
    offset: float
    threshold: float
    near: float  # from which cosine a question is near enough to be told of

    def probability(self, measured: Measured) -> float:
        """That the kept answer answers the new question."""
        seen = columns(measured)
        return squashed(self.offset + sum(weight * seen[name] for name, weight in self.weights.items()))

    def at_best(self, measured: Measured) -> float:
        """The largest probability that reading could give, whatever it finds: of each of `READ` alone the logit is
        linear, so it is largest where each is 0 or 1."""
        ends = (dict(zip(READ, found, strict=True)) for found in product((0.0, 1.0), repeat=len(READ)))
        return max(self.probability(replace(measured, **found)) for found in ends)


@cache
def checks() -> Mapping[str, Check]:
    """By language."""
    read: dict[str, Any] = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    return {language: Check(**row) for language, row in read["checks"].items()}


def content_words(question: Question) -> frozenset[str]:
    """Stems of the words that say something; of a Chinese question its pairs of characters beside Latin words."""
    text = question.plain
    if question.language != "zh":
        return frozenset(stem(w.rstrip("'’s")) for w in _LATIN.findall(text) if w not in _SMALL)
    runs = re.split(r"[^\u3400-\u9fff]+", _ASKING_ZH.sub(" ", text))
    pairs = {run[i : i + 2] for run in runs for i in range(len(run) - 1)}
    return frozenset(p for p in pairs if not set(p) <= _SMALL_ZH) | frozenset(_LATIN.findall(text))


def words_shared(a: Question, b: Question) -> tuple[float, float, float]:
    """(Dice, share of the shorter one, share of all that only one has and the other nothing spelt alike)."""
    x, y = content_words(a), content_words(b)
    if not x or not y:
        return float(x == y), float(x == y), float(x != y)
    both = len(x & y)
    alone = [w for w in x - y if not _spelt_alike(w, y)] + [w for w in y - x if not _spelt_alike(w, x)]
    return 2 * both / (len(x) + len(y)), both / min(len(x), len(y)), len(alone) / (len(x) + len(y))


def where_words_stand(new: Question, old: Question, cited: str, around: str) -> tuple[float, float]:
    """(share in the cited sentences, share only elsewhere in the passage) of the new question's words that the kept one
    lacks; (0, 0) where it lacks none."""
    lacking = [w for w in content_words(new) - content_words(old) if not _spelt_alike(w, content_words(old))]
    if not lacking:
        return 0.0, 0.0
    here = content_words(Question(cited, new.language))
    there = content_words(Question(around, new.language)) - here
    return sum(w in here for w in lacking) / len(lacking), sum(w in there for w in lacking) / len(lacking)


def worded(a: Question, b: Question) -> tuple[float, float, float, float]:
    """(only_new, only_old, swapped, frame) of `Measured`."""
    found = apart(a, b)
    return min(len(found.mine), 3) / 3, min(len(found.theirs), 3) / 3, float(found.swapped), found.frame


def asking(a: Question, b: Question) -> float:
    """How far both ask for the same kind of thing."""
    if not a.kind or not b.kind:
        return 0.5
    return float(a.kind == b.kind)


def one_sided(a: Question, b: Question) -> float:
    """Whether one names a party, a role or another proper name that the other leaves out."""
    return float(a.subjects != b.subjects or set(a.roles) != set(b.roles) or a.proper != b.proper)


def lopsided(a: Question, b: Question) -> float:
    """Whether one narrows what is asked by a word that has an opposite, and the other does not."""
    return float(a.sides.keys() != b.sides.keys())


def squashed(logit: float) -> float:
    """A logit as 0..1."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def _spelt_alike(word: str, others: Sequence[str] | frozenset[str]) -> bool:
    return len(word) >= 4 and any(len(o) >= 4 and (o[:4] == word[:4]) for o in others)
