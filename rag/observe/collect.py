"""What is looked up when /metrics is asked for: breakers, indexes; in a slow round of its own: models, certificates."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from sparewheel.rag.errors import SparewheelError
from sparewheel.rag.ingest.manifest import Manifest
from sparewheel.rag.ingest.stores import Place
from sparewheel.rag.observe import hooks
from sparewheel.rag.observe.audit import AuditLog
from sparewheel.rag.observe.certificates import days_left, subjects
from sparewheel.rag.observe.metrics import MOST_VALUES
from sparewheel.rag.settings import Settings
from sparewheel.rag.weights import verify

ROUND_S = 6 * 3600.0  # between two looks at models and certificates
STATES = ("closed", "open", "half-open")

Numbers = dict[str, float]


class Breakers(Collector):
    """State of every endpoint's breaker, why it is not closed, and the questions under way."""

    def collect(self) -> Iterator[Metric]:
        health = [breaker.health() for breaker in [*hooks.shared.breakers.values()]]
        state = _gauge("breaker_state", "1 for the state that the breaker is in", "endpoint", "state")
        reason = _gauge("breaker_reason", "1 for the fault code that keeps a breaker from closed", "endpoint", "reason")
        for one in health:
            for name in STATES:
                state.add_metric([one.name, name], float(one.state == name))
            if one.state != "closed":
                reason.add_metric([one.name, one.reason], 1.0)
        yield state
        yield reason
        shared = hooks.shared
        yield _gauge("questions_in_flight", "Questions that are being answered now", value=shared.in_flight)
        if (depth := shared.queue_depth) is not None:
            yield _gauge("queue_depth", "Questions that wait for their turn in the API", value=depth())


class Indexes(Collector):
    """Age and size of the corpora on this disk; beyond 50, those that were updated last are left out."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._read: dict[str, tuple[int, Manifest, int]] = {}  # a manifest never changes: read once

    def collect(self) -> Iterator[Metric]:
        manifests = sorted(self._manifests(), key=lambda found: found[1].published)
        yield _gauge("corpora", "Corpora with an index on this disk", value=len(manifests))
        updated = _gauge("index_updated_timestamp_seconds", "When a corpus was last published, Unix time", "corpus")
        documents = _gauge("index_documents", "Documents of a corpus", "corpus")
        chunks = _gauge("index_chunks", "Passages of a corpus", "corpus")
        size = _gauge("index_bytes", "Size of a corpus' index on disk", "corpus")
        dense = _gauge("index_dense_share", "Share of the passages that dense search knows", "corpus")
        for name, manifest, size_bytes in manifests[:MOST_VALUES]:
            updated.add_metric([name], datetime.fromisoformat(manifest.published).timestamp())
            documents.add_metric([name], manifest.documents)
            chunks.add_metric([name], manifest.chunks)
            size.add_metric([name], size_bytes)
            filled = manifest.indexes["dense"].chunks if "dense" in manifest.indexes else 0
            dense.add_metric([name], filled / manifest.chunks if manifest.chunks else 1.0)
        yield from (updated, documents, chunks, size, dense)

    def _manifests(self) -> Iterator[tuple[str, Manifest, int]]:
        """By the id of each corpus: /metrics needs no key, and a name may tell what nobody else should know."""
        for name in self._place.names():
            try:
                store = self._place.store(name)
                number = store.current()
                known = self._read.get(name)
                if known is None or known[0] != number:
                    manifest = store.manifest()
                    if manifest is None:
                        continue
                    known = self._read[name] = (number, manifest, store.bytes())
                yield store.config.id, known[1], known[2]
            except (SparewheelError, OSError):  # removed or replaced just now; a damaged one is the doctor's
                continue


class Checks(Collector):
    """Sums of the built-in models and days left of certificates, looked at in a background thread."""

    def __init__(self, settings: Settings, models: Callable[[], dict[str, str]] = verify) -> None:
        self._models = models
        urls = [endpoint.url for endpoint in settings.endpoint.values()]
        self._subjects = subjects(urls, settings.observe.certificates)
        self._ok: Numbers = {}
        self._days: Numbers = {}
        self._unread: Numbers = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._rounds, name="sparewheel-checks", daemon=True)
        self._thread.start()

    def collect(self) -> Iterator[Metric]:
        yield _table("model_checksum_ok", "1 while a built-in model is as released", "model", self._ok)
        yield _table(
            "certificate_days_left", "Days until a TLS certificate expires, below 0 afterwards", "subject", self._days
        )
        yield _table("certificate_unreadable", "1 where no certificate could be read", "subject", self._unread)

    def close(self) -> None:
        self._stop.set()

    def _rounds(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(ROUND_S)

    def look(self) -> None:
        """One round."""
        try:
            wrong = self._models()
            names = {file.partition("/")[0] for file in wrong}
            self._ok = {n: float(not any(wrong[f] for f in wrong if f.startswith(f"{n}/"))) for n in names}
        except SparewheelError as error:
            logging.getLogger(__name__).error("the built-in models cannot be checked: %s", error)
        days: Numbers = {}
        for subject in self._subjects:
            label = subject if not Path(subject).is_absolute() else Path(subject).name
            try:
                days[label] = days_left(subject)
            except (OSError, ValueError) as error:
                logging.getLogger(__name__).warning("no certificate to be read at %s: %s", label, error)
            self._unread = {**self._unread, label: float(label not in days)}
        self._days = days


class Written(Collector):
    """What the audit log has on disk, and what it could not write."""

    def __init__(self, log: AuditLog, later: hooks.Later) -> None:
        self._log = log
        self._later = later

    def collect(self) -> Iterable[Metric]:
        log, later = self._log, self._later
        failures, waiting = log.failures + later.dropped, log.waiting + later.waiting
        yield CounterMetricFamily("sparewheel_audit_records", "Records written to the audit log", value=log.written)
        yield CounterMetricFamily("sparewheel_audit_failures", "Failed writes of the audit log", value=failures)
        yield _gauge("audit_waiting", "Questions whose record is not on the disk yet", value=waiting)


def _gauge(name: str, doc: str, *labels: str, value: float | None = None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"sparewheel_{name}", doc, value=value, labels=labels or None)


def _table(name: str, doc: str, label: str, values: Numbers) -> GaugeMetricFamily:
    family = _gauge(name, doc, label)
    for key, value in sorted(values.items()):
        family.add_metric([key], value)
    return family
