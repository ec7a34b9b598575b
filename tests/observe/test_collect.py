"""What /metrics looks up: breakers, indexes, sums of models, certificates, the audit log; and the whole `start`."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
import urllib.request
from pathlib import Path

import pytest
from exported import one_document
from observed import ANSWERED, pipeline
from prometheus_client import CollectorRegistry, generate_latest

from sparewheel.rag import observe
from sparewheel.rag.errors import SettingsError
from sparewheel.rag.ingest.store import FolderPlace, Store
from sparewheel.rag.observe import hooks, metrics
from sparewheel.rag.observe.audit_check import records
from sparewheel.rag.observe.certificates import days_left, subjects
from sparewheel.rag.observe.collect import Breakers, Checks, Indexes
from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.faults import FAULTS
from sparewheel.rag.settings import Breaker, Endpoint, Observe, Settings


def shown(collector: object) -> set[str]:
    """The sample lines of a collector."""
    registry = CollectorRegistry()
    registry.register(collector)  # type: ignore[arg-type]
    return {line for line in generate_latest(registry).decode().splitlines() if not line.startswith("#")}


@pytest.fixture
def endpoint() -> CircuitBreaker:
    breaker = CircuitBreaker("deepseek", Breaker())
    hooks.shared.endpoints([breaker])
    return breaker


def test_a_breakers_state_and_reason_are_shown(endpoint: CircuitBreaker) -> None:
    """An empty account opens it at once: state open, reason no_balance; closed, it has no reason."""
    assert 'sparewheel_breaker_state{endpoint="deepseek",state="closed"} 1.0' in shown(Breakers())
    permit = endpoint.acquire()
    assert permit is not None
    permit.fail(FAULTS["no_balance"])
    lines = shown(Breakers())
    assert 'sparewheel_breaker_state{endpoint="deepseek",state="open"} 1.0' in lines
    assert 'sparewheel_breaker_state{endpoint="deepseek",state="closed"} 0.0' in lines
    assert 'sparewheel_breaker_reason{endpoint="deepseek",reason="no_balance"} 1.0' in lines


def test_an_endpoint_that_is_gone_is_no_longer_shown() -> None:
    """When the last pipeline lets its breaker go."""
    breaker: CircuitBreaker | None = CircuitBreaker("gone", Breaker())
    assert breaker is not None
    hooks.shared.endpoints([breaker])
    assert [line for line in shown(Breakers()) if "gone" in line]
    breaker = None
    assert not [line for line in shown(Breakers()) if "gone" in line]


def test_the_age_and_size_of_an_index_are_read_from_its_manifest(tmp_path: Path, corpus: Store) -> None:
    """Documents, passages, bytes, when it was published, how far dense search is; newer snapshots are seen."""
    lines = shown(Indexes(FolderPlace(tmp_path)))
    manifest = corpus.manifest()
    assert manifest is not None
    assert f'sparewheel_index_documents{{corpus="{corpus.config.id}"}} {manifest.documents}.0' in lines
    assert f'sparewheel_index_chunks{{corpus="{corpus.config.id}"}} {manifest.chunks}.0' in lines
    assert f'sparewheel_index_dense_share{{corpus="{corpus.config.id}"}} 0.0' in lines
    assert "sparewheel_corpora 1.0" in lines
    assert not any(corpus.folder.name in line for line in lines if not line.startswith("#"))


@pytest.fixture
def corpus(tmp_path: Path) -> Store:
    """A store of one document."""
    return one_document(tmp_path / "lease")


def test_a_changed_model_file_is_shown() -> None:
    """One wrong file makes its model 0, the others stay 1."""
    checks = Checks(Settings(), lambda: {"reader-en/a": "changed", "reader-en/b": "", "embed-en/a": ""})
    checks.look()
    lines = shown(checks)
    checks.close()
    assert 'sparewheel_model_checksum_ok{model="reader-en"} 0.0' in lines
    assert 'sparewheel_model_checksum_ok{model="embed-en"} 1.0' in lines


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate with its key that nobody trusts, good for 30 days."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=a"
    command += " -keyout key -out cert"
    try:
        subprocess.run(command.split(), cwd=folder, check=True, capture_output=True)
    except FileNotFoundError:
        pytest.skip("needs openssl to make a certificate")
    return folder / "cert"


def test_the_days_of_a_certificate_in_a_file(certificate: Path) -> None:
    """30 days when it is new, below 0 a month later."""
    assert days_left(str(certificate)) == pytest.approx(30, abs=0.1)
    assert days_left(str(certificate), now=time.time() + 31 * 86400) == pytest.approx(-1, abs=0.1)


def test_the_days_of_a_certificate_that_is_served(certificate: Path) -> None:
    """Read over a connection, though nobody trusts who signed it; shown under host and port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_name("key"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"127.0.0.1:{server.getsockname()[1]}"

        def serve() -> None:
            while True:
                try:
                    with context.wrap_socket(server.accept()[0], server_side=True) as connection:
                        connection.recv(1)
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        checks = Checks(Settings(observe=Observe(certificates=(where, "127.0.0.1:1"))), dict)
        checks.look()
        lines = shown(checks)
        checks.close()
    (line,) = [line for line in lines if line.startswith("sparewheel_certificate_days_left")]
    assert line.startswith(f'sparewheel_certificate_days_left{{subject="{where}"}} 29.9')
    assert 'sparewheel_certificate_unreadable{subject="127.0.0.1:1"} 1.0' in lines


def test_every_https_endpoint_is_looked_at() -> None:
    """Host and port of https addresses, never what else is in them; http ones have no certificate."""
    urls = ["https://me:secret@api.example/v1", "http://localhost:8000", "https://10.0.0.1:8443"]
    assert subjects(urls, ["/etc/cert.pem"]) == ["api.example:443", "10.0.0.1:8443", "/etc/cert.pem"]


def test_a_text_that_is_no_certificate_is_refused(tmp_path: Path) -> None:
    """ValueError, not a wrong number."""
    (tmp_path / "x.pem").write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    with pytest.raises(ValueError, match="certificate"):
        days_left(str(tmp_path / "x.pem"))


def test_start_observes_and_stop_ends_it(tmp_path: Path) -> None:
    """By port as well; a question is counted and in the audit log; after stop nothing is told any more."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    settings = Settings(data_folder=str(tmp_path), observe=Observe(log="off"), endpoint={"d": Endpoint(url="http://x")})
    observe.start(settings, port=port)
    observe.start(settings, port=port)  # the same: nothing changes, the port is not taken by ourselves
    with observe.asked_by("ann", "r-1"):
        pipeline(ANSWERED).ask("How much?")
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as response:
        body = response.read().decode()
    observe.stop()
    assert 'sparewheel_questions_total{answerer="reader",domain="legal",outcome="answered"} 1.0' in body
    assert [one["user"] for one in records(tmp_path / ".audit")] == ["ann"]
    assert (hooks.shared.listeners, metrics.exposition()[0]) == ([], b"")


def test_a_port_that_is_taken_is_told_and_nothing_is_left_behind(tmp_path: Path) -> None:
    """SettingsError with the key; no listener stays."""
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(SettingsError, match=r"observe\.metrics_port"):
        observe.start(Settings(data_folder=str(tmp_path)), port=server.getsockname()[1])
    assert hooks.shared.listeners == []
