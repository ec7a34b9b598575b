"""The section that a question asks for by its heading: "How should it be stored?" under "5. How to store Lumexal".

A network looks for a few words and finds none that answer "What is it used for?" better than others. Where the words of
the question and of one heading of the document are the same, what stands under it is the answer. English only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.verdict import words
from sparewheel.rag.table_text import MARK
from sparewheel.rag.text import sentences
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Span

SURE = 0.6
LONGEST = 400  # characters of what is quoted of a section
_LONGEST_HEADING = 90
_NUMBER = re.compile(r"^\s*(?:#+\s*)?(?:\d+(?:\.\d+)*[.)]?\s+)?")
_ASKED_OF_ALL = words("medicine product document agreement contract possible general information please happen", "en")
_SIGNS = {  # small words that tell "Do not take it" from "How to take it" and "If you forget to take it"
    "not": re.compile(r"\b(?:not|never)\b|n['’]t\b", re.IGNORECASE),
    "how": re.compile(r"\bhow\b", re.IGNORECASE),
    "if": re.compile(r"\bif\b", re.IGNORECASE),
}


def of_its_section(request: AnswerRequest, draft: Draft) -> Draft:
    """The draft; where it is refused, what stands under the one heading that the question has the words of."""
    if not draft.refused or request.language != "en" or len({hit.chunk.document_id for hit in request.hits}) != 1:
        return draft
    asked = form_of(request.question, "en")
    if asked.form == "yes-no":
        return draft
    wanted = _told(asked.text, request.hits[0].chunk)
    for i, hit in enumerate(request.hits):
        for start, end in _headings(hit.chunk.text) if wanted[0] else ():
            if _told(hit.chunk.text[start:end], hit.chunk) == wanted and (quoted := _under(hit.chunk.text, end)):
                span = Span(i, start if "not" in wanted[1] else quoted[0], quoted[1], SURE)
                text = hit.chunk.text[span.start : span.end]
                return Draft(text, (span,), confidence=SURE, model=draft.model)
    return draft


def _told(text: str, chunk: Chunk) -> tuple[frozenset[str], frozenset[str]]:
    """The words beside the document's names, and the signs."""
    names = words(" ".join((chunk.title, chunk.metadata.get("drug", ""), chunk.metadata.get("parties", ""))), "en")
    said = words(_NUMBER.sub("", text), "en") - names - _ASKED_OF_ALL
    return said, frozenset(sign for sign, written in _SIGNS.items() if written.search(text))


def _headings(text: str) -> Iterator[tuple[int, int]]:
    """Lines that may be headings: short, no sentence, and followed by text."""
    start = 0
    for line in text.splitlines(keepends=True)[:-1]:
        end = start + len(line.rstrip())
        if 0 < end - start <= _LONGEST_HEADING and not line.rstrip().endswith((".", ",", ";")) and MARK not in line:
            yield start, end
        start += len(line)


def _under(text: str, after: int) -> tuple[int, int] | None:
    """The sentences under a heading, up to the next blank line, as many as may be quoted."""
    stop = text.find("\n\n", after + 2)
    stop = len(text) if stop < 0 else stop
    found = [(a, b) for a, b in sentences(text) if a >= after and b <= min(stop, after + LONGEST)]
    return (found[0][0], found[-1][1]) if found else None
