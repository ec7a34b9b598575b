"""A corpus as a Python object.

with open_corpus("contracts", create=True, domain="legal") as corpus:
    corpus.add("contracts/")                          # files, folders, texts, LangChain Documents
    corpus.ask("Who may assign the lease?")           # an Answer with citations
    corpus.as_retriever(), corpus.as_chain(), corpus.as_tool()     # for LangChain
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from sparewheel.app.evaluation.batch import only_local
from sparewheel.app.service import work
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.events import Event
from sparewheel.rag.ingest.described import DocumentInfo
from sparewheel.rag.ingest.report import Progress, Report
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.places import cells_of, place_of
from sparewheel.rag.settings import Settings, load_settings
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Answer, Document, Filter, Hit, Sensitivity
from sparewheel.rag.walk import AskOptions, SearchOptions, StreamOptions

if TYPE_CHECKING:
    from langchain_core.documents import Document as LangChainDocument
    from langchain_core.tools import BaseTool

    from sparewheel.app.python.review import Review
    from sparewheel.rag.compat.retriever import CorpusRetriever
    from sparewheel.rag.review.fill import Again
    from sparewheel.rag.review.table import Column
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
    """The corpus of this name; close it after use, or use it in a `with` or `async with` block.

    create: make it where there is none, of this domain ("legal", "medical", "general") and sensitivity ("high": nothing
    of it ever leaves the machine). Raises NotFound without `create`, UsageError for a name that no corpus can have.
    """
    settings = settings or load_settings()
    if create and name not in place_of(settings).names():
        return Corpus(work.make_corpus(settings, name, domain, sensitivity), settings)
    return Corpus(place_of(settings).store(name), settings)


class Corpus:
    """A corpus to put documents into and to ask. Safe to share between threads; pickled, it opens anew."""

    def __init__(self, store: CorpusStore, settings: Settings) -> None:
        self._store = store
        self._settings = settings
        self._pipeline: Pipeline | None = None

    @property
    def name(self) -> str:
        return self._store.config.name

    @property
    def sensitivity(self) -> Sensitivity:
        """ "high": nothing of it ever leaves the machine."""
        return self._store.config.sensitivity

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
        metadata become filters. Those of one "source" are pieces of one document. What is there already is replaced or
        skipped.

        embed: dense search knows them too when this returns; otherwise words alone find them until a later call.
        on_progress: called with stage, done and total. A file that cannot be read is a row of the report, with the
        cure. Raises NotFound for a path that is not there, UsageError for a text where a path is expected.
        """
        from langchain_core.documents import Document as LangChainDocument

        from sparewheel.app.python.texts import from_langchain

        if isinstance(sources, str | Path | Document | LangChainDocument):
            sources = [sources]
        paths, documents, pieces = list[Path](), list[Document](), list[LangChainDocument]()
        for source in sources:
            if isinstance(source, str | Path):
                paths.append(_path(source))
            elif isinstance(source, LangChainDocument):
                pieces.append(source)
            elif isinstance(source, Document):
                documents.append(source)
            else:
                raise UsageError(f"cannot add {type(source).__name__}; give paths, Documents, or texts by add_texts")
        documents += from_langchain(pieces)
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

    async def aadd(
        self,
        sources: str | Path | Document | LangChainDocument | Iterable[str | Path | Document | LangChainDocument],
        *,
        embed: bool = True,
        on_progress: Callable[[Progress], None] = _silent,
    ) -> Report:
        """As `add`, without blocking the event loop; on_progress is called in another thread."""
        return await asyncio.to_thread(self.add, sources, embed=embed, on_progress=on_progress)

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: Iterable[Mapping[str, str]] | None = None,
        *,
        ids: Iterable[str] | None = None,
        embed: bool = True,
    ) -> Report:
        """As `add`, for bare texts; metadatas, ids: one for each. Without an id "id" or "source" of the metadata names
        the document, else its content."""
        from sparewheel.app.python.texts import from_text

        if isinstance(texts, str):
            raise UsageError("texts is one string; give a list of them: add_texts([text])")
        listed = list(texts)
        about = list(metadatas) if metadatas is not None else [{} for _ in listed]
        names = list(ids) if ids is not None else ["" for _ in listed]
        for what, given in (("metadatas", about), ("ids", names)):
            if len(given) != len(listed):
                raise UsageError(f"{len(listed)} texts but {len(given)} {what}; give one for each text")
        return self.add([from_text(*each) for each in zip(listed, about, names, strict=True)], embed=embed)

    def update(self, id: str, text: str | None = None, *, embed: bool = True, **about: str) -> Document:
        """A document that is there with another text, or with its title, parties, drug, subject, matter, kind or date
        as you state them: later readings keep those. Raises NotFound, and UsageError for another key."""
        from sparewheel.app.python.texts import sha256_of

        if text is None and not about:
            raise UsageError("nothing to update; give a text, or what the document is: update(id, title='Lease')")
        with self._store.open() as snapshot:
            document = snapshot.document(id)
        if text is not None:
            document = _with_text(document, text, sha256_of(text))
            work.add_documents(self._store, [document], self._settings)
        if about:
            document = work.edit(self._store, id, about, self._settings)
        if embed:
            self.embed()
        return document

    async def aupdate(self, id: str, text: str | None = None, *, embed: bool = True, **about: str) -> Document:
        """As `update`, without blocking the event loop."""
        return await asyncio.to_thread(self.update, id, text, embed=embed, **about)

    def embed(self, *, on_progress: Callable[[Progress], None] = _silent) -> None:
        """Dense search knows every document when this returns. Without a model for the language, words alone find."""
        try:
            work.embed(self._store, self._settings, on_progress=on_progress)
        except NotFound:  # no built-in model of this language: said in the notes of each answer
            return

    def remove(self, *ids: str) -> None:
        """The documents are gone, all or none. Raises NotFound for one that is not there."""
        work.take_out(self._store, ids, self._settings)

    async def aremove(self, *ids: str) -> None:
        """As `remove`, without blocking the event loop."""
        await asyncio.to_thread(self.remove, *ids)

    def documents(self) -> list[DocumentInfo]:
        """By id; [] while the corpus is empty."""
        if not self._store.current():
            return []
        with self._store.open() as snapshot:
            return snapshot.documents()

    def read(self, *ids: str) -> list[Document]:
        """These documents with their texts. Raises NotFound for one that is not there."""
        with self._store.open() as snapshot:
            return [snapshot.document(id) for id in ids]

    # ------------------------------------------------------------ questions

    def ask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """As `Pipeline.ask`: an Answer, always; UsageError for a mistake in the question or its options."""
        return self.pipeline.ask(question, **options)

    async def aask(self, question: str, **options: Unpack[AskOptions]) -> Answer:
        """As `ask`, without blocking the event loop."""
        return await self.pipeline.aask(question, **options)

    def stream(self, question: str, **options: Unpack[StreamOptions]) -> Iterator[Event]:
        """Events as they happen, `Done` with the Answer last. Closing the iterator cancels the question."""
        return self.pipeline.iterate(question, **options)

    def astream(self, question: str, **options: Unpack[StreamOptions]) -> AsyncGenerator[Event]:
        """As `stream`, for an event loop."""
        return self.pipeline.stream(question, **options)

    def search(self, question: str, **options: Unpack[SearchOptions]) -> tuple[Hit, ...]:
        """The passages nearest to the question, best first."""
        return self.pipeline.search(question, **options)

    async def asearch(self, question: str, **options: Unpack[SearchOptions]) -> tuple[Hit, ...]:
        """As `search`, without blocking the event loop."""
        return await asyncio.to_thread(lambda: self.pipeline.search(question, **options))

    def review(
        self,
        questions: Sequence[str | tuple[str, str] | Column] | str,
        *,
        documents: Sequence[str] = (),
        local: bool = False,
        again: Again = "changed",
        budget_usd: float | None = None,
        concurrency: int = 0,
    ) -> Review:
        """Each question asked of each document: iterate (`async for` or `for`) over the cells. See `app.python.review`.

        questions: words, (name, words), or the name of a set: "contracts" (`sparewheel review --help` lists them).
        documents: patterns of ids, "leases/*.pdf"; () is all. local: only this machine answers. again: "reader" asks
        again, too, what only the local reader answered. budget_usd: filling stops before it is passed.
        Raises NotFound while there is no document, UsageError for a pattern that fits none.
        """
        from sparewheel.app.python.review import Review
        from sparewheel.app.service.reviews import how_of
        from sparewheel.corpora.sets import question_set

        if isinstance(questions, str):
            questions = [(one.name, one.ask) for one in question_set(questions).questions]
        settings = only_local(self._settings) if local else self._settings

        def opened() -> tuple[Pipeline, Callable[[], None]]:
            if not local:
                return self.pipeline, lambda: None
            pipeline = open_pipeline(self.name, settings)
            return pipeline, pipeline.close

        how = how_of(settings, self.sensitivity, again, budget_usd, concurrency)
        return Review(self._store, cells_of(self._store), opened, questions, documents, how)

    # ------------------------------------------------------------ LangChain

    def as_retriever(self, *, k: int = 8, filter: Filter | None = None) -> CorpusRetriever:
        """A `BaseRetriever`, for RetrievalQA, LCEL and agents."""
        from sparewheel.rag.compat.retriever import CorpusRetriever

        return CorpusRetriever(pipeline=self.pipeline, k=k, filter=filter)

    def as_chain(self, *, return_source_documents: bool = True) -> RetrievalQA:
        """A `Runnable` with RetrievalQA's contract."""
        from sparewheel.rag.runnable import RetrievalQA

        return RetrievalQA(pipeline=self.pipeline, return_source_documents=return_source_documents)

    def as_tool(self, description: str = "", *, name: str | None = None) -> BaseTool:
        """A tool for an agent: takes a question, returns the answer with the places it was read."""
        return self.as_chain().as_tool(name=name, description=description or None)

    # ------------------------------------------------------------ open and closed

    def close(self) -> None:
        """Gives back what was opened; the corpus stays on the disk."""
        if self._pipeline is not None:
            self._pipeline.close()
            self._pipeline = None

    def __enter__(self) -> Corpus:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Corpus:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.close()

    def __reduce__(self) -> tuple[Callable[[str, Settings], Corpus], tuple[str, Settings]]:
        return _reopened, (self.name, self._settings)

    def __repr__(self) -> str:
        return f"<Corpus {self.name!r}>"


def _reopened(name: str, settings: Settings) -> Corpus:
    return open_corpus(name, settings=settings)


def _path(source: str | Path) -> Path:
    """Raises UsageError for a text where a path is expected."""
    if isinstance(source, str) and ("\n" in source or len(source) > 1000):
        raise UsageError(f"{source[:40]!r}... is a text, not a path; bring texts in by add_texts([text])")
    return Path(source).expanduser()


def _with_text(document: Document, text: str, sha256: str) -> Document:
    """The document with another text; pages, boxes and marked headings were those of the old one."""
    language = language_of(text)
    return replace(document, text=text, sha256=sha256, language=language, pages=(), layout=None, headings=())
