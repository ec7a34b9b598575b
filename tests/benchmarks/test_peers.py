"""Other libraries are scored by the same rule as we are, and every token they use is counted."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from benchmarks import peers, peers_systems
from sparewheel.corpora import Question

RENT = Question("rent", "What is the rent?", ("£900 a month",), document_id="lease.md")
PETS = Question("pets", "Are pets allowed?", ("No",), label="no", document_id="lease.md")
SILENT = Question("tax", "Who pays the tax?", answerable=False, document_id="lease.md")


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        (RENT, "The rent is £900 a month.", "right"),
        (RENT, "The rent is £9,000 a month.", "wrong"),
        (RENT, "The context does not mention the rent.", "refused"),
        (RENT, "I don't know.", "refused"),
        (RENT, "", "refused"),
        (PETS, "No, pets are not allowed.", "right"),
        (PETS, "Yes, they are.", "wrong"),
        (SILENT, "There is no information on the tax.", "right"),
        (SILENT, "I cannot answer this question due to insufficient information.", "right"),
        (SILENT, "The Tenant.", "wrong"),
    ],
)
def test_an_answer_is_scored_by_its_words(question: Question, text: str, expected: str) -> None:
    """Nobody is asked for citations; a refusal in words is one, as ours is."""
    found = peers.scored(question, {"text": text})
    got = next(name for name in ("right", "wrong", "refused") if found[name])
    assert got == expected
    ours = peers.scored(question, {"text": text, "outcome": "refused" if found["refused"] else "answered", "label": ""})
    assert ours == found


def test_the_table_has_a_row_for_each_system() -> None:
    """With intervals, tokens, their price, seconds and memory."""
    used = {"seconds": 2.0, "rss_mb": 100, "calls": 1, "read": 1000, "wrote": 100}
    answers = [(RENT, {"text": "£900 a month", **used}), (SILENT, {"text": "The Tenant.", **used})]
    found = peers.figures(answers)
    assert (found["right"]["value"], found["wrong"]["value"], found["numbers_right"]["n"]) == (0.5, 0.5, 1)
    assert found["usd_of_1000"] == pytest.approx(0.21)
    head, line, row = peers.table({"haystack": found}).splitlines()
    assert head.count("|") == line.count("|") == row.count("|")
    assert row.startswith("| Haystack, 2 | 0.50 (")


class _Chat(http.server.BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None: ...

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        usage = {"prompt_tokens": 7, "completion_tokens": 3}
        choice = {"message": {"content": asked["messages"][-1]["content"].upper()}}
        body = json.dumps({"choices": [choice], "usage": usage}).encode()
        if asked.get("stream"):
            body = b'data: {"choices": []}\n\ndata: ' + json.dumps({"usage": usage}).encode() + b"\n\ndata: [DONE]\n\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Embedder:
    name, dimension = "two", 2

    def embed(self, texts: list[str], *, query: bool = False) -> Any:
        return np.array([[len(text), float(query)] for text in texts], np.float32)


@pytest.fixture
def chat() -> Iterator[str]:
    serving = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Chat)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}/v1"
    serving.shutdown()


def test_all_systems_call_one_server_that_counts(chat: str, tmp_path: Any) -> None:
    """Chat is handed on, whole or as a stream; embeddings are ours, questions apart from passages."""
    used = peers.Used()
    with peers.server(chat, _Embedder(), used) as url:
        given = peers_systems.Given(tmp_path, url, "small", "")
        before = peers.replace(used)
        assert peers_systems.said(given, [{"role": "user", "content": "rent"}]) == "RENT"
        assert used.since(before) == {"calls": 1, "read": 7, "wrote": 3}
        with pytest.raises(json.JSONDecodeError):  # a stream is no whole answer, and is counted as well
            peers_systems.post(f"{url}/chat/completions", {"messages": [{"content": "a"}], "stream": True})
        assert used.calls == 2
        assert peers_systems.embedded(given, ["a", "bb"]) == [[1.0, 0.0], [2.0, 0.0]]
        assert peers_systems.embedded(given, ["a"], query=True) == [[1.0, 1.0]]
