"""A corpus of one lease, for the tests of the seams."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sparewheel import Corpus, open_corpus
from sparewheel.rag.settings import Answering, Ingest, Retrieve, Settings

LEASE = (
    "# Lease\n\n## 1. Rent\n\nThe rent is 900 euros a month.\n\n## 2. Notice\n\nThe notice period is thirty days.\n\n"
    "## 3. 不可抗力\n\n不可抗力条款适用于地震、洪水等自然灾害。\n"
)


def corpus_in(folder: Path, **more: Any) -> Corpus:
    """The lease as the corpus `leases`, found by its words. more: settings."""
    plain: dict[str, Any] = {
        "data_folder": str(folder),
        "ingest": Ingest(workers=1),
        "retrieve": Retrieve(rerank="off"),
        "answer": Answering(speculative=False),
    }
    corpus = open_corpus("leases", create=True, domain="legal", settings=Settings(**{**plain, **more}))
    corpus.add_texts([LEASE], [{"title": "Lease"}], ids=["lease.md"], embed=False)
    return corpus
