"""What a writer is given at each publishing, and what is known of a source file."""

import pytest
from corpus_fakes import JsonWriter, document, lines

from sparewheel.rag.ingest.store import CorpusConfig, Store
from sparewheel.rag.ingest.transaction import KnownFile


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "contracts", CorpusConfig("contracts"))


def put(store, writer, *documents):
    with store.write() as transaction:
        for each in documents:
            transaction.add(each, lines(each))
        transaction.publish([writer])


def test_a_writer_is_given_each_chunk_once(store):
    """The second publishing adds what came since the first, nothing again."""
    writer = JsonWriter()
    put(store, writer, document("a.txt", "one\ntwo"))
    put(store, writer, document("b.txt", "three\nfour\nfive"))
    (first, _), (second, removed) = writer.calls
    assert (len(first), len(second), removed) == (2, 3, [])
    assert set(first) & set(second) == set()


def test_an_index_of_another_version_lacks_every_chunk(store):
    """Up to date by this version, empty by that one and for a writer that never wrote."""
    put(store, JsonWriter(version="1"), document("a.txt", "one\ntwo"))
    with store.write() as transaction:
        versions = (JsonWriter(version="1"), JsonWriter(version="2"), JsonWriter("dense"))
        assert [transaction.lacking(writer) for writer in versions] == [0, 2, 2]


@pytest.mark.parametrize(("younger_s", "unsettled"), [(0.5, True), (1.9, True), (2.0, False), (600.0, False)])
def test_a_file_read_within_two_seconds_of_its_change_is_read_again(younger_s, unsettled):
    """Clocks of file systems tick in up to two seconds: another change may have the same time."""
    known = KnownFile("a.txt", "ab" * 32, 3, mtime_ns=10**18, checked_ns=10**18 + int(younger_s * 1e9))
    assert known.unsettled is unsettled
