"""The data of the dashboard's panels during an outage, from a real Prometheus, drawn with matplotlib.

    python -m benchmarks.dashboard            docs/img/dashboard.png, four minutes

A process of the product answers the sample questions. Its endpoint deepseek is well, sends keep-alives only from second
25 to 130 (the second endpoint is overloaded too from 45 on), then is well again. This is not Grafana: the same queries,
drawn by another program.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
import time
import urllib.parse
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparewheel.app.cli.ingest import run_ingest
from sparewheel.corpora import samples
from sparewheel.eval.availability.exchange import Pace
from sparewheel.eval.availability.monitoring import free_port, watching, webhook
from sparewheel.eval.availability.schedule import Always
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag import observe
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.settings import Endpoint, Observe, Retrieve, Settings

ROOT = Path(__file__).parents[1]
BOARD = ROOT / "deploy" / "grafana" / "dashboards" / "sparewheel.json"
RULES = sorted((ROOT / "deploy" / "prometheus" / "rules").glob("*.yml"))
PICTURE = ROOT / "docs" / "img" / "dashboard.png"
CERTIFICATE = ROOT / "tests" / "observe" / "certificate.pem"
PLAY = ((0, "ok", "ok"), (25, "keepalive", "ok"), (45, "keepalive", "503"), (130, "ok", "ok"), (225, "", ""))
EVERY_S = 1.0  # between two questions
RATE_WINDOW = "10s"  # what Grafana would put for $__rate_interval
SCALE = {
    "bytes": (1e6, "MB"),
    "Bps": (1, "bytes/s"),
    "s": (1, "s"),
    "percentunit": (0.01, "%"),
    "currencyUSD": (1, "USD"),
}

Series = list[tuple[str, list[float], list[float]]]  # legend, seconds since the beginning, values


async def outage(folder: Path) -> tuple[list[tuple[dict[str, Any], list[Series]]], list[str]]:
    """(panel, series of each of its queries) of every panel, and the alerts that were told."""
    lines = (samples("legal") / "questions.jsonl").read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines]
    pace = Pace(token_s=0.01, first_token_s=0.15, keepalive_s=0.3)
    async with (
        FaultServer(Always("ok"), pace=pace) as deepseek,
        FaultServer(Always("ok"), pace=pace) as backup,
        webhook() as (webhook_port, alerts),
    ):
        settings = Settings(
            data_folder=str(folder / "corpora"),
            retrieve=Retrieve(rerank="off"),
            endpoint={
                "deepseek": Endpoint(url=deepseek.url, key="none", first_token_s=2.0),
                "backup": Endpoint(url=backup.url, key="none", first_token_s=2.0),
            },
            observe=Observe(log="off", certificates=(str(CERTIFICATE),)),
        )
        await asyncio.to_thread(
            run_ingest, [samples("legal") / "documents"], "legal", domain="legal", settings=settings
        )
        port = free_port()
        observe.start(settings, port=port)
        with (
            watching(folder, port, RULES, webhook_port=webhook_port, every="1s") as prometheus,
            open_pipeline("legal", settings) as pipeline,
        ):
            began = time.time()
            asking = asyncio.create_task(ask_on(pipeline, questions))
            for (_, *faults), (until, *_rest) in itertools.pairwise(PLAY):
                for server, fault in zip((deepseek, backup), faults, strict=True):
                    server.play(Always(fault))
                await asyncio.sleep(max(0.0, began + until - time.time()))
            asking.cancel()
            drawn = await asyncio.to_thread(panels, prometheus, began, time.time())
        observe.stop()
    told = [alerts.get_nowait() for _ in range(alerts.qsize())]
    return drawn, sorted({f"{alert['labels']['alertname']} {alert['status']}" for alert in told})


async def ask_on(pipeline: Pipeline, questions: list[str]) -> None:
    """A question every EVERY_S, answered or not (open loop)."""
    async with asyncio.TaskGroup() as group:
        for question in itertools.cycle(questions):
            group.create_task(pipeline.aask(question))
            await asyncio.sleep(EVERY_S)


def panels(prometheus: str, began: float, ended: float) -> list[tuple[dict[str, Any], list[Series]]]:
    found = [panel for panel in json.loads(BOARD.read_text())["panels"] if panel["type"] != "row"]
    return [(panel, [series(prometheus, target, began, ended) for target in panel["targets"]]) for panel in found]


def series(prometheus: str, target: Mapping[str, str], began: float, ended: float) -> Series:
    """What Prometheus answers to one query of a panel over the whole run."""
    query = target["expr"].replace("$__rate_interval", RATE_WINDOW)
    asked = urllib.parse.urlencode({"query": query, "start": began, "end": ended, "step": 1})
    with urllib.request.urlopen(f"{prometheus}/api/v1/query_range?{asked}") as response:
        result = json.load(response)["data"]["result"]
    rows: Series = []
    for one in result:
        legend = target["legendFormat"]
        for label, value in one["metric"].items():
            legend = legend.replace("{{" + label + "}}", value)
        points = [(float(at) - began, float(value)) for at, value in one["values"] if value != "NaN"]
        rows.append((legend, [at for at, _ in points], [value for _, value in points]))
    return rows


def draw(found: list[tuple[dict[str, Any], list[Series]]], told: list[str]) -> None:
    """One small chart a panel, the outage shaded."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from PIL import Image

    columns = 4
    rows = -(-len(found) // columns)
    figure, axes = pyplot.subplots(rows, columns, figsize=(18, 2.5 * rows), layout="constrained")
    for axis in axes.flat[len(found) :]:
        axis.axis("off")
    for axis, (panel, queries) in zip(axes.flat, found, strict=False):
        divisor, unit = SCALE.get(panel["fieldConfig"]["defaults"].get("unit", ""), (1, ""))
        for legend, seconds, values in itertools.chain.from_iterable(queries):
            style = "steps-post" if panel["type"] == "state-timeline" else "default"
            axis.plot(seconds, [value / divisor for value in values], label=legend, lw=1.3, drawstyle=style)
        axis.axvspan(PLAY[1][0], PLAY[3][0], color="0.9", lw=0)
        axis.axvspan(PLAY[2][0], PLAY[3][0], color="0.82", lw=0)
        axis.set_title(panel["title"] + (f", {unit}" if unit else ""), fontsize=9, loc="left")
        axis.tick_params(labelsize=7)
        axis.set_xlim(0, PLAY[-1][0])
        low, high = axis.get_ylim()
        axis.set_ylim(min(0, low), high * 1.06)
        if any(legend for legend, *_ in itertools.chain.from_iterable(queries)):
            axis.legend(fontsize=6, loc="best", framealpha=0.5)
    figure.suptitle(
        "The dashboard's queries, answered by Prometheus and drawn with matplotlib (not Grafana). Seconds.\n"
        "Grey: deepseek sends keep-alives only, darker: backup is overloaded too. "
        f"Alerts told to the webhook: {', '.join(told) or 'none'}",
        fontsize=10,
    )
    PICTURE.parent.mkdir(exist_ok=True)
    figure.savefig(PICTURE, dpi=75)
    with Image.open(PICTURE) as picture:
        few = picture.convert("RGB").quantize(64)  # a third of the size, and nobody sees it
    few.save(PICTURE, optimize=True)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found, told = asyncio.run(outage(Path(folder)))
    draw(found, told)
    empty = [panel["title"] for panel, queries in found if not any(map(bool, queries))]
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size / 1000:.0f} kB, {len(found)} panels")
    print(f"without data: {', '.join(empty) or 'none'}; alerts: {', '.join(told) or 'none'}")


if __name__ == "__main__":
    main()
