"""The page Ask in Chromium: from pressing Enter to the first words of the answer, and to the finished one.

    python -m benchmarks.page
    python -m benchmarks.page --part paint

`sparewheel ui` over the sample corpora, no endpoint: the local reader answers. 20 answerable questions after 4 that
warm up, each in a new conversation; the browser's own clock. `pipeline_s` is what search and reader took of it, the
rest is the page (browser, WebSocket, Streamlit's run). Writes benchmarks/results/page.json.

`paint`: a browser that was never here opens the page over 400 kbit/s and 100 ms (Chromium's own throttling): when
something is first drawn, when the title of the page stands, when it can be typed into, what was sent; then once more
with what it has kept. Writes benchmarks/results/page_paint.json.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.machine import save
from sparewheel.app.cli.ingest import run_ingest
from sparewheel.corpora import Question, sample_questions, samples
from sparewheel.rag.settings import load_settings

ROOT = Path(__file__).parents[1]
CHROMIUM = "/usr/bin/chromium"
FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
EACH, WARM_UP = 10, 2  # questions of each domain
TARGET_S = 0.7
SLOW_KBIT_S, SLOW_LATENCY_MS = 400, 100
WATCH = """() => {
  window.spans = {};
  const look = () => {
    const now = performance.now();
    if (!spans.first && document.querySelector(".sw-answer")) spans.first = now;
    if (!spans.done && document.querySelector(".sw-badge")) spans.done = now;
  };
  new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("keydown", (e) => { if (e.key === "Enter") spans.press = performance.now(); }, true);
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=("questions", "paint"), default="questions")
    if parser.parse_args().part == "paint":
        paint()
    else:
        questions()


def paint() -> None:
    """The page over a slow line."""
    from playwright.sync_api import sync_playwright

    with tempfile.TemporaryDirectory(prefix="sparewheel-bench-") as folder:
        settings = replace(load_settings(), data_folder=folder)
        run_ingest([samples("legal") / "documents"], "legal", domain="legal", settings=settings)
        with served(folder) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            page = browser.new_page()
            page.goto(url)
            idle(page)  # the server has read what it needs
            context = browser.new_context()
            figures = {"first_visit": visit(context, url), "second_visit": visit(context, url)}
            browser.close()
    for name, found in figures.items():
        print(f"{name:14}", ", ".join(f"{key} {value}" for key, value in found.items()))
    save("page_paint", {"kbit_s": SLOW_KBIT_S, "latency_ms": SLOW_LATENCY_MS, **figures})


def visit(context: Any, url: str) -> dict[str, float]:
    """One opening of the page: seconds, and the kilobytes that were sent."""
    page = context.new_page()
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    speed = SLOW_KBIT_S * 1000 / 8
    limits = {"latency": SLOW_LATENCY_MS, "downloadThroughput": speed, "uploadThroughput": speed}
    line.send("Network.emulateNetworkConditions", {"offline": False, **limits})
    sent: list[float] = []
    line.on("Network.loadingFinished", lambda event: sent.append(event["encodedDataLength"]))
    began = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_selector("h1", timeout=180_000)
    titled = time.perf_counter() - began
    idle(page)
    usable = time.perf_counter() - began
    drawn = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime")
    page.close()
    return {
        "first_paint_s": round(drawn / 1000, 2),
        "title_s": round(titled, 2),
        "usable_s": round(usable, 2),
        "kilobytes": round(sum(sent) / 1000),
    }


def questions() -> None:
    """From Enter to the answer."""
    from playwright.sync_api import sync_playwright

    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory(prefix="sparewheel-bench-") as folder:
        settings = replace(load_settings(), data_folder=folder)
        for domain in ("legal", "medical"):
            run_ingest([samples(domain) / "documents"], domain, domain=domain, settings=settings)
        with served(folder) as url, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            for domain in ("legal", "medical"):
                page = browser.new_page(viewport={"width": 1280, "height": 900})
                for number, question in enumerate(chosen(domain)):
                    timed = measure(page, f"{url}?lang=en", domain, question)
                    if number >= WARM_UP:
                        rows.append(timed)
                page.close()
            browser.close()
    report(rows)


def chosen(domain: str) -> list[Question]:
    """English questions with an answer, evenly over the file, the ones to warm up first."""
    known = [q for q in sample_questions(domain) if q.answerable and q.language == "en"]
    return known[:: len(known) // (EACH + WARM_UP)][: EACH + WARM_UP]


@contextmanager
def served(folder: str) -> Iterator[str]:
    """The address of the page over the corpora of a folder."""
    env = {**os.environ, "SPAREWHEEL_DATA_FOLDER": folder, "PYTHONUNBUFFERED": "1"}
    for name in [name for name in env if name.endswith(("_ENDPOINT", "API_KEY"))]:
        del env[name]
    command = [sys.executable, "-c", "from sparewheel.app.cli import main; main()", "ui", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout is not None
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found is not None
        yield found[0]
    finally:
        process.terminate()
        process.wait(20)


def measure(page: Any, url: str, domain: str, question: Question) -> dict[str, Any]:
    """One question in a new conversation."""
    page.goto(url)
    idle(page)
    if domain not in page.get_by_test_id("stSelectbox").inner_text():
        page.get_by_test_id("stSelectbox").locator("input").click()
        page.get_by_role("option", name=re.compile(f"^{domain} ")).click()
        idle(page)
    page.wait_for_timeout(300)
    page.evaluate(WATCH)
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question.text)
    box.press("Enter")
    page.wait_for_function("window.spans.done", timeout=120_000)
    idle(page)
    spans = page.evaluate("window.spans")
    told = " ".join(page.locator(".sw-why li").all_text_contents())
    steps = dict(re.findall(r"(search|reranking|answering|citing|total) (\d+\.\d+) s", told))
    return {
        "id": question.id,
        "refused": page.locator(".sw-refused").count() > 0,
        "first_s": round((spans["first"] - spans["press"]) / 1000, 3),
        "done_s": round((spans["done"] - spans["press"]) / 1000, 3),
        "pipeline_s": float(steps.get("total", 0.0)),
        "steps_s": {name: float(seconds) for name, seconds in steps.items()},
    }


def idle(page: Any) -> None:
    """The script has ended and the box to type in is there."""
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=120_000)
    page.get_by_test_id("stChatInputTextArea").wait_for(timeout=120_000)


def report(rows: Sequence[dict[str, Any]]) -> None:
    """The table, and the file."""
    figures: dict[str, Any] = {"questions": len(rows), "refused": sum(row["refused"] for row in rows)}
    print(f"{len(rows)} questions        median      p90      most")
    for name in ("first_s", "done_s", "pipeline_s"):
        values = sorted(row[name] for row in rows)
        p90 = values[int(0.9 * (len(values) - 1))]
        figures[name] = {"median": median(values), "p90": p90, "most": values[-1]}
        print(f"{name:16}{median(values):12.2f} s{p90:7.2f} s{values[-1]:8.2f} s")
    if answered := [row["first_s"] for row in rows if not row["refused"]]:  # a refusal has no words of an answer
        figures["first_of_answers_s"] = round(median(answered), 3)
        print(f"{len(answered)} were answered, the others refused: first words {figures['first_of_answers_s']} s")
    figures["page_s"] = round(median(row["done_s"] - row["pipeline_s"] for row in rows), 3)
    figures["target_first_s"] = TARGET_S
    steps = {name: round(median(row["steps_s"].get(name, 0.0) for row in rows), 3) for name in rows[0]["steps_s"]}
    print(f"page beside the pipeline: {figures['page_s']} s; steps (medians): {steps}")
    print("written:", save("page", {**figures, "steps_s": steps, "rows": list(rows)}))


if __name__ == "__main__":
    main()
