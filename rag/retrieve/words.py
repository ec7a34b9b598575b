"""What words the text of a corpus holds, seen through its keyword index."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Protocol

from sparewheel.rag.retrieve.bm25 import Found
from sparewheel.rag.retrieve.names import folded
from sparewheel.rag.retrieve.tokenise import terms
from sparewheel.rag.types import Chunk, Filter, Hit, Passages

_LOOK_AT = 12  # passages with most of the words
_ALIKE = 0.8  # share of letters in common, of words with the same beginning
_SAME_BEGINNING = 2  # letters
_MOST_ALIKE = 4000  # words of the same beginning that are compared


class Vocabulary(Protocol):
    """The terms of a keyword index."""

    def has(self, term: str) -> bool:
        """Whether a chunk holds the term (as `tokenise.terms` gives it)."""
        ...

    def beginning_with(self, letters: str, most: int) -> list[str]:
        """The terms that begin so, in order; at most `most`."""
        ...


class Keywords(Protocol):
    """A search by words, and what words it knows."""

    name: str
    passages: Passages

    @property
    def index(self) -> Vocabulary: ...

    def find(self, query: str, k: int, filter: Filter | None = None) -> Found:
        """Chunk ids and scores, best first."""
        ...

    def search(self, query: str, k: int, filter: Filter | None = None) -> list[Hit]:
        """As hits."""
        ...


class IndexedWords:
    """`retrieve.scope.Words` over an open index. Safe to share between threads."""

    def __init__(self, search: Keywords, only: Filter | None = None) -> None:
        """only: what other documents hold is as unknown as what none holds."""
        self._search = search
        self._only = only

    def near(self, word: str) -> bool:
        """Whether the word, or one spelt nearly so, stands in a document."""
        wanted = terms(word)
        index = self._search.index
        if not wanted or any(self._has(term) for term in wanted):
            return True
        return any(
            SequenceMatcher(None, wanted[0], other).ratio() >= _ALIKE and self._has(other)
            for other in index.beginning_with(wanted[0][:_SAME_BEGINNING], _MOST_ALIKE)
            if abs(len(other) - len(wanted[0])) <= 2
        )

    def _has(self, term: str) -> bool:
        """Whether a passage holds the term, of those that count."""
        if self._only is None or not self._search.index.has(term):
            return self._search.index.has(term)
        return len(self._search.find(term, 1, self._only)[0]) > 0

    def has(self, word: str) -> bool:
        """Whether the word, with whatever ending, stands in a document."""
        wanted = terms(word)
        return bool(wanted) and all(self._search.index.has(term) for term in wanted)

    def phrase(self, text: str) -> bool:
        """Whether the words stand beside each other in the text of a document."""
        wanted = _plain(text)
        return any(wanted in _plain(chunk.text) for chunk in self._holding(text))

    def elsewhere(self, word: str, documents: frozenset[str]) -> bool:
        """Whether the word stands in the text of a passage of other documents."""
        return any(c.document_id not in documents and word in _plain(c.text) for c in self._holding(word))

    def _holding(self, text: str) -> list[Chunk]:
        return [hit.chunk for hit in self._search.search(text, _LOOK_AT, self._only)]


def _plain(text: str) -> str:
    return re.sub(r"[\s\W]+", " ", folded(text)).strip()


@cache
def ordinary_words(weights: Path) -> Callable[[str], bool]:
    """Whether a word of small letters is one of the English language: one that the reader's network knows whole.

    weights: the folder of the models. Without its vocabulary no word is known to be ordinary.
    """
    file = weights / "reader-en" / "tokenizer.json"
    known: frozenset[str] = frozenset()
    if file.exists():
        vocabulary = json.loads(file.read_text(encoding="utf-8"))["model"]["vocab"]
        known = frozenset(vocabulary if isinstance(vocabulary, dict) else (piece for piece, _ in vocabulary))
    return known.__contains__
