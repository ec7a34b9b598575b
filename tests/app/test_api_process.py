"""`sparewheel serve` as a process of its own: what a client, a load balancer and an operator do to it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from api_setup import QUESTION, settings_in, wait_for, with_lease

from sparewheel.app.service import Service
from sparewheel.eval.availability.exchange import Pace
from sparewheel.eval.availability.schedule import Always
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag.reliability.loop import background

ROOT = Path(__file__).parents[2]
ASK = {"corpus": "leases", "question": QUESTION}
CONFIG = """
data_folder = "{data}"
[retrieve]
rerank = "off"
[answer]
speculative = false
[api]
max_concurrency = 1
queue = 0
shutdown_delay_s = 0.3
per_minute = 0
sources_in_chat = {sources}
[endpoint.cloud]
url = "{url}"
key = "k"
first_token_s = 600
between_tokens_s = 600
total_s = 600
"""


class Running:
    """The process, its address, its settings file, and the endpoint it asks first."""

    def __init__(self, folder, cloud):
        self.cloud = cloud
        self._folder = folder
        self.configure()
        command = "import sys; from sparewheel.app.cli import main; main(sys.argv[1:])"
        self.process = subprocess.Popen(
            [sys.executable, "-c", command, "--config", folder / "sparewheel.toml", "serve", "--port", "0"],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=(folder / "log").open("w"), text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        self.url = self.process.stdout.readline().split("API at ")[1].split(",")[0]
        self.client = httpx.Client(base_url=self.url, timeout=60)
        wait_for(lambda: self.ready() == 200)

    def configure(self, sources="false"):
        text = CONFIG.format(data=self._folder / "data", url=self.cloud.url, sources=sources)
        (self._folder / "sparewheel.toml").write_text(text)

    def log(self):
        return (self._folder / "log").read_text()

    def ready(self):
        """The status of /readyz on a connection of its own; 0 when nobody listens."""
        try:
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code
        except httpx.TransportError:
            return 0

    def play(self, fault, **pace):
        self.cloud.pace = replace(Pace(hold_s=600), **pace)
        self.cloud.play(Always(fault))

    def streaming(self):
        """A question under way, its first token received: the lines that follow."""
        response = self.client.send(
            self.client.build_request("POST", "/v1/ask", json={**ASK, "stream": True}), stream=True
        )
        lines = response.iter_lines()
        while next(lines) != "event: token":
            pass
        return response, lines


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("process")
    with Service(settings_in(folder)) as service:
        with_lease(service)
    return folder


@pytest.fixture(scope="module")
def cloud():
    server = FaultServer()
    background.run(server.__aenter__())
    yield server
    background.run(server.__aexit__(None, None, None))


@pytest.fixture(scope="module")
def running(corpus, cloud):
    """One process for the tests that leave it running."""
    process = Running(corpus, cloud)
    yield process
    process.process.kill()
    process.process.wait()


def test_a_client_that_hangs_up_ends_its_question(running):
    """Streaming or waiting for the whole: the endpoint's connection is closed, and the turn is free again."""
    running.play("slow_tokens", slow_token_s=0.05)
    response, _ = running.streaming()
    running.play("silence")
    response.close()
    wait_for(lambda: running.cloud.busy == 0)
    with pytest.raises(httpx.ReadTimeout):
        running.client.post("/v1/ask", json=ASK, timeout=0.5)
    wait_for(lambda: running.cloud.busy == 0)
    running.play("ok")
    assert running.client.post("/v1/ask", json=ASK).json()["answered_by"] == "cloud"


def test_one_question_too_many_is_503_at_once(running):
    """With the time to try again; the one that is being answered goes on, and health shows it."""
    running.play("silence")
    asking = threading.Thread(target=lambda: _until_closed(running))
    asking.start()
    wait_for(lambda: running.cloud.busy == 1)
    refused = running.client.post("/v1/ask", json=ASK)
    health = running.client.get("/v1/health").json()
    running.play("ok")
    background.run(_drop(running.cloud))
    asking.join()
    assert (refused.status_code, int(refused.headers["retry-after"]) >= 1) == (503, True)
    assert "1 questions are being answered and 0 wait" in refused.json()["detail"]
    assert (health["busy"], health["breakers"][0]["name"]) == (1, "cloud")


def _until_closed(running):
    with contextlib.suppress(httpx.TransportError):
        httpx.post(f"{running.url}/v1/ask", json=ASK, timeout=60)


async def _drop(cloud):
    for task in list(cloud._connections):
        task.cancel()


def test_settings_are_read_again_on_sighup(running):
    """Without a restart; a broken file is told in the log and changes nothing."""
    running.play("503")
    chat = {"model": "leases", "messages": [{"role": "user", "content": QUESTION}]}

    def content():
        return running.client.post("/v1/chat/completions", json=chat).json()["choices"][0]["message"]["content"]

    assert "Sources:" not in content()
    running.configure(sources='"maybe"')
    running.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "the settings stay as they were" in running.log())
    running.configure(sources="true")
    running.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "Sources:" in content())
    running.configure()


def test_no_question_and_no_key_is_in_the_log(running):
    """What was asked, answered or sent as a key is nobody's business."""
    running.client.post("/v1/ask", json=ASK, headers={"Authorization": "Bearer sw-01234567-secret"})
    wait_for(lambda: running.log().count("POST /v1/ask") >= 1)
    assert [word for word in ("notice period", "thirty", "lease.md", "sw-0123") if word in running.log()] == []


def test_told_to_stop_it_ends_the_answer_in_flight(corpus, cloud):
    """/readyz says no first, then nobody listens, the stream ends whole, and the exit code is 0."""
    running = Running(corpus, cloud)
    running.play("slow_tokens", slow_token_s=0.15)
    _, lines = running.streaming()
    running.process.send_signal(signal.SIGTERM)
    seen = [running.ready()]
    wait_for(lambda: seen.append(running.ready()) or seen[-1] == 0)
    rest = list(lines)
    answer = json.loads(rest[rest.index("event: done") + 1].removeprefix("data: "))["answer"]
    assert (answer["outcome"], answer["answered_by"]) == ("answered", "cloud")
    assert "is thirty days, counted from receipt of the written notice [1]." in answer["text"]
    assert (503 in seen, running.process.wait(60)) == (True, 0)
