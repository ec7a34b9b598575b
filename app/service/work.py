"""What changes a corpus, with the indexes of this program: shared by the commands, the page and the API."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sparewheel import corpora
from sparewheel.rag.assemble import dense_writer, keyword_writer, open_memory
from sparewheel.rag.errors import StoreError
from sparewheel.rag.ingest import run, sandbox
from sparewheel.rag.ingest.corpus import CorpusConfig
from sparewheel.rag.ingest.report import Progress, Report, Row
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.places import cells_of, place_of
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Document, IndexWriter, Sensitivity
from sparewheel.rag.views import StoredDocuments

if TYPE_CHECKING:
    from sparewheel.rag.cluster import Cluster

log = logging.getLogger(__name__)


def make_corpus(settings: Settings, name: str, domain: str, sensitivity: Sensitivity = "normal") -> CorpusStore:
    """The corpus, made with its domain's profile unless it is there. Raises UsageError for a name it cannot have."""
    new = CorpusConfig(name, domain, sensitivity, profile=corpora.profile(domain))
    return place_of(settings).create(new)


def read_in(
    store: CorpusStore,
    paths: Sequence[Path],
    settings: Settings,
    *,
    prune: bool = False,
    prune_all: bool = False,
    checksum: bool = False,
    follow_links: bool = False,
    ids: Mapping[Path, str] | None = None,
    wait: bool = False,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    on_row: Callable[[Row], None] = lambda row: None,
    cluster: Cluster | None = None,
) -> Report:
    """As `rag.ingest.run.ingest`: what it read can be found by its words; `embed` does the rest.

    cluster: its machines read.
    """
    report = run.ingest(
        store,
        paths,
        settings=settings.ingest,
        profile=store.config.profile,
        writers=[keyword_writer()],
        behind=dense_of(store, settings),
        prune=prune,
        prune_all=prune_all,
        checksum=checksum,
        follow_links=follow_links,
        ids=ids,
        wait=wait,
        on_progress=on_progress,
        on_row=on_row,
        parse=cluster.parse if cluster else sandbox.parse,
    )
    forget_lapsed(store, settings)
    return report


def add_documents(
    store: CorpusStore, documents: Sequence[Document], settings: Settings, *, wait: bool = False
) -> Report:
    """Documents that are texts already come in; one whose id is there is replaced."""
    report = run.add_documents(
        store,
        documents,
        settings=settings.ingest,
        profile=store.config.profile,
        writers=[keyword_writer()],
        behind=dense_of(store, settings),
        wait=wait,
    )
    forget_lapsed(store, settings)
    return report


def embed(
    store: CorpusStore,
    settings: Settings,
    *,
    rebuild: bool = False,
    on_progress: Callable[[Progress], None] = lambda progress: None,
    cluster: Cluster | None = None,
) -> None:
    """Fills the dense index, batch by batch. Raises NotFound where its model is not there: words alone find then."""
    if store.current():
        batch = max(run.FIRST_BATCH, cluster.at_once if cluster else 0)
        writers = [dense_writer(store, settings, cluster)]
        run.fill(store, writers, rebuild=rebuild, on_progress=on_progress, first_batch=batch)


def take_out(store: CorpusStore, document_ids: Collection[str], settings: Settings, *, wait: bool = False) -> None:
    """The documents are gone, all or none, from every index, and with them what was answered from them."""
    run.remove(store, document_ids, writers=[keyword_writer()], behind=dense_of(store, settings), wait=wait)
    cells_of(store).forget(document_ids)
    forget_lapsed(store, settings)


def edit(
    store: CorpusStore, document_id: str, changes: Mapping[str, str], settings: Settings, *, wait: bool = False
) -> Document:
    """As `rag.ingest.run.edit`."""
    document = run.edit(
        store,
        document_id,
        changes,
        settings=settings.ingest,
        profile=store.config.profile,
        writers=[keyword_writer()],
        behind=dense_of(store, settings),
        wait=wait,
    )
    forget_lapsed(store, settings)
    return document


def split_again(
    store: CorpusStore,
    settings: Settings,
    *,
    wait: bool = False,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> int:
    """As `rag.ingest.run.reindex`: how many documents were split again. The embedding model that the settings name is
    the corpus' from now on; `embed(rebuild=True)` brings the dense index to it."""
    if settings.retrieve.embedding != "auto":
        store.configure(embedding=settings.retrieve.embedding)
    count = run.reindex(
        store,
        settings=settings.ingest,
        profile=store.config.profile,
        writers=[keyword_writer()],
        behind=dense_of(store, settings),
        wait=wait,
        on_progress=on_progress,
    )
    forget_lapsed(store, settings)
    return count


def forget_lapsed(store: CorpusStore, settings: Settings) -> int:
    """Kept answers that rest on deleted or changed text are gone, and those of cloud models where the corpus is
    confidential by now; how many."""
    memory = open_memory(store, settings)
    if memory.is_empty():
        return 0
    now = place_of(settings).store(store.config.name)
    try:
        gone = memory.store.forget_cloud() if now.config.sensitivity == "high" else 0
        if not now.current():
            return gone
        with now.open() as snapshot:
            return gone + memory.lapse(snapshot.document_ids({}), StoredDocuments(snapshot).text_at)
    except (StoreError, sqlite3.Error) as error:  # the documents are as they should be; what is kept is never served
        log.warning("the answer memory of %s could not be brought up to date: %s", store.config.name, error)
        return 0


def dense_of(store: CorpusStore, settings: Settings) -> list[IndexWriter]:
    """The dense index's writer where the corpus has one: what is removed must leave it too."""
    if not store.current():
        return []
    with store.open() as snapshot:
        built = "dense" in snapshot.manifest.indexes
    return [dense_writer(store, settings)] if built else []
