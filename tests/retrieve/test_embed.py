"""The built-in embedder, where its weights are in."""

import json

import numpy as np
import pytest

from sparewheel.rag.errors import NotFound, StoreError, UsageError
from sparewheel.rag.retrieve.embed import OnnxEmbedder, open_embedder
from sparewheel.rag.retrieve.rerank import OnnxReranker
from sparewheel.rag.types import Chunk, Hit
from sparewheel.rag.weights import WEIGHTS

with_weights = pytest.mark.skipif(not (WEIGHTS / "embed-en/model.onnx").exists(), reason="no weights in embed-en")
with_reranker = pytest.mark.skipif(not (WEIGHTS / "rerank-en/model.onnx").exists(), reason="no weights in rerank-en")


@with_weights
def test_rows_are_unit_vectors():
    """One row a text, of length 1, also for an empty and a very long text."""
    embedder = open_embedder("auto", "en")
    rows = embedder.embed(["rent", "", "word " * 5000])
    assert rows.shape == (3, embedder.dimension)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-4)


@with_weights
def test_a_text_has_one_vector():
    """What is embedded beside it changes nothing, bit for bit."""
    embedder = open_embedder("embed-en", "en")
    alone = embedder.embed(["The tenant pays rent."])
    beside = embedder.embed(["The tenant pays rent.", "Aspirin 500 mg, twice a day, after meals.", "x"])
    np.testing.assert_array_equal(alone[0], beside[0])


@with_weights
def test_meaning_is_near():
    """A paraphrase is nearer than another topic."""
    rows = open_embedder("auto", "en").embed(
        ["The lease ends in May.", "The rental contract expires in spring.", "Fever."]
    )
    assert rows[0] @ rows[1] > rows[0] @ rows[2]


@with_weights
def test_no_texts_give_no_rows():
    """An empty list is fine."""
    assert open_embedder("auto", "en").embed([]).shape == (0, 384)


@with_weights
def test_the_name_says_model_and_version():
    """So an index of another version is noticed."""
    config = json.loads((WEIGHTS / "embed-en/config.json").read_text())
    assert open_embedder("auto", "en").name == f"embed-en@{config['version']}"


def test_an_unknown_built_in_is_told():
    """A misspelt built-in name is not taken for a hub name."""
    with pytest.raises(NotFound, match="no built-in embedding model 'embed-xx'"):
        open_embedder("embed-xx", "en")


def test_a_model_that_is_not_here_is_told(monkeypatch):
    """Nothing is fetched unless allowed."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(UsageError, match=r"not on this machine|pip install 'sparewheel\[local\]'"):
        open_embedder("nobody/no-such-model", "en")


def test_a_folder_without_config_is_told(tmp_path):
    """An incomplete model folder names the file."""
    with pytest.raises(StoreError, match=r"config\.json"):
        OnnxEmbedder(tmp_path)
    with pytest.raises(StoreError, match=r"config\.json"):
        OnnxReranker(tmp_path)


@with_reranker
def test_the_reranker_puts_the_answer_first():
    """relevance is a probability, the best k are kept, ranks count from 1."""
    texts = ["The weather was fine.", "The tenant shall pay rent on the first day of each month.", "Signed in Berlin."]
    hits = [Hit(Chunk("d", 0, len(t), t, id=i), 1.0, i + 1, "rrf", {"rrf": 1.0}) for i, t in enumerate(texts)]
    best = OnnxReranker(WEIGHTS / "rerank-en").rerank("When is the rent due?", hits, 2).hits
    assert [hit.rank for hit in best] == [1, 2]
    assert best[0].chunk.id == 1
    assert 0 <= best[1].scores["relevance"] <= best[0].scores["relevance"] <= 1
    assert best[0].scores["rrf"] == 1.0


def test_reranking_nothing_gives_nothing(tmp_path):
    """No hits, no model loaded."""
    (tmp_path / "config.json").write_text(json.dumps({"name": "r", "version": "1", "max_tokens": 8}))
    assert OnnxReranker(tmp_path).rerank("question", [], 5) == ([], ())
