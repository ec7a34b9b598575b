"""A pipeline without models: answers by the words of the question, and can fail or stop."""

from __future__ import annotations

from collections.abc import Sequence

from sparewheel.rag.errors import StoreError
from sparewheel.rag.types import Answer, Chunk, Citation, Filter, Hit


class FakePipeline:
    """Answers "18 months", cites characters 10 to 19 of x.txt.

    A question with "lost" raises, with "nothing" is refused, with "busy" fails; after `stop_after` questions it is
    interrupted, as by Ctrl-C.
    """

    def __init__(self, stop_after: int = 1000) -> None:
        self.asked: list[str] = []
        self.filters: list[Filter | None] = []
        self.left = stop_after

    async def aask(
        self, question: str, *, filter: Filter | None = None, history: Sequence[tuple[str, str]] = ()
    ) -> Answer:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        self.asked.append(question)
        self.filters.append(filter)
        if "lost" in question:
            raise StoreError("the index is gone; ingest again")
        outcome = "refused" if "nothing" in question else "failed" if "busy" in question else "answered"
        hits = tuple(
            Hit(Chunk("x.txt", 20 * i, 20 * i + 20, "-" * 20, id=i), 1.0 / (i + 1), i + 1, "rrf") for i in range(3)
        )
        answered = outcome == "answered"
        quote = Citation(1, "x.txt", "X", "x.txt", 10, 19, "18 months", verified=True)
        return Answer(
            question,
            "fakes",
            "18 months" if answered else "",
            outcome,  # type: ignore[arg-type]
            citations=(quote,) if answered else (),
            evidence=hits,
            confidence=0.9 if answered else 0.2,
            timings={"total": 0.5},
            notes=("nobody was there",) if outcome == "failed" else (),
        )
