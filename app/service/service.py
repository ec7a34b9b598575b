"""See `Service`. Every method takes the user who asks; None is the local owner, who may do everything."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from sparewheel.app.kept.feedback import Feedback, FeedbackLog
from sparewheel.app.people.access import User, admitted, admitted_rights, opened, readable, require_role, rights_of
from sparewheel.app.people.seen import seen
from sparewheel.app.service import work
from sparewheel.app.service.audited import audited
from sparewheel.app.service.info import CorpusInfo, corpus_info
from sparewheel.app.service.intake import Intake, Upload
from sparewheel.app.service.jobs import FileResult, Job
from sparewheel.app.service.originals import originals_of
from sparewheel.app.service.reviews import Reviews
from sparewheel.rag import observe
from sparewheel.rag.assemble import breakers, embedder, embedder_of, open_pipeline
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.disk import patiently
from sparewheel.rag.errors import Forbidden, NotFound, UsageError
from sparewheel.rag.forking import keep_of_parent, renewed_after_fork
from sparewheel.rag.ingest.corpus import CorpusConfig
from sparewheel.rag.ingest.described import DocumentInfo
from sparewheel.rag.ingest.stores import CorpusSnapshot, CorpusStore, Place
from sparewheel.rag.places import place_of
from sparewheel.rag.readable import readable as part_of
from sparewheel.rag.reliability.breaker import Health
from sparewheel.rag.rights import Readers, checked_rules
from sparewheel.rag.settings import Settings, load_settings
from sparewheel.rag.types import Answer, Document, Embedder, Filter, Hit, Sensitivity

LOCK_WITHIN_S = 20.0  # a change that somebody waits for waits so long for another writer


class Service:
    """One per process, shared by all threads. Close it at the end.

    Every method may raise NotFound (Forbidden where the user may not read the corpus), and NeedsRole.
    """

    def __init__(self, settings: Settings, read: Callable[[], Settings] = load_settings) -> None:
        """read: where `reload` gets the settings from."""
        self.settings = settings
        self._read = read
        self._lock = threading.Lock()
        renewed_after_fork(self)
        self._pipelines: dict[str, tuple[CorpusConfig, Pipeline]] = {}
        self._embedders: dict[str, Embedder] = {}  # held, so that they stay in memory
        self._intake = Intake(lambda: self.settings)
        self.reviews = Reviews(lambda: self.settings, self.pipeline)

    def after_fork(self) -> None:
        """The pipelines renew themselves; uploads and reviews that came before are the parent's."""
        self._lock = threading.Lock()
        keep_of_parent((self._intake, self.reviews, self._embedders))
        self._embedders = {}
        self._intake = Intake(lambda: self.settings)
        self.reviews = Reviews(lambda: self.settings, self.pipeline)

    # ------------------------------------------------------------ asking

    def pipeline(self, corpus: str, user: User | None = None) -> Pipeline:
        """The corpus, open to be asked by this user, whose right is looked up with every question. Shared: do not
        close it."""
        try:
            identity = _identity(admitted(self.place, corpus, user))
        except Forbidden:
            observe.access("question", corpus=corpus, user=user.name if user else "", outcome="refused")
            raise
        with self._lock:
            known = self._pipelines.get(corpus)
            if known is None or known[0] != identity:
                # the old one is not closed but let go: a question in flight may still hold it
                known = self._pipelines[corpus] = (identity, open_pipeline(corpus, self.settings))
        if user is None:
            return known[1]
        return known[1].admitting(lambda: admitted_rights(self.place, corpus, user))

    @audited("search")
    def search(
        self,
        corpus: str,
        question: str,
        user: User | None = None,
        *,
        k: int | None = None,
        filter: Filter | None = None,
    ) -> tuple[Hit, ...]:
        """At most k passages, best first."""
        return self.pipeline(corpus, user).search(question, k=k, filter=filter)

    def embedder(self, name: str) -> Embedder:
        """A built-in embedding model by its name, open from now on. Raises NotFound."""
        if not re.fullmatch(r"embed-[a-z-]{1,20}", name):
            raise NotFound(f"no built-in embedding model {name!r}; there are embed-en and embed-zh")
        found = self._embedders[name] = embedder(name, self.settings)
        return found

    def embedder_of(self, corpus: str, user: User | None = None) -> Embedder:
        """The model that the corpus is searched with. Raises NotFound while nothing is embedded."""
        config = admitted(self.place, corpus, user)
        if not config.embedding:
            raise NotFound(f"nothing of corpus {corpus!r} is embedded yet; ask for embed-en or embed-zh instead")
        found = self._embedders[corpus] = embedder_of(config, self.settings)
        return found

    def health(self) -> list[Health]:
        """Of every endpoint's breaker, in the order of the settings."""
        return [breaker.health() for breaker in breakers(self.settings)]

    def rate(self, feedback: Feedback, user: User | None = None) -> None:
        """Keeps what a user thinks of an answer. Of a sensitive corpus without any text, where the setting says so."""
        config = admitted(self.place, feedback.corpus, user)
        bare = config.sensitivity == "high" and not self.settings.api.keep_sensitive_feedback
        self.feedback.add(replace(feedback, user=user.name if user else ""), keep_text=not bare)

    @cached_property
    def feedback(self) -> FeedbackLog:
        return FeedbackLog.of(self.settings)

    # ------------------------------------------------------------ looking

    def corpora(self, user: User | None = None, *, managed: bool = False) -> list[CorpusInfo]:
        """The corpora the user may read, by name. managed: all of them, for an administrator."""
        if managed:
            require_role(user, "admin", "see every corpus")
        found = readable(self.place, None if managed else user)
        return [corpus_info(self.place.store(config.name), rights_of(config, user)) for config in found]

    def corpus(self, name: str, user: User | None = None) -> CorpusInfo:
        store = self._store(name, user)
        return corpus_info(store, rights_of(store.config, user))

    def opened(self, corpus: str, user: User | None = None) -> AbstractContextManager[CorpusSnapshot]:
        """The newest snapshot, without what the user may not read: the one way to documents for whoever shows them."""
        return opened(self.place, corpus, user)

    def may_read(self, corpus: str, ids: Collection[str], user: User | None = None) -> set[str]:
        """Those of the documents that the user may read now; ids of documents that are gone are judged by the rules."""
        store = self._store(corpus, user)
        rights = rights_of(store.config, user)
        if rights is None or not store.current():
            return set(ids)
        with store.open() as snapshot:
            return set(rights.among(ids, snapshot.labels()))

    def seen(self, answer: Answer, user: User | None = None) -> Answer:
        """A kept answer as the user may see it now: withheld where it rests on what they may not read."""

        def whole() -> bool:
            return not self._hidden(answer.corpus, user)

        return seen(answer, lambda ids: self.may_read(answer.corpus, ids, user), whole=whole)

    @audited("documents_listed")
    def documents(self, corpus: str, user: User | None = None) -> list[DocumentInfo]:
        """By id; [] while the corpus is empty."""
        if not self._store(corpus, user).current():
            return []
        with self.opened(corpus, user) as snapshot:
            return snapshot.documents()

    @audited("document_read")
    def document(self, corpus: str, id: str, user: User | None = None) -> Document:
        """With its text and the boxes of its words."""
        with self.opened(corpus, user) as snapshot:
            return snapshot.document(id)

    def headings(self, corpus: str, ids: Sequence[str], user: User | None = None) -> dict[str, list[str]]:
        """Of each document, in the order of its text."""
        with self.opened(corpus, user) as snapshot:
            chunks = {id: snapshot.chunks_of(id) for id in ids}
        return {id: list(dict.fromkeys(h for chunk in found for h in chunk.headings)) for id, found in chunks.items()}

    @audited("original_read")
    def original(self, corpus: str, id: str, user: User | None = None) -> Path | None:
        """The very file the document was read from; None when it is gone, or another by now."""
        with self.opened(corpus, user) as snapshot:
            document = snapshot.document(id, layout=False)
        return originals_of(self._store(corpus, user), self.settings).original(document)

    # ------------------------------------------------------------ documents in and out

    @audited("upload")
    def submit(self, corpus: str, files: Sequence[Upload], user: User | None = None) -> Job:
        """Starts reading the files in the background. A document of the same name is replaced."""
        self.may_upload(corpus, user)
        hidden = self._hidden(corpus, user)
        return self._intake.submit(self._store(corpus, user), files, user.name if user else "", hidden)

    def _hidden(self, corpus: str, user: User | None) -> frozenset[str]:
        """The documents that the user may not read."""
        store = self._store(corpus, user)
        if user is None or not store.current():
            return frozenset()
        with store.open() as snapshot:
            part = part_of(snapshot, rights_of(store.config, user), corpus)
            return (
                frozenset()
                if part is snapshot
                else frozenset({info.id for info in snapshot.documents()} - {info.id for info in part.documents()})
            )

    def may_upload(self, corpus: str, user: User | None = None) -> None:
        """Raises NeedsRole, NotFound or Forbidden where `submit` would, before anything is sent."""
        require_role(user, "analyst", "upload documents")
        self._store(corpus, user)

    def upload(self, corpus: str, files: Sequence[Upload], user: User | None = None) -> Iterator[FileResult]:
        """What becomes of each file, as it is known; at the end all can be found by their words, and embedding goes on
        in the background. The upload goes on when the iterator is left."""
        return iter(self.submit(corpus, files, user))

    def job(self, id: str, user: User | None = None) -> Job:
        """An upload of the user's; of anybody's for the local owner, and for administrators who may read the corpus."""
        job = self._intake.job(id)
        if job is None or not self._may_see(job, user):
            raise NotFound(f"no upload {id!r}; it may have ended long ago: list the documents")
        return job

    def _may_see(self, job: Job, user: User | None) -> bool:
        if user is None or job.owner == user.name:
            return True
        if user.role != "admin" or not any(one.name == job.corpus for one in readable(self.place, user)):
            return False
        ids = {result.document_id for result in job.results}
        return self.may_read(job.corpus, ids, user) == ids

    @audited("document_deleted")
    def delete(self, corpus: str, document_id: str, user: User | None = None) -> None:
        """The document is found no more, and its kept source file is gone. Raises Locked while another writes."""
        require_role(user, "analyst", "delete documents")
        store = self._store(corpus, user)
        with self.opened(corpus, user) as snapshot:
            source = snapshot.document(document_id, layout=False).source
        patiently(lambda: work.take_out(store, [document_id], self.settings), LOCK_WITHIN_S)
        originals_of(store, self.settings).discard(source)

    @audited("document_edited")
    def edit(self, corpus: str, document_id: str, changes: Mapping[str, str], user: User | None = None) -> None:
        """What is known of the document is as a person states it; later readings keep it. It is found by its words at
        once; embedding it again goes on in the background.

        Raises NotFound for a document that the user may not read, UsageError for a value that cannot be, Locked while
        another writes.
        """
        require_role(user, "analyst", "correct documents")
        store = self._store(corpus, user)
        with self.opened(corpus, user) as snapshot:
            snapshot.document(document_id, layout=False)
        if changes:
            patiently(lambda: work.edit(store, document_id, changes, self.settings), LOCK_WITHIN_S)
            self._intake.embed_soon(store)

    @audited("reindexed")
    def reindex(self, corpus: str, user: User | None = None) -> int:
        """How many documents were split again by today's rules; embedding them goes on in the background."""
        require_role(user, "analyst", "re-index a corpus")
        store = self._store(corpus, user)
        count = patiently(lambda: work.split_again(store, self.settings), LOCK_WITHIN_S)
        self._intake.embed_soon(store, rebuild=True)
        return min(count, self.corpus(corpus, user).documents)

    # ------------------------------------------------------------ corpora, for administrators

    @audited("corpus_created")
    def create(
        self,
        name: str,
        domain: str = "general",
        sensitivity: Sensitivity = "normal",
        user: User | None = None,
        *,
        readers: Sequence[str] = (),
    ) -> CorpusInfo:
        """A new, empty corpus. Raises UsageError when there is one of that name."""
        require_role(user, "admin", "create a corpus")
        if name in self.place.names():
            raise UsageError(f"there is a corpus {name!r} already; choose another name")
        store = work.make_corpus(self.settings, name, domain, sensitivity)
        if readers:
            store.configure(readers=tuple(readers))
        return corpus_info(store)

    @audited("corpus_configured")
    def configure(
        self,
        corpus: str,
        user: User | None = None,
        *,
        readers: Sequence[str] | None = None,
        sensitivity: Literal["high", "normal"] | None = None,
        access: Mapping[str, Sequence[str]] | None = None,
    ) -> CorpusInfo:
        """Who may read it, whether its questions may leave the machine, and all rules of who may read which document
        (see `set_access`); from the next question on."""
        require_role(user, "admin", "change a corpus")
        store = self._store(corpus, None)
        if access is not None:
            store.configure(access=checked_rules(access))
        if readers is not None:
            store.configure(readers=tuple(readers))
        if sensitivity is not None:
            store.configure(sensitivity=sensitivity)
            work.forget_lapsed(store, self.settings)
        return corpus_info(store, rights_of(store.config, user))

    def access(self, corpus: str, user: User | None = None) -> dict[str, Readers]:
        """Who may read which folders and documents: the rules that administrators made, by place."""
        require_role(user, "admin", "see who may read which document")
        return dict(self._store(corpus, None).config.access)

    def readers(self, corpus: str, user: User | None = None) -> dict[str, str]:
        """Who may read each of the documents that the user may read, in words: "group:hr & anna, ben", where each part
        must allow; only documents with a rule or label."""
        require_role(user, "admin", "see who may read which document")
        rules = self.place.config(corpus).rights(frozenset())
        with self.opened(corpus, user) as snapshot:
            ids, labels = [info.id for info in snapshot.documents()], snapshot.labels()
        asked = {id: rules.asked(id, labels.get(id, ())) for id in ids}
        return {id: " & ".join(", ".join(part) for part in parts) for id, parts in asked.items() if parts}

    @audited("access_changed")
    def set_access(
        self, corpus: str, place: str, readers: Sequence[str], user: User | None = None
    ) -> dict[str, Readers]:
        """Who may read a document, or what lies in a folder ("hr/"), from the next question on; [] removes the rule.
        The rules as they are then."""
        require_role(user, "admin", "say who may read which document")
        store = self._store(corpus, None)
        rule = checked_rules({place: readers}) if readers else {}
        store.revise(lambda config: {"access": {**{k: v for k, v in config.access.items() if k != place}, **rule}})
        return dict(store.config.access)

    @audited("corpus_removed")
    def remove(self, corpus: str, user: User | None = None) -> None:
        """The corpus, its documents and their kept files are gone. Raises Locked while another writes."""
        require_role(user, "admin", "remove a corpus")
        store = self._store(corpus, None)
        patiently(store.destroy, LOCK_WITHIN_S)
        with self._lock:
            self._pipelines.pop(corpus, None)

    # ------------------------------------------------------------ the process

    def reload(self) -> None:
        """Settings, endpoints and keys read again, in force from the next question on. Raises SettingsError and
        keeps the old ones when they cannot be read."""
        self.apply(self._read())

    def apply(self, settings: Settings) -> None:
        """These settings are in force from the next question on."""
        with self._lock:
            if (settings.store, settings.corpora_folder) != (self.settings.store, self.settings.corpora_folder):
                self._pipelines.clear()
            self.settings = settings
            for _, pipeline in self._pipelines.values():
                pipeline.reload(settings)

    def close(self, within_s: float = 0.0) -> None:
        """Uploads may end within so many seconds. No question may be in flight."""
        self.reviews.close()
        self._intake.close(within_s)
        with self._lock:
            for _, pipeline in self._pipelines.values():
                pipeline.close()
            self._pipelines.clear()

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def place(self) -> Place:
        """Where the corpora of the settings in force are kept."""
        return place_of(self.settings)

    def _store(self, corpus: str, user: User | None) -> CorpusStore:
        admitted(self.place, corpus, user)
        return self.place.store(corpus)


def _identity(config: CorpusConfig) -> CorpusConfig:
    """What a pipeline was opened with and does not look at again."""
    return replace(config, embedding="", readers=(), sensitivity="normal", access={}, access_found={})
