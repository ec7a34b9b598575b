"""Traces, read back from the SDK's in-memory exporter."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest
from observed import ANSWERED, DOWN, FAILED, WELL, pipeline
from opentelemetry.sdk.trace import Event
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, use_span

from sparewheel.rag.observe import hooks
from sparewheel.rag.observe.trace import Tracing, exporting
from sparewheel.rag.settings import Endpoint, Observe, Settings

SETTINGS = Settings(endpoint={"deepseek": Endpoint(key="x")})


@pytest.fixture
def exported() -> Iterator[InMemorySpanExporter]:
    exporter = InMemorySpanExporter()
    tracing = Tracing(SETTINGS, SimpleSpanProcessor(exporter))
    hooks.shared.listeners.append(tracing.asked)
    yield exporter
    hooks.shared.listeners.remove(tracing.asked)
    tracing.close()


async def test_a_question_becomes_spans_by_the_genai_names(exported: InMemorySpanExporter) -> None:
    """Retrieval, each call with provider, model, first chunk and fault, citing; all children of the question."""
    await pipeline(ANSWERED).aask("How much?")
    spans = {span.name: span for span in exported.get_finished_spans()}
    assert set(spans) == {"retrieval", "chat deepseek-flash", "chat reader", "cite", "question"}
    failed = dict(spans["chat deepseek-flash"].attributes or {})
    assert failed == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "deepseek",
        "gen_ai.request.model": "deepseek-flash",
        "gen_ai.request.stream": True,
        "sparewheel.answerer": DOWN.answerer,
        "sparewheel.attempt.outcome": "failed",
        "error.type": "first_token_timeout",
    }
    well = dict(spans["chat reader"].attributes or {})
    assert well["gen_ai.response.time_to_first_chunk"] == WELL.first_token_s
    assert (well["gen_ai.usage.input_tokens"], well["gen_ai.usage.output_tokens"]) == (100, 10)
    root = spans["question"].context
    assert root is not None
    parents = {span.parent.span_id for span in spans.values() if span.parent}
    assert parents == {root.span_id}
    assert all(span.start_time <= span.end_time for span in spans.values())


def said(event: Event) -> tuple[str, dict[str, Any]]:
    return event.name, dict(event.attributes or {})


async def test_no_words_of_anybody_are_in_a_trace(exported: InMemorySpanExporter) -> None:
    """Neither question nor passage nor answer, in no name, attribute or event."""
    await pipeline(ANSWERED).aask("How much does Mr Smith pay?")
    spans = exported.get_finished_spans()
    told = [(s.name, dict(s.attributes or {}), s.status.description, *map(said, s.events)) for s in spans]
    text = repr(told)  # without ids and times, whose digits may be any
    assert [word for word in ("Smith", "How much", "900", "rent is", "euros") if word in text] == []


async def test_a_failed_question_is_an_error_and_a_cancelled_one_is_not(exported: InMemorySpanExporter) -> None:
    """error.type is the last fault's code; a question given up has its outcome only."""
    await pipeline(FAILED).aask("How much?")
    events = pipeline(None).stream("How much?")
    await anext(events)  # the passages; the answerer then waits for ever
    waiting = asyncio.ensure_future(anext(events))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    roots = [dict(s.attributes or {}) for s in exported.get_finished_spans() if s.name == "question"]
    assert [(root["sparewheel.outcome"], root.get("error.type")) for root in roots] == [
        ("failed", "first_token_timeout"),
        ("cancelled", None),
    ]


async def test_the_callers_trace_goes_on(exported: InMemorySpanExporter) -> None:
    """The span that is current when the question is asked is the parent."""
    caller = SpanContext(0xABC, 0xDEF, is_remote=True, trace_flags=TraceFlags(TraceFlags.SAMPLED))
    with use_span(NonRecordingSpan(caller)):
        await pipeline(ANSWERED).aask("How much?")
    (root,) = [span for span in exported.get_finished_spans() if span.name == "question"]
    assert root.parent is not None
    assert (root.parent.trace_id, root.parent.span_id) == (0xABC, 0xDEF)


async def test_a_share_of_none_traces_nothing() -> None:
    """trace_share = 0."""
    exporter = InMemorySpanExporter()
    tracing = Tracing(Settings(observe=Observe(trace_share=0.0)), SimpleSpanProcessor(exporter))
    hooks.shared.listeners.append(tracing.asked)
    await pipeline(ANSWERED).aask("How much?")
    hooks.shared.listeners.remove(tracing.asked)
    tracing.close()
    assert exporter.get_finished_spans() == ()


class Collector(BaseHTTPRequestHandler):
    """Keeps what is posted to it."""

    posted: ClassVar[list[tuple[str, bytes]]] = []

    def do_POST(self) -> None:
        self.posted.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def test_spans_reach_a_collector_over_otlp() -> None:
    """The setting's address without a path gets /v1/traces; closing sends what is left."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        tracing = Tracing(SETTINGS, exporting(f"http://127.0.0.1:{server.server_port}"))
        hooks.shared.listeners.append(tracing.asked)
        pipeline(ANSWERED).ask("How much does Mr Smith pay?")
        hooks.shared.listeners.remove(tracing.asked)
        tracing.close()
        server.shutdown()
    ((path, body),) = Collector.posted
    assert path == "/v1/traces"
    assert b"chat deepseek-flash" in body
    assert b"Smith" not in body
