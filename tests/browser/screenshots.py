"""The pictures of the README: `python -m tests.browser.screenshots`; written to docs/img."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from sparewheel.app.service import Service
from sparewheel.rag.settings import Settings
from tests.browser.live_page import ROOT, ask, browser, page_served, serving, still, wait_for

QUESTION = "How much notice must Marrow & Pine give to use the break clause in the Foundry Yard lease?"
CHINESE = "房屋租赁合同的押金是多少？"
TO = ROOT / "docs" / "img"
SIZE = {"width": 1280, "height": 940}


def main() -> None:
    TO.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        fill(Settings(data_folder=str(folder / "data")))
        with serving() as deepseek, page_served(folder, deepseek.url) as url, browser() as chromium:
            deepseek.play("keepalive", {})
            take(chromium, url, "ask", QUESTION)
            take(chromium, url, "ask-zh-dark", CHINESE, locale="zh-CN", colours="dark")
            for name in ("documents", "review", "health", "advise"):
                take(chromium, url, name)


def fill(settings: Settings) -> None:
    """The sample contracts as the corpus `contracts`."""
    from sparewheel.app.service.work import embed, make_corpus, read_in
    from sparewheel.corpora import samples

    store = make_corpus(settings, "contracts", "legal")
    read_in(store, [samples("legal") / "documents"], settings)
    embed(store, settings)
    with Service(settings) as service:
        columns = service.reviews.questions("contracts", "nda", "en")
        table = service.reviews.make("contracts", columns, name="Agreements, first look", answerers="local")
        service.reviews.start("contracts", table.id).wait()
        service.reviews.approve("contracts", columns[0].question, "commercial-lease.pdf")


def take(chromium: Any, url: str, name: str, question: str = "", locale: str = "en-GB", colours: str = "light") -> None:
    """One page, after a question if there is one, as docs/img/<name>.png."""
    context = chromium.new_context(viewport=SIZE, locale=locale, color_scheme=colours, reduced_motion="reduce")
    page = context.new_page()
    page.goto(url if question else f"{url}/{name}")
    still(page)
    if question:
        ask(page, question)
        page.locator("[data-testid=stImage] img").first.wait_for()
    wait_for(lambda: page.evaluate("[...document.images].every(image => image.complete)"))
    page.wait_for_timeout(700)  # the page scrolls to the newest answer by itself
    page.evaluate("() => { document.activeElement.blur(); document.querySelector('.stMain').scrollTo(0, 0); }")
    page.screenshot(path=TO / f"{name}.png")
    context.close()


if __name__ == "__main__":
    main()
