"""A page with passwords: nothing is reached without a sign-in, and the sign-in cannot be forced."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from sparewheel.app.people.auth import accounts_of
from sparewheel.app.ui.below import Below
from sparewheel.app.ui.door import COOKIE, address_of, guarded
from sparewheel.app.ui.headers import SAFE, SafeHeaders
from sparewheel.app.ui.server import check, streamlit_config
from sparewheel.app.ui.sign_in import role_of
from sparewheel.rag.errors import UsageError
from sparewheel.rag.settings import Page, Settings

GOOD = {"name": "ana", "password": "correct horse"}


async def inside(request: Any) -> PlainTextResponse:
    return PlainTextResponse("inside")


async def stream(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("inside")
    await socket.close()


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    """A guarded application with one account."""
    settings = Settings(data_folder=str(tmp_path), page=Page(sign_in="password"))
    accounts_of(settings).add("ana", "analyst", password="correct horse")
    middleware, routes = guarded(settings)
    routes = [*routes, Route("/", inside), Route("/_stcore/health", inside), WebSocketRoute("/_stcore/stream", stream)]
    yield TestClient(Starlette(routes=routes, middleware=middleware), follow_redirects=False)
    accounts_of(settings).remove("ana")


def test_nothing_is_reached_without_a_sign_in(client: TestClient) -> None:
    """A page leads to the form, an upload is refused, the websocket is closed; only the health check is open."""
    page, upload, health = client.get("/"), client.put("/_stcore/upload_file/x"), client.get("/_stcore/health")
    assert (page.status_code, page.headers["location"], upload.status_code) == (303, "/sign-in", 401)
    assert (health.status_code, health.text) == (200, "inside")
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream") as socket:
        socket.receive_text()


def test_the_right_password_opens_until_the_sign_out(client: TestClient) -> None:
    """The cookie is kept from scripts; page and websocket let it through; after the sign-out nothing does, not even a
    cookie kept from before. A link or another site cannot sign anybody out."""
    answer = client.post("/sign-in", data=GOOD)
    assert (answer.status_code, "httponly" in answer.headers["set-cookie"].lower()) == (303, True)
    with client.websocket_connect("/_stcore/stream") as socket:
        assert (client.get("/").text, socket.receive_text()) == ("inside", "inside")
    kept = client.cookies[COOKIE]
    assert (client.get("/sign-out").status_code, client.get("/").text) == (405, "inside")
    elsewhere = client.post("/sign-out", headers={"origin": "https://evil.example"})
    assert (elsewhere.status_code, client.get("/").text) == (403, "inside")
    client.post("/sign-out")
    assert client.get("/").status_code == 303
    client.cookies.set(COOKIE, kept)
    assert client.get("/").status_code == 303


def test_a_wrong_password_says_so_and_then_waits(client: TestClient) -> None:
    """The same words for a name that is not there; after five in a row even the right one must wait."""
    told = [client.post("/sign-in", data={"name": name, "password": "wrong"}) for name in ("ana", "nobody")]
    assert {answer.status_code for answer in told} == {401}
    assert told[0].text.replace("ana", "") == told[1].text.replace("nobody", "")
    for _ in range(4):
        client.post("/sign-in", data={"name": "ana", "password": "wrong"})
    assert client.post("/sign-in", data=GOOD).status_code == 429


def test_the_form_takes_nothing_from_elsewhere(client: TestClient) -> None:
    """Another site's form, a huge body, a forged cookie; and what was typed is shown as text."""
    assert client.post("/sign-in", data=GOOD, headers={"origin": "https://evil.example"}).status_code == 403
    assert client.post("/sign-in", content=b"x" * 9000).status_code == 413
    shown = client.post("/sign-in", data={"name": '"><script>', "password": "x"}).text
    assert "<script" not in shown
    client.cookies.set(COOKIE, "YW5h.abc.99999999999.0000")
    assert client.get("/").status_code == 303


def test_the_form_speaks_the_browsers_language(client: TestClient) -> None:
    """Chinese where the browser asks for it."""
    assert 'lang="zh-CN"' in client.get("/sign-in", headers={"accept-language": "zh-CN,en"}).text


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::", "intranet"])
def test_an_open_page_stays_on_this_machine(host: str) -> None:
    """Without a sign-in the page listens on loopback only, and answers to this machine's names only."""
    with pytest.raises(UsageError, match=r"page\.sign_in"):
        check(Settings(page=Page(host=host)))
    check(Settings(page=Page(host=host, sign_in="password")))
    check(Settings())
    assert streamlit_config(Settings())["server.allowedHosts"] == ["localhost", "127.0.0.1", "[::1]"]


def test_oidc_gives_the_highest_role_and_none_to_strangers() -> None:
    """By e-mail address, which the provider must vouch for; '*' makes everyone a viewer."""
    page = Page(admins=("a@x.org",), analysts=("A@x.org", "b@x.org"))
    assert [role_of(page, email) for email in ("A@X.org", "b@x.org", "c@x.org", "")] == ["admin", "analyst", None, None]
    assert role_of(page, "a@x.org", verified=False) is None
    assert role_of(Page(viewers=("*",)), "c@x.org") == "viewer"


def test_checking_a_password_does_not_hold_up_others(client: TestClient) -> None:
    """The slow hash runs beside the event loop: the application answers meanwhile."""

    async def both() -> list[int]:
        import httpx

        transport = httpx.ASGITransport(client.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as other:
            slow = asyncio.create_task(other.post("/sign-in", data=GOOD))
            await asyncio.sleep(0)
            quick = await other.get("/_stcore/health")
            order = [quick.status_code, int(slow.done())]
            await slow
            return order

    assert asyncio.run(both()) == [200, 0]


def test_a_cookie_travels_by_https_only_where_the_page_does(client: TestClient, tmp_path: Path) -> None:
    """Behind a proxy that does https (page.https), or reached by https itself."""
    plain = client.post("/sign-in", data=GOOD).headers["set-cookie"].lower()
    secure = client.post("https://testserver/sign-in", data=GOOD).headers["set-cookie"].lower()
    assert ("secure" in plain, "secure" in secure) == (False, True)


def test_a_proxys_word_counts_where_there_is_one(tmp_path: Path) -> None:
    """The last address of X-Forwarded-For is what the proxy itself saw; without a proxy anybody could write it."""
    scope = {"type": "http", "client": ("192.0.2.1", 1), "headers": [(b"x-forwarded-for", b"1.2.3.4, 198.51.100.7")]}
    behind, open_ = Settings(page=Page(https=True)), Settings()
    assert [address_of(Request(scope), settings) for settings in (behind, open_)] == ["198.51.100.7", "192.0.2.1"]
    bare = {**scope, "headers": []}
    assert address_of(Request(bare), behind) == "192.0.2.1"


@pytest.mark.parametrize("prefix", ["/tools/law", ""])
def test_below_a_path_of_a_proxy(tmp_path: Path, prefix: str) -> None:
    """Whether or not the proxy takes the path off: form, cookie and page lie below it, and nothing is open that was not
    before."""
    settings = Settings(data_folder=str(tmp_path), page=Page(sign_in="password", root_path="/tools/law/"))
    accounts_of(settings).add("ana", "analyst", password="correct horse")
    middleware, routes = guarded(settings)
    routes += [Route(f"/tools/law{path}", inside) for path in ("/", "/_stcore/health")]
    app = Starlette(routes=routes, middleware=[Middleware(Below, root=settings.page.root), *middleware])
    client = TestClient(app, follow_redirects=False)
    assert client.get(f"{prefix}/_stcore/health").text == "inside"
    closed = client.get(f"{prefix}/")
    assert (closed.status_code, closed.headers["location"]) == (303, "/tools/law/sign-in")
    assert 'action="/tools/law/sign-in"' in client.get(f"{prefix}/sign-in").text
    opened = client.post(f"{prefix}/sign-in", data=GOOD)
    assert (opened.headers["location"], "path=/tools/law/" in opened.headers["set-cookie"].lower()) == (
        "/tools/law/",
        True,
    )
    assert client.get("/tools/law/").text == "inside"
    assert streamlit_config(settings)["server.baseUrlPath"] == "tools/law"


def test_a_shared_conversation_is_there_after_the_sign_in(client: TestClient) -> None:
    """Its id goes through the form; nothing else of an address does."""
    id = "0123456789abcdef" * 2
    assert client.get(f"/?lang=en&c={id}").headers["location"] == f"/sign-in?c={id}"
    assert f'action="/sign-in?c={id}"' in client.get(f"/sign-in?c={id}").text
    assert client.post(f"/sign-in?c={id}", data=GOOD).headers["location"] == f"/?c={id}"
    assert client.post("/sign-in?c=//evil.example", data=GOOD).headers["location"] == "/"


def test_no_other_site_may_frame_the_page() -> None:
    """Every answer carries the headers; one that says more itself keeps what it says."""
    app = Starlette(routes=[Route("/", inside)], middleware=[Middleware(SafeHeaders)])
    headers = TestClient(app).get("/").headers
    assert {name: headers[name] for name in SAFE} == SAFE
