"""What /metrics says after questions were asked through a real pipeline with fake steps."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import aclosing, suppress
from typing import Any

import pytest
from observed import ANSWERED, DOWN, FAILED, asked, pipeline
from prometheus_client.parser import text_string_to_metric_families

from sparewheel.eval.availability.exchange import Pace
from sparewheel.eval.availability.schedule import Always
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag import observe
from sparewheel.rag.answer.endpoint import EndpointCompleter
from sparewheel.rag.errors import UsageError
from sparewheel.rag.events import AttemptFailed, Token
from sparewheel.rag.observe import hooks, metrics, recent
from sparewheel.rag.reliability.failover import Finished
from sparewheel.rag.settings import Endpoint, Observe, Settings
from sparewheel.rag.types import Attempt, Draft, Usage


@pytest.fixture(autouse=True)
def observed(tmp_path: Any) -> Iterator[None]:
    observe.start(Settings(data_folder=str(tmp_path), observe=Observe(audit=False, log="off")))
    yield
    observe.stop()


def samples() -> dict[tuple[str, ...], float]:
    """(name, label values in the order of their names) -> value."""
    body, _ = metrics.exposition()
    families = text_string_to_metric_families(body.decode())
    return {
        (sample.name, *(sample.labels[key] for key in sorted(sample.labels))): sample.value
        for family in families
        for sample in family.samples
    }


async def test_a_question_is_counted_once_by_outcome_answerer_and_domain() -> None:
    """Asked by aask, which leaves the stream after the last event: one answered question, not also a cancelled one."""
    await pipeline(Token("900 euros", "reader"), ANSWERED).aask("How much?")
    found = samples()
    assert {key: value for key, value in found.items() if key[0] == "sparewheel_questions_total" and value} == {
        ("sparewheel_questions_total", "reader", "legal", "answered"): 1.0
    }
    assert found["sparewheel_degraded_total", "legal"] == 1.0
    assert found["sparewheel_failovers_total", "deepseek", "first_token_timeout"] == 1.0
    assert found["sparewheel_attempts_total", "reader", "answered"] == 1.0
    assert found["sparewheel_question_seconds_count", "legal"] == 1.0
    assert found["sparewheel_first_token_seconds_count", "legal"] == 1.0
    assert found["sparewheel_step_seconds_count", "retrieve"] == 1.0
    assert found["sparewheel_tokens_total", "reader", "cache_hit"] == 60.0
    assert found["sparewheel_cost_usd_total", "reader"] == 0.002


@pytest.mark.parametrize(
    ("event", "k", "outcome"),
    [(FAILED, 8, "failed"), (RuntimeError("a bug"), 8, "failed"), (UsageError("too long"), 8, "failed"),
     (FAILED, 0, "invalid")],
)  # fmt: skip
async def test_a_question_that_ends_badly_is_counted_too(event: Exception, k: int, outcome: str) -> None:
    """Nobody could answer, a bug, an answerer that blames the asker, the asker is wrong: each counts once."""
    with suppress(UsageError):
        await pipeline(event).aask("How much?", k=k)
    assert samples()["sparewheel_questions_total", "none", "legal", outcome] == 1.0


async def test_a_question_given_up_is_cancelled_with_the_attempts_seen() -> None:
    """The asker leaves after a failed attempt: outcome cancelled, no latency, and the health page sees the attempt."""
    async with aclosing(pipeline(AttemptFailed(DOWN), None).stream("How much?")) as events:
        async for event in events:
            if isinstance(event, AttemptFailed):
                break
    found = samples()
    assert found["sparewheel_questions_total", "none", "legal", "cancelled"] == 1.0
    assert ("sparewheel_question_seconds_count", "legal") not in found
    assert [(q.outcome, q.attempts) for q in recent.recent()] == [("cancelled", (DOWN,))]
    assert hooks.shared.in_flight == 0


async def test_recent_questions_hold_no_text_of_a_sensitive_corpus() -> None:
    """The newest first; a question about a sensitive corpus is kept without its words."""
    with observe.asked_by("ann", "r-1"):
        await pipeline(ANSWERED).aask("How much?")
    await pipeline(ANSWERED, sensitivity="high").aask("Has Mr Smith diabetes?")
    assert [(q.question, q.request_id) for q in recent.recent()] == [("", ""), ("How much?", "r-1")]


async def test_labels_have_few_values() -> None:
    """Two hundred domains, answerers and reasons make at most 50 values and "other" of each label."""
    for n in range(200):
        attempt = Attempt(f"endpoint-{n}", "failed", f"reason-{n}")
        finished = Finished(Draft("x"), f"endpoint-{n}", False, (attempt,))
        await pipeline(finished, domain=f"domain-{n}").aask("How much?")
    body, _ = metrics.exposition()
    values: dict[tuple[str, str], set[str]] = {}
    for family in text_string_to_metric_families(body.decode()):
        for sample in family.samples:
            for label, value in sample.labels.items():
                values.setdefault((family.name, label), set()).add(value)
    crowded = {key: len(found) for key, found in values.items() if len(found) > metrics.MOST_VALUES + 1}
    assert crowded == {}
    assert metrics.OTHER in values["sparewheel_questions", "domain"]


def test_nothing_is_imported_while_observing_is_off() -> None:
    """A pipeline can be opened without prometheus_client, opentelemetry or the modules that use them."""
    code = (
        "import sys, rag.chain, rag.assemble, rag.observe; "
        "print([m for m in sys.modules if m.startswith(('prometheus', 'opentelemetry', 'sparewheel.rag.observe.'))])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "['sparewheel.rag.observe.hooks']"


async def test_a_listener_that_fails_loses_no_question() -> None:
    """Book-keeping never costs an answer; the others are still told."""

    def broken(asked: hooks.Asked) -> None:
        raise RuntimeError("no")

    hooks.shared.listeners.insert(0, broken)
    answer = await pipeline(ANSWERED).aask("How much?")
    hooks.shared.listeners.remove(broken)
    assert (answer.text, len(recent.recent())) == ("900 euros", 1)


def test_a_slow_listener_is_not_waited_for_and_what_it_misses_is_counted() -> None:
    """While one record is being written the next ones wait, up to a limit; closing hands on what waits."""
    busy, gate = threading.Event(), threading.Event()
    told: list[hooks.Asked] = []

    def slow(batch: list[hooks.Asked]) -> None:
        busy.set()
        gate.wait(10)
        told.extend(batch)

    later = hooks.Later([slow])
    question = asked()
    later.put(question)
    busy.wait(10)
    for _ in range(hooks.MOST_WAITING + 50):
        later.put(question)
    gate.set()
    later.close()
    assert (len(told), later.dropped) == (1 + hooks.MOST_WAITING, 50)


async def test_bytes_that_only_keep_a_connection_warm_are_counted() -> None:
    """A busy endpoint's keep-alives, streamed; the lines of the answer itself do not count."""
    pace = Pace(keepalive_s=0.01)
    async with FaultServer(Always("busy_then_answer"), pace=pace) as busy, FaultServer(Always("ok")) as well:
        for name, server in (("busy", busy), ("well", well)):
            completer = EndpointCompleter(
                name, Endpoint(url=server.url, key="none"), kept_alive=hooks.shared.kept_alive
            )
            async for _ in completer.complete([{"role": "user", "content": "question-1"}]):
                pass
            await completer.aclose()
    counted = {key[1]: value for key, value in samples().items() if key[0] == "sparewheel_keepalive_bytes_total"}
    assert counted == {"busy": 4 * len(": keep-alive\n")}


async def test_tokens_and_cost_count_for_whoever_took_them() -> None:
    """A failed answer's under its own name, and nothing twice."""
    failed = Attempt("deepseek", "failed", "truncated", usage=Usage(100, 50, 0, 100, 0.5))
    finished = Finished(Draft("900 euros [1]", usage=Usage(10, 5, 0, 10, 0.25)), "backup", True, (failed,))
    answer = await pipeline(Token("900 euros [1]", "backup"), finished).aask("How much?")
    found = samples()
    assert answer.usage.cost_usd == pytest.approx(0.75)
    assert (found["sparewheel_cost_usd_total", "deepseek"], found["sparewheel_tokens_total", "deepseek", "output"]) == (
        0.5,
        50.0,
    )
    backup = next(key[1] for key in found if key[0] == "sparewheel_cost_usd_total" and key[1] != "deepseek")
    assert found["sparewheel_cost_usd_total", backup] == pytest.approx(0.25)
