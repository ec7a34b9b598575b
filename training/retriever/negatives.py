"""Hard negatives: passages that look like the answer and are not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from training.retriever.pairs import Pool, Question

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_WORD = re.compile(r"[a-z0-9]+")
K1, B = 1.5, 0.75


def latin_words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


class Bm25:
    """Okapi BM25 (Robertson & Zaragoza 2009, eq. 3.15) as one sparse matrix, for scoring many questions at once."""

    def __init__(self, passages: list[str], words: Callable[[str], list[str]] = latin_words) -> None:
        from scipy.sparse import csr_matrix

        self.words = words
        counts = [Counter(words(passage)) for passage in passages]
        self.column = {word: i for i, word in enumerate(sorted({word for count in counts for word in count}))}
        lengths = np.array([sum(count.values()) for count in counts], np.float32)
        rows = np.repeat(np.arange(len(counts)), [len(count) for count in counts])
        columns = np.array([self.column[word] for count in counts for word in count], np.int32)
        tf = np.array([n for count in counts for n in count.values()], np.float32)
        documents = np.bincount(columns, minlength=len(self.column))
        idf = np.log1p((len(counts) - documents + 0.5) / (documents + 0.5)).astype(np.float32)
        norm = K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1.0))
        weights = idf[columns] * tf * (K1 + 1) / (tf + norm[rows])
        self.weights: csr_matrix = csr_matrix(
            (weights, (rows, columns)), shape=(len(counts), len(self.column))
        ).T.tocsr()

    def scores(self, texts: list[str]) -> NDArray[np.float32]:
        """float32 [len(texts), passages]."""
        from scipy.sparse import csr_matrix

        pairs = [(row, self.column[word]) for row, text in enumerate(texts) for word in set(self.words(text))
                 if word in self.column]  # fmt: skip
        rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
        shape = (len(texts), self.weights.shape[0])
        asked = csr_matrix((np.ones(len(pairs), np.float32), (rows, columns)), shape=shape)
        found: NDArray[np.float32] = (asked @ self.weights).toarray()
        return found


def lexical(pool: Pool, inside: int, outside: int, block: int = 64) -> list[list[int]]:
    """For each question of the pool the passages BM25 likes best that do not hold the answer: `inside` from the
    documents of the answer (asked without the document's name), then `outside` from other documents."""
    index, codes = Bm25(pool.passages), np.unique(np.array(pool.documents), return_inverse=True)[1]
    found = []
    for start in range(0, len(pool.questions), block):
        questions = pool.questions[start : start + block]
        plain = index.scores([bare(question) for question in questions])
        whole = index.scores([question.text for question in questions])
        for question, near, far in zip(questions, plain, whole, strict=True):
            same = np.isin(codes, codes[list(question.positives)])
            found.append(
                best(np.where(same, near, 0), question, inside) + best(np.where(same, 0, far), question, outside)
            )
    return found


def bare(question: Question) -> str:
    """The question without the words that only name its document."""
    return question.text.replace(question.lead, " ") if question.lead else question.text


def barred(question: Question, passages: int) -> list[int]:
    """The gold passages and their neighbours: a cut clause goes on there, so they are no negatives."""
    around = {index + step for index in question.positives for step in (-1, 0, 1)}
    return sorted(index for index in around if 0 <= index < passages)


def best(scores: NDArray[np.float32], question: Question, k: int) -> list[int]:
    """The k passages of the highest positive score that are no gold."""
    gold = set(barred(question, len(scores)))
    width = min(len(scores), k + len(gold))
    top = np.argpartition(-scores, width - 1)[:width]
    ranked = top[np.argsort(-scores[top], kind="stable")]
    return [int(index) for index in ranked if scores[index] > 0 and int(index) not in gold][:k]


def dense(
    passages: torch.Tensor, asked: torch.Tensor, questions: list[Question], k: int, margin: float = 0.95
) -> list[list[int]]:
    """For each question the k passages nearest to it by cosine that are no gold. One nearer than `margin` times the
    gold's own cosine may well be another answer and is left out (Moreira et al. 2024, NV-Retriever, TopK-PercPos)."""
    found = []
    for start in range(0, len(questions), 256):
        block = questions[start : start + 256]
        scores = asked[start : start + 256] @ passages.T
        gold = [(row, index) for row, question in enumerate(block) for index in question.positives]
        rows, columns = (torch.tensor(part, device=scores.device) for part in zip(*gold, strict=True))
        limit = torch.full((len(block),), -1.0, device=scores.device, dtype=scores.dtype)
        limit = limit.scatter_reduce(0, rows, scores[rows, columns], "amax") * margin
        scores[scores >= limit[:, None]] = -1.0
        out = [(row, index) for row, question in enumerate(block) for index in barred(question, len(passages))]
        rows, columns = (torch.tensor(part, device=scores.device) for part in zip(*out, strict=True))
        scores[rows, columns] = -1.0
        values, indices = scores.topk(min(k, scores.shape[1]), dim=1)
        found += [
            [index for value, index in zip(*pair, strict=True) if value > -1.0]
            for pair in zip(values.tolist(), indices.tolist(), strict=True)
        ]
    return found
