"""The counts of this process in Prometheus' format. Names in base units; every label has few values (`Few`).

No label holds a user, a question or anything out of a document. What can be looked up when somebody asks for it
(breakers, indexes, files) is read then, see `collect`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from sparewheel.rag.observe.hooks import Asked
from sparewheel.rag.types import Usage

# Seconds. 2 s is where the rule HighLatency looks; 4, 10, 20, 60 are the budgets' defaults.
LATENCY_S = (0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 10.0, 20.0, 30.0, 60.0, 120.0)
STEP_S = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 2.0, 4.0, 10.0, 60.0)
MOST_VALUES = 50  # of a label that people name: answerers, domains, corpora
OTHER = "other"
DOMAINS = ("general", "legal", "medical")  # there from the beginning; others when they are first asked about


disable_created_metrics()  # type: ignore[no-untyped-call]  # the moment each series began: twice as many series for nobody


class Few:
    """Label values as they come, `most` different ones; the rest are called "other"."""

    def __init__(self, most: int = MOST_VALUES) -> None:
        self._most = most
        self._known: set[str] = set()

    def __call__(self, value: str) -> str:
        if value in self._known:
            return value
        if len(self._known) >= self._most:
            return OTHER
        self._known.add(value)
        return value


class Metrics:
    """The counters of one process. `asked`, `changed` and `kept_alive` are listeners of `hooks`."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # memory, processor time, open files
        self._answerer, self._domain, self._reason = Few(), Few(), Few()
        self.questions = self._counter(
            "questions", "Questions that ended, by outcome and by who answered", "outcome", "answerer", "domain"
        )
        self.degraded = self._counter(
            "degraded", "Questions answered by another than the first answerer of the order", "domain"
        )
        self.attempts = self._counter("attempts", "Calls of answerers, by how they ended", "answerer", "outcome")
        self.failovers = self._counter(
            "failovers", "Answerers that were left for the next one, by fault code", "answerer", "reason"
        )
        self.tokens = self._counter("tokens", "Tokens: cache_hit and cache_miss of prompts, output", "answerer", "kind")
        self.cost = self._counter("cost_usd", "US dollars at the prices of the settings", "answerer")
        self.keepalive = self._counter("keepalive_bytes", "Bytes that only kept a connection warm", "endpoint")
        self.transitions = self._counter("breaker_transitions", "Changes of a breaker", "endpoint", "before", "after")
        self.total_s = self._histogram("question_seconds", "From the question to the whole answer", LATENCY_S, "domain")
        self.first_s = self._histogram(
            "first_token_seconds", "From the question to its first text", LATENCY_S, "domain"
        )
        self.call_s = self._histogram(
            "answerer_first_token_seconds", "From an answerer's call to its first text", LATENCY_S, "answerer"
        )
        self.step_s = self._histogram(
            "step_seconds", "Each step of the pipeline: retrieve, rerank, ...", STEP_S, "step"
        )
        # `labels` builds a key at every call; this remembers the children
        self._of = cache(lambda metric, *values: metric.labels(*values))
        for domain in DOMAINS:  # from 0 on: Prometheus sees no increase where a series begins with 1
            for outcome in ("refused", "failed", "cancelled", "invalid"):
                self._of(self.questions, outcome, self._answerer("none"), self._domain(domain))
            self._of(self.degraded, domain)

    def asked(self, asked: Asked) -> None:
        of, answer, domain = self._of, asked.answer, self._domain(asked.domain)
        of(self.questions, asked.outcome, self._answerer(answer.answered_by or "none"), domain).inc()
        if answer.degraded:
            of(self.degraded, domain).inc()
        if asked.outcome in ("answered", "refused", "failed"):  # a cancelled question says nothing of our speed
            of(self.total_s, domain).observe(asked.seconds)
            if asked.first_token_s is not None:
                of(self.first_s, domain).observe(asked.first_token_s)
        for step, seconds in answer.timings.items():
            if step != "total":
                of(self.step_s, step).observe(seconds)
        for attempt in answer.attempts:
            name = self._answerer(attempt.answerer)
            of(self.attempts, name, attempt.outcome).inc()
            if attempt.outcome in ("failed", "skipped"):
                of(self.failovers, name, self._reason(attempt.reason)).inc()
            if attempt.first_token_s is not None:
                of(self.call_s, name).observe(attempt.first_token_s)
            self._spent(name, attempt.usage)
        failed = sum((attempt.usage for attempt in answer.attempts), Usage())
        self._spent(self._answerer(answer.answered_by), answer.usage - failed)

    def _spent(self, answerer: str, usage: Usage) -> None:
        if usage.prompt_tokens <= 0 and usage.completion_tokens <= 0:
            return
        of = self._of
        of(self.tokens, answerer, "cache_hit").inc(usage.cache_hit_tokens)
        of(self.tokens, answerer, "cache_miss").inc(usage.cache_miss_tokens)
        of(self.tokens, answerer, "output").inc(usage.completion_tokens)
        of(self.cost, answerer).inc(max(0.0, usage.cost_usd))

    def changed(self, endpoint: str, before: str, after: str, reason: str) -> None:
        self.transitions.labels(self._answerer(endpoint), before, after).inc()

    def kept_alive(self, endpoint: str, size: int) -> None:
        self.keepalive.labels(self._answerer(endpoint)).inc(size)

    def _counter(self, name: str, doc: str, *labels: str) -> Counter:
        return Counter(f"sparewheel_{name}", doc, labels, registry=self.registry)

    def _histogram(self, name: str, doc: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"sparewheel_{name}", doc, labels, buckets=buckets, registry=self.registry)


_now: Metrics | None = None


def use(metrics: Metrics | None) -> None:
    """`exposition` shows these."""
    global _now
    _now = metrics


def exposition() -> tuple[bytes, str]:
    """(body, content type) of /metrics; an empty body while nothing is counted."""
    return (generate_latest(_now.registry) if _now else b""), CONTENT_TYPE_LATEST


def serve(host: str, port: int) -> Callable[[], None]:
    """Serves /metrics in a background thread; what ends that. Raises OSError where the port is taken."""
    assert _now is not None
    server, _ = start_http_server(port, host, _now.registry)

    def close() -> None:
        server.shutdown()
        server.server_close()

    return close
