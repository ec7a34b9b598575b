"""The whole product under load, for benchmarks/availability.py: a corpus is asked while it changes every second.

Every asking process has a corpus of its own, a document for every question, and a thread that replaces a document in it
each second, so that every second another snapshot is the newest one. One passage is found by its words and given to the
answerer, without reranking: what is measured is whether an answer is lost, not how well look-alikes are told apart.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace

from sparewheel.app.service.work import add_documents, make_corpus
from sparewheel.eval.availability.load import TICKETS, Reply, question
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.settings import Answering, Breaker, Endpoint, Retrieve, Settings
from sparewheel.rag.types import Document

EVERY_S = 1.0


class Published:
    """Primary and secondary endpoint, the built-in reader, the quote behind it, over a corpus that changes."""

    def __init__(self, primary: str, backup: str, budgets: Mapping[str, float], breaker: Mapping[str, float]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        plain = Endpoint(key="none")
        self._settings = Settings(
            data_folder=self._folder.name,
            endpoint={
                name: replace(plain, url=url, **budgets)  # type: ignore[arg-type]
                for name, url in {"primary": primary, "secondary": backup}.items()
            },
            answer=Answering(speculative=False, timeout_s=20.0),
            retrieve=Retrieve(rerank="off", evidence_k=1),
            breaker=replace(Breaker(), **breaker),  # type: ignore[arg-type]
        )
        self._store = make_corpus(self._settings, "leases", "legal")
        add_documents(self._store, [_lease(number) for number in (None, *range(TICKETS))], self._settings)
        self._pipeline = open_pipeline("leases", self._settings)
        self._ended = threading.Event()
        self.publishes = 0
        self._publisher = threading.Thread(target=self._publish, daemon=True)
        self._publisher.start()

    async def ask(self, asked: str, passage: str) -> Reply:
        """The answer, where the product has one: what it refuses or fails to answer is lost."""
        answer = await self._pipeline.aask(asked)
        if answer.outcome != "answered":
            raise LookupError(f"{answer.outcome} by {answer.answered_by or 'nobody'}: {answer.reason} {answer.notes}")
        verbatim = answer.answered_by in ("reader", "quote")
        return Reply(answer.text, answer.answered_by, answer.degraded, verbatim=verbatim)

    async def aclose(self) -> None:
        self._ended.set()
        self._publisher.join()
        self._pipeline.close()
        self._folder.cleanup()

    def _publish(self) -> None:
        while not self._ended.wait(EVERY_S):
            replaced = Document("notice.md", f"The office is closed on day {self.publishes}.", "Notice", "notice.md")
            add_documents(self._store, [replaced], self._settings)
            self.publishes += 1


def _lease(number: int | None) -> Document:
    """The document that answers question `number`, or the one that warms up."""
    return Document(f"lease-{number}.md", question(number)[1], f"Lease {number}", f"lease-{number}.md")
