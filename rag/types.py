"""The records that travel through the pipeline of a question, and the protocols of its steps.

Records are frozen: a step takes records and returns new ones. Offsets are Python string indices into `Document.text`,
half open: `document.text[span.start:span.end]`. Scores compare only within one ranker. Times are seconds.
"""

from __future__ import annotations

import hashlib
import math
import operator
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field, replace
from enum import Enum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Outcome = Literal["answered", "refused", "failed"]
Sensitivity = Literal["high", "normal"]
Shape = Literal["one", "several", "each"]  # of an answer: one place, several of a document, one of each document
Filter = Mapping[str, str | Sequence[str]]  # metadata key -> the value, or any one of several values


class DocumentSet(tuple[str, ...]):
    """Ids of documents as the value of a filter, with a short name: what is made of a filter is kept by it."""

    @cached_property
    def name(self) -> str:
        """The same for the same documents in the same order."""
        return hashlib.sha256("\0".join(self).encode("utf-8", "surrogatepass")).hexdigest()


# ---------------------------------------------------------------- documents

WITHIN = " › "  # in the id of a document that lies in another's file: "mail.eml › contract.docx"
ABOUT = ("parties", "drug", "subject", "matter")  # metadata keys of the names that tell documents of one kind apart


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a paginated document: its number (1-based) and where its text lies in `Document.text`."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page in PDF points, origin top left, y downwards."""

    page: int
    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """Where each word of a document stands. Row i of every array is word i, in text order.

    spans: int32 [words, 2], offsets into `Document.text`; pages: int32 [words], 1-based;
    boxes: float32 [words, 4], x0 top x1 bottom in points; sizes: float32 [pages, 2], width and height in points.
    """

    spans: NDArray[np.int32]
    pages: NDArray[np.int32]
    boxes: NDArray[np.float32]
    sizes: NDArray[np.float32]

    def locate(self, start: int, end: int) -> list[Box]:
        """The boxes of the words that [start, end) touches, in text order; empty where no word lies there."""
        first = int(self.spans[:, 1].searchsorted(start, side="right"))
        last = int(self.spans[:, 0].searchsorted(end, side="left"))
        return [Box(int(self.pages[i]), *(float(v) for v in self.boxes[i])) for i in range(first, last)]


@dataclass(frozen=True, slots=True)
class Document:
    """A source document as text. `id` is stable across re-ingestion of the same source (the path within its folder)."""

    id: str
    text: str
    title: str
    source: str  # absolute path or name it came under
    media_type: str = "text/plain"
    language: str = "en"  # BCP 47 primary tag of most of the text: "en" or "zh"
    sha256: str = ""  # of the source bytes
    pages: tuple[Page, ...] = ()
    layout: Layout | None = field(default=None, compare=False, repr=False)
    metadata: Mapping[str, str] = field(default_factory=dict)
    headings: tuple[tuple[int, int, int], ...] = ()  # (start, end, level 1..9) of headings the format itself marks
    members: tuple[Document, ...] = field(default=(), compare=False, repr=False)  # as read: files in its file, by name


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage that is indexed. Invariant: `document.text[start:end] == text`."""

    document_id: str
    start: int
    end: int
    text: str
    title: str = ""
    headings: tuple[str, ...] = ()  # outermost first
    page: int | None = None  # of `start`, 1-based; None where the format has no pages
    language: str = "en"
    id: int = -1  # given by the store, stable while the document is unchanged
    metadata: Mapping[str, str] = field(default_factory=dict)  # the document's

    @property
    def indexed_text(self) -> str:
        """What the retrievers index: title, who and what the document is about, and heading path before the passage."""
        parts = (self.title, self.about, " > ".join(self.headings))
        return "\n".join((*(part for part in parts if part), self.text))

    @property
    def about(self) -> str:
        """The names that tell the document from others of its kind: parties, drug, matter. "" where none is known."""
        named = (self.metadata.get(key, "") for key in ABOUT)
        return " · ".join(name for name in named if name and name not in self.title)

    @property
    def document_name(self) -> str:
        """The document as a reader is told of it: "Lease (Acme Tools Ltd; Harbour Foods Ltd)"."""
        return named(self.document_id, self.title, self.metadata)


def named(id: str, title: str, metadata: Mapping[str, str]) -> str:
    """A document's title with the names that tell it from others of its kind; its id where it has no title."""
    about = "; ".join(name for key in ABOUT if (name := metadata.get(key, "")) and name not in title)
    brackets = "（{}）" if any("\u3400" <= c <= "\u9fff" for c in title + about) else " ({})"
    return f"{title or id}{brackets.format(about) if about else ''}"


@dataclass(frozen=True, slots=True)
class Hit:
    """A retrieved passage. rank is 1-based; score is higher-is-better under `ranker`; scores keeps each step's own."""

    chunk: Chunk
    score: float
    rank: int
    ranker: str
    scores: Mapping[str, float] = field(default_factory=dict)


# ---------------------------------------------------------------- answers


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of evidence an answerer points at: characters [start, end) of the text of `hits[hit]`."""

    hit: int  # 0-based index into AnswerRequest.hits
    start: int
    end: int
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Citation:
    """A resolved citation. `verified` is True when `quote` is verbatim at [start, end) of the document. last_page:
    where the quote ends, when that is another page."""

    marker: int  # the n of [n] in Answer.text
    document_id: str
    title: str
    source: str
    start: int
    end: int
    quote: str
    page: int | None = None
    headings: tuple[str, ...] = ()
    verified: bool = False
    chunk_id: int = -1
    last_page: int | None = None

    @property
    def pages(self) -> str:
        """ "4", or "4–5" for a quote over a page break; "" where there are no pages."""
        return f"{self.page}–{self.last_page}" if self.page and self.last_page else str(self.page or "")


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and money of one call; cost in US dollars."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cache_hit_tokens: int = 0
    cache_miss_tokens: int = 0
    cost_usd: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(*map(operator.add, astuple(self), astuple(other)))

    def __sub__(self, other: Usage) -> Usage:
        return Usage(*map(operator.sub, astuple(self), astuple(other)))


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try at one answerer. reason is a fault code of `reliability.faults` ("" when answered)."""

    answerer: str
    outcome: Literal["answered", "failed", "skipped", "cancelled"]
    reason: str = ""
    detail: str = ""
    seconds: float = 0.0
    first_token_s: float | None = None
    after_s: float = 0.0  # when it was called, counted from the moment that the answerers' turn began
    usage: Usage = Usage()  # of one that failed: what it said that it took, all the same


@dataclass(frozen=True, slots=True)
class Scope:
    """The documents that a question names. Empty: all of them are searched."""

    documents: tuple[str, ...] = ()  # ids
    titles: tuple[str, ...] = ()  # how their readers know them, in the order of the ids
    ambiguous: bool = False  # one was meant, and several fit
    absent: str = ""  # a name in the question that is in no document


EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Remembered:
    """An answer of before: to which question, by whom, when. at: ISO 8601, UTC; same: it was this very question."""

    question: str
    answered_by: str  # the answerer's name, "person" where a person wrote it
    model: str
    at: str
    person: str = ""  # who wrote or corrected it, "" for a model's
    same: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """The one record that the page draws, the API sends, the evaluation scores and the importer gets."""

    question: str
    corpus: str
    text: str
    outcome: Outcome
    citations: tuple[Citation, ...] = ()
    evidence: tuple[Hit, ...] = ()
    answered_by: str = ""  # name of the answerer; "" when no answerer was asked
    model: str = ""  # the model name the endpoint reported
    degraded: bool = False  # an answerer earlier in the policy's order should have answered and could not
    confidence: float = 0.0  # calibrated, 0..1
    label: Literal["yes", "no", "maybe", ""] = ""  # for yes/no questions
    attempts: tuple[Attempt, ...] = ()
    usage: Usage = Usage()
    timings: Mapping[str, float] = field(default_factory=dict)  # step -> seconds
    notes: tuple[str, ...] = ()  # what its reader must know ("dense index 40 % built", unsupported sentence)
    read_as: str = ""  # the question as it was understood, where it took something from the questions before
    scope: Scope = EVERYWHERE  # the documents that the question names
    reason: str = ""  # refused though nobody read the passages: absent, which, clause, language, opinion, ...
    remembered: Remembered | None = None  # answered_by "memory": whose answer this is, and of when
    similar: Remembered | None = None  # a question that was answered before and is near to this one, not the same


# ---------------------------------------------------------------- between the pipeline and an answerer


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """What an answerer is given. hits are best first; history is (question, answer) pairs, oldest first."""

    question: str
    hits: tuple[Hit, ...]
    domain: str = "general"  # "legal", "medical", "general"
    language: str = "en"  # of the question
    history: tuple[tuple[str, str], ...] = ()
    sensitivity: Sensitivity = "normal"
    instant: bool = False  # the asker wants to see the local answer while a fuller one is on its way
    standalone: str = ""  # the question with what it takes from the history; "" without one
    shared_history: tuple[tuple[str, str], ...] = ()  # the turns of it that a cloud model may see
    sensitivity_now: Callable[[], Sensitivity] = field(default=lambda: "normal", compare=False, repr=False)
    shape: Shape = "one"  # how many places of the passages the answer should quote
    quotes: tuple[Span, ...] = ()  # places that are the answer by their number ("clause 4.2"); () where it must be read
    recall: Recall | None = field(default=None, compare=False, repr=False)  # what the memory holds; None: none is kept
    left_s: Callable[[], float] = field(default=lambda: math.inf, compare=False, repr=False)  # seconds to answer in

    @property
    def may_leave(self) -> bool:
        """May this very call go to another machine? Looked up anew: a corpus may have been made confidential."""
        return self.sensitivity == "normal" and self.sensitivity_now() == "normal"

    def for_cloud(self) -> AnswerRequest:
        """Without the turns that may not leave this machine, and without what the question took from them."""
        kept = self.standalone if self.shared_history == self.history else ""
        return replace(self, history=self.shared_history, standalone=kept)


@dataclass(frozen=True, slots=True)
class Draft:
    """A finished answer before citing. Either `text` carries [n] markers (n = hit index + 1), or `spans` point at it.

    refused: the answerer found that the passages do not answer; text may then be empty.
    confidence: the answerer's own calibrated probability that it is right, 0..1.
    """

    text: str
    spans: tuple[Span, ...] = ()
    refused: bool = False
    confidence: float = 0.0
    label: Literal["yes", "no", "maybe", ""] = ""
    model: str = ""
    lines: bool = False  # the text is laid out in lines, which stay
    usage: Usage = Usage()
    notes: tuple[str, ...] = ()  # what the answer's reader must know of how it was made


Recall = Callable[[], Awaitable[Draft | None]]  # the kept answer to the question of a request; None where there is none


class Progress(Enum):
    """What an answerer yields between pieces of the answer."""

    LOADING = "loading"  # the model is being loaded: only the end of all is watched, until it has STARTED
    STARTED = "started"  # the request goes out now: the budgets begin
    CONNECTED = "connected"  # the head of the response is here: the connect budget is met
    ALIVE = "alive"  # keep-alive, blank line, role-only or reasoning chunk: nothing of the answer
    THINKING = "thinking"  # a thought of a model that was asked to think first: progress, but nothing of the answer


# ---------------------------------------------------------------- what a domain is


@dataclass(frozen=True)
class Profile:
    """What the pipeline must know of a domain; kept with the corpus, so a corpus folder is complete by itself.

    Mappings go from language ("en", "zh") to the wording or value.
    """

    domain: str = "general"
    abbreviations: tuple[str, ...] = ()  # tokens whose full stop ends no sentence: "Inc.", "No.", "mg."
    heading_patterns: tuple[str, ...] = ()  # regular expressions of heading lines beside the built-in ones
    role: Mapping[str, str] = field(default_factory=dict)  # who the chat model is asked to be
    disclaimer: Mapping[str, str] = field(default_factory=dict)
    reader: Mapping[str, str] = field(default_factory=dict)  # name of the built-in vertical reader
    floor: Mapping[str, float] = field(default_factory=dict)  # refuse when no hit scores above it
    weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # of the searches: {"zh": {"dense": 2.0}}
    chunk_chars: int = 1000  # longest chunk (Chinese: half of it), where the setting does not say


# ---------------------------------------------------------------- the steps, one method each


@dataclass(frozen=True, eq=False)
class Selection:
    """The chunks that a search may find, as one bitmap that every search uses. Safe to share between threads.

    mask: bool [largest chunk id + 1]; mask[i]: chunk i may be found. Ids beyond it are in no one's selection.
    """

    mask: NDArray[np.bool_]
    _places: dict[int, tuple[NDArray[np.int64], NDArray[np.bool_]]] = field(default_factory=dict, repr=False)

    @classmethod
    def of(cls, ids: NDArray[np.int64]) -> Selection:
        """Of chunk ids, none below 0."""
        import numpy as np

        mask = np.zeros(int(ids.max()) + 1 if len(ids) else 0, np.bool_)
        mask[ids] = True
        return cls(mask)

    @cached_property
    def count(self) -> int:
        """How many chunks are in it."""
        return int(self.mask.sum())

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """The chunks in it, ascending."""
        import numpy as np

        return np.flatnonzero(self.mask).astype(np.int64, copy=False)

    @cached_property
    def bits(self) -> NDArray[np.uint8]:
        """The mask, eight chunks a byte, the lowest id in the lowest bit; at least one byte."""
        import numpy as np

        return np.packbits(self.mask, bitorder="little") if len(self.mask) else np.zeros(1, np.uint8)

    def places(self, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
        """bool [len(ids)]: which of the ascending ids of an index are in it. Kept for this very array."""
        import numpy as np

        kept = self._places.get(id(ids))
        if kept is None:
            inside = int(ids.searchsorted(len(self.mask)))
            places = np.zeros(len(ids), np.bool_)
            places[:inside] = self.mask[ids[:inside]]
            kept = self._places[id(ids)] = (ids, places)  # with the array, so that no other gets its id
        return kept[1]


class Passages(Protocol):
    """The chunks of an open snapshot, as the retrievers need them."""

    def chunks(self, ids: Sequence[int]) -> list[Chunk]:
        """The chunks in the order of `ids` (one query, no loop over the corpus)."""
        ...

    def selected(self, filter: Filter) -> Selection:
        """The chunks whose document satisfies every key of the filter; the same object for the same filter."""
        ...


class Embedder(Protocol):
    """Text to unit vectors. `name` is model and version: an index built under another name is not comparable."""

    name: str
    dimension: int

    def embed(self, texts: Sequence[str], *, query: bool = False) -> NDArray[np.float32]:
        """float32 [len(texts), dimension], rows of length 1."""
        ...


class SearchResult(NamedTuple):
    """What one search found, best first, and what a reader of the answer must know of it (a search that failed)."""

    hits: Sequence[Hit]
    notes: tuple[str, ...] = ()


class Retriever(Protocol):
    """Question to passages. Applies the filter before top-k; returns fewer than k when fewer match.

    within_s: a search that takes longer is left out where another one has found something; None: all are waited for.
    """

    def retrieve(
        self, query: str, k: int, filter: Filter | None = None, within_s: float | None = None
    ) -> SearchResult: ...


class Reranker(Protocol):
    """The same hits in a better order, best first; may cut to k.

    within_s: what is not read by then keeps its order behind what is, and a note says so; None: all the time it takes.
    """

    def rerank(self, query: str, hits: Sequence[Hit], k: int, within_s: float | None = None) -> SearchResult: ...


class Reads(Protocol):
    """A local reader: takes a tenth of a second of processor, and quotes."""

    def read(self, request: AnswerRequest) -> Draft:
        """The quoted answer, or refused."""
        ...


class Answerer(Protocol):
    """Streams text deltas (str) with `Progress` between them, then exactly one Draft last. Raises `Unavailable` or a
    foreign error on failure."""

    @property
    def name(self) -> str: ...
    @property
    def local(self) -> bool:
        """True: no byte leaves the machine."""
        ...

    def stream(self, request: AnswerRequest) -> AsyncIterator[str | Progress | Draft]: ...


class IndexWriter(Protocol):
    """Writes the segments of one index of a corpus (see `ingest.store`)."""

    name: str  # of its folder in a snapshot: "bm25", "dense"
    version: str  # tokeniser or model it is built with; an index of another version is not comparable and is rebuilt

    def write(self, folder: Path, added: Sequence[Chunk], removed: Sequence[Chunk]) -> None:
        """Write a segment into `folder` (which exists, empty): the chunks `added`, all newer than those of earlier
        segments, and that the chunks `removed` of earlier segments are gone."""
        ...

    def merge(self, segments: Sequence[Path], folder: Path) -> None:
        """Write segments that follow each other, the oldest first, as one into `folder`."""
        ...
