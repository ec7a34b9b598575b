"""Where the library tells what happens, and who listens. While nobody listens, telling costs one comparison.

    Hooks.watched(events, ...)    the pipeline's events, unchanged; its end is told once as `Asked`, however it ended
    Hooks.breakers                the newest breaker of each endpoint, for whoever shows its health
    Hooks.kept_alive, .changed    bytes that an endpoint sent instead of an answer; a breaker's change of state
    shared                        the one that `rag.observe.start` listens to

A listener is called on the event loop of the question: it must return within microseconds. What is slow (disk, network)
goes through `Later`. This module imports nothing that is heavy.
"""

from __future__ import annotations

import contextvars
import itertools
import logging
import queue
import threading
import time
import weakref
from collections.abc import AsyncGenerator, Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from sparewheel.rag.errors import UsageError
from sparewheel.rag.events import AttemptFailed, Done, Event, Replace, Retrieved, Token
from sparewheel.rag.forking import renewed_after_fork
from sparewheel.rag.types import Answer, Attempt, Sensitivity

request_id: contextvars.ContextVar[str] = contextvars.ContextVar("request_id", default="")
address: contextvars.ContextVar[str] = contextvars.ContextVar("address", default="")  # where the request comes from
asker: contextvars.ContextVar[str] = contextvars.ContextVar("asker", default="")  # name of the user who asks

Ended = Literal["answered", "refused", "failed", "cancelled", "invalid"]
MOST_WAITING = 10_000  # records that `Later` keeps for a slow disk; more are dropped and counted


@dataclass(frozen=True, slots=True)
class Asked:
    """One question from its beginning to its end. outcome "cancelled": the asker left; "invalid": the asker's mistake.

    Where no answer came, `answer` is a failed one that holds the attempts seen until then.
    """

    answer: Answer
    outcome: Ended
    domain: str
    sensitivity: Sensitivity
    began: float  # Unix time, seconds
    seconds: float
    retrieved_s: float | None  # from the beginning to the final hits; None where it never came to that
    first_token_s: float | None  # from the beginning; None when no text was shown
    error: str  # class name of what ended it, "" for an answer
    context: contextvars.Context  # of the asker, at the beginning

    @property
    def request_id(self) -> str:
        return self.context.get(request_id, "")

    @property
    def asker(self) -> str:
        return self.context.get(asker, "")


class Breaking(Protocol):
    """A `reliability.breaker.CircuitBreaker`."""

    name: str

    def listen(self, listener: Callable[[str, str, str, str], None]) -> None: ...

    def health(self) -> Any: ...


class Hooks:
    """Who listens to the pipelines of a runtime, and the breakers of the endpoints that they use."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Asked], None]] = []
        self.transitions: list[Callable[[str, str, str, str], None]] = []  # endpoint, state before, after, reason
        self.keepalives: list[Callable[[str, int], None]] = []  # endpoint, bytes
        self.queue_depth: Callable[[], int] | None = None  # given by who has a queue: the API
        self._breakers: weakref.WeakValueDictionary[int, Breaking] = weakref.WeakValueDictionary()
        self._numbers = itertools.count()
        self.after_fork()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """The questions in flight are the parent's."""
        self._count = threading.Lock()
        self.in_flight = 0

    @property
    def breakers(self) -> dict[str, Breaking]:
        """Endpoint -> its newest breaker, of all that a pipeline still uses."""
        return {breaker.name: breaker for _, breaker in sorted(self._breakers.items())}

    def endpoints(self, found: Iterable[Breaking]) -> None:
        """These breakers are of endpoints in use. Nobody has to take them back: one that nobody uses is forgotten."""
        for breaker in found:
            breaker.listen(self.changed)
            if all(known is not breaker for known in self._breakers.values()):
                self._breakers[next(self._numbers)] = breaker

    def kept_alive(self, endpoint: str, size: int) -> None:
        """`size` bytes came that only keep the connection warm."""
        for listen in self.keepalives:
            listen(endpoint, size)

    def changed(self, endpoint: str, before: str, after: str, reason: str) -> None:
        """A listener for `CircuitBreaker.listen`."""
        for listen in self.transitions:
            listen(endpoint, before, after, reason)

    async def watched(
        self, events: AsyncGenerator[Event], question: str, corpus: str, domain: str, sensitivity: Sensitivity
    ) -> AsyncGenerator[Event]:
        """`events` as they are. Every listener is told exactly once, before the last event goes out."""
        context, began, started = contextvars.copy_context(), time.time(), time.perf_counter()
        retrieved_s: float | None = None
        first_token_s: float | None = None
        attempts: list[Attempt] = []
        told = False

        def tell(answer: Answer, outcome: Ended, error: str = "") -> None:
            seconds = time.perf_counter() - started
            times = (began, seconds, retrieved_s, first_token_s)
            self._tell(Asked(answer, outcome, domain, sensitivity, *times, error, context))

        with self._count:
            self.in_flight += 1
        try:
            async with aclosing(events):
                async for event in events:
                    if isinstance(event, Token) and first_token_s is not None:
                        pass  # most events: nothing to be noted
                    elif isinstance(event, (Token, Replace)):
                        first_token_s = first_token_s or time.perf_counter() - started
                    elif isinstance(event, Retrieved):
                        retrieved_s = time.perf_counter() - started
                    elif isinstance(event, AttemptFailed):
                        attempts.append(event.attempt)
                    elif isinstance(event, Done):
                        told = True
                        tell(event.answer, event.answer.outcome)
                    yield event
        except BaseException as error:
            if not told:
                outcome: Ended = "cancelled"  # GeneratorExit, CancelledError, KeyboardInterrupt
                if isinstance(error, Exception):
                    outcome = "invalid" if isinstance(error, UsageError) else "failed"
                tell(Answer(question, corpus, "", "failed", attempts=tuple(attempts)), outcome, type(error).__name__)
            raise
        finally:
            with self._count:
                self.in_flight -= 1

    def _tell(self, asked: Asked) -> None:
        for listen in self.listeners:
            try:
                listen(asked)
            except Exception:  # a question is never lost to its book-keeping
                logging.getLogger(__name__).exception("an observer of questions failed")


shared = Hooks()  # of the runtime that pipelines share where they are given no other


class Later:
    """Hands what `put` is told to slow listeners, in one background thread and in order, all that waits at once."""

    def __init__(self, slow: Sequence[Callable[[list[Asked]], None]]) -> None:
        self.dropped = 0
        self._slow = tuple(slow)
        self.after_fork()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """The thread is in the parent, which hands on what waits."""
        self._waiting: queue.SimpleQueue[Asked | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="sparewheel-observe", daemon=True)
        self._thread.start()

    def put(self, asked: Asked) -> None:
        """A listener of questions."""
        if self._waiting.qsize() < MOST_WAITING:
            self._waiting.put(asked)
        else:
            self.dropped += 1

    @property
    def waiting(self) -> int:
        return self._waiting.qsize()

    def close(self, within_s: float = 10.0) -> None:
        """Whatever was told until now has been handed on, or `within_s` seconds are over."""
        self._waiting.put(None)
        self._thread.join(within_s)

    def _work(self) -> None:
        ended = False
        while not ended:
            waiting = [self._waiting.get(), *(self._waiting.get() for _ in range(self._waiting.qsize()))]
            ended = None in waiting
            told = [asked for asked in waiting if asked is not None]
            for listen in self._slow:
                try:
                    listen(told)
                except Exception:
                    logging.getLogger(__name__).exception("a slow observer of questions failed")


def each(listen: Callable[[Asked], None]) -> Callable[[list[Asked]], None]:
    """A listener for `Later` that is told one by one."""

    def listen_to_all(told: list[Asked]) -> None:
        for asked in told:
            listen(asked)

    return listen_to_all
