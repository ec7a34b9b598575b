"""What the dashboard shows, row by row. `make.py` turns it into the JSON that Grafana reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Panel:
    """One panel. queries: (PromQL, legend) each; unit: a name Grafana knows; width: of 24 columns."""

    title: str
    about: str
    queries: tuple[tuple[str, str], ...]
    unit: str = "short"
    kind: Literal["lines", "number", "states"] = "lines"
    width: int = 8
    limit: float | None = None  # drawn as a line: beyond it is trouble


def rate(metric: str, by: str, where: str = "", times: int = 1) -> str:
    """How fast a counter grows, each second or `times` that."""
    grows = f"sum by ({by}) (rate({metric}{where}[$__rate_interval]))"
    return f"{times} * {grows}" if times > 1 else grows


def quantiles(histogram: str, by: str = "") -> tuple[tuple[str, str], ...]:
    """The median, the 95th and the 99th percentile of a histogram, or the 95th for each value of the label `by`."""
    grouped = f"le, {by}" if by else "le"
    each = {0.95: f"{{{{{by}}}}}"} if by else {0.5: "p50", 0.95: "p95", 0.99: "p99"}
    return tuple(
        (f"histogram_quantile({q}, sum by ({grouped}) (rate({histogram}_bucket[$__rate_interval])))", legend)
        for q, legend in each.items()
    )


QUESTIONS = "sparewheel_questions_total"
ENDED_WELL = '{outcome=~"answered|refused"}'
OPEN = 'max by (endpoint) (sparewheel_breaker_state{state="open"})'
HALF_OPEN = 'max by (endpoint) (sparewheel_breaker_state{state="half-open"})'

CACHED = rate("sparewheel_tokens_total", "answerer", '{kind="cache_hit"}')
PROMPTED = rate("sparewheel_tokens_total", "answerer", '{kind=~"cache_hit|cache_miss"}')

ROWS: dict[str, tuple[Panel, ...]] = {
    "Answers": (
        Panel(
            "Questions, last hour",
            "However they ended",
            ((f"sum(increase({QUESTIONS}[1h]))", ""),),
            kind="number",
            width=6,
        ),
        Panel(
            "Kept, last day",
            "Questions that ended with an answer or a refusal; the aim is 99.99 %",
            (("1 - sparewheel:failed_ratio:1d", ""),),
            "percentunit",
            "number",
            6,
        ),
        Panel(
            "Degraded, last 15 minutes",
            "Answers that do not come from the first answerer of the order",
            ((f"sum(rate(sparewheel_degraded_total[15m])) / sum(rate({QUESTIONS}{ENDED_WELL}[15m]))", ""),),
            "percentunit",
            "number",
            6,
        ),
        Panel(
            "Cloud endpoints that are well",
            "Breaker closed",
            (('sum(max by (endpoint) (sparewheel_breaker_state{state="closed"}))', ""),),
            kind="number",
            width=6,
        ),
        Panel(
            "Questions by outcome",
            "A minute; failed is what the aim of 99.99 % counts against",
            ((rate(QUESTIONS, "outcome", times=60), "{{outcome}}"),),
        ),
        Panel("Who answered", "A minute", ((rate(QUESTIONS, "answerer", ENDED_WELL, 60), "{{answerer}}"),)),
        Panel(
            "Budget burning",
            "Failed share over what 99.99 % allows: at 1 the budget lasts exactly",
            (("sparewheel:failed_ratio:5m / 0.0001", "5 m"), ("sparewheel:failed_ratio:1h / 0.0001", "1 h")),
            limit=14.4,
        ),
        Panel(
            "Wait for the first word",
            "From the question to its first text; HighLatency looks at p95 over 2 s",
            quantiles("sparewheel_first_token_seconds"),
            "s",
            limit=2.0,
        ),
        Panel(
            "Whole answer", "From the question to the end of its answer", quantiles("sparewheel_question_seconds"), "s"
        ),
        Panel(
            "Steps, p95",
            "Retrieve, rerank, answer, cite",
            quantiles("sparewheel_step_seconds", "step"),
            "s",
        ),
    ),
    "Endpoints": (
        Panel(
            "Breakers",
            "0 closed, 1 half-open, 2 open",
            ((f"2 * {OPEN} + {HALF_OPEN}", "{{endpoint}}"),),
            kind="states",
        ),
        Panel(
            "Failovers by reason",
            "A minute; the codes are explained in docs/failover.md",
            ((rate("sparewheel_failovers_total", "answerer, reason", times=60), "{{answerer}}: {{reason}}"),),
        ),
        Panel(
            "First word of each answerer, p95",
            "From its call",
            quantiles("sparewheel_answerer_first_token_seconds", "answerer"),
            "s",
        ),
        Panel(
            "Calls by how they ended",
            "A minute",
            ((rate("sparewheel_attempts_total", "answerer, outcome", times=60), "{{answerer}}: {{outcome}}"),),
        ),
        Panel(
            "Keep-alives",
            "Bytes that only kept a connection warm: a busy DeepSeek sends them instead of an answer",
            ((rate("sparewheel_keepalive_bytes_total", "endpoint"), "{{endpoint}}"),),
            "Bps",
        ),
        Panel(
            "Changes of breakers",
            "Within 15 minutes",
            (
                (
                    "sum by (endpoint, after) (increase(sparewheel_breaker_transitions_total[15m]))",
                    "{{endpoint}}: {{after}}",
                ),
            ),
        ),
    ),
    "Tokens and money": (
        Panel("Tokens", "A minute", ((rate("sparewheel_tokens_total", "kind", times=60), "{{kind}}"),)),
        Panel(
            "Cost",
            "An hour, at the prices of the settings",
            ((rate("sparewheel_cost_usd_total", "answerer", times=3600), "{{answerer}}"),),
            "currencyUSD",
        ),
        Panel(
            "Prompt tokens found in the cache",
            "Share; only a full prefix hits it",
            (
                (
                    f"{CACHED} / {PROMPTED}",
                    "{{answerer}}",
                ),
            ),
            "percentunit",
        ),
    ),
    "Indexes": (
        Panel("Passages", "Of each corpus", (("max by (corpus) (sparewheel_index_chunks)", "{{corpus}}"),), width=6),
        Panel("On disk", "", (("max by (corpus) (sparewheel_index_bytes)", "{{corpus}}"),), "bytes", width=6),
        Panel(
            "Days since the last change",
            "IndexStale looks at 30",
            (("(time() - max by (corpus) (sparewheel_index_updated_timestamp_seconds)) / 86400", "{{corpus}}"),),
            width=6,
            limit=30,
        ),
        Panel(
            "Known to dense search",
            "Share of the passages",
            (("min by (corpus) (sparewheel_index_dense_share)", "{{corpus}}"),),
            "percentunit",
            width=6,
        ),
    ),
    "The processes": (
        Panel(
            "Questions under way and waiting",
            "",
            (
                ("sum by (job) (sparewheel_questions_in_flight)", "{{job}}: under way"),
                ("sum by (job) (sparewheel_queue_depth)", "{{job}}: waiting"),
            ),
        ),
        Panel(
            "Memory",
            "Resident",
            (('process_resident_memory_bytes{job=~"sparewheel.*"}', "{{job}} {{instance}}"),),
            "bytes",
        ),
        Panel(
            "Processor",
            "Cores in use",
            ((rate("process_cpu_seconds_total", "job, instance", '{job=~"sparewheel.*"}'), "{{job}} {{instance}}"),),
        ),
        Panel(
            "Audit log",
            "Records a minute, and what could not be written",
            (
                (rate("sparewheel_audit_records_total", "job", times=60), "{{job}}: written"),
                ("sum by (job) (sparewheel_audit_waiting)", "{{job}}: waiting"),
                ("sum by (job) (increase(sparewheel_audit_failures_total[5m]))", "{{job}}: failed in 5 m"),
            ),
        ),
        Panel(
            "Certificates",
            "Days left",
            (("min by (subject) (sparewheel_certificate_days_left)", "{{subject}}"),),
            limit=21,
        ),
        Panel(
            "Built-in models as released",
            "1 while the sums of their files are those of the release",
            (("min by (model) (sparewheel_model_checksum_ok)", "{{model}}"),),
        ),
    ),
}
