"""What is put under load: our own answerers as `assemble` wires them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sparewheel.eval.availability.load import Reply
from sparewheel.rag.events import AttemptFailed, Replace, Token
from sparewheel.rag.types import AnswerRequest, Chunk, Hit, Profile


class Ours:
    """The product: primary and secondary endpoint, then the built-in reader and the quote behind it."""

    def __init__(self, primary: str, backup: str, budgets: Mapping[str, float], breaker: Mapping[str, float]) -> None:
        from sparewheel.rag.answer.instant_quote import InstantQuote
        from sparewheel.rag.assemble import open_failover
        from sparewheel.rag.runtime import default_runtime
        from sparewheel.rag.settings import Answering, Breaker, Endpoint, Settings

        urls = {"primary": primary, "secondary": backup}
        plain = Endpoint(key="none")
        settings = Settings(
            endpoint={name: replace(plain, url=url, **budgets) for name, url in urls.items() if url},  # type: ignore[arg-type]
            answer=Answering(speculative=False),
            breaker=replace(Breaker(), **breaker),  # type: ignore[arg-type]
        )
        self._failover = open_failover(settings, Profile())
        self._answering = InstantQuote(self._failover, default_runtime().workers, settings.answer.timeout_s)

    async def ask(self, question: str, passage: str) -> Reply:
        """The reply as a consumer of the stream shows it."""
        chunk = Chunk("lease.md", 0, len(passage), passage, title="Lease", id=1)
        request = AnswerRequest(question, (Hit(chunk, 1.0, 1, "given"),))
        shown = ""
        async for event in self._answering.stream(request):
            if isinstance(event, Token):
                shown += event.text
            elif isinstance(event, Replace):
                shown = event.text
            elif not isinstance(event, AttemptFailed):
                return Reply(
                    shown, event.answered_by, event.degraded, verbatim=event.answered_by in ("reader", "quote")
                )
        raise AssertionError("the stream ended without Finished")

    async def aclose(self) -> None:
        await self._failover.aclose()
