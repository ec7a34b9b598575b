"""The only file that names concrete classes: settings in, a pipeline (or the parts of an ingest) out."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import TYPE_CHECKING

from sparewheel.rag.answer.instant_quote import InstantQuote
from sparewheel.rag.answer.remembered import MemoryAnswerer
from sparewheel.rag.catalogue import Catalogue
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.errors import SparewheelError, Unavailable
from sparewheel.rag.forking import keep_of_parent, renewed_after_fork
from sparewheel.rag.ingest.corpus import CorpusConfig
from sparewheel.rag.ingest.snapshot import Snapshot
from sparewheel.rag.ingest.stores import CorpusSnapshot, CorpusStore, Place
from sparewheel.rag.pinned import PinnedPlace, PinnedViews
from sparewheel.rag.places import cells_of, memory_of, place_of
from sparewheel.rag.readable import Readable, ReadableSearch, readable
from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.deadline import Budgets, Deadline
from sparewheel.rag.reliability.failover import Failover, FailoverEvent
from sparewheel.rag.reliability.policy import order
from sparewheel.rag.reliability.target import Target
from sparewheel.rag.rights import Rights
from sparewheel.rag.runtime import Runtime, default_runtime
from sparewheel.rag.settings import Endpoint, Settings, load_settings
from sparewheel.rag.types import AnswerRequest, Embedder, IndexWriter, Profile, Reranker, Sensitivity
from sparewheel.rag.views import StoredDocuments, View, Views
from sparewheel.rag.weights import second_look, weights

if TYPE_CHECKING:
    from pathlib import Path

    from sparewheel.rag.answer.endpoint import Completer
    from sparewheel.rag.answer.local import LocalCompleter
    from sparewheel.rag.answer.reader import Reader
    from sparewheel.rag.cluster import Cluster
    from sparewheel.rag.memory.memory import Memory
    from sparewheel.rag.retrieve.hybrid import Leg
    from sparewheel.rag.retrieve.words import Keywords
    from sparewheel.rag.runnable import RetrievalQA

CIRCLES = 32  # of readers whose part of a snapshot is kept at a time
READER_BUDGET_S = 3600.0  # many may wait for their turn to be read: the question's own deadline ends that


def open_pipeline(corpus: str, settings: Settings | None = None, runtime: Runtime | None = None) -> Pipeline:
    """The pipeline over a corpus; close it after use. Who may read it is the business of whoever opens it.

    runtime: what it shares with others; by default all pipelines of the process share one.

    Raises NotFound, StoreError for an index of other models, SettingsError for an answerer that does not exist.
    """
    settings = settings or load_settings()
    again = functools.partial(open_pipeline, corpus, settings) if runtime is None else None
    runtime = runtime or default_runtime()
    place = place_of(settings)
    config = place.config(corpus)
    views = _views_of(place, corpus, settings, runtime)
    with views.use():
        pass  # whatever is wrong with the index is said now, not with the first question
    answerers = Answerers(settings, config.profile, runtime)

    def reload_parts(settings: Settings) -> None:
        answerers.reload(settings)
        views.reload(settings)

    memory = open_memory(_store_or_copy(place, corpus), settings, runtime)
    return Pipeline(
        corpus=corpus,
        views=views,
        memory=memory,
        tables=cells_of(_store_or_copy(place, corpus)),
        answering=InstantQuote(answerers, runtime.workers, settings.answer.timeout_s),
        workers=runtime.workers,
        hooks=runtime.hooks,
        profile=config.profile,
        sensitivity=lambda: place.config(corpus).sensitivity,
        settings=settings,
        origins=runtime.origins,
        is_normal=lambda other: is_normal(place, other),
        close=views.close,
        reload=reload_parts,
        again=again,
    )


def _views_of(place: Place, corpus: str, settings: Settings, runtime: Runtime) -> Views | PinnedViews:
    """The views of the corpus; of one in a database, with those of the copy on this machine behind them."""

    def opened(place: Place, settings: Settings) -> Views:
        return Views(place.store(corpus), settings, functools.partial(open_view, runtime=runtime), runtime.open_views)

    if isinstance(place, PinnedPlace):
        return PinnedViews(settings, functools.partial(opened, place), functools.partial(opened, place.copies))
    return opened(place, settings)


def _store_or_copy(place: Place, corpus: str) -> CorpusStore:
    try:
        return place.store(corpus)
    except Unavailable:
        if not isinstance(place, PinnedPlace):
            raise
        return place.copies.store(corpus)


def is_normal(place: Place, corpus: str) -> bool:
    """Whether the corpus is of normal sensitivity as it is now; not one that is gone or cannot be read."""
    try:
        return place.config(corpus).sensitivity == "normal"
    except (SparewheelError, OSError):
        return False


def open_chain(corpus: str, settings: Settings | None = None) -> RetrievalQA:
    """The pipeline as a LangChain Runnable with RetrievalQA's contract."""
    from sparewheel.rag.runnable import RetrievalQA

    return RetrievalQA(pipeline=open_pipeline(corpus, settings))


def open_view(
    snapshot: CorpusSnapshot, config: CorpusConfig, settings: Settings, runtime: Runtime | None = None
) -> View:
    """The retrievers over one snapshot. Without a dense index yet, words alone find; a note says how far it is."""
    runtime = runtime or default_runtime()
    from sparewheel.rag.retrieve.hybrid import Hybrid
    from sparewheel.rag.retrieve.words import IndexedWords, ordinary_words

    share = snapshot.share("dense")
    keywords, nearest = searches(snapshot)
    legs: list[Leg] = [keywords]
    notes: tuple[str, ...] = ()
    ranking = config.profile.weights
    if share > 0:
        embedder = embedder_of(config, settings, runtime)
        snapshot.check({"dense": embedder.name})
        legs.append(nearest(embedder))
        ranking = _known_languages(ranking, embedder)
    if share < 1:
        notes = (f"dense index {share:.0%} built: the rest is found by its words only",)
    retriever = Hybrid(legs, settings.retrieve, weights=ranking, threads=runtime.searching)
    ordinary, reranking = ordinary_words(weights(settings)), rerankers(settings, runtime)

    @functools.lru_cache(maxsize=CIRCLES)
    def of_circle(rights: Rights) -> View | None:
        part = readable(snapshot, rights, config.name)
        if not isinstance(part, Readable):
            return None
        known = Catalogue(part, IndexedWords(keywords, part.only(None)), ordinary)
        found = ReadableSearch(retriever, part)
        return View(found, reranking, StoredDocuments(part), notes, known, readable=part)

    @functools.cache
    def labelled() -> frozenset[str]:
        return frozenset(name for readers in snapshot.labels().values() for name in readers)

    def narrow(rights: Rights) -> View | None:
        return of_circle(rights.that_matter(labelled())) if labelled() or rights.rules else None

    catalogue = Catalogue(snapshot, IndexedWords(keywords), ordinary)
    return View(retriever, reranking, StoredDocuments(snapshot), notes, catalogue, narrow)


def searches(snapshot: CorpusSnapshot) -> tuple[Keywords, Callable[[Embedder], Leg]]:
    """By words, and by meaning once the embedder is known: of the engine that keeps the snapshot."""
    from sparewheel.rag.retrieve.bm25_segment import VERSION

    snapshot.check({"bm25": VERSION})
    if isinstance(snapshot, Snapshot):
        from sparewheel.rag.retrieve.bm25 import Bm25Index, Bm25Search
        from sparewheel.rag.retrieve.dense import DenseIndex, DenseSearch

        keywords = Bm25Search(Bm25Index.open(*snapshot.segments("bm25")), snapshot)
        vectors = snapshot.segments("dense")
        return keywords, lambda embedder: DenseSearch(DenseIndex.open(*vectors), embedder, snapshot)
    from sparewheel.rag.postgres.keywords import PostgresKeywords
    from sparewheel.rag.postgres.nearest import PostgresNearest
    from sparewheel.rag.postgres.snapshot import PostgresSnapshot

    if isinstance(snapshot, PostgresSnapshot):
        return PostgresKeywords(snapshot), lambda embedder: PostgresNearest(snapshot, embedder)
    raise TypeError(f"no search is known for a {type(snapshot).__name__}")


def _known_languages(
    weights: Mapping[str, Mapping[str, float]], embedder: Embedder
) -> Mapping[str, Mapping[str, float]]:
    """The weights of the searches where the embedding model knows the language. The built-in English one knows no
    Chinese: words alone find then (sample questions in Chinese: right passage first .73, with both searches .47)."""
    if not embedder.name.startswith("embed-en@"):
        return weights
    return {**weights, "zh": {**weights.get("zh", {}), "dense": 0.0}}


# ---------------------------------------------------------------- indexes


def keyword_writer() -> IndexWriter:
    """The index a document must be in to be found at all."""
    from sparewheel.rag.retrieve.bm25_write import Bm25Writer

    return Bm25Writer()


def dense_writer(store: CorpusStore, settings: Settings, cluster: Cluster | None = None) -> IndexWriter:
    """The index that fills behind. The corpus must have documents: their language chooses the model, once for all.

    cluster: its machines embed.
    """
    from sparewheel.rag.retrieve.dense_write import DenseWriter

    if not store.config.embedding:
        from sparewheel.rag.retrieve.embed import open_embedder

        with store.open() as snapshot:
            chosen = settings.retrieve.embedding
            if chosen == "auto":
                chosen = open_embedder("auto", snapshot.language(), folder=weights(settings)).name.partition("@")[0]
        store.configure(embedding=chosen)
    own = embedder_of(store.config, settings)
    if cluster is None:
        return DenseWriter(own)
    return DenseWriter(cluster.embedder(_embedding(store.config, settings), own), cluster.at_once)


# ---------------------------------------------------------------- models, shared while they are used


def embedder_of(config: CorpusConfig, settings: Settings, runtime: Runtime | None = None) -> Embedder:
    """The embedding model of the settings; "auto": the one the corpus was first embedded with."""
    return embedder(_embedding(config, settings), settings, runtime)


def _embedding(config: CorpusConfig, settings: Settings) -> str:
    return config.embedding if settings.retrieve.embedding == "auto" else settings.retrieve.embedding


def embedder(name: str, settings: Settings, runtime: Runtime | None = None) -> Embedder:
    """An embedding model by its name, as `retrieve.embed.open_embedder`; shared while it is used."""
    from sparewheel.rag.retrieve.embed import open_embedder

    folder = weights(settings)
    return (runtime or default_runtime()).shared(("embedder", name, folder), lambda: open_embedder(name, folder=folder))


def rerankers(settings: Settings, runtime: Runtime | None = None) -> dict[str, Reranker]:
    """The built-in rerankers by language, none where the settings say off. A model is read when it is first used."""
    from sparewheel.rag.retrieve.rerank import OnnxReranker

    if settings.retrieve.rerank == "off":
        return {}
    runtime, threads = runtime or default_runtime(), settings.models.threads
    found: dict[str, Reranker] = {}
    for file in weights(settings).glob("rerank-*/model.onnx"):
        opened = functools.partial(OnnxReranker, file.parent, threads)
        language = file.parent.name.removeprefix("rerank-")
        found[language] = runtime.shared(("reranker", file.parent, threads), opened)
    return found


# ---------------------------------------------------------------- memory


class LanguageModels:
    """The built-in embedding models and readers by the language of a question, opened when they are first needed."""

    def __init__(self, settings: Settings, runtime: Runtime) -> None:
        self._settings, self._runtime = settings, runtime
        self.after_fork()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """Models are the parent's."""
        self._held: dict[str, object] = {}  # the runtime shares what somebody uses

    def embedder(self, language: str) -> Embedder | None:
        from sparewheel.rag.retrieve.embed import open_embedder

        name, folder = f"embed-{language}", weights(self._settings)
        if not (folder / name / "model.onnx").is_file():
            return None
        found = self._runtime.shared(("embedder", name, folder), lambda: open_embedder(name, folder=folder))
        self._held[name] = found
        return found

    def reader(self, language: str) -> Reader | None:
        folder = weights(self._settings) / f"reader-{language}"
        if not (folder / "model.onnx").is_file():
            return None
        found = _reader(folder, language, self._settings, self._runtime)
        self._held[folder.name] = found
        return found


def open_memory(store: CorpusStore, settings: Settings, runtime: Runtime | None = None) -> Memory:
    """The memory of the corpus. Nothing is opened or made before it is used."""
    from sparewheel.rag.memory.memory import Memory

    models = LanguageModels(settings, runtime or default_runtime())
    return Memory(memory_of(store), models.embedder, models.reader)


# ---------------------------------------------------------------- answerers


class Answerers:
    """The failover of a corpus, `Failover.stream` with its settings' answerers; another one in a forked process."""

    def __init__(self, settings: Settings, profile: Profile, runtime: Runtime) -> None:
        self._settings, self._profile, self._runtime = settings, profile, runtime
        self._failover: Failover | None = open_failover(settings, profile, runtime)
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """Its connections and the locks of its breakers are the parent's."""
        keep_of_parent(self._failover)
        self._failover = None

    @property
    def failover(self) -> Failover:
        """The one of this process."""
        if self._failover is None:
            self._failover = open_failover(self._settings, self._profile, self._runtime)
        return self._failover

    def reload(self, settings: Settings) -> None:
        """New endpoints, keys and order from the next question on; questions in flight end with the old ones."""
        reload(self.failover, settings, self._profile, self._runtime)
        self._settings = settings

    def stream(self, request: AnswerRequest, deadline: Deadline | None = None) -> AsyncGenerator[FailoverEvent]:
        """As the failover's."""
        return self.failover.stream(request, deadline)

    async def warm(self, request: AnswerRequest) -> None:
        """As the failover's; the chat model on this machine is in memory then, or could not be loaded."""
        await self.failover.warm(request)
        if self._settings.local_chat.model:
            with contextlib.suppress(Exception):  # the question that needs it tells why
                await asyncio.wrap_future(_local_completer(self._settings, self._runtime).warm())


def open_failover(settings: Settings, profile: Profile, runtime: Runtime | None = None) -> Failover:
    """Every answerer of the settings, the memory before the vertical reader, which is last and always there.

    Raises SettingsError where `answer.order` names one that does not exist.
    """
    found = targets(settings, profile, runtime or default_runtime())
    order(found, "normal", settings.answer.order)
    return Failover(
        found,
        names=settings.answer.order,
        timeout_s=settings.answer.timeout_s,
        speculative=settings.answer.speculative,
    )


def reload(failover: Failover, settings: Settings, profile: Profile, runtime: Runtime | None = None) -> None:
    """New endpoints, keys and order from the next question on; questions in flight end with the old ones."""
    failover.reload(targets(settings, profile, runtime or default_runtime()), settings.answer.order)


def targets(settings: Settings, profile: Profile, runtime: Runtime) -> list[Target]:
    """The answerers with their budgets and breakers, cloud ones first."""
    found = [_cloud(name, endpoint, settings, profile, runtime) for name, endpoint in settings.endpoint.items()]
    runtime.hooks.endpoints(target.breaker for target in found if target.breaker is not None)
    if settings.local_chat.model:
        found.append(_local_chat(settings, profile, runtime))
    if settings.answer.memory != "off":
        found.append(Target(MemoryAnswerer(), memory=settings.answer.memory))
    found.append(_vertical(profile, settings, runtime))
    return found


def chat_models(
    settings: Settings, sensitivity: Sensitivity, runtime: Runtime | None = None
) -> list[tuple[Completer, float]]:
    """The chat models that may see documents of this sensitivity, in the policy's order, each with the seconds that it
    may take; none where the settings have none."""
    from sparewheel.rag.answer.chat import ChatAnswerer

    found = targets(settings, Profile(), runtime or default_runtime())
    return [
        (target.answerer.completer, target.budgets.total_s)
        for target in order(found, sensitivity, settings.answer.order)
        if isinstance(target.answerer, ChatAnswerer)
    ]


def _cloud(name: str, endpoint: Endpoint, settings: Settings, profile: Profile, runtime: Runtime) -> Target:
    from sparewheel.rag.answer.chat import ChatAnswerer
    from sparewheel.rag.answer.endpoint import EndpointCompleter

    completer = EndpointCompleter(name, endpoint, kept_alive=runtime.hooks.kept_alive)
    identity = f"{name} {endpoint} {completer.key_digest()}"  # a changed key is a new endpoint: its breaker is closed
    breaker = runtime.shared(("breaker", identity, settings.breaker), lambda: CircuitBreaker(name, settings.breaker))
    breaker.mended_by(completer.key_digest)
    max_tokens = endpoint.max_tokens or (8192 if endpoint.thinking else 1024)  # thoughts count
    return Target(
        ChatAnswerer(completer, profile, max_tokens=max_tokens),
        # connect_s is kept by the transport: an endpoint may send its head with the first token
        Budgets(endpoint.first_token_s, endpoint.between_tokens_s, endpoint.total_s),
        breaker,
        identity=identity,
        hedge_after_s=endpoint.hedge_after_s,
    )


def breakers(settings: Settings, runtime: Runtime | None = None) -> list[CircuitBreaker]:
    """Of the endpoints, in the order of the settings: the very ones that every pipeline of the runtime asks."""
    runtime = runtime or default_runtime()
    clouds = [_cloud(name, endpoint, settings, Profile(), runtime) for name, endpoint in settings.endpoint.items()]
    return [cloud.breaker for cloud in clouds if cloud.breaker is not None]


def _local_completer(settings: Settings, runtime: Runtime) -> LocalCompleter:
    from sparewheel.rag.answer.local import LocalCompleter

    chat = settings.local_chat
    return runtime.shared(("local chat", chat), lambda: LocalCompleter(chat))


def _local_chat(settings: Settings, profile: Profile, runtime: Runtime) -> Target:
    from sparewheel.rag.answer.chat import ChatAnswerer

    chat = settings.local_chat
    completer = _local_completer(settings, runtime)
    completer.warm()
    return Target(
        ChatAnswerer(completer, profile, max_tokens=chat.max_new_tokens),
        Budgets(chat.first_token_s, chat.between_tokens_s, chat.total_s),
    )


def _reader(folder: Path, language: str, settings: Settings, runtime: Runtime) -> Reader:
    from sparewheel.rag.answer.reader import Reader
    from sparewheel.rag.answer.second_look import SecondLook

    rules, bigger = settings.models, second_look(settings, language)
    key = ("reader", folder, bigger, rules.threads, rules.read_windows)
    return runtime.shared(
        key, lambda: Reader(folder, rules.threads, rules.read_windows, SecondLook(bigger) if bigger else None)
    )


def _vertical(profile: Profile, settings: Settings, runtime: Runtime) -> Target:
    from sparewheel.rag.answer.vertical import VerticalReader

    models = weights(settings)
    openers = {
        language: functools.partial(_reader, models / name, language, settings, runtime)
        for language, name in {"en": "reader-en", "zh": "reader-zh", **profile.reader}.items()
        if (models / name / "model.onnx").exists()
    }
    budgets = Budgets(READER_BUDGET_S, READER_BUDGET_S, READER_BUDGET_S)
    return Target(VerticalReader(openers, runtime.workers), budgets, last_resort=True)
