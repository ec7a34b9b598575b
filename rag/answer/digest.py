"""Several places quoted in one answer: those of a document that a list or summary wants, or one of each document.

A digest is quotes under the name of their document, each cited, and a last line that says how far it is complete. What
stands in different documents is never joined without naming them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache

from sparewheel.rag.answer.cite import one_line
from sparewheel.rag.answer.empty import is_empty
from sparewheel.rag.text import language_of, sentences, simplified
from sparewheel.rag.types import AnswerRequest, Draft, Hit, Reads, Span

MOST_READ = 24  # documents of which a network reads passages for one answer
MOST_QUOTES = 10
LONGEST_QUOTE = 400  # characters, cut at the end of a sentence
_NAMED_ABSENT = 5  # documents without a place that are named

REQUEST = frozenset(
    re.findall(
        r"\S+",
        """
        a an and are as at be been but by can could did do does for from had has have how i if in is it its may me
        must my no not of on or our shall should so that the their them then there these they this those to under was
        were we what when where which who will with would you your please summarise summarize summary overview outline
        list enumerate name all every each give show tell find compare contrast difference between key main points
        terms agreement contract document documents contracts agreements leaflet lease nda any kind sort about say says
        state""",
    )
)
_REQUEST_ZH = re.compile(
    r"总结|概括|摘要|概述|归纳|列出|列举|一下|请|有哪些|哪些|哪几[份个]|是什么|什么"
    r"|主要|所有|全部|比较|对比|区别|不同|合同|协议|说明书|文档|文件|的|了|吗|呢|中|里|这份|[，。？?、\s]"
)
_COMPARE = re.compile(
    r"^\W*(?:please )?(?:compare|contrast)\s+(?:the\s+)?(?P<topic>.+?)\s+(?:of|in|between|under|for|across)\b.*$",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"^\W*(?:please )?(?:list|show|give)(?: me)?\s+(?:all\s+|every\s+|each\s+)?(?:of\s+)?(?:the\s+)?"
    r"(?P<topic>.+?)(?:\s+(?:of|in|from|for|across)\b.*)?[?.]*$",
    re.IGNORECASE,
)
_WHICH = re.compile(r"^\W*(?:which|what|how many)\b|哪些|哪几|哪一?份|多少份", re.IGNORECASE)
_VALUE = re.compile(
    r"(?<=[由在归向])[\u3400-\u9fff]{2,4}?(?:省|市|县|区)(?=的?(?:人民)?法院|的?法律|的?仲裁|管辖|境内)"
    r"|(?<=[\w,;] )[A-Z][\w’'-]+(?:\s+[A-Z][\w’'-]+)*|\d[\d.,]*\d|\d"
)
_WORD = re.compile(r"[^\W\d_\u3400-\u9fff]+(?:[-’'][^\W\d_\u3400-\u9fff]+)*")
_HAN = re.compile(r"[\u3400-\u9fff]")


_ASKS_DUTIES = re.compile(r"\b(?:obligation|oblig|dut(?:y|ies|i)\b|responsib)|义务|责任|职责", re.IGNORECASE)
_DUTY = re.compile(
    r"\b(?:shall|must|will|agrees?|undertakes?|responsible|required|obliged|may not|pays?|keeps?|bears?|performs?)\b"
    r"|应当?|须|必须|不得|负责|承担|支付|保证",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Place:
    """A quote: characters [start, end) of the text of hits[hit]."""

    hit: int
    start: int
    end: int
    score: float = 0.0


def digest(request: AnswerRequest, reader: Reads) -> Draft | None:
    """The places that the shape of the request wants, None where a reader of one place answers better."""
    if request.shape == "each":
        return _of_each(request, reader)
    if request.shape == "several":
        places = _several(request)
        if len(places) == 1:  # one place: the words the network points at, where it sees some
            read = reader.read(request)
            return _drafted(request, places, 0.6) if read.refused else read
        return _drafted(request, places, 0.6) if places else None
    return None


def places_of(request: AnswerRequest) -> Draft:
    """The quotes that the request brings."""
    return _drafted(request, [_Place(s.hit, s.start, s.end, 1.0) for s in request.quotes], 1.0)


def _of_each(request: AnswerRequest, reader: Reads) -> Draft:
    """One place of each document, read by itself; of a question for the documents that say something, those that do."""
    by_document: dict[str, list[int]] = {}
    for i, hit in enumerate(request.hits):
        by_document.setdefault(hit.chunk.document_id, []).append(i)
    values = values_of(request.question) if _WHICH.search(request.question) else []
    asked = of_one(request.question)
    places, sure = [], list[float]()
    for read, hits in enumerate(by_document.values()):
        if values:
            found = _holding(values, asked, hits, request.hits)
        else:
            draft = Draft("", refused=True)
            if read < MOST_READ:
                one = replace(
                    request, question=asked, standalone="", shape="one", hits=tuple(request.hits[i] for i in hits)
                )
                draft = reader.read(one)
            found = None if draft.refused or not draft.spans else _Place(
                hits[draft.spans[0].hit], draft.spans[0].start, draft.spans[0].end, draft.confidence)  # fmt: skip
            sure += [] if found is None else [draft.confidence]
        places += [] if found is None else [found]
    if not places:
        return Draft("", refused=True, model="digest")
    return _drafted(request, places, min(sure, default=0.9))


def _several(request: AnswerRequest) -> list[_Place]:
    """The parts whose heading is about the topic, and the sentences that speak of it; without a topic the beginning of
    every part."""
    topic = _topic(request.question, request.hits)
    duties = bool(_ASKS_DUTIES.search(request.question))
    if duties:
        topic = {word for word in topic if not _ASKS_DUTIES.search(word)} or topic
    found: list[_Place] = []
    for i, hit in enumerate(request.hits):
        text = hit.chunk.text
        spans = [s for s in sentences(text) if _is_sentence(text[slice(*s)]) and not is_empty(text[slice(*s)])]
        if not spans:
            continue
        heading = stems(" ".join(hit.chunk.headings[-1:]))
        if not topic:
            found += [_Place(i, *span, 1.0) for span in _openings(text, spans)]
            continue
        share = len(topic & heading) / len(topic)
        if share >= 0.5:
            body = [s for s in spans if stems(text[slice(*s)]) - heading] or spans
            found.append(_Place(i, *_first(body), 1.0 + share))
            continue
        scored = [(len(topic & stems(text[slice(*span)])) / len(topic), span) for span in spans]
        found += [
            _Place(i, *span, score)
            for score, span in scored
            if score >= 0.5 and (not duties or _DUTY.search(text[slice(*span)]))
        ]
    if not topic and len(found) > MOST_QUOTES:  # from all over the document
        found = [found[i * len(found) // MOST_QUOTES] for i in range(MOST_QUOTES)]
    best = sorted(found, key=lambda place: (-place.score, place.hit))[:MOST_QUOTES]
    return [p for p in found if p in best]


def _is_sentence(text: str) -> bool:
    """No heading and no bare label: long enough, or ended as a sentence is."""
    return len(text) > 12 and (
        len(text) > 60 or text.rstrip("\"'”’)）").endswith((".", ";", ":", "。", "；", "：", "!", "?"))
    )


def _openings(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The first sentence of every paragraph."""
    paragraphs = [m.end() for m in re.finditer(r"\A|\n[ \t]*\n", text)]
    firsts = [next((s for s in spans if s[0] >= start), None) for start in paragraphs]
    return list(dict.fromkeys(span for span in firsts if span is not None))


def _first(spans: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """The sentences from the first on, up to the longest quote."""
    start, end = spans[0]
    for _, stop in spans[1:]:
        if stop - start > LONGEST_QUOTE:
            break
        end = stop
    return start, end


def _holding(values: Sequence[str], asked: str, hits: Sequence[int], passages: Sequence[Hit]) -> _Place | None:
    """The sentence of a document that holds the values asked for, and most of the question's words."""
    topic = stems(asked) - REQUEST
    best: tuple[int, _Place] | None = None
    for i in hits:
        text = passages[i].chunk.text
        for start, end in sentences(text):
            said = text[start:end].casefold()
            if all(value.casefold() in said for value in values):
                shared = len(topic & stems(said))
                if best is None or shared > best[0]:
                    best = (shared, _Place(i, start, end, 1.0))
    return best[1] if best and (best[0] > 0 or not topic) else None


def values_of(question: str) -> list[str]:
    """Names and figures of the question that tell the documents meant from others."""
    return [match[0] for match in _VALUE.finditer(question)]


def of_one(question: str) -> str:
    """The question as it is put to one document: "List all governing laws." -> "What is the governing law?"."""
    found = _COMPARE.match(question) or _LIST.match(question)
    if found is None:
        return question
    topic = found["topic"].strip()
    words = topic.split()
    if words and words[-1].endswith("s") and not words[-1].endswith("ss") and words[0] != "the":
        words[-1] = words[-1][:-3] + "y" if words[-1].endswith("ies") else words[-1][:-1]
    return f"What is the {' '.join(words)}?"


def _topic(question: str, hits: Sequence[Hit]) -> set[str]:
    """What the list or summary is to be about: the words of the question that ask for none and name no document."""
    names = set[str]()
    for hit in hits:
        names |= stems(hit.chunk.document_name)
    return stems(_REQUEST_ZH.sub(" ", simplified(question)) if _HAN.search(question) else question) - names


def stems(text: str) -> set[str]:
    """Stems of the words, without those that ask; Chinese by pairs of characters."""
    words = {_stem(word) for word in _WORD.findall(text.casefold()) if word not in REQUEST}
    han = "".join(c if _HAN.match(c) else " " for c in simplified(text))
    return words | {han[i : i + 2] for i in range(len(han) - 1) if " " not in han[i : i + 2]}


@cache
def _stemmer() -> Callable[[str], str]:
    import Stemmer

    stem: Callable[[str], str] = Stemmer.Stemmer("english", 0).stemWord
    return stem


def _stem(word: str) -> str:
    return _stemmer()(word)


def _drafted(request: AnswerRequest, places: Sequence[_Place], confidence: float) -> Draft:
    """The quotes under their documents and headings, and how complete they are."""
    chinese = language_of(request.question) == "zh"
    searched = list(dict.fromkeys(hit.chunk.document_id for hit in request.hits))
    names = {hit.chunk.document_id: hit.chunk.document_name for hit in request.hits}
    held = dict.fromkeys(request.hits[place.hit].chunk.document_id for place in places)
    under_headings = request.shape == "several" or bool(request.quotes)
    lines, spans = [], []
    for document in held:
        own = [p for p in places if request.hits[p.hit].chunk.document_id == document]
        if len(searched) > 1:
            lines.append(f"{names[document]}{'：' if chinese else ':'}")
        for place in own:
            chunk = request.hits[place.hit].chunk
            quote = one_line(chunk.text[place.start : place.end])
            heading = one_line(chunk.headings[-1]) if chunk.headings and under_headings else ""
            label = f"{heading}{'：' if chinese else ': '}" if heading and not quote.startswith(heading) else ""
            listed = len(places) > 1 or (label and not request.quotes)
            lines.append(f"{'- ' if listed else ''}{label}{quote}")
            spans.append(Span(place.hit, place.start, place.end, place.score))
    if not request.quotes:
        lines.append(_complete(len(places), len(held), [names[d] for d in searched if d not in held], chinese))
    return Draft("\n".join(lines), tuple(spans), confidence=confidence, model="digest", lines=True)


def _complete(places: int, documents: int, without: Sequence[str], chinese: bool) -> str:
    """ "5 places in 3 documents; nothing found in 2: ..."."""
    named = ("、" if chinese else "; ").join(without[:_NAMED_ABSENT]) + ("…" if len(without) > _NAMED_ABSENT else "")
    if chinese:
        found = f"（{documents} 份文档，共 {places} 处"
        return found + (f"；另外 {len(without)} 份中没有找到：{named}）" if without else "）")
    found = f"({_counted(places, 'place')} in {_counted(documents, 'document')}"
    return found + (f"; nothing found in {len(without)}: {named})" if without else ")")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
