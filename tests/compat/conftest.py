"""What the tests of LangChain's seams share: an endpoint that obeys, and a corpus of one lease."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from one_lease import corpus_in

from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.runnable import RetrievalQA


@pytest.fixture(scope="module")
def cloud() -> Iterator[FaultServer]:
    server = FaultServer()
    background.run(server.__aenter__())
    yield server
    background.run(server.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RetrievalQA]:
    """Answered by the local reader."""
    with corpus_in(tmp_path_factory.mktemp("local")) as corpus:
        yield corpus.as_chain()
