"""Ask while the answer is on its way: the local answer first, the fuller one in its place, and the stop button."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from live_page import CHROMIUM, Endpoint, browser, page_served, serving, still, wait_for, with_lease

pytestmark = pytest.mark.skipif(
    not Path(CHROMIUM).exists(), reason=f"no browser at {CHROMIUM}: apt-get install chromium fonts-noto-cjk"
)
QUESTION = "How much notice must Marrow & Pine give to use the break clause in the Foundry Yard lease?"


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Endpoint, Any, str]]:
    """A DeepSeek that obeys, a browser, and the page over a corpus of one lease."""
    folder = tmp_path_factory.mktemp("live")
    with_lease(folder)
    with pytest.MonkeyPatch.context() as patch, serving() as deepseek, browser() as chromium:
        patch.setenv("SPAREWHEEL_ENDPOINT__DEEPSEEK__FIRST_TOKEN_S", "60")
        patch.setenv("SPAREWHEEL_RETRIEVE__RERANK", "off")
        with page_served(folder, deepseek.url) as url:
            yield deepseek, chromium, url


@pytest.fixture
def page(live: tuple[Endpoint, Any, str]) -> Iterator[Any]:
    """The page Ask, ready to be typed into."""
    context = live[1].new_context(viewport={"width": 1280, "height": 900}, locale="en-GB")
    opened = context.new_page()
    opened.goto(live[2])
    still(opened)
    yield opened
    context.close()


def send(page: Any) -> None:
    box = page.get_by_test_id("stChatInputTextArea")
    box.fill(QUESTION)
    box.press("Enter")


def test_the_local_answer_comes_first_and_stop_keeps_it(live: tuple[Endpoint, Any, str], page: Any) -> None:
    """While DeepSeek only keeps the line warm the reader's answer is there; Stop hangs up and loses nothing."""
    deepseek = live[0]
    deepseek.play("keepalive", {})
    send(page)
    page.locator(".sw-answer").wait_for(timeout=30_000)
    assert "a fuller answer is being written" in page.locator(".sw-steps").inner_text()
    assert deepseek.stats()["busy"] == 1
    page.get_by_test_id("stChatInputStopButton").click()
    still(page)
    wait_for(lambda: deepseek.stats()["busy"] == 0, within_s=10)
    assert "nine months" in page.locator(".sw-answer").inner_text()
    page.locator(".sw-halted").wait_for(timeout=5_000)
    page.reload()
    still(page)
    assert page.locator(".sw-badge").inner_text() == "Stopped"
    assert "nine months" in page.locator(".sw-answer").inner_text()
