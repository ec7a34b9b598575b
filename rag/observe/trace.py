"""OpenTelemetry traces of questions, made when a question has ended. No question, answer or document text in them.

    question                  the whole of it              attributes sparewheel.outcome, .answered_by, .degraded, ...
      retrieval               finding the passages         gen_ai.operation.name = "retrieval"
      rerank                  ordering them
      chat MODEL              each answerer that was called, one span each, as the GenAI conventions name it
      cite                    resolving the citations

A caller's own trace goes on: the span that was current when the question was asked is the parent.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from opentelemetry import context as otel_context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, set_span_in_context

from sparewheel.rag.observe.hooks import Asked
from sparewheel.rag.settings import Endpoint, Settings
from sparewheel.rag.types import Attempt

Value = str | bool | int | float | list[str]
Attributes = Mapping[str, Value]
PROVIDERS = {"api.deepseek.com": "deepseek", "api.openai.com": "openai"}  # names the conventions give


class Tracing:
    """Exports until `close`. `asked` is a slow listener."""

    def __init__(self, settings: Settings, processor: SpanProcessor) -> None:
        self._endpoints = settings.endpoint
        self._local_chat = settings.local_chat.model
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": "sparewheel"}),
            sampler=ParentBased(TraceIdRatioBased(settings.observe.trace_share)),
            shutdown_on_exit=False,
        )
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("sparewheel")

    def asked(self, asked: Asked) -> None:
        parent = asked.context.run(otel_context.get_current)
        answer, timings = asked.answer, asked.answer.timings
        attributes: dict[str, Value] = {
            "sparewheel.outcome": asked.outcome,
            "sparewheel.domain": asked.domain,
            "sparewheel.corpus": answer.corpus,
            "sparewheel.answered_by": answer.answered_by,
            "sparewheel.degraded": answer.degraded,
            "sparewheel.citations": len(answer.citations),
            "sparewheel.request_id": asked.request_id,
        }
        end = asked.began + asked.seconds
        root = self._span("question", parent, asked.began, attributes)
        here = set_span_in_context(root, parent)
        if asked.outcome == "failed":
            _fail(root, asked.error or (answer.attempts[-1].reason if answer.attempts else "failed"))
        if asked.retrieved_s is not None:
            found = asked.began + asked.retrieved_s
            ranked = found - timings.get("rerank", 0.0)
            if retrieve_s := timings.get("retrieve"):
                operation: dict[str, Value] = {
                    "gen_ai.operation.name": "retrieval",
                    "sparewheel.passages": len(answer.evidence),
                }
                self._step("retrieval", here, ranked - retrieve_s, ranked, operation)
            if "rerank" in timings:
                self._step("rerank", here, ranked, found, {})
            began = max(found, end - timings.get("cite", 0.0) - timings["answer"]) if "answer" in timings else found
            for attempt in answer.attempts:
                if attempt.outcome != "skipped":
                    self._attempt(attempt, here, began, asked)
        if cite_s := timings.get("cite"):
            self._step("cite", here, end - cite_s, end, {"sparewheel.citations": len(answer.citations)})
        root.end(_ns(end))

    def close(self) -> None:
        """What was traced until now is exported."""
        self._provider.shutdown()

    def _attempt(self, attempt: Attempt, here: otel_context.Context, began: float, asked: Asked) -> None:
        """One call of an answerer. Only the one that answered is known to have used tokens."""
        endpoint = self._endpoints.get(attempt.answerer)
        model = endpoint.model if endpoint else self._local_chat or attempt.answerer
        attributes: dict[str, Value] = {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": provider(endpoint),
            "gen_ai.request.model": model,
            "gen_ai.request.stream": True,
            "sparewheel.answerer": attempt.answerer,
            "sparewheel.attempt.outcome": attempt.outcome,
        }
        if attempt.first_token_s is not None:
            attributes["gen_ai.response.time_to_first_chunk"] = attempt.first_token_s
        usage = asked.answer.usage
        if attempt.outcome == "answered":
            attributes["gen_ai.response.model"] = asked.answer.model
            attributes["gen_ai.response.finish_reasons"] = ["stop"]  # any other is no answer here
            attributes["gen_ai.usage.input_tokens"] = usage.prompt_tokens
            attributes["gen_ai.usage.output_tokens"] = usage.completion_tokens
            attributes["gen_ai.usage.cache_read.input_tokens"] = usage.cache_hit_tokens
            attributes["sparewheel.cost_usd"] = usage.cost_usd
        start = began + attempt.after_s
        kind = SpanKind.CLIENT if endpoint else SpanKind.INTERNAL
        span = self._span(f"chat {model}", here, start, attributes, kind)
        if attempt.outcome == "failed":
            _fail(span, attempt.reason)
        span.end(_ns(start + attempt.seconds))

    def _step(self, name: str, here: otel_context.Context, start: float, end: float, attributes: Attributes) -> None:
        self._span(name, here, start, attributes).end(_ns(end))

    def _span(
        self,
        name: str,
        context: otel_context.Context,
        start: float,
        attributes: Attributes,
        kind: SpanKind = SpanKind.INTERNAL,
    ) -> Span:
        return self._tracer.start_span(name, context, kind, attributes, start_time=_ns(start))


def exporting(endpoint: str) -> SpanProcessor:
    """Sends finished spans to an OTLP/HTTP address ("http://collector:4318") in the background."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    path = urlsplit(endpoint).path
    exporter: SpanExporter = OTLPSpanExporter(endpoint if path.strip("/") else endpoint.rstrip("/") + "/v1/traces")
    return BatchSpanProcessor(exporter)


def provider(endpoint: Endpoint | None) -> str:
    """As the conventions name it: "deepseek", the endpoint's host, or "sparewheel" for what runs on this machine."""
    host = urlsplit(endpoint.url).hostname or "" if endpoint else "sparewheel"
    return PROVIDERS.get(host, host)


def _fail(span: Span, reason: str) -> None:
    span.set_attribute("error.type", reason)
    span.set_status(Status(StatusCode.ERROR))


def _ns(seconds: float) -> int:
    return int(seconds * 1e9)
