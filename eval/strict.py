"""Measures that see what SQuAD's do not: a digit, a sign, a unit, a negation. Width, case and quotes do not count.

SQuAD's F1 and EM (`eval.measures`) drop every punctuation mark: 1.5 mg and 15 mg are equal to them, as are -20 and 20.
Here a figure with its unit is one token ("18 months" and "eighteen (18) months" are the same), both languages alike.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from sparewheel.eval.numerals import folded
from sparewheel.eval.polarity import another_name, negated_before, negations, opposed, spelt_out
from sparewheel.eval.quantities import all_there, quantities

RIGHT_F1 = 0.5  # from this strict F1 on the wording agrees, where the reference is not contained whole
LONGEST, TIMES = 300, 8  # tokens of an answer that may contain its reference: more is no answer but the document
_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+")
_ARTICLES = frozenset({"a", "an", "the"})
_NAME = re.compile(
    r"(?<=[a-z,;] )[A-Z][a-z]+"
    r"|^(?!(?:The|An?|Any|Each|Every|No|If|In|On|All|This|Such|Upon|Neither|Either)\b)[A-Z][a-z]+(?= [A-Z])"
)
_SENTENCE = re.compile(r"(?<=[.;!?])\s+|[。；！？\n]+")


def words(text: str, bounds: bool = True) -> list[str]:
    """Tokens: a figure with its unit, a Han character, a word; articles, possessives and punctuation left out.

    bounds: "at most" and its kind are a part of the figure, as its sign; else they are left out of it.
    """
    return list(_words(text, bounds))


@lru_cache(maxsize=512)  # every measure takes the same answer and references to pieces
def _words(text: str, bounds: bool) -> tuple[str, ...]:
    plain = folded(text)
    found: list[str] = []
    at = 0
    for figure in (*quantities(text), None):
        between = plain[at : figure.start if figure else len(plain)]
        between = re.sub(r"'s\b|(?<=s)'", "", spelt_out(between))
        found += [word for word in _WORD.findall(between) if word not in _ARTICLES]
        if figure:
            found.append((figure.relation if bounds or figure.symbol else "") + figure.token)
            at = figure.end
    return tuple(found)


def strict_f1(answer: str, reference: str) -> float:
    """2PR / (P + R) over the multisets of `words`; 1 when neither has any."""
    ours, theirs = words(answer), words(reference)
    if not ours or not theirs:
        return float(ours == theirs)
    return 2 * sum((Counter(ours) & Counter(theirs)).values()) / (len(ours) + len(theirs))


def numbers_right(answer: str, reference: str) -> float:
    """1 where every figure of the reference stands in the answer with its sign, unit and relation, else 0.

    A reference without figures: 1. The answer may hold further figures, as a whole clause does.
    """
    return float(all_there(quantities(reference), quantities(answer)))


def contains(answer: str, reference: str) -> float:
    """1 where the words of the reference stand in the answer in one piece and not negated, else 0; "" is in nothing."""
    ours, theirs = _tokens(answer, reference)
    return float(any(not negated_before(ours, start) for start in _places(ours, theirs)))


def focus(answer: str, reference: str) -> float:
    """Share of the answer that the reference is, 0..1; 0 where it is not contained. 1: nothing beside it."""
    ours, theirs = _tokens(answer, reference)
    return min(1.0, len(theirs) / len(ours)) if ours and contains(answer, reference) else 0.0


def polarity_right(answer: str, reference: str) -> float:
    """1 where the answer's nearest sentence denies as often as the reference does, odd or even, and no word in it is
    the opposite of one there; else 0."""
    nearest = _nearest(answer, reference)
    plain = folded(reference)
    return float(negations(nearest) % 2 == negations(plain) % 2 and not opposed(nearest, plain))


def agrees(answer: str, references: Sequence[str]) -> bool:
    """Would a lawyer call the answer right? Equal figures, equal polarity, and a reference contained or F1 from .5 on.

    references: wordings of which one is enough. References that stand for different places are tried joined as well,
    for an answer may quote two of them.
    """
    joined = ["\n".join(references)] if len(references) > 1 else []
    return any(_agrees(answer, reference) for reference in (*references, *joined))


def _agrees(answer: str, reference: str) -> bool:
    if not numbers_right(answer, reference):
        return False
    ours, theirs = _tokens(answer, reference)
    if all_places := _places(ours, theirs):
        said = any(not negated_before(ours, start) for start in all_places)
        return said and len(ours) <= max(LONGEST, TIMES * len(theirs))
    if strict_f1(answer, reference) < RIGHT_F1 or not polarity_right(answer, reference):
        return False
    names = _names(reference)
    return not another_name(ours, theirs, names) and not _swapped(ours, theirs, names)


def _tokens(answer: str, reference: str) -> tuple[list[str], list[str]]:
    """Of both; a bound of the answer counts where the reference has one ("at most 18 months" holds "18 months")."""
    bounds = any(figure.relation for figure in quantities(reference))
    return words(answer, bounds), words(reference, bounds)


def _places(ours: Sequence[str], theirs: Sequence[str]) -> list[int]:
    """Where `theirs` begins in `ours`; nowhere when it is empty."""
    size = len(theirs)
    return [i for i in range(len(ours) - size + 1) if list(ours[i : i + size]) == list(theirs)] if size else []


def _nearest(answer: str, reference: str) -> str:
    """The part of the answer's nearest sentence from its first to its last common word, and two words beside."""
    wanted = Counter(words(reference))
    sentence = max(_SENTENCE.split(folded(answer)), key=lambda s: sum((Counter(words(s)) & wanted).values()))
    own = words(sentence)
    common = [i for i, word in enumerate(own) if word in wanted]
    if not common:
        return sentence
    window = " ".join(own[max(0, common[0] - 2) : common[-1] + 3])
    return re.sub(r"(?<=[\u3400-\u9fff]) (?=[\u3400-\u9fff])", "", window)


def _swapped(ours: Sequence[str], theirs: Sequence[str], names: frozenset[str]) -> bool:
    """The same sentence with its figures or names changed about: "10 mg on day 1 and 20 mg on day 2"."""

    def shape(tokens: Sequence[str]) -> list[str]:
        return ["name" if t in names else re.sub(r"[\d./^⁄~:-]+", "0", t) for t in tokens]

    size, wanted = len(theirs), shape(theirs)
    pieces = (ours[at : at + size] for at in _places(shape(ours), wanted))
    return any(list(piece) != list(theirs) and Counter(piece) == Counter(theirs) for piece in pieces)


def _names(text: str) -> frozenset[str]:
    """Its words with a capital inside a sentence, folded; none where all is in capitals."""
    found = () if text.isupper() else _NAME.findall(text)
    return frozenset(word for name in found for word in words(name))
