"""Every command and snippet of docs/api.md is sent to an API over the sample documents."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import threading
from pathlib import Path

import httpx
import pytest
import uvicorn
from api_setup import client_of, settings_in, wait_for

from sparewheel.app.api.main import create_app
from sparewheel.app.api.server import listen, url_of
from sparewheel.app.people.auth import accounts_of
from sparewheel.app.service import Service
from sparewheel.corpora import samples
from sparewheel.rag.settings import Retrieve

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", PAGE, re.M | re.S)
COMMANDS = [
    line
    for language, block in BLOCKS
    for line in block.replace("\\\n", "").splitlines()
    if not language and line.startswith("curl ")
]
DOCUMENTS = samples("legal") / "documents"


@pytest.fixture(scope="module")
def service(tmp_path_factory):
    """The corpus "contracts": three samples, as its reader has ingested them."""
    with Service(settings_in(tmp_path_factory.mktemp("docs"), retrieve=Retrieve())) as service:
        service.create("contracts", "legal")
        names = ("software-licence.html", "commercial-lease.pdf")
        list(service.upload("contracts", [(name, (DOCUMENTS / name).open("rb")) for name in names]))
        wait_for(lambda: service.corpus("contracts").dense_share == 1.0)  # from here on answers do not change
        yield service


def sent(command: str, folder: Path) -> tuple[str, str, dict]:
    """(method, path, options of httpx) of a curl command."""
    words = shlex.split(command)[1:]
    method, url, options, files = "", "", {"headers": {}}, []
    while words:
        word = words.pop(0)
        if word == "-X":
            method = words.pop(0)
        elif word == "-H":
            name, _, value = words.pop(0).partition(": ")
            options["headers"][name] = value
        elif word == "-d":
            options["content"] = words.pop(0)
        elif word == "-F":
            name, _, path = words.pop(0).partition("=@")
            files.append((name, (path, (folder / path).read_bytes())))
        elif not word.startswith("-"):
            url = word
    if files:
        options["files"] = files
    return method or ("POST" if files or "content" in options else "GET"), "/" + url.split("/", 1)[1], options


async def test_every_curl_command_is_answered(service, tmp_path):
    """In the order of the page; those that need a key of one's own are left out."""
    (tmp_path / "lease.pdf").write_bytes((DOCUMENTS / "commercial-lease.pdf").read_bytes())
    (tmp_path / "annex.docx").write_bytes(next(DOCUMENTS.glob("*.docx")).read_bytes())
    answers = {}
    async with client_of(service) as client:
        for command in COMMANDS:
            if "YOUR.HOST" not in command:
                method, path, options = sent(command, tmp_path)
                answers[path] = await client.request(method, path, **options)
    assert {path: reply.status_code for path, reply in answers.items() if reply.status_code >= 300} == {}
    assert len(answers) >= 7
    shown = json.loads(next(block for language, block in BLOCKS if language == "json"))
    told = answers["/v1/ask"].json()
    for key in ("text", "outcome", "answered_by", "degraded"):
        assert told[key] == shown[key]
    assert told["citations"][0] | shown["citations"][0] == told["citations"][0]
    assert answers["/v1/search"].json()["hits"][0]["chunk"]["document_id"] == "software-licence.html"


def test_the_python_of_the_page_runs(service, capsys):
    """OpenAI's own SDK, over a real socket."""
    listener = listen("127.0.0.1", 0)
    app = create_app(service, accounts_of(service.settings))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
    thread.start()
    wait_for(lambda: server.started)
    address = url_of(listener)
    assert httpx.get(f"{address}/healthz").status_code == 200
    code = "\n".join(block for language, block in BLOCKS if language == "python")
    try:
        exec(compile(code.replace("http://localhost:8080", address), "api.md", "exec"), {})
    finally:
        server.should_exit = True
        thread.join(30)
    said = capsys.readouterr().out
    assert said.count("45 days") == 3  # streamed, its citation, the response
    assert "384 " in said
