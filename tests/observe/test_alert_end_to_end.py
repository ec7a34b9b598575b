"""From a stalled endpoint to the pager: the product's own pipeline and metrics, real Prometheus, real Alertmanager."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import yaml
from exported import one_document

from sparewheel.eval.availability.monitoring import free_port, missing, watching, webhook
from sparewheel.eval.availability.schedule import Always
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag import observe
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.settings import Breaker, Endpoint, Observe, Settings
from sparewheel.rag.types import Answer

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "rules" / "alerts.yml"


def hurried(alert: str) -> dict[str, Any]:
    """The shipped rule of that name, waiting 1 s instead of minutes."""
    rules = [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]
    (rule,) = [rule for rule in rules if rule["alert"] == alert]
    return {**rule, "for": "1s"}


async def ask_on(pipeline: Pipeline, answers: list[Answer]) -> None:
    """Asks five questions a second until it is cancelled."""
    while True:
        answers.append(await pipeline.aask("How much is the rent?"))
        await asyncio.sleep(0.2)


async def told(alerts: asyncio.Queue[dict[str, Any]], status: str) -> dict[str, Any]:
    """The first alert of that status that the webhook is told."""
    async with asyncio.timeout(40):
        while (alert := await alerts.get())["status"] != status:
            pass
    return alert


@pytest.mark.skipif(bool(missing()), reason=f"needs Debian's packages of {', '.join(missing())}")
async def test_a_stalled_endpoint_reaches_the_webhook_and_so_does_its_recovery(tmp_path: Path) -> None:
    """Keep-alives without an answer: BreakerOpen fires; well again: it is resolved; no question was lost meanwhile."""
    one_document(tmp_path / "corpora" / "lease")
    rules = tmp_path / "rules.yml"
    rules.write_text(yaml.safe_dump({"groups": [{"name": "hurried", "rules": [hurried("BreakerOpen")]}]}))
    port = free_port()
    answers: list[Answer] = []
    async with FaultServer(Always("keepalive")) as server, webhook() as (webhook_port, alerts):
        settings = Settings(
            data_folder=str(tmp_path / "corpora"),
            endpoint={"deepseek": Endpoint(url=server.url, key="none", first_token_s=0.2)},
            breaker=Breaker(cooldown_s=0.5, max_cooldown_s=0.5, consecutive_failures=3),
            observe=Observe(log="off"),
        )
        observe.start(settings, port=port)
        try:
            with (
                watching(tmp_path, port, [rules], webhook_port=webhook_port),
                open_pipeline("lease", settings) as pipeline,
            ):
                asking = asyncio.create_task(ask_on(pipeline, answers))
                fired = await told(alerts, "firing")
                server.play(Always("ok"))
                resolved = await told(alerts, "resolved")
                asking.cancel()
                await asyncio.wait([asking])
        finally:
            observe.stop()
    assert fired["labels"] == {
        "alertname": "BreakerOpen",
        "endpoint": "deepseek",
        "severity": "warning",
        "route": "ticket",
    }
    assert fired["annotations"]["summary"] == "deepseek has been left alone for 2 minutes"
    assert resolved["labels"] == fired["labels"]
    assert {answer.outcome for answer in answers} == {"answered"}
    assert {answer.answered_by for answer in answers} == {"reader", "deepseek"}
