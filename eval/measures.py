"""How good one answer is: its words, its label, and the places it cites. Aggregates are in `eval.aggregates`.

Everything here is of one question and lies in 0..1; None means that the measure does not apply to the question.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sparewheel.corpora import GoldSpan

_ARTICLE = re.compile(r"\b(a|an|the)\b")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


def normalise(text: str, language: str = "en") -> str:
    """English: lower case, without punctuation, articles and spare white space.

    Source: `normalize_answer` of the SQuAD 1.1 evaluation script (Rajpurkar et al. 2016, arXiv 1606.05250).
    Chinese: lower case, without white space and every punctuation mark and symbol, full width too (the scripts of
    CMRC 2018 and CJRC list such marks; here they are the Unicode categories P and S, after NFKC).
    """
    if language == "zh":
        folded = unicodedata.normalize("NFKC", text).lower()
        return "".join(c for c in folded if not c.isspace() and unicodedata.category(c)[0] not in "PS")
    kept = "".join(c for c in text.lower() if c not in string.punctuation)
    return " ".join(_ARTICLE.sub(" ", kept).split())


def tokens(text: str, language: str = "en") -> list[str]:
    """The words of the normalised text; in Chinese every Han character, and every run of other letters and digits."""
    normal = normalise(text, language)
    if language != "zh":
        return normal.split()
    return re.findall(rf"{_HAN.pattern}|[^{_HAN.pattern[1:-1]}]+", normal)


def exact_match(answer: str, reference: str, language: str = "en") -> float:
    """1 where both normalise to the same text, else 0 (SQuAD 1.1, `exact_match_score`)."""
    return float(normalise(answer, language) == normalise(reference, language))


def token_f1(answer: str, reference: str, language: str = "en") -> float:
    """2PR / (P + R) over the multisets of tokens: P = common / answer, R = common / reference (SQuAD 1.1, `f1_score`).

    Where either has no token: 1 when both have none, else 0 (SQuAD 2.0, `compute_f1`).
    """
    ours, theirs = tokens(answer, language), tokens(reference, language)
    if not ours or not theirs:
        return float(ours == theirs)
    common = sum((Counter(ours) & Counter(theirs)).values())
    return 2 * common / (len(ours) + len(theirs))


def best(
    measure: Callable[[str, str, str], float], answer: str, references: Iterable[str], language: str = "en"
) -> float:
    """The highest value over the references (SQuAD 1.1, `metric_max_over_ground_truths`); at least one reference."""
    return max(measure(answer, reference, language) for reference in references)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Characters: found, gold, and common to both; a character that several spans cover counts once."""

    found: int
    gold: int
    common: int

    @property
    def precision(self) -> float | None:
        """common / found; None where nothing was found."""
        return self.common / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        """common / gold; None where there is no gold span."""
        return self.common / self.gold if self.gold else None

    @property
    def f1(self) -> float | None:
        """2 common / (found + gold); None where there is no gold span."""
        return 2 * self.common / (self.found + self.gold) if self.gold else None


def overlap(found: Sequence[GoldSpan], gold: Sequence[GoldSpan]) -> Overlap:
    """Characters that the spans share, by document.

    Source: precision and recall of LegalBench-RAG (Pipitone & Alami 2024, arXiv 2408.10343, section 4), where `found`
    are the retrieved passages; here also for citations.
    """
    ours, theirs = merged(found), merged(gold)
    common = sum(
        max(0, min(a.end, b.end) - max(a.start, b.start))
        for a in ours
        for b in theirs
        if a.document_id == b.document_id
    )
    return Overlap(sum(s.end - s.start for s in ours), sum(s.end - s.start for s in theirs), common)


def merged(spans: Iterable[GoldSpan]) -> list[GoldSpan]:
    """The same characters as disjoint spans, sorted by document and start."""
    joined: list[GoldSpan] = []
    for span in sorted(spans, key=lambda s: (s.document_id, s.start, s.end)):
        last = joined[-1] if joined else None
        if last is not None and last.document_id == span.document_id and span.start <= last.end:
            joined[-1] = GoldSpan(last.document_id, last.start, max(last.end, span.end))
        elif span.end > span.start:
            joined.append(span)
    return joined
