"""The SQuAD form that eight of the sets share: data > paragraphs > (context, qas > answers with answer_start).

An article becomes one document, its paragraphs joined by a blank line; answer offsets are moved accordingly and the
paragraph a question was asked on is `Question.passage`. An `answer_start` that does not point at its answer (21 of
CMRC 2018) is mended to the nearest occurrence; an answer that occurs nowhere keeps its text and gets no gold span.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from sparewheel.corpora.records import GoldSpan, Question
from sparewheel.rag.types import Document

BREAK = "\n\n"
Json = Mapping[str, Any]


def articles(file: Path) -> Iterator[Json]:
    """The articles of a SQuAD file, in file order."""
    yield from json.loads(file.read_bytes())["data"]


def document(
    article: Json, id: str, title: str, file: Path, *, language: str = "en", metadata: Mapping[str, str] | None = None
) -> Document:
    """The article as one document."""
    text = BREAK.join(paragraph["context"] for paragraph in article["paragraphs"])
    return Document(id, text, title, f"{file}#{id}", "application/json", language, metadata=metadata or {})


def questions(
    article: Json, document_id: str, *, language: str = "en", category: str = "", id_prefix: str = ""
) -> Iterator[Question]:
    """The article's questions; gold offsets are into the text of `document`."""
    base, many = 0, len(article["paragraphs"]) > 1
    for paragraph in article["paragraphs"]:
        context = paragraph["context"]
        passage = GoldSpan(document_id, base, base + len(context)) if many else None
        for row in paragraph["qas"]:
            spans = unique(span(context, answer["text"], answer["answer_start"]) for answer in row["answers"])
            yield Question(
                id=f"{id_prefix}{row['id']}",
                text=row["question"].strip(),
                answers=tuple(dict.fromkeys(answer["text"] for answer in row["answers"])),
                document_id=document_id,
                gold=tuple(GoldSpan(document_id, base + start, base + end) for start, end in spans),
                answerable=bool(row["answers"]) and row.get("is_impossible") is not True,
                category=category or row.get("type", ""),
                language=language,
                passage=passage,
            )
        base += len(context) + len(BREAK)


def span(context: str, text: str, start: int) -> tuple[int, int] | None:
    """Where `text` stands in `context`: at `start` if it does, else at the nearest occurrence, else None."""
    if not text:
        return None
    if start < 0 or not context.startswith(text, start):
        after, before = context.find(text, max(start, 0)), context.rfind(text, 0, max(start, 0) + len(text))
        found = [place for place in (after, before) if place >= 0]
        if not found:
            return None
        start = min(found, key=lambda place: abs(place - start))
    return start, start + len(text)


def unique(spans: Iterable[tuple[int, int] | None]) -> list[tuple[int, int]]:
    """The spans without None and without repeats, order kept."""
    return list(dict.fromkeys(item for item in spans if item))
