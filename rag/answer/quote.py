"""The answerer without a model: it quotes the sentence that says most of what the question asks.

It needs nothing but the passages, so it stands in for a vertical reader whose language has none or whose weights are
missing. Score of a sentence: the share of the question's words it contains, each word weighted by how rare it is among
the passages at hand (BM25's idf), with the heading and title counting half.
"""

from __future__ import annotations

import math
import re
from collections import Counter

from sparewheel.rag.text import sentences
from sparewheel.rag.types import AnswerRequest, Draft, Span

REFUSE_BELOW = 0.35  # share of the question's word weight; calibrated on the sample questions
RANK_DISCOUNT = 0.02  # a sentence of the next passage must be better by this much

_TOKEN = re.compile(r"[^\W_\u3400-\u9fff]+|[\u3400-\u9fff]")
_STOP = frozenset(
    re.findall(
        r"\S+",
        "a an and are as at be been by can do does did for from has have how i if in is it its may must of on or shall "
        "should that the their them there they this to under was were what when where which who whom whose why will "
        "with would you your 的 了 是 在 和 与 或 吗 呢 什 么 哪 谁 多 少 怎 样 如 何 有 为 对 应 当 可 以 其 该",
    )
)


class SentenceQuoter:
    """Reads a request into a Draft, in milliseconds."""

    def read(self, request: AnswerRequest) -> Draft:
        """The best sentence; confidence is the share of the question's word weight that it and its headings contain."""
        wanted = _terms(request.question)
        passages = [_terms(hit.chunk.indexed_text) for hit in request.hits]
        frequency = Counter(term for passage in passages for term in passage)
        weight = {term: math.log(1 + len(passages) / (0.5 + frequency[term])) for term in wanted}
        total = sum(weight.values())
        best, best_score = Span(0, 0, 0), 0.0
        for i, hit in enumerate(request.hits):
            context = _terms(" ".join((hit.chunk.title, *hit.chunk.headings)))
            for start, end in sentences(hit.chunk.text):
                said = _terms(hit.chunk.text[start:end])
                held = sum(weight[t] * (1.0 if t in said else 0.5) for t in wanted & (said | context))
                score = (held / total if total else 0.0) - RANK_DISCOUNT * i
                if said and score > best_score:
                    best, best_score = Span(i, start, end, score), score
        if best_score < REFUSE_BELOW:
            return Draft("", refused=True, confidence=max(best_score, 0.0), model="sentence-quoter")
        text = request.hits[best.hit].chunk.text[best.start : best.end].strip()
        return Draft(text, (best,), confidence=min(best_score, 1.0), model="sentence-quoter")


def _terms(text: str) -> set[str]:
    """Words without stop words, a plural s cut off; Chinese by character."""
    words = (word.casefold() for word in _TOKEN.findall(text))
    return {word[:-1] if word.endswith("s") and len(word) > 3 else word for word in words if word not in _STOP}
