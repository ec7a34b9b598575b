"""A corpus as a LangChain `VectorStore`.

store = Sparewheel.from_documents(splits, corpus="contracts", domain="legal")
store.similarity_search("Who may assign?", k=4, filter={"source": "lease.pdf"})
store.as_retriever(search_type="mmr")

A LangChain document is kept and given back as it came: text, metadata with their types, id. Searches are those of the
corpus, by words and by meaning, reranked; nothing need be fetched or run beside it.
"""

from __future__ import annotations

import tempfile
import uuid
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.vectorstores import VectorStore
from langchain_core.vectorstores.utils import maximal_marginal_relevance
from numpy.typing import NDArray

from sparewheel.app.python.corpus import Corpus, open_corpus
from sparewheel.app.python.texts import from_text, page_of, plain
from sparewheel.rag.assemble import embedder_of
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.places import place_of
from sparewheel.rag.retrieve.embed import GIVEN, give_embedder, open_embedder
from sparewheel.rag.retrieve.retrievers import given_metadata, kept_metadata
from sparewheel.rag.settings import Settings, load_settings
from sparewheel.rag.types import Document as OurDocument
from sparewheel.rag.types import Embedder, Filter, Hit, Page, Sensitivity
from sparewheel.rag.weights import weights

_MORE = 3  # hits asked for each document wanted: a long document is found by several of its passages


class Sparewheel(VectorStore):
    """A vector store over a corpus. Close it, or let it go: a corpus without a name ends with it."""

    def __init__(
        self,
        corpus: str | None = None,
        embedding: Embeddings | None = None,
        *,
        domain: str = "general",
        sensitivity: Sensitivity = "normal",
        settings: Settings | None = None,
    ) -> None:
        """corpus: its name, made where there is none; without one it is kept in a temporary folder. embedding: any
        model of LangChain's; None: the built-in one of the documents' language, on this machine.

        Raises UsageError for an embedding over a corpus of high sensitivity: it may send its text elsewhere.
        """
        settings = settings or load_settings()
        if corpus is None:
            folder = tempfile.TemporaryDirectory(prefix="sparewheel-")
            settings, corpus = replace(settings, data_folder=folder.name), "texts"
            weakref.finalize(self, folder.cleanup)
        self._given = _Given(embedding) if embedding is not None else None
        if self._given is not None:
            give_embedder(self._given)
            settings = replace(settings, retrieve=replace(settings.retrieve, embedding=self._given.name))
        self._settings = settings
        self.corpus: Corpus = open_corpus(
            corpus, create=True, domain=domain, sensitivity=sensitivity, settings=settings
        )
        if self._given is not None and self.corpus.sensitivity == "high":
            raise UsageError(
                f"corpus {corpus!r} is of high sensitivity, and an embedding from outside may send its text elsewhere; "
                "leave `embedding` out: the built-in model runs on this machine"
            )

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings | None = None,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        corpus: str | None = None,
        **options: Any,
    ) -> Self:
        """A store with these texts. options: as the constructor's."""
        store = cls(corpus, embedding, **options)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    @classmethod
    def from_documents(
        cls,
        documents: list[Document],
        embedding: Embeddings | None = None,
        *,
        corpus: str | None = None,
        **options: Any,
    ) -> Self:
        """A store with these documents. options: as the constructor's."""
        ids = options.pop("ids", None)
        store = cls(corpus, embedding, **options)
        store.add_documents(documents, ids=ids)
        return store

    @property
    def embeddings(self) -> Embeddings:
        """The model that was given, or the built-in one."""
        return self._given.embedding if self._given is not None else _BuiltIn(self._embedder())

    # ------------------------------------------------------------ documents

    def add_documents(self, documents: list[Document], **kwargs: Any) -> list[str]:
        """Their ids: `ids` of the keywords, else the documents' own, else new ones. One that is there is replaced."""
        ids = kwargs.get("ids") or [document.id for document in documents]
        if len(ids) != len(documents):
            raise UsageError(f"{len(documents)} documents but {len(ids)} ids; give one for each")
        named = [id or str(uuid.uuid4()) for id in ids]
        if documents:
            counted = {d.metadata.get("source") for d in documents if d.metadata.get("page") == 0}
            self.corpus.add(
                [
                    _ours(document, id, from_zero=document.metadata.get("source") in counted)
                    for document, id in zip(documents, named, strict=True)
                ]
            )
        return named

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """As `add_documents`."""
        listed = list(texts)
        about = metadatas if metadatas is not None else [{} for _ in listed]
        if len(about) != len(listed):
            raise UsageError(f"{len(listed)} texts but {len(about)} metadatas; give one for each text")
        pairs = zip(listed, about, strict=True)
        return self.add_documents([Document(page_content=text, metadata=one) for text, one in pairs], ids=ids)

    def delete(self, ids: list[str] | None = None, **kwargs: Any) -> bool:
        """The documents are gone; one that is not there is passed over. None: all of them."""
        known = {info.id for info in self.corpus.documents()}
        gone = [id for id in dict.fromkeys(ids)] if ids is not None else sorted(known)
        if there := [id for id in gone if id in known]:
            self.corpus.remove(*there)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Those of them that are there, in this order."""
        known = {info.id for info in self.corpus.documents()}
        there = [id for id in ids if id in known]
        return [_langchains(document) for document in self.corpus.read(*there)] if there else []

    # ------------------------------------------------------------ searches

    def similarity_search(self, query: str, k: int = 4, filter: Filter | None = None, **kwargs: Any) -> list[Document]:
        """The documents nearest to the query, best first."""
        return [document for document, _ in self.similarity_search_with_score(query, k, filter, **kwargs)]

    def similarity_search_with_score(
        self, query: str, k: int = 4, filter: Filter | None = None, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """With their scores, higher is better; they compare within one search only."""
        hits = self._hits(query, k, filter)
        return [(document, hit.score) for document, hit in zip(self._documents(hits), hits, strict=True)]

    def _similarity_search_with_relevance_scores(
        self, query: str, k: int = 4, **kwargs: Any
    ) -> list[tuple[Document, float]]:
        """With the probability that each answers the query; where no reranker read it, its cosine, at least 0."""
        hits = self._hits(query, k, kwargs.get("filter"))
        cosines = np.clip(self._vectors(hits) @ self._query(query), 0, 1) if hits else []
        return [
            (document, float(hit.scores.get("relevance", cosine)))
            for document, hit, cosine in zip(self._documents(hits), hits, cosines, strict=True)
        ]

    def max_marginal_relevance_search(
        self, query: str, k: int = 4, fetch_k: int = 20, lambda_mult: float = 0.5, **kwargs: Any
    ) -> list[Document]:
        """Of the `fetch_k` nearest the k that are near and unlike each other (Carbonell and Goldstein 1998)."""
        hits = self._hits(query, fetch_k, kwargs.get("filter"))
        if not hits:
            return []
        chosen = maximal_marginal_relevance(self._query(query), list(self._vectors(hits)), lambda_mult, k)
        return self._documents([hits[i] for i in chosen])

    def close(self) -> None:
        """Gives back what was opened."""
        self.corpus.close()

    # ------------------------------------------------------------ inside

    def _hits(self, query: str, k: int, filter: Filter | None) -> list[Hit]:
        """The best hit of each document, at most k."""
        try:
            found = self.corpus.search(query, k=k * _MORE, filter=filter)
        except NotFound:  # no document yet
            return []
        best: dict[str, Hit] = {}
        for hit in found:
            best.setdefault(hit.chunk.document_id, hit)
        return list(best.values())[:k]

    def _documents(self, hits: Sequence[Hit]) -> list[Document]:
        """The document of each hit, as it came."""
        found = self.corpus.read(*(hit.chunk.document_id for hit in hits)) if hits else []
        return [_langchains(document) for document in found]

    def _embedder(self) -> Embedder:
        if self._given is not None:
            return self._given
        config = place_of(self._settings).store(self.corpus.name).config
        return (
            embedder_of(config, self._settings)
            if config.embedding
            else open_embedder("auto", folder=weights(self._settings))
        )

    def _query(self, query: str) -> NDArray[np.float32]:
        vector: NDArray[np.float32] = self._embedder().embed([query], query=True)[0]
        return vector

    def _vectors(self, hits: Sequence[Hit]) -> NDArray[np.float32]:
        return self._embedder().embed([hit.chunk.indexed_text for hit in hits])


class _Given:
    """A LangChain embedding as an `Embedder`."""

    def __init__(self, embedding: Embeddings) -> None:
        self.embedding = embedding
        model = next((v for key in ("model", "model_name") if isinstance(v := getattr(embedding, key, None), str)), "")
        self.dimension = len(embedding.embed_query("dimension"))
        self.name = f"{GIVEN}{type(embedding).__name__}{f':{model}' if model else ''}@{self.dimension}"

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """As `Embedder`."""
        rows = [self.embedding.embed_query(t) for t in texts] if query else self.embedding.embed_documents(list(texts))
        vectors = np.asarray(rows, np.float32).reshape(len(texts), self.dimension)
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
        return vectors


class _BuiltIn(Embeddings):
    """An `Embedder` as LangChain's."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [[float(x) for x in row] for row in self._embedder.embed(texts)]

    def embed_query(self, text: str) -> list[float]:
        return [float(x) for x in self._embedder.embed([text], query=True)[0]]


def _ours(document: Document, id: str, *, from_zero: bool) -> OurDocument:
    """The document as one of ours, with all that makes it LangChain's again."""
    metadata = document.metadata
    about = {key: value for key, value in plain(metadata).items() if key != "id"}
    made = from_text(document.page_content, about, id)
    number = page_of(metadata, from_zero=from_zero)
    pages = (Page(number, 0, len(made.text)),) if number else ()
    own = {"id": str(metadata["id"])} if "id" in metadata else {}
    return replace(made, pages=pages, metadata={**made.metadata, **own, **kept_metadata(metadata)})


def _langchains(document: OurDocument) -> Document:
    """The document as it came."""
    return Document(id=document.id, page_content=document.text, metadata=given_metadata(document.metadata))
