"""The LangChain retrievers as the retriever of our pipeline."""

from __future__ import annotations

import numpy as np
import pytest

from sparewheel.eval.baselines import Ensemble, Kept
from sparewheel.rag.errors import UsageError
from sparewheel.rag.types import Chunk

TEXTS = ["rent is due monthly", "dogs need consent", "cats are allowed", "the boiler is serviced yearly"]
CHUNKS = [Chunk("lease.md", 30 * i, 30 * i + len(text), text, id=10 + i) for i, text in enumerate(TEXTS)]


class Letters:
    """Vectors of letter counts."""

    name, dimension = "letters", 26

    def embed(self, texts, *, query=False):
        rows = np.array([[text.count(chr(97 + i)) for i in range(26)] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def ensemble() -> Ensemble:
    return Ensemble(CHUNKS, Letters(), k=2)


def test_it_finds_our_chunks(ensemble: Ensemble) -> None:
    """The chunk that both legs put first is first; hits are our own chunks, ranked from 1."""
    hits = ensemble.retrieve("dogs need consent", 3).hits
    assert hits[0].chunk is CHUNKS[1]
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert len({hit.chunk.id for hit in hits}) == len(hits) <= 3


def test_a_question_on_one_document_finds_only_that_document() -> None:
    """As a user of LangChain would do it; also where other documents have the nearer passages."""
    others = [Chunk("other.md", 0, 17, "dogs need consent", id=i) for i in range(50, 80)]
    hits = Ensemble([*CHUNKS, *others], Letters(), k=2).retrieve("dogs need consent", 3, {"document": "lease.md"}).hits
    assert hits[0].chunk is CHUNKS[1]
    assert {hit.chunk.document_id for hit in hits} == {"lease.md"}


@pytest.mark.parametrize("filter", [{"title": "Lease"}, {"document": ["a", "b"]}, {"document": "other.md"}])
def test_another_filter_is_refused_not_forgotten(ensemble: Ensemble, filter) -> None:
    """An answer from another document would be scored as if it were asked for."""
    with pytest.raises(UsageError, match="the baseline"):
        ensemble.retrieve("dogs", 2, filter)


def test_vectors_of_the_corpus_are_not_made_again() -> None:
    """Those of its index are the embedder's, each of its own passage; another text is embedded."""

    class Busy(Letters):
        def embed(self, texts, *, query=False):
            assert query or set(texts) <= {"another text"}
            return super().embed(texts)

    kept = Kept(Busy(), {text: row.astype(np.float16) for text, row in zip(TEXTS, Letters().embed(TEXTS), strict=True)})
    np.testing.assert_allclose(kept.embed(TEXTS), Letters().embed(TEXTS), atol=1e-3)
    assert len(Ensemble(CHUNKS, kept, k=2).retrieve("dogs need consent", 2).hits) == 2
    assert kept.embed(["another text"]).shape == (1, 26)
