"""The page below a path of a site, in Chromium: sign-in, websocket, pictures, uploads and links lie there."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from live_page import CHROMIUM, ask, browser, page_served, serving, still, wait_for, with_lease

from sparewheel.app.people.auth import accounts_of

pytestmark = pytest.mark.skipif(
    not Path(CHROMIUM).exists(), reason=f"no browser at {CHROMIUM}: apt-get install chromium fonts-noto-cjk"
)
ROOT_PATH = "/tools/law"
QUESTION = "How much notice must Marrow & Pine give to use the break clause in the Foundry Yard lease?"
BELOW = f'[page]\nsign_in = "password"\nroot_path = "{ROOT_PATH}"\n'


def test_everything_lies_below_the_path(tmp_path: Path) -> None:
    """Signed in, an answer with its printed page, a file added, the conversation's link; no request leaves the path."""
    accounts_of(with_lease(tmp_path)).add("ana", "analyst", password="correct horse")
    (tmp_path / "kennel.md").write_text("# Kennel rules\n\nA dog costs nine florins a day.\n", encoding="utf-8")
    with serving() as deepseek, page_served(tmp_path, deepseek.url, BELOW) as url, browser() as chromium:
        deepseek.play("keepalive", {})
        page = chromium.new_page(locale="en-GB")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.goto(f"{url}/")
        page.get_by_label("Name").fill("ana")
        page.get_by_label("Password").fill("correct horse")
        page.get_by_role("button").click()
        still(page)
        ask(page, QUESTION)
        page.locator("[data-testid=stImage] img").first.wait_for()
        page.get_by_role("button", name="Rename or delete").click()
        page.get_by_text("Share with colleagues").click()
        link = page.get_by_test_id("stCode").inner_text()
        page.keyboard.press("Escape")
        page.get_by_role("button", name="New question").click()
        page.locator("[data-testid=stChatMessage]").first.wait_for(state="detached")
        still(page)
        with page.expect_response(lambda response: "/_stcore/upload_file/" in response.url):
            page.locator("input[type=file]").first.set_input_files(tmp_path / "kennel.md")
        ask(page, "How much does a dog cost a day?")
        assert "Kennel rules" in page.locator(".sw-card").first.inner_text()
        page.get_by_role("button", name="Sign out").click()
        wait_for(lambda: urlsplit(page.url).path == f"{ROOT_PATH}/sign-in")
    assert urlsplit(link).path.rstrip("/") == ROOT_PATH
    own = [urlsplit(each) for each in asked if urlsplit(each).scheme in ("http", "ws")]
    assert {each.path for each in own if not each.path.startswith(f"{ROOT_PATH}/")} == set()
    assert [each.path for each in own if each.scheme == "ws"] == [f"{ROOT_PATH}/_stcore/stream"]
