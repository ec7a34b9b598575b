"""The doctor's lines about monitoring and the audit log, both ways; a small server plays Prometheus."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sparewheel.app.doctor.service import audit, listening
from sparewheel.app.doctor.watching import monitoring
from sparewheel.app.people.auth import accounts_of
from sparewheel.rag.observe.audit import files
from sparewheel.rag.observe.running import audit_folder, open_log
from sparewheel.rag.settings import Api, Observe, Page, Settings

UP = {"labels": {"job": "sparewheel-api"}, "health": "up", "scrapeUrl": "http://api:8080/metrics"}
WELL: dict[str, Any] = {
    "targets": {"activeTargets": [UP]},
    "rules": {"groups": [{"rules": [{"type": "alerting"}, {"type": "recording"}]}]},
    "alertmanagers": {"activeAlertmanagers": [{"url": "http://alertmanager:9093/api/v2/alerts"}]},
}

Serve = Callable[[dict[str, str]], str]  # path -> body; the address of who serves them


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts servers on this machine that answer paths with texts."""
    servers: list[ThreadingHTTPServer] = []

    def start(bodies: dict[str, str]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = bodies.get(self.path)
                self.send_response(404 if body is None else 200)
                self.end_headers()
                self.wfile.write((body or "").encode())

            def log_message(self, *_: object) -> None:
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def prometheus(serve: Serve, data: dict[str, Any]) -> Settings:
    """Settings that name a Prometheus which says `data` of itself."""
    bodies = {f"/api/v1/{name}": json.dumps({"status": "success", "data": part}) for name, part in data.items()}
    return Settings(observe=Observe(prometheus_url=serve(bodies)))


def test_a_prometheus_that_collects_alerts_and_tells_passes(serve: Serve) -> None:
    """Targets up, alerts loaded, an Alertmanager behind it."""
    check = monitoring(prometheus(serve, WELL), allow_calls=False)[-1]
    assert (check.status, "from 1 of ours, watches 1 alerts" in check.what) == ("pass", True)


@pytest.mark.parametrize(
    ("part", "said", "word"),
    [
        ("targets", {"activeTargets": []}, "nothing of ours"),
        ("targets", {"activeTargets": [UP | {"health": "down"}]}, "cannot reach http://api:8080/metrics"),
        ("rules", {"groups": [{"rules": [{"type": "recording"}]}]}, "no alert"),
        ("alertmanagers", {"activeAlertmanagers": []}, "nobody to tell"),
    ],
)
def test_what_a_prometheus_lacks_is_named(serve: Serve, part: str, said: dict[str, Any], word: str) -> None:
    """Each link of the chain from count to person, one at a time."""
    data = deepcopy(WELL) | {part: said}
    check = monitoring(prometheus(serve, data), allow_calls=False)[-1]
    assert (check.status, word in check.what, bool(check.cure)) == ("warn", True, True)


def test_what_is_no_prometheus_fails(serve: Serve) -> None:
    """Nobody there; and somebody else there."""
    gone = Settings(observe=Observe(prometheus_url="http://127.0.0.1:9"))
    other = prometheus(serve, dict.fromkeys(WELL, "a word"))
    found = [monitoring(settings, allow_calls=False)[-1] for settings in (gone, other)]
    assert [check.status for check in found] == ["fail", "fail"]
    assert ["does not answer" in found[0].what, "does not speak" in found[1].what] == [True, True]


def test_another_machine_is_asked_only_if_allowed() -> None:
    """Without --allow-calls a warning; and one when no Prometheus is named."""
    far = Settings(observe=Observe(prometheus_url="http://prometheus.invalid:9090"))
    assert "was not asked" in monitoring(far, allow_calls=False)[-1].what
    assert monitoring(far, allow_calls=True)[-1].status == "fail"
    assert "names none" in monitoring(Settings(), allow_calls=False)[-1].what


def test_counts_are_looked_for_where_they_are_shown(serve: Serve) -> None:
    """At the API's address, else at the page's port; a stranger's page does not count; off is a warning."""
    port = int(serve({"/metrics": "sparewheel_questions_total 3\n"}).rpartition(":")[2])
    stranger = int(serve({"/metrics": "go_goroutines 3\n"}).rpartition(":")[2])
    found = [
        Settings(api=Api(host="0.0.0.0", port=port)),
        Settings(api=Api(port=stranger), observe=Observe(metrics_port=port)),
        Settings(api=Api(port=stranger)),
        Settings(observe=Observe(metrics=False)),
    ]
    assert [monitoring(each, allow_calls=False)[0].status for each in found] == ["pass", "pass", "warn", "warn"]


def test_listeners_beyond_this_machine_need_accounts(tmp_path: Path) -> None:
    """The API a key, the page people who sign in: without them a failure, with them none."""
    settings = Settings(
        data_folder=str(tmp_path), api=Api(host="0.0.0.0"), page=Page(host="0.0.0.0", sign_in="password")
    )
    assert [check.status for check in listening(settings)] == ["fail", "fail"]
    accounts = accounts_of(settings)
    accounts.add("ann", "viewer", password="long enough 7")
    assert [check.status for check in listening(settings)] == ["fail", "pass"]
    accounts.new_key("ann")
    assert [check.status for check in listening(settings)] == ["pass", "pass"]
    open_page = replace(settings, page=Page(host="0.0.0.0", sign_in="none"))
    assert [check.status for check in listening(open_page)] == ["pass", "fail"]


def test_the_audit_log_is_followed_to_its_end(tmp_path: Path) -> None:
    """None yet and a whole one pass, a changed record fails, switched off warns."""
    settings = Settings(data_folder=str(tmp_path))
    found = [*audit(settings)]
    with open_log(settings) as log:
        for user in ("ann", "bob", "cy"):
            log.write({"user": user})
    found += audit(settings)
    (file,) = files(audit_folder(settings))
    file.write_text(file.read_text().replace("bob", "eve"))
    found += audit(settings)
    found += audit(replace(settings, observe=Observe(audit=False)))
    assert [check.status for check in found] == ["pass", "pass", "fail", "warn"]
    assert "audit-000001.jsonl:2" in found[2].what
