"""Both indexes at their edges: the formula's own numbers, words that begin alike, ties, other formats."""

import json
import math

import numpy as np
import pytest

from sparewheel.rag.errors import StoreError
from sparewheel.rag.retrieve.bm25 import Bm25Index
from sparewheel.rag.retrieve.bm25_write import Bm25Writer
from sparewheel.rag.retrieve.dense import DenseIndex, DenseSearch
from sparewheel.rag.retrieve.dense_write import DenseWriter
from sparewheel.rag.retrieve.hybrid import Hybrid
from sparewheel.rag.retrieve.memory import MemoryPassages
from sparewheel.rag.settings import Retrieve
from sparewheel.rag.types import Chunk


def built(writer, folder, *texts):
    folder.mkdir()
    chunks = [Chunk("d", 0, len(text), text, id=id) for id, text in enumerate(texts)]
    writer.write(folder, chunks, [])
    return folder


def test_a_score_is_what_the_formula_says(tmp_path):
    """k1 = 1.5 and b = 0.75, counted by hand: "fever" twice in four words, of three chunks with nine words."""
    index = Bm25Index.open(
        built(Bm25Writer(), tmp_path / "i", "fever fever dose clause", "lease rent tenant", "lease rent")
    )
    idf = math.log(1 + (3 - 1 + 0.5) / (1 + 0.5))
    expected = idf * 2 * (1.5 + 1) / (2 + 1.5 * (1 - 0.75 + 0.75 * 4 / 3))
    ids, scores = index.search("fever", 5)
    assert ids.tolist() == [0]
    assert scores.tolist() == pytest.approx([expected], rel=1e-5)


def test_a_word_that_only_begins_like_a_known_one_finds_nothing(tmp_path):
    """The vocabulary is looked up by its first eight bytes; the rest must be the same, too."""
    index = Bm25Index.open(built(Bm25Writer(), tmp_path / "i", "KX-20240017/A is recalled", "nothing else"))
    assert index.search("KX-20240017/A", 5)[0].tolist() == [0]
    assert len(index.search("thrombocytopenia", 5)[0]) == 0
    other = Bm25Index.open(built(Bm25Writer(), tmp_path / "j", "thrombocytosis", "clause"))
    assert len(other.search("thrombocytopenia", 5)[0]) == 0


def test_equal_vectors_come_in_the_order_of_their_ids(tmp_path, embedder):
    """The same clause five times: no order of chance."""
    index = DenseIndex.open(built(DenseWriter(embedder), tmp_path / "i", *["same clause"] * 5))
    ids, scores = index.search(embedder.embed(["same clause"])[0], 5)
    assert ids.tolist() == [0, 1, 2, 3, 4]
    assert scores.tolist() == [scores[0]] * 5


def test_a_dense_index_of_another_format_is_named(tmp_path, embedder):
    """With both numbers, and the cure."""
    folder = built(DenseWriter(embedder), tmp_path / "i", "text")
    meta = json.loads((folder / "meta.json").read_text())
    (folder / "meta.json").write_text(json.dumps({**meta, "format": 99}))
    with pytest.raises(StoreError, match=r"format 99, this program has .*reindex"):
        DenseIndex.open(folder)


def test_a_question_is_embedded_as_one(tmp_path, embedder):
    """Models that embed questions and passages differently are told which it is."""
    index = DenseIndex.open(built(DenseWriter(embedder), tmp_path / "i", "text"))
    kinds = []

    class Told(type(embedder)):
        def embed(self, texts, *, query=False):
            kinds.append(query)
            return super().embed(texts)

    DenseSearch(index, Told(), MemoryPassages([Chunk("d", 0, 4, "text")])).find("text", 1)
    assert kinds == [True]


def test_every_search_gives_more_candidates_than_are_wanted():
    """A passage that is third for both may be first for the two together: as many as the setting says."""
    asked = []

    class Leg:
        name = "words"
        passages = MemoryPassages([Chunk("d", 0, 1, "x")])

        def find(self, query, k, filter=None):
            asked.append(k)
            return np.zeros(0, np.int64), np.zeros(0, np.float32)

    hybrid = Hybrid([Leg()], Retrieve(candidates_k=40))
    hybrid.search("q", 3)
    hybrid.search("q", 70)
    assert asked == [40, 70]
