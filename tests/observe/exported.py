"""The metric names that a process really exports, read from its exposition."""

from __future__ import annotations

import re
import tempfile
import time
from functools import cache
from pathlib import Path

from observed import ANSWERED, pipeline
from prometheus_client.parser import text_string_to_metric_families

from sparewheel.rag import observe
from sparewheel.rag.assemble import keyword_writer
from sparewheel.rag.events import Token
from sparewheel.rag.ingest.corpus import CorpusConfig
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.observe import hooks, metrics
from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.faults import FAULTS
from sparewheel.rag.settings import Breaker, Observe, Settings
from sparewheel.rag.types import Chunk, Document

NAME = re.compile(r"\b(?:sparewheel|process)_\w+|\bup\b")


def one_document(folder: Path) -> Store:
    """A corpus of one document, without dense search."""
    store = Store.create(folder, CorpusConfig(folder.name))
    document = Document("lease.txt", "The rent is 900 euros.", "Lease", "lease.txt")
    with store.write() as transaction:
        transaction.add(document, [Chunk(document.id, 0, 22, document.text)])
        transaction.publish([keyword_writer()])
    return store


@cache
def exposition() -> str:
    """The body of /metrics of a process that was asked, has an ill endpoint, a corpus, a queue and a certificate."""
    with tempfile.TemporaryDirectory() as folder:
        one_document(Path(folder) / "lease")
        breaker = CircuitBreaker("deepseek", Breaker())
        hooks.shared.endpoints([breaker])
        certificates = ("127.0.0.1:1", str(Path(__file__).with_name("certificate.pem")))  # of nobody, without its key
        observe.start(Settings(data_folder=folder, observe=Observe(log="off", certificates=certificates)))
        hooks.shared.queue_depth = lambda: 3
        permit = breaker.acquire()
        assert permit is not None
        permit.fail(FAULTS["no_balance"])
        hooks.shared.kept_alive("deepseek", 13)
        pipeline(Token("900 euros", "reader"), ANSWERED).ask("How much?")
        ends = time.monotonic() + 30
        while "certificate_days_left{" not in (body := metrics.exposition()[0].decode()) and time.monotonic() < ends:
            time.sleep(0.01)  # models and certificates are looked at in the background
        observe.stop()
        hooks.shared.queue_depth = None
    return body


def table() -> list[str]:
    """The rows of the metrics table in docs/operations.md."""
    rows = []
    for family in text_string_to_metric_families(exposition()):
        if family.name.startswith("sparewheel"):
            name = f"{family.name}_total" if family.type == "counter" else family.name
            labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"})
            rows.append(f"| `{name}` | {family.type} | {', '.join(labels)} | {family.documentation} |")
    return rows


@cache
def exported_names() -> frozenset[str]:
    """Names as a query uses them: with _total, _bucket, _sum and _count; and Prometheus' own `up`."""
    families = list(text_string_to_metric_families(exposition()))
    samples = {sample.name for family in families for sample in family.samples}
    declared = {family.name for family in families}  # a family may have no sample yet
    return frozenset(samples | declared | {"up"})


def names_in(query: str) -> set[str]:
    """The metrics that a query is about; label names and values are none."""
    bare = re.sub(r"\{[^}]*\}|\bby \([^)]*\)|\"[^\"]*\"", "", query)
    return set(NAME.findall(bare))
