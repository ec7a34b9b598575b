"""Questions by rule: of clauses, cells of tables, figures, dates, definitions, sections and parties. No model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from sparewheel.eval.making.draft import Draft, Name
from sparewheel.eval.making.sentences import chinese, english
from sparewheel.rag import table_text
from sparewheel.rag.ingest.several import SEPARATOR
from sparewheel.rag.text import sentences, trim
from sparewheel.rag.types import Chunk, Document

CLAUSE_CHARS = (30, 400)  # a shorter one says nothing, of a longer one nobody wants all
CELL_CHARS = 120
_CLAUSE = re.compile(r"(?m)^[ \t>*_]*(\d{1,3}\.\d{1,3})[.)]?[ \t]+(?=[A-Z])")
_CLAUSE_ZH = re.compile(r"(?m)^[ \t\u3000>*_]*(第[一二三四五六七八九十百千\d]{1,6}条)(?=[\s\u3000*])")
_ENDS = re.compile(
    r"\n[ \t\u3000]*(?=\n|#|\d{1,3}(?:\.\d{1,3})*[.)]?\s|\(\w{1,4}\)|（|第[一二三四五六七八九十百千\d]{1,6}[条章])"
)
_MEANS = re.compile(r"[“\"]([^”\"\n]{2,40})[”\"]\s+means\s+([^.;]{10,250}?)[.;](?=\s|$)")
_MEANS_ZH = re.compile(r"所称的?([^，。；\n]{2,20})，(?:是指|指)([^。；]{6,120}?)[。；]")
_SEVERAL = re.compile(r"\n\s*\n|\t|\n\s*(?:\d|[-*•(（])")  # paragraphs, items, cells
_SAYS_NOTHING = frozenset(
    [
        "general",
        "general rules",
        "miscellaneous",
        "other",
        "introduction",
        "background",
        "notes",
        "preliminary",
        "particulars",
        "definitions",
        "interpretation",
        "instructions",
        "scope",
        "recitals",
        "terms",
        "摘要",
        "其他",
        "总则",
        "附则",
        "引言",
        "定义",
        "说明",
    ]
)
_NO_TOPIC = re.compile(
    r"(?:on|before|after|during|in|if|when|how|what|who|why|where|do|does|are|is|can|your|you|our|we)\b"
)
_NUMBERING = re.compile(
    r"^(?:(?:article|section|clause|part|annex|schedule)\s+[\dIVXLC]+\s*[.:–—-]?\s*|§\s*\d+\.?\s*|\d{1,3}(?:\.\d{1,3})*[.)]?\s*"
    r"|第[一二三四五六七八九十百千\d]+[编章节条]\s*|[一二三四五六七八九十]+、|[（(][一二三四五六七八九十\d]+[）)])",
    re.IGNORECASE,
)


def drafts(document: Document, chunks: Sequence[Chunk], name: Name) -> Iterator[Draft]:
    """All that the rules find to ask of the document, in its order; what is asked alike of two places is left out."""
    found = [
        *clauses(document, name),
        *cells(document, name),
        *figures(document, name),
        *definitions(document, name),
        *sections(document, chunks, name),
        *parties(document, name),
    ]
    times = Counter(draft.question for draft in found)
    return (draft for draft in found if times[draft.question] == 1)


def topic(heading: str) -> str:
    """A heading as a question speaks of it: without its number, in small letters. "" where nothing is left."""
    plain = _NUMBERING.sub("", heading.strip(" *#_")).strip(" .:*")
    plain = plain.lower() if plain.isupper() else _small(plain) if plain else ""
    fits = 2 <= len(plain) <= 60 and plain not in _SAYS_NOTHING and not re.search(r"[?？]", plain)
    return plain if fits and not _NO_TOPIC.match(plain.casefold()) else ""


def clauses(document: Document, name: Name) -> Iterator[Draft]:
    """Numbered paragraphs that stand once: "What does clause 4.2 of the lease say?"."""
    pattern = _CLAUSE_ZH if document.language == "zh" else _CLAUSE
    labels = list(pattern.finditer(document.text))
    times = Counter(label[1] for label in labels)
    for label in labels:
        end = _ENDS.search(document.text, label.end())
        start, stop = trim(document.text, label.end(), end.start() if end else len(document.text))
        if times[label[1]] > 1 or not CLAUSE_CHARS[0] <= stop - start <= CLAUSE_CHARS[1]:
            continue
        if document.text[stop - 1] not in ".;。；" or table_text.MARK in document.text[start:stop]:
            continue
        asked = (
            f"{name.text}{label[1]}是怎么规定的？"
            if document.language == "zh"
            else f"What does clause {label[1]} of {name.text} say?"
        )
        yield _draft("clause", document, name, asked, document.text[start:stop], start, stop)


def cells(document: Document, name: Name) -> Iterator[Draft]:
    """Cells with a row name: "What is the maximum daily dose for Amoril in the formulary?"."""
    text, zh = document.text, document.language == "zh"
    for table in table_text.tables(text):
        for row in table.rows:
            for line in re.finditer(r"[^\n]+", text[row[0] : row[1]]):
                whole = line.group()
                label, mark, rest = whole.partition(table_text.MARK)
                column, colon, value = rest.partition(table_text.VALUE)
                if not colon:
                    column, value = "", rest
                label, column, value = label.strip(), column.strip(), value.strip()
                start = row[0] + line.start()
                if (
                    not mark
                    or not 2 <= len(label) <= 60
                    or len(column) > 60
                    or not value
                    or len(value) > CELL_CHARS
                    or table_text.is_empty_cell(whole)
                ):
                    continue
                if zh:
                    asked = (
                        f"{name.text}中，“{label}”的{column}是什么？"
                        if column
                        else f"{name.text}中，“{label}”一项写的是什么？"
                    )
                else:
                    given = f" as “{column}”" if column else ""
                    asked = f"In {name.text}, what is given{given} for “{label}”?"
                yield _draft("cell", document, name, asked, value, start, start + len(whole.rstrip()))


def figures(document: Document, name: Name) -> Iterator[Draft]:
    """Sentences with one figure or one date."""
    for start, end in sentences(document.text):
        sentence = document.text[start:end]
        if "\t" in sentence:
            continue
        if document.language == "zh":
            if found := chinese(sentence):
                asked = f"根据{name.text}，{found.clause}？"
                yield _draft(found.kind, document, name, asked, found.answer, start, end)
        elif asked_for := english(sentence):
            asked = f"According to {name.text}, {asked_for.clause}?"
            yield _draft(asked_for.kind, document, name, asked, asked_for.answer, start, end)


def definitions(document: Document, name: Name) -> Iterator[Draft]:
    """Terms that the document defines."""
    zh = document.language == "zh"
    for found in (_MEANS_ZH if zh else _MEANS).finditer(document.text):
        term, meaning = " ".join(found[1].split()), " ".join(found[2].split())
        asked = f"{name.text}所称的{term}是指什么？" if zh else f"What does “{term}” mean in {name.text}?"
        yield _draft("definition", document, name, asked, meaning, *found.span())


def sections(document: Document, chunks: Sequence[Chunk], name: Name) -> Iterator[Draft]:
    """Sections of one short paragraph: "What does the lease say about rent review?"."""
    zh = document.language == "zh"
    times = Counter(heading for chunk in chunks for heading in dict.fromkeys(chunk.headings))
    for chunk in chunks:
        about = topic(chunk.headings[-1]) if chunk.headings and times[chunk.headings[-1]] == 1 else ""
        if not about:
            continue
        start, end = trim(document.text, *_body(document.text, chunk))
        body = document.text[start:end]
        if not CLAUSE_CHARS[0] <= len(body) <= CLAUSE_CHARS[1] or _SEVERAL.search(body) or (zh and "\n" in body):
            continue
        if zh and re.search(r"\d|[一二三四五六七八九十]条", about):
            continue
        asked = f"{name.text}对{about}是怎么说的？" if zh else f"What does {name.text} say about {about}?"
        yield _draft("section", document, name, asked, body, start, end)


def _body(text: str, chunk: Chunk) -> tuple[int, int]:
    """The chunk behind its heading line, where it begins with one."""
    line_end = text.find("\n", chunk.start, chunk.end)
    has_heading = line_end >= 0 and chunk.headings[-1].strip(" #*") in text[chunk.start : line_end]
    start = line_end if has_heading else chunk.start
    label = re.compile(r"\s*\d{1,3}\.\d{1,3}[.)]?\s+").match(text, start, chunk.end)
    return (label.end() if label else start), chunk.end


def parties(document: Document, name: Name) -> Iterator[Draft]:
    """Who the parties are, where they are named close together and the question does not say it already."""
    given = [party for party in document.metadata.get("parties", "").split(SEPARATOR) if party.strip()]
    places = [document.text.find(party) for party in given]
    if len(given) < 2 or min(places) < 0 or any(party in name.text for party in given):
        return
    start, end = min(places), max(at + len(party) for at, party in zip(places, given, strict=True))
    if end - start > 600:
        return
    zh = document.language == "zh"
    asked = f"{name.text}的当事人是谁？" if zh else f"Who are the parties to {name.text}?"
    answer = "、".join(given) if zh else " and ".join(given)
    yield Draft(
        "parties", document.id, document.language, asked, (answer,), start, end, tuple(given), within=name.within
    )


def _draft(kind: str, document: Document, name: Name, asked: str, answer: str, start: int, end: int) -> Draft:
    answer = " ".join(answer.split()) if document.language != "zh" else answer.strip()
    return Draft(kind, document.id, document.language, asked, (answer,), start, end, within=name.within)


def _small(label: str) -> str:
    return label[0].lower() + label[1:] if label[1:2].islower() else label
