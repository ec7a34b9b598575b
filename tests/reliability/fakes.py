"""Answerers that follow a script."""

import asyncio

from sparewheel.rag.events import AttemptFailed, Replace, Token
from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.deadline import Budgets
from sparewheel.rag.reliability.failover import Failover, Finished
from sparewheel.rag.reliability.target import Target
from sparewheel.rag.settings import Breaker
from sparewheel.rag.types import AnswerRequest, Draft

REQUEST = AnswerRequest("How long is the notice period?", ())


class Scripted:
    """Plays the steps of its script at every call: a number is a pause in seconds, an exception is raised, the rest is
    yielded. `open` counts streams that are not closed yet; `seen` keeps the requests."""

    def __init__(self, name, *script, local=False):
        self.name = name
        self.local = local
        self.script = list(script)
        self.calls = 0
        self.open = 0
        self.seen = []

    async def stream(self, request):
        self.calls += 1
        self.open += 1
        self.seen.append(request)
        try:
            for step in self.script:
                if isinstance(step, int | float):
                    await asyncio.sleep(step)
                elif isinstance(step, BaseException):
                    raise step
                else:
                    yield step
        finally:
            self.open -= 1


def answers(name, text="thirty days", *, after_s=0.01, local=False):
    """An answerer that is well."""
    return Scripted(name, after_s, *[w + " " for w in text.split()[:-1]], text.split()[-1], Draft(text), local=local)


def breaker(name="primary", **rules):
    return CircuitBreaker(name, Breaker(**rules), clock=lambda: asyncio.get_running_loop().time())


def target(answerer, **options):
    options.setdefault("budgets", Budgets(first_token_s=4, between_tokens_s=10, total_s=60))
    return Target(answerer, **options)


def failover(*answerers, **options):
    return Failover([a if isinstance(a, Target) else target(a) for a in answerers], **options)


async def collect(stream):
    """(text as a consumer shows it, Finished, events)."""
    shown, finished, events = "", None, []
    async for event in stream:
        events.append(event)
        assert finished is None, "nothing comes after Finished"
        if isinstance(event, Token):
            shown += event.text
        elif isinstance(event, Replace):
            shown = event.text
        elif isinstance(event, Finished):
            finished = event
        else:
            assert isinstance(event, AttemptFailed)
    return shown, finished, events
