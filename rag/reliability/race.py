"""One question on its way through the answerers: who is called when, whose text is shown, when one is given up.

Each call is a task that posts what its answerer streams into one inbox. A single loop reads the inbox and keeps every
timer, so that giving up on a call never waits for that call. Items of calls that are not shown yet are kept: a hedge,
or the local answer computed ahead, loses nothing by waiting for its turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from sparewheel.rag.events import AttemptFailed, Replace, Token
from sparewheel.rag.reliability.breaker import Permit
from sparewheel.rag.reliability.call import Call, Message
from sparewheel.rag.reliability.faults import FAULTS, Fault
from sparewheel.rag.reliability.target import Target
from sparewheel.rag.types import AnswerRequest, Attempt, Draft

LOOK_EVERY_S = 0.5  # a loop that was blocked is noticed after so long
LATE_S = 0.1


class Race:
    """The calls of one question. `step` until `draft` is there; `events` is what the consumer must see next."""

    def __init__(self, targets: Sequence[Target], request: AnswerRequest, ends: float, reserve_s: float) -> None:
        self._targets = targets
        self._request = request
        self._ends = ends
        self._reserve_s = reserve_s  # kept of the total for the last answerer
        self._clock = asyncio.get_running_loop().time
        self._began = self._clock()
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._next = 0
        self._second: Target | None = None  # tried once more: nothing better than the last resort is left
        self._tried_again = False
        self._called_cloud = False
        self._running: list[Call] = []  # whose turn has come
        self._ahead: Call | None = None  # the last answerer, called before its turn
        self._lead: Call | None = None  # whose text is shown
        self._shown = ""
        self._shown_by: Call | None = None
        self._last_fault = ""
        self.calls: list[Call] = []
        self.probes: list[Call] = []  # outrun, but left running to tell their breaker
        self.events: list[Token | Replace | AttemptFailed] = []
        self.attempts: list[Attempt] = []
        self.answered: Call | None = None
        self.draft: Draft | None = None

    def start_ahead(self) -> Call:
        """Calls the last answerer now; it is shown only if its turn comes."""
        self._ahead = self._call(self._targets[-1], None, self._ends)
        return self._ahead

    def start_due(self, may_repeat: Callable[[], bool]) -> bool:
        """Calls whoever's turn it is; False when nobody is left. may_repeat: leave for one more cloud call."""
        if self._second is not None:
            target, self._second = self._second, None
            self._start(target, may_repeat)
        while self._next < len(self._targets) and (not self._running or self._hedge_at() <= self._clock()):
            self._start(self._targets[self._next], may_repeat)
            self._next += 1
        return bool(self._running)

    async def step(self) -> None:
        """Waits for the next message or timer and handles it; returns at once when the draft is there."""
        if self.draft is not None:
            return
        now = self._clock()
        moment = min(*(call.pace.due()[0] for call in self._waited_for()), self._hedge_at(), now + LOOK_EVERY_S)
        try:
            async with asyncio.timeout_at(moment):
                messages = [await self._inbox.get()]
        except TimeoutError:
            messages = []
            self._forgive(self._clock() - max(now, moment))
        while not self._inbox.empty():
            messages.append(self._inbox.get_nowait())
        for call, item, at in messages:
            if call in self._waited_for():
                self._handle(call, call.take(item, at))
        now = self._clock()
        for call in self._waited_for():
            if self.draft is None and (fault := call.overdue(now)):
                self._handle(call, fault)

    def _forgive(self, late_s: float) -> None:
        """Time that this event loop was late by is nobody's fault: it is given back to the calls that wait."""
        if late_s > LATE_S:
            for call in self._waited_for():
                call.pace.forgive(late_s)

    def probe_the_rest(self, may_repeat: Callable[[], bool]) -> None:
        """Probes the endpoints behind the one that answered, where their sleep is over: before they are needed."""
        for target in self._targets[self._next :]:
            if target.local or target.breaker is None or target.breaker.state == "closed":
                continue
            permit = target.breaker.acquire()
            if permit and may_repeat():
                call = self._call(target, permit, self._ends)
                call.inbox = asyncio.Queue()
                self.probes.append(call)
                self.attempts.insert(-1, call.attempt(self._began, "cancelled"))
            elif permit:
                permit.cancel()

    def cancel(self) -> None:
        """Gives up every call that still runs."""
        for call in self._waited_for():
            call.cancel()

    def _waited_for(self) -> list[Call]:
        return [*self._running, self._ahead] if self._ahead else list(self._running)

    def _hedge_at(self) -> float:
        """When the next answerer is called beside the running one. Beside a probe at once: it costs nobody time."""
        if self._lead or not self._running or self._next >= len(self._targets):
            return float("inf")
        newest = self._running[-1]
        if newest.is_probe:
            return newest.began
        return newest.began + newest.target.hedge_after_s if newest.target.hedge_after_s else float("inf")

    def _start(self, target: Target, may_repeat: Callable[[], bool]) -> None:
        """Calls `target`, unless its breaker is open, or it is not well and too many extra calls fall on the cloud."""
        if target.memory and self._request.recall is None:
            return  # nothing is kept
        if self._ahead and target is self._targets[-1]:
            call, self._ahead = self._ahead, None
            self._running.append(call)
            self._show(call)
            return
        permit = target.breaker.acquire() if target.breaker else None
        if target.breaker and permit is None:
            self._skip(target, "left_alone")
        elif not (target.local or not self._called_cloud or self._is_well(target) or may_repeat()):
            if permit:
                permit.cancel()
            self._skip(target, "retry_budget")
        else:
            reserve_s = 0.0 if target.memory or target is self._targets[-1] else self._reserve_s
            self._running.append(self._call(target, permit, self._ends - reserve_s))
            self._called_cloud = self._called_cloud or not target.local

    def _is_well(self, target: Target) -> bool:
        """An endpoint that answers may be called as often as needed; only one that ails must be spared."""
        return not self._tried_again and target.breaker is not None and target.breaker.well()

    def _call(self, target: Target, permit: Permit | None, ends: float) -> Call:
        call = Call(target, self._request, permit, ends, self._inbox)
        self.calls.append(call)
        return call

    def _skip(self, target: Target, code: str) -> None:
        after_s = self._clock() - self._began
        self.attempts.append(Attempt(target.name, "skipped", code, FAULTS[code].meaning, after_s=after_s))

    def _handle(self, call: Call, fault: Fault | None) -> None:
        if fault and fault.code == "loading" and call in self._running and self._nothing_better(call):
            return  # it is worth waiting for
        if fault is None:
            if call in self._running:
                self._show(call)
            elif self._request.instant:
                self._preview(call)
            return
        call.end(fault)
        if call is self._ahead:  # called again when its turn comes
            self._ahead = None
            return
        self._running.remove(call)
        self._lead = None if call is self._lead else self._lead
        if fault.code == "not_kept":
            self._skip(call.target, fault.code)
            return
        self._last_fault = fault.code
        attempt = call.attempt(self._began, "failed", fault)
        self.attempts.append(attempt)
        self.events.append(AttemptFailed(attempt))
        if fault.again and call.pace.first_token_s is None and not self._tried_again and self._alone(call.target):
            self._second, self._tried_again = call.target, True

    def _alone(self, target: Target) -> bool:
        """Whether nothing but the last resort stands behind this endpoint, which may be called."""
        if target.local or (target.breaker and target.breaker.state != "closed"):
            return False
        return self._nothing_better()

    def _nothing_better(self, than: Call | None = None) -> bool:
        """Whether no call but `than` runs, and nobody but the last resort is left to be called."""
        if any(call is not than for call in self._running):
            return False
        rest = self._targets[self._next :]
        return all(t.last_resort or t.memory or (t.breaker and t.breaker.state != "closed") for t in rest)

    def _show(self, call: Call) -> None:
        """Passes on what `call` has, once it has the first token and nobody was faster."""
        if self._lead is None and call.pace.first_token_s is not None:
            self._lead = call
            self._outrun()
        if self._lead is not call:
            return
        for item in call.kept:
            if isinstance(item, Draft):
                self._text(call, item.text, whole=True)
                call.end(None)
                self.attempts.append(call.attempt(self._began, "answered"))
                self.answered, self.draft = call, item
            elif item:
                self._text(call, item)
        call.kept.clear()

    def _preview(self, call: Call) -> None:
        """Shows the finished answer that was computed ahead, until another one has its first token."""
        draft = call.kept[-1] if call.kept else None
        if isinstance(draft, Draft) and not draft.refused and self._lead is None and not self._shown:
            self._text(call, draft.text, whole=True)
            call.kept = [draft]

    def _text(self, call: Call, text: str, *, whole: bool = False) -> None:
        """Shows more text, or makes what is shown equal to the `whole` one, white space at its ends aside."""
        name = call.target.name
        if whole and self._shown_by is call and text.strip() == self._shown.strip():
            return
        if whole and self._shown_by is call and text.startswith(self._shown):
            text = text[len(self._shown) :]
            whole = False
        if self._shown_by is call and not whole:
            self._shown += text
            if text:
                self.events.append(Token(text, name))
            return
        replaces, reason = bool(self._shown), "final_text" if self._shown_by is call else "fuller"
        self._shown, self._shown_by = text, call
        if replaces:
            self.events.append(Replace(text, name, self._last_fault or reason))
        elif text:
            self.events.append(Token(text, name))

    def _outrun(self) -> None:
        """The lead is decided: the other calls are given up; a probe runs on to tell its breaker."""
        for call in [call for call in self._running if call is not self._lead]:
            self._running.remove(call)
            self.attempts.append(call.attempt(self._began, "cancelled"))
            if call.is_probe:
                call.inbox = asyncio.Queue()
                self.probes.append(call)
            else:
                call.cancel()
        posted = [self._inbox.get_nowait() for _ in range(self._inbox.qsize())]
        for message in posted:
            message[0].inbox.put_nowait(message)
