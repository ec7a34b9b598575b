"""The dense index: nearest first, filters before the best k, no trace of its history."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparewheel.rag.errors import StoreError
from sparewheel.rag.retrieve.dense import DenseIndex, DenseSearch
from sparewheel.rag.retrieve.dense_write import DenseWriter
from sparewheel.rag.types import Chunk, Selection


class TableEmbedder:
    """Looks the text up as a row number of a table of unit vectors."""

    name = "table@1"

    def __init__(self, rows):
        self.rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        self.dimension = rows.shape[1]

    def embed(self, texts, *, query=False):
        return self.rows[[int(text) for text in texts]].astype(np.float32)


def clusters(size, dimension=32, seed=0):
    """Rows in 50 loose clusters, as embeddings of documents are."""
    random = np.random.default_rng(seed)
    centres = random.standard_normal((50, dimension))
    return centres[random.integers(0, 50, size)] + 0.7 * random.standard_normal((size, dimension))


def chunk(id):
    return Chunk("d", 0, 1, str(id), id=id)


def build(folder, embedder, ids):
    folder.mkdir(parents=True)
    DenseWriter(embedder).write(folder, [chunk(id) for id in ids], [])
    return DenseIndex.open(folder)


@pytest.fixture(scope="module")
def table():
    return TableEmbedder(clusters(3000))


@pytest.fixture
def many_lists(monkeypatch):
    """A few thousand rows are treated as a large index."""
    monkeypatch.setattr("sparewheel.rag.retrieve.dense_write._EXACT_UP_TO", 500)


def test_a_small_index_is_exact(tmp_path, table):
    """The ten nearest by cosine, in order."""
    index = build(tmp_path / "index", table, range(3000))
    for query in table.rows[::300].astype(np.float32):
        ids, scores = index.search(query, 10)
        cosines = table.rows.astype(np.float16).astype(np.float64) @ query
        np.testing.assert_allclose(scores, np.sort(cosines)[::-1][:10], atol=1e-5)
        np.testing.assert_allclose(cosines[ids], scores, atol=1e-5)


def test_a_large_index_finds_nearly_all(tmp_path, table, many_lists):
    """recall@10 of the lists that are read, against the exact search, is at least 0.97."""
    index = build(tmp_path / "index", table, range(3000))
    found = []
    for query in table.rows[::30].astype(np.float32):
        exact = np.argsort(-(table.rows @ query), kind="stable")[:10]
        found.append(len(np.intersect1d(index.search(query, 10)[0], exact)) / 10)
    assert len(lists(index)) == 512
    assert np.mean(found) >= 0.97


@pytest.mark.parametrize("size", [1, 7, 40, 900])
def test_a_filter_applies_before_the_best_k(tmp_path, table, many_lists, size):
    """All that are allowed can be found, however few lists they lie in."""
    index = build(tmp_path / "index", table, range(3000))
    allowed = np.sort(np.random.default_rng(size).choice(3000, size, replace=False))
    ids, scores = index.search(table.rows[17].astype(np.float32), 25, Selection.of(allowed))
    assert len(ids) == len(set(ids.tolist())) == min(25, size)
    assert set(ids.tolist()) <= set(allowed.tolist())
    assert np.isfinite(scores).all()


def test_k_beyond_the_index_gives_all_once(tmp_path, table, many_lists):
    """No padding, nothing twice."""
    index = build(tmp_path / "index", table, range(800))
    assert sorted(index.search(table.rows[0].astype(np.float32), 5000)[0].tolist()) == list(range(800))


def test_allowed_ids_that_are_not_in_are_nobody(tmp_path, table):
    """A filter may name chunks that are not embedded yet."""
    index = build(tmp_path / "index", table, range(10))
    ids, _ = index.search(table.rows[0].astype(np.float32), 5, Selection.of(np.array([3, 500, 2000])))
    assert ids.tolist() == [3]


def test_an_empty_index_finds_nothing(tmp_path, table):
    """Nothing embedded yet."""
    index = build(tmp_path / "index", table, [])
    assert len(index) == 0
    assert index.ids.tolist() == []
    assert index.search(table.rows[0].astype(np.float32), 5)[0].tolist() == []


def test_an_embedder_that_fails_a_text_does_not_spoil_the_index(tmp_path, table):
    """A vector that is not a number is stored as zeros: found last, never first, never twice."""

    class Broken(TableEmbedder):
        def embed(self, texts, *, query=False):
            rows = super().embed(texts)
            rows[[text == "4" for text in texts]] = np.nan
            return rows

    index = build(tmp_path / "index", Broken(clusters(20)), range(20))
    ids, scores = index.search(table.rows[0].astype(np.float32), 20)
    assert sorted(ids.tolist()) == list(range(20))
    assert np.isfinite(scores).all()


steps = st.lists(
    st.tuples(st.integers(0, 8), st.sets(st.integers(0, 40), max_size=6), st.integers(0, 4)), min_size=1, max_size=6
)


@settings(max_examples=40)
@given(steps=steps)
def test_history_leaves_no_trace(tmp_path_factory, table, steps):
    """After any adding, removing and merging the search answers as an index written at once."""
    folder = tmp_path_factory.mktemp("dense")
    segments, held, next_id = [], set(), 0
    for number, (added, removed, merged) in enumerate(steps):
        gone = sorted(removed & held)
        segments.append(folder / str(number))
        segments[-1].mkdir()
        ids = range(next_id, next_id + added)
        DenseWriter(table).write(segments[-1], [chunk(id) for id in ids], [chunk(id) for id in gone])
        held = held.difference(gone).union(ids)
        next_id += added
        if merged > 1:
            whole = folder / f"{number}-merged"
            whole.mkdir()
            DenseWriter(table).merge(segments[-merged:], whole)
            segments[-merged:] = [whole]
    index, fresh = DenseIndex.open(*segments), build(folder / "fresh", table, sorted(held))
    assert (len(index), index.ids.tolist()) == (len(held), sorted(held))
    some = Selection.of(np.array(sorted(held)[::2], np.int64))
    for query in table.rows[:5].astype(np.float32):
        for allowed in (None, some):
            for one, other in zip(index.search(query, 7, allowed), fresh.search(query, 7, allowed), strict=True):
                np.testing.assert_array_equal(one, other)


def merged(folder, table, old, added, removed=()):
    """The segment in `old` with the ids added, without those removed."""
    new = folder / "change"
    new.mkdir()
    DenseWriter(table).write(new, [chunk(i) for i in added], [chunk(i) for i in removed])
    (folder / "new").mkdir()
    DenseWriter(table).merge([old, new], folder / "new")
    return DenseIndex.open(folder / "new")


def lists(index):
    return [size for segment in index.segments for size in segment.list_sizes()]


@pytest.mark.parametrize("nearest_gone", [True, False])
def test_what_is_gone_is_not_found_however_near(tmp_path, table, nearest_gone):
    """Also where more of what was nearest is gone than was looked for beyond it; small segments are searched as one."""
    query = table.rows[7].astype(np.float32)
    by_distance = np.argsort(-(table.rows.astype(np.float16).astype(np.float32) @ query))
    gone = sorted((by_distance[:60] if nearest_gone else by_distance[-60:]).tolist())
    parts = [range(2000), range(2000, 2700), range(2700, 2990), range(2990, 3000)]
    for number, ids in enumerate(parts):
        (tmp_path / str(number)).mkdir()
        DenseWriter(table).write(tmp_path / str(number), [chunk(id) for id in ids], [])
    (tmp_path / "gone").mkdir()
    DenseWriter(table).write(tmp_path / "gone", [], [chunk(id) for id in gone])
    index = DenseIndex.open(*(tmp_path / str(number) for number in range(4)), tmp_path / "gone")
    ids, scores = index.search(query, 10)
    left = [id for id in by_distance.tolist() if id not in gone]
    assert ids.tolist() == left[:10]
    assert (np.diff(scores) <= 0).all()
    assert len(index) == 2940
    assert index.search(query, 3000)[0].tolist() == left


def test_added_rows_join_the_lists_there_are(tmp_path, table, many_lists):
    """A large index is not cut anew for a few rows, and finds the new ones."""
    old = build(tmp_path / "old", table, range(2900))
    index = merged(tmp_path, table, tmp_path / "old", range(2900, 3000), range(100))
    centres = [each.segments[0].index.quantizer.reconstruct_n(0, 512) for each in (old, index)]
    np.testing.assert_array_equal(*centres)
    assert index.ids.tolist() == list(range(100, 3000))
    assert index.search(table.rows[2950].astype(np.float32), 1)[0].tolist() == [2950]


def test_an_index_that_grew_is_cut_anew(tmp_path, table, many_lists):
    """Lists stay short."""
    assert len(lists(build(tmp_path / "old", table, range(600)))) == 256
    assert len(lists(merged(tmp_path, table, tmp_path / "old", range(600, 3000)))) == 512


def test_another_embedder_is_told(tmp_path, table, embedder, passages):
    """Vectors of two models are never compared."""
    index = build(tmp_path / "index", table, range(10))
    with pytest.raises(StoreError, match=r"built with 'table@1'.*'hash@1'.*run `sparewheel reindex`"):
        DenseSearch(index, embedder, passages)
    with pytest.raises(StoreError, match="run `sparewheel reindex`"):
        DenseWriter(embedder).merge([tmp_path / "index"], tmp_path)


@pytest.mark.parametrize("damage", ["index.faiss", "meta.json"])
def test_a_broken_index_is_told(tmp_path, table, damage):
    """A file cut short is refused with the cure."""
    build(tmp_path / "index", table, range(10))
    path = tmp_path / "index" / damage
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(StoreError, match="run `sparewheel reindex`"):
        DenseIndex.open(tmp_path / "index")


def test_search_embeds_the_query(tmp_path, passages, embedder):
    """A passage is nearest to itself, within the filter."""
    folder = tmp_path / "index"
    folder.mkdir()
    DenseWriter(embedder).write(folder, passages.all, [])
    search = DenseSearch(DenseIndex.open(folder), embedder, passages)
    assert search.search(passages.all[3].text, 1)[0].chunk == passages.all[3]
    assert len(search.search(passages.all[3].text, 8, {"document": "even"})) == 4


def test_few_that_may_be_found_are_looked_up(tmp_path, table, many_lists, monkeypatch):
    """The lists that hold them are read, no other; what is found is the same."""
    index = build(tmp_path / "index", table, range(3000))
    allowed = Selection.of(np.array([3, 70, 71, 900, 2999]))
    query = table.rows[17].astype(np.float32)
    few = index.search(query, 3, allowed)
    monkeypatch.setattr("sparewheel.rag.retrieve.dense.FEW", 0.0)
    every = index.search(query, 3, allowed)
    assert few[0].tolist() == every[0].tolist()
    np.testing.assert_allclose(few[1], every[1], rtol=1e-5)
