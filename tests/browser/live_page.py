"""The real page in a real browser: `sparewheel ui` and a fault server as DeepSeek, each a process, and Chromium."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from sparewheel.app.service.work import make_corpus, read_in
from sparewheel.eval.availability.play import Endpoint, serving
from sparewheel.rag.settings import Ingest, Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parents[2]
CHROMIUM = "/usr/bin/chromium"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
SETTINGS = """
data_folder = "{data}"
[ingest]
workers = 1
[endpoint.deepseek]
url = "{deepseek}"
key = "not-a-secret"
first_token_s = 1.0
{more}
"""


@contextmanager
def page_served(folder: Path, deepseek: str, more: str = "") -> Iterator[str]:
    """The address of `sparewheel ui` over a data folder below `folder`. more: further settings, TOML."""
    config = folder / "sparewheel.toml"
    config.write_text(SETTINGS.format(data=folder / "data", deepseek=deepseek, more=more), encoding="utf-8")
    env = {**os.environ, "OMP_NUM_THREADS": "1", "HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    command = [
        sys.executable,
        "-c",
        "from sparewheel.app.cli import main; main()",
        "--config",
        str(config),
        "ui",
        "--port",
        "0",
    ]
    with (folder / "ui.log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, (line, (folder / "ui.log").read_text())
        wait_for(lambda: answers(found[0]))
        yield found[0]
    finally:
        process.terminate()
        process.wait(20)


def answers(url: str) -> bool:
    """Is the server up?"""
    try:
        return httpx.get(f"{url}/_stcore/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def wait_for(condition: Any, within_s: float = 60.0) -> None:
    """Returns when the condition holds."""
    until = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < until, f"not within {within_s} s"
        time.sleep(0.05)


def with_lease(folder: Path) -> Settings:
    """The sample lease as the corpus `leases` of a page served from `folder`, found by its words; its settings."""
    settings = Settings(data_folder=str(folder / "data"), ingest=Ingest(workers=1))
    lease = ROOT / "corpora/legal/documents/commercial-lease.pdf"
    read_in(make_corpus(settings, "leases", "legal"), [lease], settings)
    return settings


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


def still(page: Page) -> None:
    """Returns when the page is drawn and its script has ended."""
    page.wait_for_selector("h1", timeout=30_000)
    page.wait_for_selector('[data-testid="stApp"][data-test-script-state="notRunning"]', timeout=30_000)
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')", timeout=30_000)


def ask(page: Page, question: str) -> None:
    """Types the question, presses Enter, waits for the answer's badge."""
    before = page.locator(".sw-badge").count()
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(question)
    box.press("Enter")
    page.wait_for_function(f"document.querySelectorAll('.sw-badge').length > {before}", timeout=60_000)
    still(page)


__all__ = [
    "CHROMIUM", "ROOT", "Endpoint", "answers", "ask", "browser", "page_served", "serving", "still", "wait_for",
    "with_lease",
]  # fmt: skip
