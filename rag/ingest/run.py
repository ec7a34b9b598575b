"""Files into a corpus: read what changed, make it searchable soon, let the slow indexes fill behind.

    report = ingest(store, paths, writers=[bm25], behind=[dense], ...)    words searchable while files are still read
    fill(store, [dense])                                                  in batches, each searchable at once

Both may be killed at any moment and continue where the last publish was. One bad file never stops the others.
"""

from __future__ import annotations

import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from sparewheel.rag.disk import sha256_of
from sparewheel.rag.errors import DocumentError, UsageError
from sparewheel.rag.ingest import sandbox
from sparewheel.rag.ingest.beside import keep_rules
from sparewheel.rag.ingest.identity import carried, edited, identified
from sparewheel.rag.ingest.load import reason_of, with_members
from sparewheel.rag.ingest.names import shown
from sparewheel.rag.ingest.report import Progress, Report, Row, Status
from sparewheel.rag.ingest.split import SPLITTER_VERSION, limit_of, split
from sparewheel.rag.ingest.stores import CorpusStore, CorpusTransaction
from sparewheel.rag.ingest.transaction import KnownFile
from sparewheel.rag.ingest.walk import Found, emptied, gone, name_apart, walk
from sparewheel.rag.settings import Ingest
from sparewheel.rag.types import WITHIN, Document, IndexWriter, Profile
from sparewheel.rag.versions import relations

Parse = Callable[[Iterable[tuple[str, Path]], Ingest], Iterator[tuple[str, Document | DocumentError]]]

FIRST_BATCH = 256  # chunks; the batches of `fill` double from here ...
LARGEST_BATCH = 2048  # ... to here; beyond, they grow with the index
BATCHES = 8  # that the index grows by, at least, before it has doubled
_TURN_S = 0.05  # a writer that waits takes its turn between two batches
_SOON_S = 1.0  # the first publish of a run, and never more often than this
_AMORTISED = 4.0  # a publish that took t seconds is followed by at least so many t of reading


def _silent(progress: Progress) -> None:
    """Nobody watches."""


def _unheard(row: Row) -> None:
    """Nobody watches."""


def splitter_version(settings: Ingest, profile: Profile) -> str:
    """What the chunks of a document depend on beside the document and the patterns of the corpus' profile."""
    return f"{SPLITTER_VERSION} ({limit_of(settings, profile)} characters, overlap {settings.overlap_chars})"


def ingest(
    store: CorpusStore,
    paths: Sequence[Path],
    *,
    settings: Ingest,
    profile: Profile,
    writers: Sequence[IndexWriter],
    behind: Sequence[IndexWriter] = (),
    prune: bool = False,
    prune_all: bool = False,
    checksum: bool = False,
    follow_links: bool = False,
    ids: Mapping[Path, str] | None = None,
    wait: bool = False,
    on_progress: Callable[[Progress], None] = _silent,
    on_row: Callable[[Row], None] = _unheard,
    parse: Parse = sandbox.parse,
    clock: Callable[[], float] = time.monotonic,
) -> Report:
    """Brings the corpus in step with the files below `paths`; a row for each file, told when it is done.

    writers: indexes that a document must be in to count as searchable. behind: indexes that `fill` brings up later.
    prune: documents that came from below `paths` and are no longer there go; where a folder holds no file any more,
    only with `prune_all`. checksum: files of the same size and times are compared by content too. follow_links: also
    out of the folders. ids: absolute path -> the document that the file becomes, or replaces.

    Raises NotFound for a path that is not there, UsageError where a folder to prune is empty, Locked when another
    process writes and not `wait`, StoreError when an index is of another version.
    """
    started = clock()
    found, left = walk(paths, follow_links=follow_links)
    with store.write(wait=wait) as transaction:
        if transaction.base is not None:
            transaction.base.check({writer.name: writer.version for writer in [*writers, *behind]})
        run = _Run(transaction, settings, profile, writers, behind, clock, on_row)
        for each in left:
            status: Status = "failed" if each.unreadable else "skipped"
            run.tell(Row(shown(each.path), status, reason=each.reason, cure=each.cure))
        known = transaction.known_files()
        taken = dict(transaction.base.sources()) if transaction.base else {}
        absent = gone(known, found, left, paths)
        if prune and not prune_all and absent and (empty := emptied(known, found, paths)):
            raise UsageError(
                f"no file is left in {shown(empty[0])!r}, and {len(absent)} documents came from there; is it mounted?"
                " --prune --yes removes them all the same"
            )
        for source in absent if prune else ():
            run.remove(source, known[source].document_id)
            taken.pop(known[source].document_id)
        named = {source: file.document_id for source, file in known.items()}
        files = name_apart(found, named | {shown(path): id for path, id in (ids or {}).items()}, taken)
        if ids is None:  # uploads have no folder of their own
            keep_rules(store, paths, files)
        changed = [file for file in files if not run.unchanged(file, known.get(file.source), checksum=checksum)]
        run.read(changed, taken, parse, on_progress)
        run.finish()
        missing = () if prune else tuple(sorted({known[s].document_id for s in absent} - {file.id for file in files}))
        searchable_s = run.searchable - started if run.searchable else None
        return Report(tuple(run.rows), clock() - started, searchable_s, missing)


def add_documents(
    store: CorpusStore,
    documents: Sequence[Document],
    *,
    settings: Ingest,
    profile: Profile,
    writers: Sequence[IndexWriter],
    behind: Sequence[IndexWriter] = (),
    wait: bool = False,
    clock: Callable[[], float] = time.monotonic,
) -> Report:
    """Brings documents in that are texts already; one whose id is there is replaced. All or none can be found after it.

    Raises Locked when another process writes and not `wait`, StoreError when an index is of another version.
    """
    started = clock()
    with store.write(wait=wait) as transaction:
        if transaction.base is not None:
            transaction.base.check({writer.name: writer.version for writer in [*writers, *behind]})
        there = transaction.base.sources() if transaction.base else {}
        run = _Run(transaction, settings, profile, writers, behind, clock)
        for document in documents:
            status: Status = "updated" if document.id in there else "added"
            size = len(document.text.encode("utf-8", "replace"))
            run.tell(Row(document.source, status, document.id, chunks=run.put(document, None), bytes=size))
        run.finish()
        searchable_s = run.searchable - started if run.searchable else None
        return Report(tuple(run.rows), clock() - started, searchable_s, ())


def fill(
    store: CorpusStore,
    writers: Sequence[IndexWriter],
    *,
    rebuild: bool = False,
    on_progress: Callable[[Progress], None] = _silent,
    first_batch: int = FIRST_BATCH,
) -> int:
    """Brings indexes up to the corpus, oldest chunks first; returns how many were added. Each batch is published, and
    the lock given back between batches: others may ingest, remove and ask meanwhile.

    rebuild: an index of another version is replaced; otherwise it raises StoreError.
    """
    added = 0
    for writer in writers:
        batch, more = first_batch, True
        while more:
            with store.write(wait=True) as transaction:
                if transaction.base is None:
                    return added
                if not rebuild:
                    transaction.base.check({writer.name: writer.version})
                total = transaction.base.manifest.chunks
                before = transaction.lacking(writer)

                def told(read: int, done: int = total - before, total: int = total, name: str = writer.name) -> None:
                    on_progress(Progress("fill", done + read, total, name))

                told(0)
                if before:
                    transaction.publish([writer], limit=batch, on_read=told, more=before > batch)
                    added += before - transaction.lacking(writer)
                more = before > batch
            batch = max(min(2 * batch, LARGEST_BATCH), (total - before) // BATCHES)
            if more:
                time.sleep(_TURN_S)
    return added


def remove(
    store: CorpusStore,
    document_ids: Collection[str],
    *,
    writers: Sequence[IndexWriter],
    behind: Sequence[IndexWriter] = (),
    wait: bool = False,
) -> None:
    """The documents are gone from the corpus, all or none. Raises NotFound for one that is not in it."""
    with store.write(wait=wait) as transaction:
        base = transaction.base or store.open()
        for id in document_ids:
            base.document(id, layout=False)
        gone = {*document_ids}
        for id in (*document_ids, *base.sources()):
            if id in gone or id.partition(WITHIN)[0] in gone:
                transaction.remove(id)
        transaction.publish(writers, behind=behind)


def edit(
    store: CorpusStore,
    document_id: str,
    changes: Mapping[str, str],
    *,
    settings: Ingest,
    profile: Profile,
    writers: Sequence[IndexWriter],
    behind: Sequence[IndexWriter] = (),
    wait: bool = False,
) -> Document:
    """The document with its title or identity as a person states it, indexed so; later readings keep it.

    Raises NotFound, and UsageError for a key that is no part of an identity.
    """
    with store.write(wait=wait) as transaction:
        base = transaction.base or store.open()
        changed = edited(base.document(document_id), changes)
        known = {file.document_id: file for file in transaction.known_files().values()}.get(document_id)
        run = _Run(transaction, settings, profile, writers, behind, time.monotonic)
        run.put(changed, None if known is None else (known.bytes, known.mtime_ns, known.checked_ns))
        run.finish()
        return changed


def reindex(
    store: CorpusStore,
    *,
    settings: Ingest,
    profile: Profile,
    writers: Sequence[IndexWriter],
    behind: Sequence[IndexWriter] = (),
    wait: bool = False,
    on_progress: Callable[[Progress], None] = _silent,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Splits again, from the stored text, the documents that another splitter split, and builds the indexes of
    `writers` anew where they are of another version; `fill(rebuild=True)` does so for those behind. Returns how many
    documents were split. Needs no source file."""
    with store.write(wait=wait) as transaction:
        base = transaction.base or store.open()
        run = _Run(transaction, settings, profile, writers, behind, clock)
        known = transaction.known_files().values()
        files = {file.document_id: (file.bytes, file.mtime_ns, file.checked_ns) for file in known}
        stale = [info for info in base.documents() if info.splitter != run.splitter]
        for number, info in enumerate(stale):
            on_progress(Progress("split", number, len(stale), info.id))
            run.put(base.document(info.id), files.get(info.id))
            run.publish_if_due()
            base = transaction.base or base
        run.finish()
        return len(stale)


class _Run:
    """One writer's work: its rows so far, and when to publish next."""

    def __init__(
        self,
        transaction: CorpusTransaction,
        settings: Ingest,
        profile: Profile,
        writers: Sequence[IndexWriter],
        behind: Sequence[IndexWriter],
        clock: Callable[[], float],
        on_row: Callable[[Row], None] = _unheard,
    ) -> None:
        self.rows: list[Row] = []
        self.splitter = splitter_version(settings, profile)
        self.searchable: float | None = None  # when the first change could be found
        self._transaction = transaction
        self._settings = settings
        self._profile = profile
        self._writers = writers
        self._behind = behind
        self._clock = clock
        self._on_row = on_row
        self._due = clock() + _SOON_S

    def tell(self, row: Row) -> None:
        self.rows.append(row)
        self._on_row(row)

    def remove(self, source: str, id: str) -> None:
        for each in (id, *self._members[id]):
            self._transaction.remove(each)
        self.tell(Row(source, "removed", id, "no longer there"))

    def unchanged(self, file: Found, known: KnownFile | None, *, checksum: bool = False) -> bool:
        """Whether the file is as it was read before; the answer is noted as its row. Its content is compared where its
        size or times leave a doubt: a copy can keep both, but not the time at which it was made (ctime)."""
        if known is None:
            return False
        doubt = checksum or known.unsettled or file.ctime_ns > known.checked_ns
        if (file.bytes, file.mtime_ns) != (known.bytes, known.mtime_ns) or doubt:
            if file.bytes != known.bytes or _sha256(file.path) != known.sha256:
                return False
            self._transaction.touch(file.source, (file.bytes, file.mtime_ns, time.time_ns()))
        self.tell(Row(file.source, "unchanged", known.document_id, bytes=file.bytes))
        return True

    def read(
        self,
        files: Sequence[Found],
        taken: Collection[str],
        parse: Parse,
        on_progress: Callable[[Progress], None],
    ) -> None:
        """Parses and stores the files, publishing on the way. taken: ids of the documents that are there."""
        by_id = {file.id: file for file in files}
        total, done, now = sum(file.bytes for file in files), 0, time.time_ns()
        for id, result in parse(((file.id, file.path) for file in files), self._settings):
            file = by_id[id]
            if isinstance(result, DocumentError):
                self.tell(self._failed(file, reason_of(result), result.cure, kept=id in taken))
            else:
                self.tell(self._stored(file, result, now, updated=id in taken))
            done += file.bytes
            on_progress(Progress("read", done, total, id))
            self.publish_if_due()

    def put(self, document: Document, file: tuple[int, int, int] | None) -> int:
        """Splits and stores the document; returns how many chunks it has."""
        document = identified(document)
        changed = relations(document.text, document.title)
        document = replace(document, metadata={**document.metadata, **changed})
        chunks = split(document, self._settings, self._profile)
        self._transaction.add(document, chunks, splitter=self.splitter, file=file)
        return len(chunks)

    def publish_if_due(self) -> None:
        if self._transaction.changed and self._clock() >= self._due:
            self._publish(more=True)

    def finish(self) -> None:
        """Publishes what is left, also what an interrupted run left undone."""
        transaction = self._transaction
        if transaction.changed or (transaction.base and any(transaction.lacking(w) for w in self._writers)):
            self._publish()

    def _publish(self, *, more: bool = False) -> None:
        start = self._clock()
        self._transaction.publish(self._writers, behind=self._behind, more=more)
        end = self._clock()
        self.searchable = self.searchable or end
        self._due = end + max(_SOON_S, _AMORTISED * (end - start))

    def _stored(self, file: Found, document: Document, now_ns: int, *, updated: bool) -> Row:
        try:
            if updated and self._transaction.base is not None:
                document = carried(document, self._transaction.base.document(document.id, layout=False))
            chunks = self.put(document, (file.bytes, file.mtime_ns, now_ns))
            chunks += self._put_members(document)
        except (OSError, sqlite3.Error):  # the disk's fault, not the file's: nothing more can be stored
            raise
        except Exception as error:
            reason = f"cannot be split or stored: {type(error).__name__}: {error}"
            return self._failed(file, reason, "please report this file as a bug", kept=updated)
        status: Status = "updated" if updated else "added"
        notes = document.metadata.get("notes", "")
        return Row(file.source, status, document.id, chunks=chunks, bytes=file.bytes, notes=notes)

    def _put_members(self, document: Document) -> int:
        """Stores the documents that lie in this one, in place of those that did; returns how many chunks they have."""
        within = [*with_members(document)][1:]
        base, before = self._transaction.base, self._members[document.id]
        for id in before.difference(each.id for each in within):
            self._transaction.remove(id)
        old = {each.id: base.document(each.id, layout=False) for each in within if base and each.id in before}
        return sum(self.put(carried(each, old[each.id]) if each.id in old else each, None) for each in within)

    @cached_property
    def _members(self) -> defaultdict[str, set[str]]:
        """Document id -> ids of those that lay in it when the run began."""
        found = defaultdict[str, set[str]](set)
        for id in self._transaction.base.sources() if self._transaction.base else ():
            if WITHIN in id:
                found[id.partition(WITHIN)[0]].add(id)
        return found

    def _failed(self, file: Found, reason: str, cure: str, *, kept: bool) -> Row:
        if kept:
            reason += " (what was read from it before stays searchable)"
        return Row(file.source, "failed", file.id, reason, cure, bytes=file.bytes)


def _sha256(path: Path) -> str:
    """ "" for a file that cannot be read: the parser will say why."""
    try:
        return sha256_of(path)
    except OSError:
        return ""
