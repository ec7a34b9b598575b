"""The vertical reader: a small network that points at the answer in the passages. It quotes; it cannot invent.

A passage is read in windows cut by character, each by itself: a window's reading does not depend on its neighbours, and
a window is read in two thirds of the time it takes in a batch, whose activations leave the cache. Only where there are
more windows than are read in full do they go through the lower layers together, and those that a gate (and their rank
in retrieval) finds likeliest through all of them. `margin` is how much better the best span scores than no answer; what
makes it a probability, beside all else that was read, is `rag.answer.answerable`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import math
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.answer.about import without_document
from sparewheel.rag.answer.answerable import COLUMNS, features, probabilities
from sparewheel.rag.answer.cite import one_line
from sparewheel.rag.answer.claims import claimed, judged
from sparewheel.rag.answer.detail import DETAIL_TOKENS, figure_asked_for, is_detail
from sparewheel.rag.answer.either import chosen
from sparewheel.rag.answer.empty import says_nothing
from sparewheel.rag.answer.figures import quantities
from sparewheel.rag.answer.lay import in_their_words
from sparewheel.rag.answer.leads import with_lead
from sparewheel.rag.answer.question_form import Asked, form_of
from sparewheel.rag.answer.second_look import SecondLook
from sparewheel.rag.answer.spans import Reading, Window, windows_of
from sparewheel.rag.answer.verdict import Label, held, others_role, verdict, words
from sparewheel.rag.answer.whole_figures import with_whole_figures
from sparewheel.rag.errors import NotFound
from sparewheel.rag.settings import cores
from sparewheel.rag.text import sentences
from sparewheel.rag.threads import Threads
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Span

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable

log = logging.getLogger(__name__)
_STANDS_IN = re.compile(
    r"\bthe (?:medicine|agreement|contract)\b|\b(?:correct|true) that\b|本品|合同", re.IGNORECASE
)  # for the document's name
_IF = re.compile(r"\b(?:if|when|while|because|since)\b[^,?]*|(?:如果|要是|假如)[^，？?]*", re.IGNORECASE)
_HEADING = re.compile(
    r"[^\n.!?;:。！？；：]{1,80}\n\s*\n\s*(?=\S)|[^\n.!?;:,\t。！？；：，|]{1,44}\n(?=[A-Z0-9\u3400-\u9fff])"
)
READ_RERANKED = 6  # passages, of whatever documents
READ_OF_THE_FIRST = 9  # passages, where those beyond are of the document that came first
WITHOUT_FIGURE = 0.35  # of the probability of a span without a figure of the kind that is asked for
NOTHING_SHARED = 0.3  # and of one of several documents' passages that shares no word with the question
BEARS_AT_ALL = 0.25  # least share of a yes/no question's words in what is quoted without a label ...
BEARS_WELL = 0.45  # ... where each of them stands in some passage; else
ALL_BUT_CERTAIN = 0.97  # and with none
SURE = 0.9  # a span of the one document that is asked of bears with any word where it is so likely: 驾车 for 开车
UNBORNE = 0.5  # of the probability of what bears less
EMPTY = 0.2  # and of a sentence that every such document has and that says nothing
ALSO = 0.9  # a further span of the same document is quoted, too, where it is so much of the best one's probability
ALSO_AT_LEAST = 0.6  # and at least so likely


class Reader:
    """An `Answerer` over a weights folder (model.onnx, tokenizer.json, config.json). Safe to share between threads."""

    name = "reader"
    local = True

    def __init__(
        self, folder: Path | str, threads: int = 0, read_windows: int = 0, second: SecondLook | None = None
    ) -> None:
        """threads: windows read at once; 0 is one per core. read_windows: how many are read in full; 0 is as the model
        says. second: reads again what this reader is unsure of.

        Raises NotFound where the folder holds no model.
        """
        from sparewheel.rag.answer.reader_network import Network

        folder = Path(folder)
        if not (folder / "model.onnx").exists():
            raise NotFound(
                f"no reader in {folder}: model.onnx is missing; `sparewheel models list` shows what is there"
            )
        self.config: dict[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        if read_windows:
            self.config["read_windows"] = read_windows
        self._network = Network(folder, self.config, threads=1)
        self._pool = Threads(threads or cores(), "read")
        self._second = second

    def read(self, request: AnswerRequest) -> Draft:
        """The quoted answer, several where the passages hold several as good, joined by "; "; or refused."""
        asked = form_of(request.question, request.language)
        bare = without_document(asked.text, request.language, request.hits)
        asked = replace(asked, text=in_their_words(bare, request.language, request.hits))
        request = replace(request, question=asked.text)
        if asked.form == "yes-no" and (stated := self._stated(request)):
            return stated
        if (
            asked.either
            and _of_one_document(request.hits)
            and (name := chosen(asked.text, request.language, request.hits))
        ):
            text = request.hits[name.hit].chunk.text[name.start : name.end]
            return Draft(text, (name,), confidence=name.score, model=f"{self.config['name']} {self.config['version']}")
        found = self.likeliest(asked, request)
        model = f"{self.config['name']} {self.config['version']}"
        confidence = found[0].score if found else 0.0
        given = chosen_by_the_asker(request.hits)
        if confidence < self._refuse_below(request.domain, given):
            return Draft("", refused=True, confidence=confidence, model=model)
        found = tuple(_past_headings(s, request.hits[s.hit].chunk.text) for s in found)
        found, label = self._put(asked, request, found)
        if asked.form == "yes-no" and not label and not given and not self._bears(request, found[0]):
            return Draft("", refused=True, confidence=UNBORNE * confidence, model=model)
        found = tuple(with_whole_figures(s, request.hits[s.hit].chunk.text) for s in found)
        text = "; ".join(request.hits[s.hit].chunk.text[s.start : s.end] for s in found)
        return Draft(text, found, confidence=confidence, label=label, model=model)

    def _stated(self, request: AnswerRequest) -> Draft | None:
        """The yes or no to a question that states a value: what is found for the value says it; None where it states
        none, nothing is found, or what is found cannot be compared."""
        claim = claimed(request.question, request.language)
        if claim is None:
            return None
        draft = self.read(replace(request, question=claim.question))
        if draft.refused or not draft.spans:
            return None
        label = judged(claim, draft.text)
        if not label:
            return None
        span = draft.spans[0]
        text = request.hits[span.hit].chunk.text
        evidence = with_whole_figures(_whole_sentence(span, text), text)
        return replace(draft, text=text[evidence.start : evidence.end], spans=(evidence,), label=label)

    def _bears(self, request: AnswerRequest, span: Span) -> bool:
        """Whether the sentence of a span has words of a yes/no question: one about something else is no answer."""
        chunk, language = request.hits[span.hit].chunk, request.language
        sentence = _whole_sentence(span, chunk.text)
        over = words(" ".join(chunk.headings), language)
        text = chunk.text[sentence.start : sentence.end]
        if others_role(request.question, text):
            return False
        named = words(chunk.title, language)  # every sentence of the document is about that
        wanted = words(_STANDS_IN.sub(" ", request.question), language) - named
        wanted = frozenset(word for word in wanted if not word[0].isdigit())  # figures are compared, not looked for
        said = words(text, language)
        share = held(wanted, said, over)
        sure = span.score >= (SURE if share else ALL_BUT_CERTAIN) and _of_one_document(request.hits)
        if sure or not wanted:
            return True
        if not (words(_IF.sub(" ", request.question), language) - named) & (said | over):
            return False  # "if I am expelled" alone: of the appeal it says nothing
        if share >= BEARS_WELL:
            return True
        read = frozenset().union(*(words(hit.chunk.text, language) for hit in request.hits))
        return share >= BEARS_AT_ALL and wanted <= read | over

    def _put(self, asked: Asked, request: AnswerRequest, found: tuple[Span, ...]) -> tuple[tuple[Span, ...], Label]:
        """What is quoted in the form that the question asks for: the sentence with its yes or no, a detail, or all."""
        if asked.form == "yes-no":
            text = request.hits[found[0].hit].chunk.text
            evidence = _with_exception(with_lead(_whole_sentence(found[0], text), text), request)
            label = self._label(request, evidence)
            return (evidence if label else _with_polarity(found[0], evidence, text),), label
        if asked.either and (chosen := _choice(asked.text, found[0], request)):
            return (chosen,), ""
        if _ASKS_TO_DO.search(asked.text):
            return (_whole_sentence(found[0], request.hits[found[0].hit].chunk.text), *found[1:]), ""
        return (self._detail(request, found) if asked.form == "detail" else found), ""

    def readings(self, question: str, hits: Sequence[Hit], most: int = 0) -> list[Reading]:
        """What the likeliest windows of the passages `worth_reading` say, best first; ranks of the hits count. most: of
        the first so many passages instead.
        """
        chars, overlap = self.config["window_chars"], self.config["overlap_chars"]
        marks = self.config.get("cut_after", (" ",))
        read = [*range(min(most, len(hits)))] or worth_reading(hits, self.config.get("read_passages", len(hits)))
        windows = [w for i in read for w in windows_of(hits[i].chunk, i, chars, overlap, marks)]
        if not windows:
            return []
        prior = -np.asarray([self._rank_cost(w.hit + 1) for w in windows], np.float32)
        if len(windows) > self.config["read_windows"]:
            try:
                made = self._network.read(question, windows, prior)
            except Exception as error:  # each by itself: one that cannot be read costs the others nothing
                log.warning("passages cannot be read together: %s: %s", type(error).__name__, error)
                made = self._each_alone(question, windows, prior)
        else:
            made = self._each_alone(question, windows, prior)
        made = [reading for reading in made if reading.spans]
        return sorted(made, key=lambda r: -(r.spans[0][2] - self._rank_cost(r.window.hit + 1)))

    def _each_alone(self, question: str, windows: Sequence[Window], prior: NDArray[np.float32]) -> list[Reading]:
        """The readings of the windows, without those that cannot be read. Raises where none can."""

        def alone(window: Window, cost: NDArray[np.float32]) -> Reading | Exception:
            try:
                (reading,) = self._network.read(question, [window], cost)
            except Exception as error:  # a passage that the tokenizer or the network chokes on
                log.warning("a passage cannot be read: %s: %s", type(error).__name__, error)
                return error
            return reading

        made = list(self._pool.map(alone, windows, prior[:, None]))
        readings = [reading for reading in made if isinstance(reading, Reading)]
        for error in made:
            if isinstance(error, Exception) and not readings:
                raise error
        return readings

    def place(self, question: str, heading: str, text: str) -> tuple[int, int, float] | None:
        """(start, end, margin) of what answers the question in one text, None where nothing can be read in it."""
        (reading,) = self._network.read(question, [Window(0, 0, text, heading)], np.zeros(1, np.float32))
        return reading.spans[0] if reading.spans else None

    async def stream(self, request: AnswerRequest) -> AsyncIterator[str | Draft]:
        """The text in one piece, then the Draft; the reading runs in a worker thread."""
        draft = await asyncio.to_thread(self.read, request)
        if draft.text:
            yield one_line(draft.text)
        yield draft

    def _label(self, request: AnswerRequest, evidence: Span) -> Label:
        """What the evidence alone says to a yes/no question."""
        chunk = request.hits[evidence.hit].chunk
        text = chunk.text[evidence.start : evidence.end]
        labels = self._again(request.question, text).labels if "labelled" in self.config else {}
        over = " ".join((chunk.title, *chunk.headings))
        return verdict(request.question, text, over, labels, request.language)

    def _detail(self, request: AnswerRequest, found: tuple[Span, ...]) -> tuple[Span, ...]:
        """The few words asked for within the best span, where a second look sees them; else what was found."""
        best = found[0]
        text = request.hits[best.hit].chunk.text[best.start : best.end]
        again = self._again(request.question, text)
        if not again.short:
            return found
        start, end, _ = again.short
        if not is_detail(again.short, again.spans[0], text):
            figure = figure_asked_for(request.question, text, start)
            if figure is None:
                return found
            start, end = figure
        detail = text[start:end].rstrip(".,;: ")
        if detail == text.strip(".,;: \n"):
            return found
        return (Span(best.hit, best.start + start, best.start + start + len(detail), best.score),)

    def _again(self, question: str, text: str) -> Reading:
        """What the text by itself says."""
        (reading,) = self._network.read(question, [Window(0, 0, text, "")], np.zeros(1, np.float32), DETAIL_TOKENS)
        return reading

    def as_runnable(self) -> Runnable[dict[str, Any], dict[str, Any]]:
        """A LangChain Runnable: {"question", "documents" (Document or str), "domain"?} to {"answer", "confidence",
        "refused", "label", "spans" ([document index, start, end, score])}.
        """
        from langchain_core.runnables import RunnableLambda

        def answer(given: dict[str, Any]) -> dict[str, Any]:
            texts = [str(getattr(d, "page_content", d)) for d in given["documents"]]
            hits = tuple(Hit(Chunk(str(i), 0, len(t), t), 1.0, i + 1, "given") for i, t in enumerate(texts))
            draft = self.read(AnswerRequest(given["question"], hits, given.get("domain", "general")))
            spans = [[s.hit, s.start, s.end, s.score] for s in draft.spans]
            found = {"answer": draft.text, "confidence": draft.confidence, "refused": draft.refused}
            return {**found, "label": draft.label, "spans": spans}

        return RunnableLambda(answer, name="sparewheel-reader")

    def _of_domain(self, key: str, domain: str) -> Any:
        values = self.config[key]
        return values.get(domain, values["general"])

    def _rank_cost(self, rank: int) -> float:
        return float(self.config["rank_cost"]) * math.log(rank)

    def _of_given(self, readings: Sequence[Reading], domain: str) -> NDArray[np.float64]:
        """How likely the best span of each reading answers where nothing was searched: by its margin alone, which tells
        as well there as all that is known of a search's passages, in Chinese better (docs/LOG.md).
        """
        slope, offset = self._of_domain("given", domain)
        margins = np.asarray([r.spans[0][2] - self._rank_cost(r.window.hit + 1) for r in readings], np.float64)
        return np.asarray(1 / (1 + np.exp(-np.clip(slope * margins + offset, -30, 30))), np.float64)

    def _of_found(self, asked: Asked, request: AnswerRequest, readings: Sequence[Reading]) -> NDArray[np.float64]:
        """And where the passages were found by a search."""
        rows = features(asked, request.language, request.domain, readings, request.hits)
        likely = probabilities(rows, self.config["answerable"])
        likely = np.where(rows[:, COLUMNS.index("no_figure")] > 0, WITHOUT_FIGURE * likely, likely)
        apart = (rows[:, COLUMNS.index("passage")] == 0) & (rows[:, COLUMNS.index("one_document")] == 0)
        return np.where(apart, NOTHING_SHARED * likely, likely)

    def weighed(self, asked: Asked, request: AnswerRequest) -> tuple[list[Reading], NDArray[np.float64]]:
        """What the windows say, best first, and how likely the best span of each answers; no second look is taken."""
        readings = self.readings(asked.text, request.hits)
        given = chosen_by_the_asker(request.hits)
        likely = self._of_given(readings, request.domain) if given else self._of_found(asked, request, readings)
        likely = np.asarray([p * (EMPTY if says_nothing(r) else 1.0) for p, r in zip(likely, readings, strict=True)])
        return readings, likely

    def likeliest(self, asked: Asked, request: AnswerRequest) -> tuple[Span, ...]:
        """The span that answers likeliest, and those nearly as likely that say something else, at most `most_spans`;
        score is the probability.
        """
        readings, likely = self.weighed(asked, request)
        if not readings:
            return ()
        given = chosen_by_the_asker(request.hits)
        if self._second and self._second.unsure(likely, given):
            readings, likely = self._second.look(asked.text, request.domain, readings, likely, given)
        several = self._of_domain("most_spans", request.domain)
        kept: list[Span] = []
        said: set[str] = set()
        for i in np.argsort(-likely, kind="stable").tolist():
            window, (start, end, _) = readings[i].window, readings[i].spans[0]
            span = Span(window.hit, window.start + start, window.start + end, float(likely[i]))
            chunk = request.hits[span.hit].chunk
            text = chunk.text[span.start : span.end].casefold()
            near = not kept or (
                span.score >= max(ALSO * kept[0].score, ALSO_AT_LEAST)
                and chunk.document_id == request.hits[kept[0].hit].chunk.document_id
            )
            if len(kept) < several and near and text not in said:
                kept.append(span)
                said.add(text)
        return tuple(kept)

    def _refuse_below(self, domain: str, given: bool) -> float:
        values = (self._second or self).config["refuse_given_below" if given else "refuse_below"]
        return float(values.get(domain, values["general"]))


def chosen_by_the_asker(hits: Sequence[Hit]) -> bool:
    """Whether the hits are passages of one document that nobody searched for: no search scored them. They were chosen
    because they answer, far more often than what a search brings; so less is refused (docs/LOG.md).
    """
    return _of_one_document(hits) and not any(hit.scores for hit in hits)


def _of_one_document(hits: Sequence[Hit]) -> bool:
    return len({hit.chunk.document_id for hit in hits}) == 1


def worth_reading(hits: Sequence[Hit], otherwise: int) -> list[int]:
    """Which of the hits to read. A reranker has read them all: beyond the first two a passage of another document than
    the first one's misleads more often than it answers (docs/LOG.md). Without a reranker: the first `otherwise`.
    """
    if not all("relevance" in hit.scores for hit in hits):
        return [*range(min(otherwise, len(hits)))]
    return [i for i, hit in enumerate(hits[:READ_OF_THE_FIRST])
            if i < READ_RERANKED or hit.chunk.document_id == hits[0].chunk.document_id]  # fmt: skip


def _past_headings(span: Span, text: str) -> Span:
    """The span without headings: lines of their own before the paragraph, and one that runs into it, which says
    nothing where it is all that was found: "Subletting." of "6. Subletting. The Tenant shall not sublet."."""
    span = _past_heading(span, text)
    runs_in = _RUNS_IN.match(text, _line_start(text, span.start))
    if not runs_in or span.end > runs_in.end():
        return span
    behind = next(((a, b) for a, b in sentences(text) if a >= runs_in.end() - 1), None)
    return Span(span.hit, *behind, span.score) if behind else span


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _past_heading(span: Span, text: str) -> Span:
    """The span without a heading that it begins with: a line of its own over the paragraph."""
    heading = _HEADING.match(text, span.start, span.end)
    return _past_heading(Span(span.hit, heading.end(), span.end, span.score), text) if heading else span


_RUNS_IN = re.compile(  # "6. Subletting.", "7.2 Term and Notice."; no short sentence: "6. The tenant pays."
    r"\s*(?:\(?\d+(?:\.\d+)*[.)]?|[A-Z][.)])\s+(?!(?:The|An?|No|Any|Each|Every|All|Do|Never)\b)"
    r"(?![^.\n]*\b(?:is|are|was|were|shall|may|must|will|has|have|can|does|do|not)\b)"
    r"[A-Z][\w'’/&-]*(?: [\w'’/&-]+){0,3}\.(?= +[A-Z])"
)
_ASKS_TO_DO = re.compile(
    r"\bwhat (?:should|must|can|shall|am|are|is|do) (?:[a-z]+ )?(?:i|we|he|she|one|they|patients?|to) (?:[a-z]+ )?do\b"
    r"|\bwhat (?:to do|now|next|then)\b|\bwhat happens\b|怎么办|怎么处理|如何处理",
    re.IGNORECASE,
)
_DENIES_OR_LIMITS = re.compile(
    r"\b(?:not|no|never|nor|neither|cannot|avoid|unless|except|only|without|prohibit\w*|forbid\w*)\b|n['’]t\b"
    r"|不|未|禁|勿|避免|慎|仅|只|除",
    re.IGNORECASE,
)
_MOST_EVIDENCE = 300  # characters of a sentence that is quoted whole for the sake of its "not"


def _with_polarity(span: Span, evidence: Span, text: str) -> Span:
    """What is quoted to a yes/no question that gets no label: the sentence where the rest of it denies or limits what
    the span says, "Do not take it" before "if you are pregnant"."""
    rest = f"{text[evidence.start : span.start]} {text[span.end : evidence.end]}"
    return evidence if evidence.end - evidence.start <= _MOST_EVIDENCE and _DENIES_OR_LIMITS.search(rest) else span


_EXCEPTION = re.compile(
    r"(?:However|Except|Unless|This does not apply|But|Provided|The exception|Exceptions?)\b|但|除非|例外|除外"
)


def _choice(question: str, span: Span, request: AnswerRequest) -> Span | None:
    """The one of the quantities that the question offers which the sentence of the span says; None where it is none."""
    text = request.hits[span.hit].chunk.text
    sentence = _whole_sentence(span, text)
    offered = {(q.low, q.high, q.unit) for q in quantities(question) if q.unit}
    said = [q for q in quantities(text[sentence.start : sentence.end]) if (q.low, q.high, q.unit) in offered]
    if len({(q.low, q.high) for q in said}) != 1:
        return None
    return Span(span.hit, sentence.start + said[0].start, sentence.start + said[0].end, span.score)


def _with_exception(span: Span, request: AnswerRequest) -> Span:
    """The span with the next sentence where that one takes something back."""
    text = request.hits[span.hit].chunk.text
    behind = next(((a, b) for a, b in sentences(text) if a >= span.end), None)
    if behind and behind[0] - span.end < 4 and _EXCEPTION.match(text, behind[0]):
        return Span(span.hit, span.start, behind[1], span.score)
    return span


def _whole_sentence(span: Span, text: str) -> Span:
    """The sentences that the span touches: the evidence of a yes or no."""
    touched = [(a, b) for a, b in sentences(text) if b > span.start and a < span.end]
    return _past_heading(Span(span.hit, touched[0][0], touched[-1][1], span.score), text) if touched else span
