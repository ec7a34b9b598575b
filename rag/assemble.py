"""The only file that names concrete classes: settings in, a pipeline (or the parts of an ingest) out."""

from __future__ import annotations

import functools
import threading
from bisect import bisect_right
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from sparewheel.rag.chain import Pipeline, View
from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder, read_config
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.observe import hooks
from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.deadline import Budgets
from sparewheel.rag.reliability.failover import Failover
from sparewheel.rag.reliability.target import Target
from sparewheel.rag.settings import Breaker, Endpoint, LocalChat, Settings, load_settings
from sparewheel.rag.types import Answerer, Embedder, IndexWriter, Profile, Reranker
from sparewheel.rag.views import Views
from sparewheel.rag.weights import weights

if TYPE_CHECKING:
    from sparewheel.rag.answer.local import LocalCompleter
    from sparewheel.rag.ingest.snapshot import Snapshot
    from sparewheel.rag.runnable import RetrievalQA

READER_BUDGET_S = 30.0  # the built-in reader takes a tenth of a second; this is for a machine under load


def open_pipeline(corpus: str, settings: Settings | None = None) -> Pipeline:
    """The pipeline over a corpus; close it after use. Who may read it is the business of whoever opens it.

    Raises NotFound, or StoreError for an index of other models.
    """
    settings = settings or load_settings()
    config = read_config(corpus_folder(settings.corpora_folder, corpus))
    views = Views(Store(corpus_folder(settings.corpora_folder, corpus)), settings, open_view)
    views()  # whatever is wrong with the index is told now, not with the first question
    answering = open_failover(settings, config.profile)

    def reload_parts(settings: Settings) -> None:
        reload(answering, settings, config.profile)
        views.reload(settings)

    return Pipeline(
        corpus=corpus,
        view=views,
        answering=answering,
        profile=config.profile,
        sensitivity=config.sensitivity,
        settings=settings,
        close=views.close,
        reload=reload_parts,
    )


def open_chain(corpus: str, settings: Settings | None = None) -> RetrievalQA:
    """The pipeline as a LangChain Runnable with RetrievalQA's contract."""
    from sparewheel.rag.runnable import RetrievalQA

    return RetrievalQA(pipeline=open_pipeline(corpus, settings))


def open_view(snapshot: Snapshot, config: CorpusConfig, settings: Settings) -> View:
    """The retrievers over one snapshot. Without a dense index yet, words alone find; a note says how far it is."""
    from sparewheel.rag.retrieve.bm25 import Bm25Index, Bm25Search
    from sparewheel.rag.retrieve.dense import DenseIndex, DenseSearch
    from sparewheel.rag.retrieve.hybrid import Hybrid

    share = snapshot.share("dense")
    legs: list[Bm25Search | DenseSearch] = [Bm25Search(Bm25Index.open(snapshot.folder / "bm25"), snapshot)]
    notes: tuple[str, ...] = ()
    ranking = config.profile.weights
    if share > 0:
        embedder = embedder_of(config, settings)
        snapshot.check({"dense": embedder.name})
        legs.append(DenseSearch(DenseIndex.open(snapshot.folder / "dense"), embedder, snapshot))
        ranking = _known_languages(ranking, embedder)
    if share < 1:
        notes = (f"dense index {share:.0%} built: the rest is found by its words only",)
    retriever = Hybrid(legs, settings.retrieve, weights=ranking)
    return View(retriever, rerankers(settings), page_finder(snapshot), notes)


def _known_languages(
    weights: Mapping[str, Mapping[str, float]], embedder: Embedder
) -> Mapping[str, Mapping[str, float]]:
    """The weights of the searches where the embedding model knows the language. The built-in English one knows no
    Chinese: words alone find then (sample questions in Chinese: right passage first .73, with both searches .47)."""
    if not embedder.name.startswith("embed-en@"):
        return weights
    return {**weights, "zh": {**weights.get("zh", {}), "dense": 0.0}}


def page_finder(snapshot: Snapshot) -> Callable[[str, int], int | None]:
    """(document id, character offset) -> page number, None where the format has no pages."""

    @functools.lru_cache(maxsize=256)
    def starts(document_id: str) -> tuple[list[int], list[int]]:
        pages = snapshot.document(document_id, layout=False).pages
        return [page.start for page in pages], [page.number for page in pages]

    def page_of(document_id: str, offset: int) -> int | None:
        firsts, numbers = starts(document_id)
        return numbers[max(bisect_right(firsts, offset) - 1, 0)] if firsts else None

    return page_of


# ---------------------------------------------------------------- indexes


def keyword_writer() -> IndexWriter:
    """The index a document must be in to be found at all."""
    from sparewheel.rag.retrieve.bm25_write import Bm25Writer

    return Bm25Writer()


def dense_writer(store: Store, settings: Settings) -> IndexWriter:
    """The index that fills behind. The corpus must have documents: their language chooses the model, once for all."""
    from sparewheel.rag.retrieve.dense_write import DenseWriter

    if not store.config.embedding:
        from sparewheel.rag.retrieve.embed import open_embedder

        with store.open() as snapshot:
            chosen = settings.retrieve.embedding
            if chosen == "auto":
                chosen = open_embedder("auto", snapshot.language(), folder=weights(settings)).name.partition("@")[0]
        store.configure(embedding=chosen)
    return DenseWriter(embedder_of(store.config, settings))


# ---------------------------------------------------------------- models, opened once a process


def embedder_of(config: CorpusConfig, settings: Settings) -> Embedder:
    """The embedding model of the settings; "auto": the one the corpus was first embedded with."""
    chosen = config.embedding if settings.retrieve.embedding == "auto" else settings.retrieve.embedding
    return _embedder(chosen, weights(settings))


@functools.cache
def _embedder(spec: str, folder: Path) -> Embedder:
    from sparewheel.rag.retrieve.embed import open_embedder

    return open_embedder(spec, folder=folder)


def rerankers(settings: Settings) -> dict[str, Reranker]:
    """The built-in rerankers by language, none where the settings say off. A model is read when it is first used."""
    if settings.retrieve.rerank == "off":
        return {}
    found = weights(settings).glob("rerank-*/model.onnx")
    return {file.parent.name.removeprefix("rerank-"): _reranker(file.parent, settings.models.threads) for file in found}


@functools.cache
def _reranker(folder: Path, threads: int) -> Reranker:
    from sparewheel.rag.retrieve.rerank import OnnxReranker

    return OnnxReranker(folder, threads)


@functools.cache
def _reader(folder: Path, threads: int, read_windows: int) -> Answerer:
    from sparewheel.rag.answer.reader import Reader

    return Reader(folder, threads, read_windows)


# ---------------------------------------------------------------- answerers


def open_failover(settings: Settings, profile: Profile) -> Failover:
    """Every answerer of the settings, the vertical reader last and always there."""
    return Failover(
        targets(settings, profile),
        names=settings.answer.order,
        answer_within_s=settings.answer.answer_within_s,
        local_ahead=settings.answer.local_ahead,
    )


def reload(failover: Failover, settings: Settings, profile: Profile) -> None:
    """New endpoints, keys and order from the next question on; questions in flight end with the old ones."""
    failover.reload(targets(settings, profile), settings.answer.order)


def targets(settings: Settings, profile: Profile) -> list[Target]:
    """The answerers with their budgets and breakers, cloud ones first."""
    found = [_cloud(name, endpoint, settings, profile) for name, endpoint in settings.endpoint.items()]
    hooks.endpoints({target.name: target.breaker for target in found})
    if settings.local_chat.model:
        found.append(_local_chat(settings, profile))
    found.append(_vertical(profile, settings))
    return found


def _cloud(name: str, endpoint: Endpoint, settings: Settings, profile: Profile) -> Target:
    from sparewheel.rag.answer.chat import ChatAnswerer
    from sparewheel.rag.answer.endpoint import EndpointCompleter

    completer = EndpointCompleter(name, endpoint, kept_alive=hooks.kept_alive)
    identity = f"{name} {endpoint} {completer.key_digest()}"  # a changed key is a new endpoint: its breaker is closed
    return Target(
        ChatAnswerer(completer, profile),
        # connect_s is kept by the transport: an endpoint may send its head with the first token
        Budgets(endpoint.first_token_s, endpoint.between_tokens_s, endpoint.total_s),
        _breaker(identity, name, settings.breaker),
        identity=identity,
        hedge_after_s=endpoint.hedge_after_s,
    )


def breakers(settings: Settings) -> list[CircuitBreaker]:
    """Of the endpoints, in the order of the settings: the very ones that every pipeline of this process asks."""
    clouds = [_cloud(name, endpoint, settings, Profile()) for name, endpoint in settings.endpoint.items()]
    return [cloud.breaker for cloud in clouds if cloud.breaker is not None]


@functools.cache
def _breaker(identity: str, name: str, rules: Breaker) -> CircuitBreaker:
    """One breaker an endpoint and process, however many corpora ask it."""
    return CircuitBreaker(name, rules)


@functools.cache
def _completer(chat: LocalChat) -> LocalCompleter:
    """One local model a process, however many corpora ask it."""
    from sparewheel.rag.answer.local import LocalCompleter

    return LocalCompleter(chat)


def _local_chat(settings: Settings, profile: Profile) -> Target:
    from sparewheel.rag.answer.chat import ChatAnswerer

    chat = settings.local_chat
    completer = _completer(chat)
    threading.Thread(target=completer.warm, name="load-local-chat", daemon=True).start()
    return Target(
        ChatAnswerer(completer, profile, max_tokens=chat.max_new_tokens),
        Budgets(chat.first_token_s, chat.between_tokens_s, chat.total_s),
    )


def _vertical(profile: Profile, settings: Settings) -> Target:
    from sparewheel.rag.answer.vertical import VerticalReader

    models, rules = weights(settings), settings.models
    openers = {
        language: functools.partial(_reader, models / name, rules.threads, rules.read_windows)
        for language, name in {"en": "reader-en", "zh": "reader-zh", **profile.reader}.items()
        if (models / name / "model.onnx").exists()
    }
    budgets = Budgets(READER_BUDGET_S, READER_BUDGET_S, READER_BUDGET_S)
    return Target(VerticalReader(openers), budgets, last_resort=True)
