"""The README's moving picture: `python -m tests.browser.moving_picture` writes docs/img/failover.webp.

The real page is asked two questions while DeepSeek sends nothing but keep-alives (a server that fails on command plays
it). Then Health shows what happened. Nothing is drawn by hand.
"""

from __future__ import annotations

import io
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image

from sparewheel.rag.settings import Settings
from tests.browser.live_page import ROOT, browser, page_served, serving, still
from tests.browser.screenshots import fill

TO = ROOT / "docs" / "img" / "failover.webp"
SIZE = {"width": 1120, "height": 700}
WIDTH_PX = 900
FIRST = "How much notice must Marrow & Pine give to use the break clause in the Foundry Yard lease?"
SECOND = "试用期最长多久？"
LOOK_MS = 250


class Film:
    """Pictures of a page, each with the time it stands, milliseconds."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._frames: list[tuple[Image.Image, int]] = []

    def take(self, stands_ms: int) -> None:
        image = Image.open(io.BytesIO(self._page.screenshot())).convert("RGB")
        image = image.resize((WIDTH_PX, round(image.height * WIDTH_PX / image.width)), Image.Resampling.LANCZOS)
        if self._frames and self._frames[-1][0].tobytes() == image.tobytes():
            before, ms = self._frames.pop()
            self._frames.append((before, ms + stands_ms))
        else:
            self._frames.append((image, stands_ms))

    def save(self, path: Path) -> None:
        first, *rest = [image for image, _ in self._frames]
        durations = [ms for _, ms in self._frames]
        first.save(path, save_all=True, append_images=rest, duration=durations, loop=0, quality=60, method=6)

    @property
    def seconds(self) -> float:
        return sum(ms for _, ms in self._frames) / 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        fill(Settings(data_folder=str(folder / "data")))
        with serving() as deepseek, page_served(folder, deepseek.url) as url, browser() as chromium:
            context = chromium.new_context(viewport=SIZE, locale="en-GB", reduced_motion="reduce")
            page = context.new_page()
            film = Film(page)
            deepseek.play("keepalive", {})
            page.goto(url)
            still(page)
            page.wait_for_timeout(8000)  # the models are read while somebody would type
            film.take(1000)
            shoot(page, film, FIRST, stands_ms=4200)
            shoot(page, film, SECOND, stands_ms=4200)
            page.get_by_role("link", name="Health").click()
            still(page)
            page.wait_for_timeout(2500)
            film.take(3500)
            film.save(TO)
            context.close()
    print(f"{TO.relative_to(ROOT)}: {film.seconds:.0f} s, {TO.stat().st_size / 1e6:.2f} MB")


def shoot(page: Any, film: Film, question: str, *, stands_ms: int) -> None:
    """The question typed and answered."""
    before = page.locator(".sw-badge").count()
    box = page.get_by_test_id("stChatInputTextArea")
    step = 10
    for end in range(step, len(question) + step, step):
        box.fill(question[:end])
        film.take(120)
    box.press("Enter")
    for _ in range(60):
        page.wait_for_timeout(LOOK_MS)
        film.take(LOOK_MS)
        if page.locator(".sw-badge").count() > before:
            break
    still(page)
    page.wait_for_timeout(800)
    film.take(stands_ms)


if __name__ == "__main__":
    main()
