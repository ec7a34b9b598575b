"""The page as an analyst meets it: in Chromium, over a served page, with a DeepSeek that fails on command."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from live_page import CHROMIUM, ROOT, Endpoint, ask, browser, page_served, serving, still

pytestmark = pytest.mark.skipif(
    not Path(CHROMIUM).exists(), reason=f"no browser at {CHROMIUM}: apt-get install chromium fonts-noto-cjk"
)
DOCUMENTS = ROOT / "corpora/legal/documents"
QUESTION = "How much notice must Marrow & Pine give to use the break clause in the Foundry Yard lease?"
OTHER = "If the goods lift at Foundry Yard is out of use, is the rent reduced?"
ELSEWHERE = "What is the boiling point of tungsten?"
CHINESE = "房屋租赁合同的押金是多少？"
WCAG = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
PAGES = ("ask", "documents", "evaluate", "health", "advise")


@dataclass
class Site:
    """A served page with a corpus `leases`. requests: every address that any browser page asked for."""

    url: str
    deepseek: Endpoint
    browser: Any
    said: str = ""  # what the page said of the upload
    requests: list[str] = field(default_factory=list)
    tab: Any = None
    profiles: dict[str, Any] = field(default_factory=dict)  # language -> a browser's profile, with its cache

    def open(self, name: str = "ask", locale: str = "en-GB") -> Any:
        """A new tab at 1280 px, light, on one page of the site."""
        if locale not in self.profiles:
            context = self.browser.new_context(locale=locale, color_scheme="light", reduced_motion="reduce")
            context.on("request", lambda request: self.requests.append(request.url))
            self.profiles[locale] = context
        page = self.profiles[locale].new_page()
        page.set_viewport_size({"width": 1280, "height": 900})
        self.go(page, name)
        return page

    def go(self, page: Any, name: str) -> None:
        page.goto(f"{self.url}/{'' if name == 'ask' else name}")
        still(page)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The corpus is made and filled through the page: two leases, and a file that is no PDF."""
    folder = tmp_path_factory.mktemp("page")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 torn")
    with serving() as deepseek, page_served(folder, deepseek.url) as url, browser() as chromium:
        made = Site(url, deepseek, chromium)
        page = made.open("documents")
        page.get_by_label("Name", exact=True).fill("leases")
        page.get_by_text("legal", exact=True).click()
        page.get_by_role("button", name="Create").click()
        page.get_by_text("The corpus leases was created").wait_for()
        files = [DOCUMENTS / "commercial-lease.pdf", DOCUMENTS / "房屋租赁合同.pdf", folder / "broken.pdf"]
        page.locator("input[type=file]").first.set_input_files(files)
        page.get_by_role("button", name="Add to the corpus").click()
        said = page.get_by_text("of 3 files are ready for questions")
        said.wait_for(timeout=60_000)
        still(page)
        made.said = said.locator("xpath=ancestor::*[@data-testid='stVerticalBlock'][1]").inner_text()
        page.close()
        yield made


@pytest.fixture
def page(site: Site) -> Any:
    """The page Ask with a new question; DeepSeek is well. One tab for all tests: a new one takes two seconds."""
    site.deepseek.play("ok", {})
    if site.tab is None:
        site.tab = site.open()
    site.tab.get_by_role("link", name="Ask").click()
    site.tab.get_by_role("button", name="New question").click()
    site.tab.locator("[data-testid=stChatMessage]").first.wait_for(state="detached")
    site.tab.get_by_test_id("stChatInputTextArea").wait_for()
    still(site.tab)
    return site.tab


def test_an_upload_tells_of_every_file(site: Site) -> None:
    """The good ones with their passages; the one that failed with why and what to do."""
    lines = site.said.splitlines()
    assert lines[0] == "2 of 3 files are ready for questions"
    assert [name for name in ("commercial-lease.pdf", "房屋租赁合同.pdf", "broken.pdf") if name in site.said] != []
    assert ("could not be read" in site.said, "What to do:" in site.said) == (True, True)


def test_an_answer_shows_the_page_it_was_read_on(page: Any) -> None:
    """DeepSeek answers; beside it the PDF page with the cited words boxed, and [1] leads there."""
    ask(page, QUESTION)
    picture = page.locator("[data-testid=stImage] img").first
    picture.wait_for()
    assert "DeepSeek" in page.locator(".sw-badge").last.inner_text()
    assert "the cited words are boxed" in picture.get_attribute("alt")
    page.locator("a.sw-cite").first.click()
    assert page.evaluate("document.activeElement.id || location.hash").endswith("t1-1")


def test_a_stalled_endpoint_is_told_with_the_answer(site: Site, page: Any) -> None:
    """The local reader answers, says why it did, and Health counts it; the answer stays after a refresh."""
    site.deepseek.play("keepalive", {})
    ask(page, OTHER)
    badge = page.locator(".sw-badge").last.inner_text()
    assert badge == "Local reader: DeepSeek is busy: no response in time"
    page.reload()
    still(page)
    assert page.locator(".sw-badge").last.inner_text() == badge
    site.go(page, "health")
    page.get_by_text("DeepSeek is busy: no response in time").first.wait_for()


def test_what_the_documents_do_not_say_is_refused(site: Site, page: Any) -> None:
    """A card that says so, with the closest passages to look at."""
    site.deepseek.play("keepalive", {})
    ask(page, ELSEWHERE)
    assert "Not in these documents." in page.locator(".sw-refused").inner_text()


def test_the_page_speaks_chinese(site: Site) -> None:
    """A Chinese browser gets a Chinese page; a Chinese question is answered from the Chinese lease."""
    site.deepseek.play("keepalive", {})
    page = site.open(locale="zh-CN")
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert page.get_by_role("link", name="文档").count() == 1
    ask(page, CHINESE)
    assert page.locator(".sw-badge").last.inner_text().startswith("本地阅读器")
    assert "房屋租赁合同" in page.locator(".sw-card").first.inner_text()
    page.close()


def test_the_keyboard_is_enough(page: Any) -> None:
    """Tab leads to the question's field, Enter sends it; then on to a citation, which Enter follows."""
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.locator(".sw-badge").wait_for(timeout=60_000)
    still(page)
    page.locator("a.sw-cite").first.focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id || location.hash").endswith("t1-1")


@pytest.mark.parametrize("name", PAGES)
def test_nothing_serious_for_axe_and_nothing_beside_a_narrow_screen(site: Site, name: str) -> None:
    """No serious or critical fault, light and dark; at 390 px nobody must scroll sideways."""
    site.deepseek.play("ok", {})
    page = site.open(name)
    if name == "ask":
        ask(page, QUESTION)  # with its evidence beside it
    found = serious(page)
    page.emulate_media(color_scheme="dark")
    page.wait_for_function("getComputedStyle(document.querySelector('.stApp')).backgroundColor == 'rgb(17, 22, 29)'")
    found |= serious(page)
    page.set_viewport_size({"width": 390, "height": 844})
    still(page)
    width = page.evaluate("document.querySelector('[data-testid=stApp]').scrollWidth")
    page.close()
    assert (found, width) == (set(), 390)


def serious(page: Any) -> set[str]:
    """Rule and place of every serious or critical fault. Looked for again where some are found: while the theme
    changes, Streamlit draws one part after the other."""
    from axe_playwright_python.sync_playwright import Axe

    found: set[str] = set()
    for _ in range(3):
        found = {
            f"{violation['id']}: {node['html']} {node['failureSummary']}"
            for violation in Axe().run(page, options=WCAG).response["violations"]
            if violation["impact"] in ("serious", "critical")
            for node in violation["nodes"]
        }
        if not found:
            break
    return found


def test_a_deleted_document_is_gone(site: Site) -> None:
    """After a confirmation it is in no list, and no answer quotes it."""
    page = site.open("documents")
    page.get_by_role("button", name="Delete", exact=True).first.click()
    page.get_by_role("button", name="Delete it").click()
    page.get_by_text("commercial-lease.pdf was deleted.").wait_for(timeout=30_000)
    site.deepseek.play("keepalive", {})
    site.go(page, "ask")
    ask(page, QUESTION)
    answered = page.locator("[data-testid=stChatMessage]").last.inner_text()
    assert ("nine months" in answered, page.get_by_text("commercial-lease.pdf").count()) == (False, 0)
    page.close()


def test_nothing_is_fetched_from_elsewhere(site: Site) -> None:
    """Of all requests that the tests above made, every one went to the page's own host."""
    own = urlsplit(site.url).netloc
    others = {url for url in site.requests if urlsplit(url).scheme in ("http", "https") and urlsplit(url).netloc != own}
    assert (others, len(site.requests) > 100) == (set(), True)
