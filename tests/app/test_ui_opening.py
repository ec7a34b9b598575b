"""What a browser gets before Streamlit's scripts are there, and how the scripts come."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

pytest.importorskip("streamlit")

import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.testclient import TestClient

from sparewheel.app.ui.opening import Opening

FOLDER = Path(streamlit.__file__).with_name("static")
SCRIPT = max((FOLDER / "static" / "js").glob("*.js"), key=lambda path: path.stat().st_size)
HTML = {"accept": "text/html,*/*"}


@pytest.fixture
def client() -> TestClient:
    """Streamlit's own files, below a path."""
    routes = [Mount("/law", StaticFiles(directory=FOLDER, html=True))]
    return TestClient(Starlette(routes=routes, middleware=[Middleware(Opening, root="/law")]))


@pytest.mark.parametrize(("language", "said"), [("en-GB", "The page is loading"), ("zh-CN,en", "页面正在载入")])
def test_the_document_shows_something_before_its_scripts(client: TestClient, language: str, said: str) -> None:
    """In the browser's language, under our name; the style sheet comes first, since nothing is drawn before it."""
    answer = client.get("/law/", headers={**HTML, "accept-language": language})
    root = answer.text.split('<div id="root">')[1]
    assert (said in root, "<svg" in root, "<title>Sparewheel</title>" in answer.text) == (True, True, True)
    assert answer.text.index("stylesheet") < answer.text.index("<script")
    assert len(re.findall("rel=.stylesheet", answer.text)) == 1
    assert (int(answer.headers["content-length"]), "etag" in answer.headers) == (len(answer.content), False)


def test_scripts_travel_compressed(client: TestClient) -> None:
    """The same text, a third of the bytes, once and again; whole for a client that cannot, and a part as it is."""
    path = f"/law/static/js/{SCRIPT.name}"
    for _ in range(2):
        with client.stream("GET", path, headers={"accept-encoding": "gzip"}) as answer:
            raw = b"".join(answer.iter_raw())
        assert (answer.headers["content-encoding"], answer.headers["vary"]) == ("gzip", "Accept-Encoding")
        assert (len(raw) < SCRIPT.stat().st_size / 2, gzip.decompress(raw)) == (True, SCRIPT.read_bytes())
    plain = client.get(path, headers={"accept-encoding": "identity"})
    part = client.get(path, headers={"range": "bytes=0-9"})
    assert (plain.content, part.status_code, len(part.content)) == (SCRIPT.read_bytes(), 206, 10)


def test_what_is_not_there_is_kept_nowhere(client: TestClient) -> None:
    """A name that leads to nothing is told as before, each time."""
    for _ in range(2):
        missing = client.get("/law/static/js/none.js", headers={"accept-encoding": "gzip"})
        assert (missing.status_code, "content-encoding" in missing.headers) == (404, False)
