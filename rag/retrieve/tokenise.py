"""Text to the terms that BM25 counts, English and Chinese.

Words are casefolded and stemmed (Snowball); identifiers, numbers and section signs stay whole beside their parts, so
"COVID-19", "IL-6", "4.2(a)" and "§ 512" find themselves; Chinese gives jieba's words and every pair of neighbouring
characters (a word that jieba cuts differently in question and text is still found), 第十二条 equals 第12条, and
Traditional characters equal their Simplified ones.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise

from sparewheel.rag.text import simplified

TOKENISER_VERSION = "3"  # raise it when the terms of any text change: an index made under another version is refused

_ENGLISH_STOP = """
a an and are as at be been being but by can could did do does for from had has have how if in into is it its of on or so
such than that the their them then there these they this those to was were what which will with would
"""
_CHINESE_STOP = "的了和是在与及或之有为吗呢吧也都就而于以其这那个我你他她它们着被把么"
_STOP = frozenset(_ENGLISH_STOP.split()) | frozenset(_CHINESE_STOP)
_LONGEST_TERM = 64  # characters; a longer run is data (base64, a rule of underscores) and would bloat the vocabulary
_KNOWN_WORDS = 500_000  # words whose terms are remembered before the memory is emptied

_EAST_ASIAN = "\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_NUMERALS = "〇零一二三四五六七八九十百千两"
# A word, number or identifier: "non-compete", "1,000.50", "U.S.C", "4.2(a)(ii)", "§ 512(c)"
_LATIN = rf"(?:§+\s?)?[^\W_{_EAST_ASIAN}]+(?:[-.,'’&][^\W_{_EAST_ASIAN}]+)*(?:\([a-z0-9]{{1,4}}\))*"
_ARTICLE = rf"第\s*[{_NUMERALS}0-9]+\s*[编章节条款项](?:之[{_NUMERALS}0-9]+)?"
_RUN = rf"(?:(?!第)[{_EAST_ASIAN}]|第(?!\s*[{_NUMERALS}0-9]+\s*[编章节条款项]))+"
_find_latin = re.compile(_LATIN).findall
_find_any = re.compile(rf"{_ARTICLE}|{_RUN}|{_LATIN}").findall
_is_article = re.compile(_ARTICLE).fullmatch
_has_east_asian = re.compile(f"[{_EAST_ASIAN}]").search
_find_parts = re.compile(r"\d+|[^\W\d_]+").findall
_find_numeral = re.compile(rf"[{_NUMERALS}]+").sub
_JOINER = re.compile(r"(?<=[^\W\d_])[-.'’&](?=\w)|(?<=\d)[-,](?=[^\W\d_]|\d{3}\b)")  # "covid-19", "u.s.c", "1,000"
_INFLECTION = re.compile(r"['’]s?$")


class _Words(dict[str, tuple[str, ...]]):
    """word, number or identifier → its terms; worked out when first asked for."""

    def __missing__(self, word: str) -> tuple[str, ...]:
        if len(self) >= _KNOWN_WORDS:
            self.clear()
        terms = self[word] = _terms_of(word)
        return terms


_words = _Words()


def terms(text: str) -> list[str]:
    """The terms of `text` in order, repeated as often as they occur; stop words are left out."""
    if text.isascii():
        return _collect(_find_latin(text.lower()))
    text = unicodedata.normalize("NFKC", text).casefold()
    if not _has_east_asian(text):
        return _collect(_find_latin(text))
    found: list[str] = []
    for run in _find_any(simplified(text)):
        found.extend(_east_asian(run) if _has_east_asian(run[0]) else _words[run])
    return found


def word_starts(text: str) -> frozenset[int]:
    """Where a word of the Chinese in `text` may begin, characters: 试用期最长 has none at 用."""
    starts, at = set(), 0
    for word in _segment()(text):
        starts.add(at)
        at += len(word)
    return frozenset(starts)


def is_word(text: str) -> bool:
    """Whether the Chinese characters are one word of the dictionary."""
    return len([*_segment()(text)]) == 1


def _collect(words: list[str]) -> list[str]:
    known = _words
    return [term for word in words for term in known[word]]


def _terms_of(word: str) -> tuple[str, ...]:
    """Of a plain word its stem; of an identifier the whole and its parts."""
    if word.isalpha():
        return () if word in _STOP else (_stem(word[:_LONGEST_TERM]),)
    word = _INFLECTION.sub("", word)
    whole = _JOINER.sub("", word).replace(" ", "")
    parts = _find_parts(word)
    if whole.isalpha():
        whole = _stem(whole)
    kept = [whole[:_LONGEST_TERM]]
    if "(" in whole:
        kept.append(whole.partition("(")[0].lstrip("§"))
    if len(parts) > 1 or parts != [whole]:
        kept += [
            _stem(part[:_LONGEST_TERM]) for part in parts if part not in _STOP and (len(part) > 1 or part.isdigit())
        ]
    return tuple(term for term in dict.fromkeys(kept) if term and term not in _STOP)


def _east_asian(run: str) -> Iterator[str]:
    if _is_article(run):
        yield _find_numeral(lambda numeral: str(_arabic(numeral[0])), re.sub(r"\s+", "", run))
        return
    for first, second in pairwise(run):
        if first not in _STOP or second not in _STOP:
            yield first + second
    for word in _segment()(run):
        if word not in _STOP:  # a word of two characters counts twice, as pair and as word: found to rank better
            yield word[:_LONGEST_TERM]


def _arabic(numeral: str) -> int:
    """一百二十 → 120, 十二 → 12, 二〇二四 → 2024."""
    digits = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
    units = {"十": 10, "百": 100, "千": 1000}
    if not any(character in units for character in numeral):
        return int("".join(str(digits[character]) for character in numeral))
    total = pending = 0
    for character in numeral:
        if character in units:
            total += (pending or 1) * units[character]
            pending = 0
        else:
            pending = digits[character]
    return total + pending


@cache
def _stemmer() -> Callable[[str], str]:
    import Stemmer

    return Stemmer.Stemmer("english", 0).stemWord  # type: ignore[no-any-return]


def _stem(word: str) -> str:
    return _stemmer()(word)


@cache
def _segment() -> Callable[[str], Iterator[str]]:
    """jieba's cut. Its dictionary takes about 0.6 s to load, so only Chinese text pays for it."""
    import logging
    from pathlib import Path

    import jieba
    import platformdirs

    jieba.setLogLevel(logging.WARNING)
    folder = Path(platformdirs.user_cache_dir("sparewheel"))  # jieba's default is the shared /tmp
    try:
        folder.mkdir(parents=True, exist_ok=True)
        jieba.dt.tmp_dir = str(folder)
    except OSError:
        pass  # no cache: the dictionary is read from its text each time
    jieba.initialize()
    return lambda run: jieba.cut(run, HMM=False)
