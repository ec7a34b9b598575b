"""A corpus as a Python object.

corpus = open_corpus("contracts", create=True, domain="legal")
corpus.add("contracts/")                      # files, folders, texts, LangChain Documents
corpus.ask("Who may assign the lease?")       # an Answer with citations
corpus.as_retriever(), corpus.as_chain()      # for LangChain
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from sparewheel.app.service import work
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.chain import AskOptions, Pipeline, SearchOptions
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.ingest.report import Progress, Report
from sparewheel.rag.ingest.snapshot import DocumentInfo
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.places import place_of
from sparewheel.rag.settings import Settings, load_settings
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Answer, Document, Filter, Hit, Sensitivity

if TYPE_CHECKING:
    from langchain_core.documents import Document as LangChainDocument
    from langchain_core.tools import BaseTool

    from sparewheel.rag.compat.retriever import CorpusRetriever
    from sparewheel.rag.runnable import RetrievalQA


def _silent(progress: Progress) -> None:
    pass


def open_corpus(
    name: str,
    *,
    create: bool = False,
    domain: str = "general",
    sensitivity: Sensitivity = "normal",
    settings: Settings | None = None,
) -> Corpus:
    """The corpus of this name; close it after use, or use it in a `with` block.

    create: make it where there is none, of this domain ("legal", "medical", "general") and sensitivity ("high": nothing
    of it ever leaves the machine). Raises NotFound without `create`, UsageError for a name that no corpus can have.
    """
    settings = settings or load_settings()
    if create and name not in place_of(settings).names():
        return Corpus(work.make_corpus(settings, name, domain, sensitivity), settings)
    return Corpus(place_of(settings).store(name), settings)


class Corpus:
    """A corpus to put documents into and to ask. Safe to share between threads."""

    def __init__(self, store: CorpusStore, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._pipeline: Pipeline | None = None

    @property
    def name(self) -> str:
        return self._store.config.name

    @property
    def pipeline(self) -> Pipeline:
        """What answers: `ask`, `stream` and `search` with every option. Raises NotFound while there is no document."""
        if self._pipeline is None:
            self._pipeline = open_pipeline(self.name, self._settings)
        return self._pipeline

    # ------------------------------------------------------------ documents

    def add(
        self,
        sources: str | Path | Document | LangChainDocument | Iterable[str | Path | Document | LangChainDocument],
        *,
        embed: bool = True,
        on_progress: Callable[[Progress], None] = _silent,
    ) -> Report:
        """Reads files and folders (paths), or takes documents that are texts already: ours, or LangChain's, whose
        metadata become filters ("source" or "id" names the document). What is there already is replaced or skipped.

        embed: dense search knows them too when this returns; otherwise words alone find them until a later call.
        A file that cannot be read is a row of the report, with the cure. Raises NotFound for a path that is not there.
        """
        from langchain_core.documents import Document as LangChainDocument

        if isinstance(sources, str | Path | Document | LangChainDocument):
            sources = [sources]
        paths: list[Path] = []
        documents: list[Document] = []
        for source in sources:
            if isinstance(source, str | Path):
                paths.append(Path(source).expanduser())
            else:
                documents.append(from_langchain(source) if isinstance(source, LangChainDocument) else source)
        report = Report((), 0.0, None)
        if paths:
            report = work.read_in(self._store, paths, self._settings, on_progress=on_progress)
        if documents:
            added = work.add_documents(self._store, documents, self._settings)
            searchable_s = report.searchable_s or added.searchable_s
            report = Report((*report.rows, *added.rows), report.seconds + added.seconds, searchable_s)
        if embed:
            self.embed(on_progress=on_progress)
        return report

    def add_texts(self, texts: Iterable[str], metadatas: Iterable[Mapping[str, str]] | None = None) -> Report:
        """As `add`, for bare texts; metadatas: one mapping for each, "source" names the document."""
        listed = list(texts)
        about = list(metadatas) if metadatas is not None else [{} for _ in listed]
        if len(about) != len(listed):
            raise UsageError(f"{len(listed)} texts but {len(about)} metadatas; give one for each text")
        return self.add([from_text(text, one) for text, one in zip(listed, about, strict=True)])

    def embed(self, *, on_progress: Callable[[Progress], None] = _silent) -> None:
        """Dense search knows every document when this returns. Without a model for the language, words alone find."""
        try:
            work.embed(self._store, self._settings, on_progress=on_progress)
        except NotFound:  # no built-in model of this language: said in the notes of each answer
            return

    def remove(self, *ids: str) -> None:
        """The documents are gone, all or none. Raises NotFound for one that is not there."""
        work.take_out(self._store, ids, self._settings)

    def documents(self) -> list[DocumentInfo]:
        """By id; [] while the corpus is empty."""
        if not self._store.current():
            return []
        with self._store.open() as snapshot:
            return snapshot.documents()

    # ------------------------------------------------------------ questions

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """As `Pipeline.ask`: an Answer, always; UsageError for a mistake in the question or its options."""
        return self.pipeline.ask(question, **options)

    async def aask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        return await self.pipeline.aask(question, **options)

    def search(self, question: str, **options: Unpack[SearchOptions]) -> tuple[Hit, ...]:
        """The passages nearest to the question, best first."""
        return self.pipeline.search(question, **options)

    # ------------------------------------------------------------ LangChain

    def as_retriever(self, *, k: int = 8, filter: Filter | None = None) -> CorpusRetriever:
        """A `BaseRetriever`, for RetrievalQA, LCEL and agents."""
        from sparewheel.rag.compat.retriever import CorpusRetriever

        return CorpusRetriever(pipeline=self.pipeline, k=k, filter=filter)

    def as_chain(self) -> RetrievalQA:
        """A `Runnable` with RetrievalQA's contract."""
        from sparewheel.rag.runnable import RetrievalQA

        return RetrievalQA(pipeline=self.pipeline)

    def as_tool(self, description: str = "") -> BaseTool:
        """A tool for an agent: takes a question, returns the answer with the places it was read."""
        from sparewheel.rag.compat.langchain import corpus_tool

        return corpus_tool(self.as_chain(), description)

    def close(self) -> None:
        """Gives back what was opened; the corpus stays on the disk."""
        if self._pipeline is not None:
            self._pipeline.close()
            self._pipeline = None

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def from_text(text: str, metadata: Mapping[str, str]) -> Document:
    """A document of ours from a text; it is named by "id" or "source" of its metadata, else by its content."""
    named = metadata.get("id") or metadata.get("source") or f"text-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    title = metadata.get("title") or named
    kept = {key: str(value) for key, value in metadata.items() if key not in ("id", "title")}
    sha256 = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Document(
        named, text, title, metadata.get("source", named), language=language_of(text), sha256=sha256, metadata=kept
    )


def from_langchain(document: LangChainDocument) -> Document:
    """A document of ours from LangChain's, whole: it is split by our rules."""
    metadata = {key: str(value) for key, value in document.metadata.items() if isinstance(value, str | int | float)}
    return from_text(document.page_content, {**metadata, **({"id": document.id} if document.id else {})})
