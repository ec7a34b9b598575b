"""Both searches at once; either may fail."""

import threading

import pytest

from sparewheel.rag.errors import Unavailable, UsageError
from sparewheel.rag.retrieve.bm25 import Bm25Index, Bm25Search
from sparewheel.rag.retrieve.bm25_write import Bm25Writer
from sparewheel.rag.retrieve.dense import DenseIndex, DenseSearch
from sparewheel.rag.retrieve.dense_write import DenseWriter
from sparewheel.rag.retrieve.hybrid import Hybrid
from sparewheel.rag.retrieve.memory import MemoryPassages
from sparewheel.rag.settings import Retrieve
from sparewheel.rag.types import Chunk


class Broken:
    name = "broken"

    def __init__(self, error, passages):
        self.error = error
        self.passages = passages

    def find(self, query, k, filter=None):
        raise self.error


class Stuck:
    name = "stuck"

    def __init__(self, passages):
        self.passages = passages
        self.go = threading.Event()
        self.begun = False

    def find(self, query, k, filter=None):
        self.begun = True
        self.go.wait()
        raise OSError("gone")


@pytest.fixture
def legs(tmp_path, passages, embedder):
    for name, writer in (("bm25", Bm25Writer()), ("dense", DenseWriter(embedder))):
        (tmp_path / name).mkdir()
        writer.write(tmp_path / name, passages.all, [])
    return [
        Bm25Search(Bm25Index.open(tmp_path / "bm25"), passages),
        DenseSearch(DenseIndex.open(tmp_path / "dense"), embedder, passages),
    ]


def test_both_legs_are_fused(legs):
    """A hit carries the score of each leg that found it."""
    best, *_ = Hybrid(legs).search("IL-6 in COVID-19", 3)
    assert best.chunk.id == 3
    assert set(best.scores) == {"bm25", "dense", "rrf"}


def test_equal_texts_stay_two_passages(tmp_path, embedder):
    """The same clause in two contracts keeps both provenances."""
    twice = MemoryPassages([Chunk(name, 0, 9, "Same text") for name in ("one", "two")])
    (tmp_path / "index").mkdir()
    Bm25Writer().write(tmp_path / "index", twice.all, [])
    hits = Hybrid([Bm25Search(Bm25Index.open(tmp_path / "index"), twice)]).search("same text", 5)
    assert [hit.chunk.document_id for hit in hits] == ["one", "two"]


def test_the_filter_reaches_both(legs):
    """Nothing outside the filter, and k when k match."""
    hits = Hybrid(legs).search("notice of termination", 4, {"document": "even"})
    assert [hit.chunk.document_id for hit in hits] == ["even"] * 4


def test_a_partly_built_dense_index_is_enough(tmp_path, legs, passages, embedder):
    """Chunks that are not embedded yet are found by their words."""
    (tmp_path / "part").mkdir()
    DenseWriter(embedder).write(tmp_path / "part", passages.all[:2], [])
    part = DenseSearch(DenseIndex.open(tmp_path / "part"), embedder, passages)
    assert Hybrid([legs[0], part]).search("第十二条", 3)[0].chunk.id == 5


def test_a_failing_leg_does_not_kill_the_query(legs, passages):
    """The other leg answers, and a note of this very search says which failed."""
    hits, notes = Hybrid([legs[0], Broken(RuntimeError("out of memory"), passages)]).retrieve("aspirin", 3)
    assert [hit.chunk.id for hit in hits] == [3]
    assert notes == ("broken search failed: RuntimeError: out of memory",)
    assert Hybrid(legs).retrieve("aspirin", 3).notes == ()


@pytest.mark.parametrize(("within_s", "begun"), [(0.01, True), (0.0, False)])
def test_a_leg_that_takes_too_long_is_left_out(legs, passages, within_s, begun):
    """The words have found by then, and a note says what is missing. Without any time it is not begun."""
    stuck = Stuck(passages)
    hits, notes = Hybrid([legs[0], stuck]).retrieve("aspirin", 3, within_s=within_s)
    stuck.go.set()
    assert [hit.chunk.id for hit in hits] == [3]
    assert notes == ("stuck search left out: there was too little time for it",)
    assert stuck.begun == begun


def test_a_leg_weighs_what_its_language_gives_it(legs):
    """The first of the leg with most weight comes first; the weights of another language change nothing."""
    words, meaning = (leg.find("notice of aspirin", 1)[0][0] for leg in legs)
    assert words != meaning
    for leg, first in (("bm25", words), ("dense", meaning)):
        heavy = Hybrid(legs, weights={"en": {leg: 9.0}, "zh": {"bm25": 0.0}})
        assert heavy.search("notice of aspirin", 1)[0].chunk.id == first


def test_a_leg_without_weight_is_not_asked(legs, passages):
    """It cannot fail either; where no leg has weight, all are asked."""
    broken = Broken(OSError("gone"), passages)
    hybrid = Hybrid([legs[0], broken], weights={"zh": {"broken": 0.0}})
    hits, notes = hybrid.retrieve("第十二条", 1)
    assert (hits[0].chunk.id, notes) == (5, ())
    assert Hybrid([legs[0]], weights={"zh": {"bm25": 0.0}}).search("第十二条", 1)[0].chunk.id == 5


def test_all_legs_failing_is_told(passages):
    """With nobody left the search is unavailable, not empty."""
    with pytest.raises(Unavailable, match="no search answered"):
        Hybrid([Broken(OSError("gone"), passages)]).search("aspirin", 3)


def test_the_callers_mistake_is_the_callers(passages):
    """An unknown filter key is not hidden by the other leg."""
    with pytest.raises(UsageError, match="no document has 'colour'"):
        Hybrid([Broken(UsageError("no document has 'colour'"), passages)]).search("aspirin", 3)


def test_two_legs_of_one_name_are_refused(legs):
    """Scores of two legs must not overwrite each other."""
    with pytest.raises(UsageError, match="same name"):
        Hybrid([legs[0], legs[0]])


@pytest.mark.parametrize("constant", [1, 10, 60])
def test_the_constant_of_the_fusion_is_the_setting(legs, constant):
    """A leg's best passage has 1 / (constant + 1), its second 1 / (constant + 2)."""
    hits = Hybrid(legs[:1], Retrieve(rrf_k=constant)).search("notice of termination", 2)
    assert [hit.score for hit in hits] == pytest.approx([1 / (constant + 1), 1 / (constant + 2)])
