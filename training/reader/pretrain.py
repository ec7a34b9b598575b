"""Recurring-span selection: reading practice from plain text, before any question is seen (after Splinter, Ram et al.,
ACL 2021, and span selection pre-training, Glass et al., ACL 2020).

A span of words that a window says twice is masked in one place; the words around that place become the question, they
are cut out of the window, and the other places are the answers. In every sixth, another window without the span stands
in, and nothing answers.
"""

from __future__ import annotations

import json
import random
import re
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.reader.contracts import open_documents
from training.splits import held_out

WINDOW_TOKENS = 320
QUESTION_TOKENS = 28
LONGEST_SPAN_WORDS = 6
SHORTEST_CHARS = 5  # of a span of one word piece; two in Chinese, where a piece is a word
MASK = 103
_STOP = frozenset(
    re.findall(
        r"\w+",
        """
    the a an of to in and or for on by with is are was were be been that this these those which it its
    as at from not no any such other have has had may shall will would can could their his her they he
    she we our i you all if but more than also each into under per so do does did who what when between
    about after before during one two
        """,
    )
)


def texts(data: Path, legal_chars: int, medical_chars: int, rng: random.Random) -> Iterator[str]:
    """Documents of both domains up to about so many characters, none that is held out anywhere."""
    legal = [*open_documents(data)]
    rng.shuffle(legal)
    yield from _up_to(legal_chars, (p.read_text(encoding="utf-8", errors="replace")[:120_000] for p in legal))
    yield from _up_to(medical_chars, _medical(data, rng))
    for article in json.loads((data / "general/squad/dev-v1.1.json").read_text(encoding="utf-8"))["data"]:
        if not held_out(article["title"]):
            yield "\n".join(p["context"] for p in article["paragraphs"])
    yield from (
        i["context"] for i in json.loads((data / "general/squad/train-sample.json").read_text(encoding="utf-8"))
    )


def _medical(data: Path, rng: random.Random) -> Iterator[str]:
    folder = data / "medical"
    for paper in json.loads((folder / "covid-qa/covid-qa-train.json").read_text(encoding="utf-8"))["data"]:
        yield paper["paragraphs"][0]["context"]
    abstracts = [json.loads(line)["text"] for line in (folder / "nfcorpus/corpus.jsonl").open(encoding="utf-8")]
    pages = sorted((folder / "medquad").glob("*/*.xml"))
    both: list[Any] = [*abstracts, *pages]
    rng.shuffle(both)
    for one in both:
        if isinstance(one, str):
            yield one
        else:
            yield " ".join(re.sub(r"\s+", " ", a.text or "") for a in ElementTree.parse(one).iter("Answer"))


def _up_to(chars: int, source: Iterator[str]) -> Iterator[str]:
    for text in source:
        if chars <= 0:
            return
        chars -= len(text)
        yield text


def recurring(tokens: Sequence[str], shortest: int = SHORTEST_CHARS) -> dict[tuple[str, ...], list[tuple[int, int]]]:
    """The word sequences that `tokens` (word pieces) says at least twice without overlap, and where: [first, end). They
    start and end in a word that is no stop word; one that only stands inside a longer kept one is left out.
    """
    words = [i for i, t in enumerate(tokens) if not t.startswith("##")] + [len(tokens)]
    places: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
    for w in range(len(words) - 1):
        for n in range(1, min(LONGEST_SPAN_WORDS, len(words) - 1 - w) + 1):
            low, high = words[w], words[w + n]
            if (
                _edge(tokens[low])
                and _edge(tokens[words[w + n - 1]])
                and (n > 1 or high - low > 1 or len(tokens[low]) >= shortest)
            ):
                key = tuple(tokens[low:high])
                if not places[key] or places[key][-1][1] <= low:
                    places[key].append((low, high))
    taken: set[int] = set()
    kept = {}
    for key, found in sorted(places.items(), key=lambda item: -len(item[0])):
        free = [(a, b) for a, b in found if a not in taken]
        if len(free) >= 2:
            kept[key] = free
            taken.update(i for a, b in free for i in range(a, b))
    return kept


def _edge(token: str) -> bool:
    return token.removeprefix("▁") not in _STOP and any(c.isalnum() for c in token)


@dataclass(frozen=True)
class Language:
    """blank: what stands in a question for the span that was taken out, as token ids; ends: where a question ends."""

    shortest: int = SHORTEST_CHARS
    ends: str = ".;?!"
    blank: Callable[[Sequence[str]], Sequence[int]] = lambda span: (MASK,)


def _chinese_blank(span: Sequence[str]) -> Sequence[int]:
    """ "什么", "多少" or "何时", as ids of the trimmed vocabulary's pieces."""
    text = "".join(span)
    return (1335, 736) if re.search(r"\d\d.*[年月日]|\d{4}", text) else (3860,) if text[0].isdigit() else (1656,)


ENGLISH = Language()
LANGUAGES = {"en": ENGLISH, "zh": Language(shortest=2, ends=".;?!。,:", blank=_chinese_blank)}


def cloze(ids: Sequence[int], tokens: Sequence[str], each: int, other: tuple[Sequence[int], Sequence[str]] | None,
          rng: random.Random, language: Language = ENGLISH) -> Iterator[Any]:  # fmt: skip
    """Up to `each` parts (see `rows_of`) from one window of a document; `other` is another window of it."""
    spans = [s for s in recurring(tokens, language.shortest).items() if len(s[1]) <= 6]
    rng.shuffle(spans)
    for key, places in spans[:each]:
        low, high = rng.choice(places)
        left, right = _around(tokens, low, high, language.ends)
        question = [*ids[left:low], *language.blank(key), *ids[high:right]]
        if len(question) < 6:
            continue
        if other and rng.random() < 1 / 6 and not _contains(other[1], key):
            yield question, [], list(other[0]), [], -1, 0
            continue
        targets = [(a, b - 1) if b <= left else (a - (right - left), b - 1 - (right - left))
                   for a, b in places if b <= left or a >= right]  # fmt: skip
        if targets:
            yield question, [], [*ids[:left], *ids[right:]], targets, -1, 0


def _around(tokens: Sequence[str], low: int, high: int, ends: str) -> tuple[int, int]:
    """The sentence around [low, high), at most QUESTION_TOKENS long."""
    left, right = low, high
    while left and low - left < QUESTION_TOKENS // 2 and tokens[left - 1] not in ends:
        left -= 1
    while right < len(tokens) and right - high < QUESTION_TOKENS // 2 and tokens[right] not in ends:
        right += 1
    return left, right


def _contains(tokens: Sequence[str], key: tuple[str, ...]) -> bool:
    return any(tuple(tokens[i : i + len(key)]) == key for i in range(len(tokens) - len(key) + 1))


def cloze_parts(documents: Iterable[tuple[Sequence[int], Sequence[str]]], each: int, seed: int,
                language: Language = ENGLISH) -> Iterator[Any]:  # fmt: skip
    """The parts of all documents, given as (ids, tokens)."""
    rng = random.Random(seed)
    for ids, tokens in documents:
        cuts = [(ids[i : i + WINDOW_TOKENS], tokens[i : i + WINDOW_TOKENS]) for i in range(0, len(ids), WINDOW_TOKENS)]
        cuts = [c for c in cuts if len(c[0]) > 60]
        for number, (window_ids, window_tokens) in enumerate(cuts):
            other = cuts[(number + 1 + rng.randrange(max(1, len(cuts) - 1))) % len(cuts)] if len(cuts) > 1 else None
            yield from cloze(window_ids, window_tokens, each, other, rng, language)
