"""`sparewheel serve --workers 2`: one port, one copy of the models, one set of counts."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from api_setup import QUESTION, settings_in, wait_for, with_lease
from prometheus_client.parser import text_string_to_metric_families

from sparewheel.app.api.crew import lasts
from sparewheel.app.api.rates import Rates, SharedRates
from sparewheel.app.service import Service
from sparewheel.rag.observe.merge import merged

ROOT = Path(__file__).parents[2]
ASK = {"corpus": "leases", "question": QUESTION}
CONFIG = """
[api]
per_minute = 0
shutdown_delay_s = 0.1
drain_s = 5
sources_in_chat = {sources}
[retrieve]
rerank = "off"
"""
LEAST_SHARED_MB = 50
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="several workers need Linux")


class Running:
    """The processes, their address and their settings file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.configure()
        command = "import sys; from sparewheel.app.cli import main; main(sys.argv[1:])"
        self.process = subprocess.Popen(
            [
                sys.executable, "-c", command, "--config", folder / "sparewheel.toml",
                "serve", "--port", "0", "--workers", "2", "--data", folder / "data",
            ],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=(folder / "log").open("w"), text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().split("API at ")[1].split(",")[0]
        wait_for(lambda: len(self.workers()) == 2 and self.ready())

    def configure(self, sources: str = "false") -> None:
        (self.folder / "sparewheel.toml").write_text(CONFIG.format(sources=sources))

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()] if children.exists() else []

    def ready(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"{self.url}/readyz", timeout=10).status_code == 200
        return False

    def post(self, path: str, body: dict) -> httpx.Response:
        """On a connection of its own, so that any worker may get it."""
        return httpx.post(f"{self.url}{path}", json=body, timeout=120)

    def count(self, name: str) -> float:
        families = text_string_to_metric_families(httpx.get(f"{self.url}/metrics", timeout=60).text)
        return sum(sample.value for family in families for sample in family.samples if sample.name == name)

    def ends(self) -> int:
        return self.process.wait(60)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("workers")
    with Service(settings_in(folder)) as service:
        with_lease(service)
    return folder


@pytest.fixture(scope="module")
def running(corpus: Path):
    found = Running(corpus)
    yield found
    if found.process.poll() is None:
        found.process.send_signal(signal.SIGTERM)
        found.process.wait(60)


def test_both_answer_and_are_counted_together(running: Running) -> None:
    """Whoever gets a question; /metrics of any worker shows all of them, and health all turns."""
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: running.post("/v1/ask", ASK).json()["text"], range(12)))
    assert set(said) == {"thirty days"}
    wait_for(lambda: running.count("sparewheel_questions_total") == 12)
    assert running.count("sparewheel_question_seconds_count") == 12
    assert httpx.get(f"{running.url}/v1/health").json()["at_once"] == 16


def test_the_models_are_in_memory_once(running: Running) -> None:
    """What a worker has of its own is far less than what it uses."""
    for worker in running.workers():
        rows = dict(row.split(":", 1) for row in Path(f"/proc/{worker}/smaps_rollup").read_text().splitlines()[1:])
        used, own = (sum(int(rows[key].split()[0]) for key in keys) / 1024
                     for keys in (("Rss",), ("Private_Dirty", "Private_Clean")))  # fmt: skip
        assert own < 120
        assert used - own > LEAST_SHARED_MB


def test_whoever_is_asked_knows_the_job(running: Running) -> None:
    """An upload goes to one of them, and each finds it."""
    files = {"files": ("pets.md", b"Pets need the consent of the landlord.")}
    documents = f"{running.url}/v1/corpora/leases/documents"
    job = httpx.post(documents, params={"wait_s": 60}, files=files, timeout=120).json()
    assert [row["status"] for row in job["results"]] == ["added"]
    for _ in range(8):
        assert httpx.get(f"{running.url}/v1/jobs/{job['id']}").json()["state"] == "done"
    gone = httpx.delete(f"{documents}/pets.md", timeout=60)
    assert gone.status_code == 204


def test_settings_are_read_again_by_all(running: Running) -> None:
    """SIGHUP to the first process."""
    chat = {"model": "leases", "messages": [{"role": "user", "content": QUESTION}]}

    def listed() -> list[bool]:
        return ["Sources:" in json.dumps(running.post("/v1/chat/completions", chat).json()) for _ in range(6)]

    assert not any(listed())
    running.configure("true")
    running.process.send_signal(signal.SIGHUP)
    wait_for(lambda: all(listed()))


def test_a_worker_that_dies_is_started_anew(running: Running) -> None:
    """The other goes on meanwhile."""
    first = running.workers()
    os.kill(first[0], signal.SIGKILL)
    assert running.post("/v1/ask", ASK).status_code == 200
    wait_for(lambda: len(running.workers()) == 2 and running.workers() != first)
    wait_for(running.ready)


def test_told_to_stop_all_end_in_order(running: Running) -> None:
    """Exit code 0, and nothing is left behind."""
    workers = running.workers()
    running.process.send_signal(signal.SIGTERM)
    assert running.ends() == 0
    assert [worker for worker in workers if Path(f"/proc/{worker}").exists()] == []


def test_they_end_with_the_first_process(corpus: Path) -> None:
    """Also where it is killed and can tell nobody."""
    running = Running(corpus)
    workers = running.workers()
    running.process.kill()
    running.ends()
    wait_for(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


def test_counts_of_several_are_one() -> None:
    """Counters and what goes on now are summed, states show the worst, the rest is the same everywhere."""
    one = "".join(
        f"# HELP sparewheel_{name} X\n# TYPE sparewheel_{name} {kind}\nsparewheel_{name}{labels} {value}\n"
        for name, kind, labels, value in (
            ("questions_total", "counter", '{outcome="answered"}', 2.0),
            ("queue_depth", "gauge", "", 1.0),
            ("corpora", "gauge", "", 3.0),
            ("breaker_state", "gauge", '{state="open"}', 0.0),
            ("model_checksum_ok", "gauge", "", 1.0),
        )
    )
    other = (
        one.replace('"answered"} 2.0', '"refused"} 5.0')
        .replace('"open"} 0.0', '"open"} 1.0')
        .replace("checksum_ok 1.0", "checksum_ok 0.0")
    )
    lines = [line for line in merged([one, other]).decode().splitlines() if not line.startswith("#")]
    assert lines == [
        'sparewheel_questions_total{outcome="answered"} 2.0',
        'sparewheel_questions_total{outcome="refused"} 5.0',
        "sparewheel_queue_depth 2.0",
        "sparewheel_corpora 3.0",
        'sparewheel_breaker_state{state="open"} 1.0',
        "sparewheel_model_checksum_ok 0.0",
    ]
    assert merged([merged([one]).decode()]) == merged([one])


@pytest.mark.parametrize("kind", [Rates, SharedRates])
def test_a_minutes_requests(kind) -> None:
    """A quarter at once, then one as often as they come again; callers do not take one another's."""
    rates = kind()
    assert [rates.take(b"a" * 32, 8, 100.0) for _ in range(3)] == [0.0, 0.0, pytest.approx(7.5)]
    assert rates.take(b"b" * 32, 8, 100.0) == 0.0
    assert rates.take(b"a" * 32, 8, 107.5) == 0.0
    assert rates.take(b"a" * 32, 0, 107.5) == 0.0


def test_limits_hold_for_all_processes() -> None:
    """What one took, another does not have."""
    rates = SharedRates()
    child = os.fork()
    if child == 0:
        rates.take(b"a" * 32, 8, 100.0)
        os._exit(0)
    os.waitpid(child, 0)
    assert [rates.take(b"a" * 32, 8, 100.0) == 0 for _ in range(2)] == [True, False]


def test_a_full_table_forgets_the_oldest() -> None:
    """Callers that fall on the same places; the newest are remembered."""
    rates = SharedRates()
    callers = [(10_000 * n + 7).to_bytes(8, "little") for n in range(1, 12)]
    for moment, caller in enumerate(callers):
        rates.take(caller, 4, float(moment))
    assert rates.take(callers[-1], 4, 10.0) > 0
    assert rates.take(callers[0], 4, 10.0) == 0


@pytest.mark.parametrize(
    ("method", "path", "does"),
    [
        ("GET", "/v1/jobs/x", True),
        ("POST", "/v1/corpora/a/documents", True),
        ("DELETE", "/v1/corpora/a/documents/b/c.pdf", True),
        ("PATCH", "/v1/corpora/a/documents/b/c.pdf", True),
        ("GET", "/v1/corpora/a/documents", False),
        ("GET", "/v1/corpora/a/reviews/t/run/cells", True),
        ("POST", "/v1/corpora/a/reindex", True),
        ("POST", "/v1/ask", False),
    ],
)
def test_what_lasts_is_done_by_one(method: str, path: str, does: bool) -> None:
    """Uploads, jobs, reviews, re-indexing."""
    assert lasts(method, path) is does


def test_a_model_of_this_process_is_not_copied(tmp_path: Path) -> None:
    """It would be in memory once for each worker."""
    (tmp_path / "sparewheel.toml").write_text('[local_chat]\nmodel = "some"\n')
    done = subprocess.run(
        [sys.executable, "-c", "from sparewheel.app.cli import main; main()", "serve", "--workers", "2"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, "local_chat.model would be in memory once for each worker" in done.stderr) == (2, True)
