"""Log lines: JSON with a request id, and no secret ever."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from pathlib import Path

import pytest
from observed import ANSWER, asked

from sparewheel.rag.observe.hooks import request_id
from sparewheel.rag.observe.log import Log
from sparewheel.rag.observe.redact import READ_AGAIN_S, Redactor
from sparewheel.rag.settings import Endpoint, Settings

KEYS = {"key": "plain-key-0001", "env": "from-env-0002", "file": "from-file-0003"}


@pytest.fixture
def redact(tmp_path: Path) -> Redactor:
    (tmp_path / "key").write_text(KEYS["file"] + "\n")
    endpoints = {
        "one": Endpoint(key=KEYS["key"]),
        "two": Endpoint(key_env="THEIR_KEY"),
        "three": Endpoint(key_file=str(tmp_path / "key")),
    }
    return Redactor(Settings(endpoint=endpoints), {"THEIR_KEY": KEYS["env"]})


@pytest.mark.parametrize("secret", KEYS.values())
def test_keys_of_the_settings_never_appear(redact: Redactor, secret: str) -> None:
    """Given by value, by variable or by file, wherever in a text."""
    assert redact(f"GET /v1?q={secret}&x=1 and {secret}") == "GET /v1?q=***&x=1 and ***"


def test_a_rotated_key_is_hidden_within_a_minute(tmp_path: Path) -> None:
    """Its file is read again, once a minute; the key that it replaced is one no more."""
    now, file = [1000.0], tmp_path / "key"
    file.write_text("key-before-rotation")
    redact = Redactor(Settings(endpoint={"one": Endpoint(key_file=str(file))}), {}, clock=lambda: now[0])
    shown = [redact("key-before-rotation")]
    file.write_text("key-after-rotation")
    now[0] += READ_AGAIN_S + 1
    shown += [redact("key-after-rotation"), redact("key-before-rotation")]
    assert shown == ["***", "***", "key-before-rotation"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Authorization: Bearer abcdef123456", "Authorization: ***"),
        ("{'authorization': 'Basic dXNlcjpwYXNz'}", "{'authorization': '***'}"),
        ('"Proxy-Authorization": "Digest 0f0f0f"', '"Proxy-Authorization": "***"'),
        ("sent Bearer abc.def-ghi_jkl", "sent Bearer ***"),
        ("https://user:pa55word@proxy.example:8443/v1", "https://***@proxy.example:8443/v1"),
        ("postgresql://sparewheel@db/index", "postgresql://***@db/index"),
        ("key sk-0123456789abcdef refused", "key *** refused"),
        ("DEEPSEEK_API_KEY=0123456789", "DEEPSEEK_API_KEY=***"),
        ("password = 'hunter22', host = 'db'", "password = '***', host = 'db'"),
        ("Set-Cookie: session=abc; Path=/", "Set-Cookie: ***"),
        ("first_token_s: 0.3 at https://api.example/v1", "first_token_s: 0.3 at https://api.example/v1"),
        ("basic questions about the bearer of the lease", "basic questions about the bearer of the lease"),
    ],
)
def test_other_secrets_are_known_by_their_shape(redact: Redactor, text: str, shown: str) -> None:
    """Headers, URLs with credentials, keys; plain words and addresses stay."""
    assert redact(text) == shown


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_json_line_has_its_request_id_and_no_secret(redact: Redactor) -> None:
    """Message, arguments and traceback are redacted; the id is that of the request in whose context it was logged."""
    stream = io.StringIO()
    log = Log(redact, "json", stream)
    token = request_id.set("r-1")
    try:
        try:
            raise ConnectionError(f"https://me:{KEYS['key']}@api.example refused {KEYS['env']}")
        except ConnectionError:
            logging.getLogger("sparewheel.rag.answer").exception("sent %s", {"Authorization": f"Bearer {KEYS['file']}"})
        logging.getLogger("httpx").info("not ours, not a warning")
    finally:
        request_id.reset(token)
        log.close()
    (line,) = lines(stream)
    assert (line["level"], line["logger"], line["request_id"]) == ("error", "sparewheel.rag.answer", "r-1")
    assert line["message"] == "sent {'Authorization': '***'}"
    assert "ConnectionError: https://***@api.example refused ***" in str(line["traceback"])
    assert [secret for secret in KEYS.values() if secret in stream.getvalue()] == []


def test_a_question_is_one_line_without_its_words(redact: Redactor) -> None:
    """Outcome, who answered, each attempt with its reason; neither question nor answer nor quote."""
    stream = io.StringIO()
    log = Log(redact, "json", stream)
    log.asked(asked())
    log.close()
    (line,) = lines(stream)
    assert line["message"] == (
        "question answered by reader in 0.50 s (deepseek: overloaded, backup: skipped, reader: answered)"
    )
    assert (line["request_id"], line["outcome"], line["corpus"]) == ("r-7", "answered", "lease")
    assert [word for word in ("Smith", "900", "euros") if word in stream.getvalue()] == []


def test_text_lines_are_redacted_too(redact: Redactor) -> None:
    """The form for people hides the same."""
    stream = io.StringIO()
    log = Log(redact, "text", stream)
    logging.getLogger("rag").warning("key %s refused", KEYS["key"])
    log.close()
    assert stream.getvalue().endswith("warning rag: key *** refused\n")


async def test_requests_at_once_keep_their_ids(redact: Redactor) -> None:
    """Tasks that run beside each other log under their own request id."""
    stream = io.StringIO()
    log = Log(redact, "json", stream)

    async def request(id: str) -> None:
        request_id.set(id)
        await asyncio.sleep(0)
        logging.getLogger("rag").warning("in %s", id)

    await asyncio.gather(*(request(f"r-{n}") for n in range(10)))
    log.close()
    assert [line["message"] for line in lines(stream)] == [f"in {line['request_id']}" for line in lines(stream)]
    assert ANSWER.question not in stream.getvalue()
