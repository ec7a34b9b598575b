"""The keyword index finds what it should, in rank-bm25's order, whatever its history."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rank_bm25 import BM25Okapi

from sparewheel.rag.errors import StoreError
from sparewheel.rag.retrieve.arrays import open_arrays, write_arrays
from sparewheel.rag.retrieve.bm25 import Bm25Index, Bm25Search
from sparewheel.rag.retrieve.bm25_segment import K1, B, gaps_of, ordinals_of
from sparewheel.rag.retrieve.bm25_write import Bm25Writer
from sparewheel.rag.types import Chunk, Selection

WORDS = ["rent", "lease", "notic", "tenant", "fever", "dose", "租金", "clause"]


def chunk(id, text):
    return Chunk("d", 0, len(text), text, id=id)


def build(folder, chunks):
    folder.mkdir(parents=True)
    Bm25Writer().write(folder, chunks, [])
    return Bm25Index.open(folder)


def same_files(one, other):
    assert (one / "index.arrays").read_bytes() == (other / "index.arrays").read_bytes()


@pytest.fixture
def search(tmp_path, passages):
    return Bm25Search(build(tmp_path / "index", passages.all), passages)


@pytest.mark.parametrize(
    ("query", "best"),
    [
        ("When is the rent due?", 0),
        ("termination notice", 1),
        ("covid 19", 3),
        ("IL-6", 3),
        ("4.2(a)", 4),
        ("§512", 4),
        ("租金什么时候支付", 5),
        ("第12条", 5),
        ("孕妇", 6),
        ("10-K", 7),
        ("1250000", 7),
    ],
)
def test_finds(search, query, best):
    """English words, Chinese words and identifiers find their passage first."""
    assert search.search(query, 1)[0].chunk.id == best


@pytest.mark.parametrize("query", ["", "the", "zebra", "斑马", "   "])
def test_a_query_without_a_known_term_finds_nothing(search, query):
    """No hit of score 0."""
    assert search.search(query, 5) == []


def test_hits_are_ranked(search):
    """Ranks count from 1 and scores fall."""
    hits = search.search("notice agreement information", 5)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.ranker == "bm25" and hit.scores == {"bm25": hit.score} for hit in hits)


def test_a_filter_on_metadata(search):
    """Only chunks whose metadata match are found."""
    hits = search.search("notice information agreement rent", 8, {"document": "even"})
    assert {hit.chunk.document_id for hit in hits} == {"even"}


def word(number):
    """A word that the tokeniser leaves whole: 120 → "xfhb"."""
    return "x" + "".join("bfghjkmnpq"[int(digit)] for digit in f"{number:03}")


def random_corpus(size, seed, vocabulary=400):
    """Chunks of 20 to 60 words drawn by Zipf's law, so that lengths and frequencies look like text."""
    random = np.random.default_rng(seed)
    weights = 1 / np.arange(1, vocabulary + 1)
    words = [word(i) for i in range(vocabulary)]
    return [
        " ".join(random.choice(words, random.integers(20, 60), p=weights / weights.sum())) for _ in range(size)
    ], random


def test_ranks_as_rank_bm25(tmp_path):
    """The order of BM25Okapi, given the same idf (its own turns negative for frequent terms) and constants."""
    texts, random = random_corpus(300, 1)
    index = build(tmp_path / "index", [chunk(i, text) for i, text in enumerate(texts)])
    reference = BM25Okapi([text.split() for text in texts], k1=K1, b=B)
    for term in reference.idf:
        held = sum(term in counts for counts in reference.doc_freqs)
        reference.idf[term] = np.log1p((len(texts) - held + 0.5) / (held + 0.5))
    for _ in range(40):
        query = [word(i) for i in random.integers(0, 400, 5)]
        expected = reference.get_scores(query)
        ids, scores = index.search(" ".join(query), 20)
        np.testing.assert_allclose(scores, expected[ids], rtol=1e-5)
        np.testing.assert_allclose(scores, np.sort(expected)[::-1][: len(ids)], rtol=1e-5)
        assert len(ids) == min(20, np.count_nonzero(expected))


def test_ranks_as_unchanged_rank_bm25_on_rare_terms(tmp_path):
    """For terms in few chunks the two idf agree, and so does the order, tie-free as the scores are."""
    texts, random = random_corpus(400, 2, vocabulary=2000)
    index = build(tmp_path / "index", [chunk(i, text) for i, text in enumerate(texts)])
    reference = BM25Okapi([text.split() for text in texts], k1=K1, b=B)
    for number in random.permutation(np.arange(100, 400))[:40]:
        expected = reference.get_scores([word(number)])
        matching = np.flatnonzero(expected)
        if len(np.unique(expected[matching])) == len(matching):
            assert index.search(word(number), 400)[0].tolist() == np.argsort(-expected)[: len(matching)].tolist()


def test_the_best_k_are_the_first_k_of_all(tmp_path):
    """Skipping frequent terms never changes the result."""
    texts, random = random_corpus(3000, 3)
    index = build(tmp_path / "index", [chunk(i, text) for i, text in enumerate(texts)])
    for _ in range(30):
        query = " ".join(word(i) for i in [*random.integers(0, 5, 3), *random.integers(5, 400, 3)])
        every_id, every_score = index.search(query, 3000)
        for k in (1, 10):
            ids, scores = index.search(query, k)
            assert ids.tolist() == every_id[:k].tolist()
            np.testing.assert_array_equal(scores, every_score[:k])


def test_a_filter_applies_before_the_best_k(tmp_path):
    """Exactly k are found when k of the allowed match, and they are the best of the allowed."""
    texts, random = random_corpus(2000, 4)
    index = build(tmp_path / "index", [chunk(i, text) for i, text in enumerate(texts)])
    query = " ".join(map(word, (0, 1, 399)))
    every, _ = index.search(query, 2000)
    allowed = np.sort(random.choice(2000, 50, replace=False))
    ids, _ = index.search(query, 10, Selection.of(allowed))
    assert ids.tolist() == [i for i in every.tolist() if i in set(allowed.tolist())][:10]


def test_ties_go_by_id(tmp_path):
    """Equal chunks come in the order of their ids, also where k cuts through them."""
    index = build(tmp_path / "index", [chunk(i, "same words") for i in (9, 3, 5, 7)])
    assert index.search("words", 3)[0].tolist() == [3, 5, 7]


steps = st.lists(  # texts that come, and the numbers of those that go
    st.tuples(
        st.lists(st.lists(st.sampled_from(WORDS), max_size=8), max_size=6),
        st.sets(st.integers(0, 20), max_size=5),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=7,
)


def written(folder, steps):
    """The segments after the steps, some merged on the way, and the chunks that are left."""
    segments, held, next_id = [], {}, 0
    for number, (texts, removed, merged) in enumerate(steps):
        added = [chunk(next_id + i, " ".join(words)) for i, words in enumerate(texts)]
        gone = [held.pop(id) for id in sorted(removed & held.keys())]
        held |= {one.id: one for one in added}
        next_id += len(added)
        segments.append(folder / str(number))
        segments[-1].mkdir()
        Bm25Writer().write(segments[-1], added, gone)
        if merged > 1:
            whole = folder / f"{number}-merged"
            whole.mkdir()
            Bm25Writer().merge(segments[-merged:], whole)
            segments[-merged:] = [whole]
    return segments, list(held.values())


@settings(max_examples=100)
@given(steps=steps)
def test_history_leaves_no_trace(tmp_path_factory, steps):
    """After any adding, removing and merging the ranking, scores included, is that of an index written at once; and
    merged into one, the file is the same."""
    folder = tmp_path_factory.mktemp("bm25")
    segments, held = written(folder, steps)
    index, fresh = Bm25Index.open(*segments), build(folder / "fresh", held)
    assert (len(index), index.ids.tolist()) == (len(held), [one.id for one in held])
    for query in (*WORDS, " ".join(WORDS), "rent rent fever"):
        for one, other in zip(index.search(query, 5), fresh.search(query, 5), strict=True):
            assert one.tolist() == other.tolist()
    for word in WORDS:
        assert index.has(word) == fresh.has(word)
        assert index.beginning_with(word[:2], 9) == fresh.beginning_with(word[:2], 9)
    (folder / "one").mkdir()
    Bm25Writer().merge(segments, folder / "one")
    same_files(folder / "one", folder / "fresh")


@pytest.mark.parametrize(("decoded", "small"), [(0, 0), (0, 1_000_000), (1_000_000, 1_000_000)])
def test_segments_rank_as_one(tmp_path, monkeypatch, decoded, small):
    """Large enough that frequent terms are looked up, not read; with segments that are decoded at once, and whose lists
    are kept, and not."""
    monkeypatch.setattr("sparewheel.rag.retrieve.bm25_segment._DECODED", decoded)
    monkeypatch.setattr("sparewheel.rag.retrieve.bm25_segment._SMALL", small)
    texts, random = random_corpus(4000, 6)
    chunks = [chunk(i, text) for i, text in enumerate(texts)]
    cuts, gone, segments = (0, 2500, 3200, 3210, 3900, 4000), set(), []
    for begin, end in pairwise(cuts):
        removed = sorted({int(i) for i in random.integers(0, begin, begin // 20)} - gone) if begin else []
        segments.append(tmp_path / str(begin))
        segments[-1].mkdir()
        Bm25Writer().write(segments[-1], chunks[begin:end], [chunks[i] for i in removed])
        gone.update(removed)
    index = Bm25Index.open(*segments)
    fresh = build(tmp_path / "fresh", [one for one in chunks if one.id not in gone])
    allowed = Selection.of(np.array([i for i in range(0, 4000, 3) if i not in gone]))
    for _ in range(40):
        query = " ".join(word(i) for i in [*random.integers(0, 5, 3), *random.integers(5, 400, 3)])
        for few in (None, allowed):
            for one, other in zip(index.search(query, 10, few), fresh.search(query, 10, few), strict=True):
                assert one.tolist() == other.tolist()


def test_chunks_far_apart_are_found(tmp_path):
    """A gap wider than 16 bits takes several steps; the chunk is found by reading and by looking up."""
    size = 70_001
    texts = {0: "fever", 66_000: "rent", 70_000: "fever lease fever"}
    chunks = [chunk(i, texts.get(i, "dose" if i % 2 else "clause")) for i in range(size)]
    index = build(tmp_path / "index", chunks)
    assert sorted(index.search("fever", 5)[0].tolist()) == [0, 70_000]
    assert index.search("rent", 5)[0].tolist() == [66_000]
    (segment,) = index.segments
    place = segment.place(b"fever")
    assert segment.look_up(place, np.array([0, 5, 65_534, 70_000], np.int64)).tolist() == [1, 0, 0, 2]
    assert int(segment.held[place]) == 2
    odd = segment.place(b"dose")
    assert segment.look_up(odd, np.array([0, 1, 101, 50_000, 69_997], np.int64)).tolist() == [0, 1, 1, 0, 1]


def test_gaps_tell_chunks_however_far_apart():
    """What is decoded is what was encoded, terms without a chunk and steps on the way included."""
    chunks = np.array([0, 5, 65_535, 65_536, 1_000_000, 3, 65_534, 70_000_000], np.int64)
    counts, sizes = np.array([1, 2, 3, 4, 5, 6, 7, 255], np.uint8), np.array([5, 0, 2, 1], np.int64)
    gaps, shown, postings = gaps_of(chunks, counts, sizes)
    starts = np.concatenate([[0], np.cumsum(postings)])
    decoded = ordinals_of(gaps, starts)
    assert decoded[shown > 0].tolist() == chunks.tolist()
    assert shown[shown > 0].tolist() == counts.tolist()
    assert np.add.reduceat(shown > 0, starts[[0, 2, 3]], dtype=int).tolist() == [5, 2, 1]


def test_many_ranges_of_terms_give_the_same_files(tmp_path, monkeypatch):
    """Merging a little at a time changes nothing."""
    texts, _ = random_corpus(200, 5)
    chunks = [chunk(i, text) for i, text in enumerate(texts)]
    build(tmp_path / "whole", chunks)
    monkeypatch.setattr("sparewheel.rag.retrieve.bm25_write._CHUNKS_AT_ONCE", 7)
    monkeypatch.setattr("sparewheel.rag.retrieve.bm25_write._POSTINGS_AT_ONCE", 11)
    build(tmp_path / "pieces", chunks)
    same_files(tmp_path / "whole", tmp_path / "pieces")


def test_an_empty_index_finds_nothing(tmp_path):
    """No chunks is a corpus too."""
    index = build(tmp_path / "index", [])
    assert index.search("rent", 5)[0].tolist() == []
    assert index.search("rent", 5, Selection.of(np.array([1])))[0].tolist() == []


def test_another_tokeniser_is_told(tmp_path):
    """An index of another tokeniser version is refused with the cure."""
    build(tmp_path / "index", [chunk(1, "rent")])
    meta, arrays = open_arrays(tmp_path / "index/index.arrays")
    write_arrays(tmp_path / "other.arrays", {**meta, "tokeniser": "0"}, arrays)
    (tmp_path / "other.arrays").rename(tmp_path / "index/index.arrays")
    with pytest.raises(StoreError, match="run `sparewheel reindex`"):
        Bm25Index.open(tmp_path / "index")


def test_a_missing_index_is_told(tmp_path):
    """A folder without an index is refused with the cure."""
    with pytest.raises(StoreError, match="run `sparewheel reindex`"):
        Bm25Index.open(tmp_path)
