"""`Citation.verified` is a check that can fail: the quote is compared with the document as it is stored."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparewheel.rag.assemble import keyword_writer, open_pipeline
from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.settings import Answering, Retrieve, Settings
from sparewheel.rag.types import Chunk, Document

TEXT = "The tenant pays the water. The notice period is thirty days. The rent is 900 euros a month."


@pytest.mark.parametrize(("shift", "verified"), [(0, True), (-3, False), (5, False), (40, False)])
def test_a_passage_with_wrong_offsets_is_not_verified(tmp_path: Path, shift: int, verified: bool) -> None:
    """An index whose offsets do not fit the stored text quotes words that do not stand where it says."""
    settings = Settings(data_folder=str(tmp_path), retrieve=Retrieve(rerank="off"), answer=Answering(speculative=False))
    store = Store.create(corpus_folder(settings.corpora_folder, "leases"), CorpusConfig("leases"))
    start = TEXT.index("The notice")
    passage = TEXT[start : start + 34]
    chunk = Chunk("lease.txt", start + shift, start + shift + len(passage), passage, title="Lease")
    with store.write() as transaction:
        transaction.add(Document("lease.txt", TEXT, "Lease", "/lease.txt"), [chunk])
        transaction.publish([keyword_writer()])
    with open_pipeline("leases", settings) as pipeline:
        answer = pipeline.ask("What is the notice period?")
    assert answer.outcome == "answered"
    assert [citation.verified for citation in answer.citations] == [verified]
