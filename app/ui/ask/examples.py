"""Questions to begin with, made of what the corpus holds: a document is named as its opening names it, and asked what
its own headings promise to tell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sparewheel.rag.ingest.several import SEPARATOR

if TYPE_CHECKING:
    from sparewheel.rag.ingest.described import DocumentInfo

MOST = 4
LOOKED_AT = 40  # documents, those with the shortest names
LONGEST_NAME = 80  # characters
_CONTRACT = re.compile(r"(?i)\b(agreement|contract|lease|licen[cs]e|deed|nda)\b|合同|协议")
_LEAFLET = re.compile(r"(?i)leaflet|说明书")
# of a language and a sort of document: what a heading holds, and what is asked then; what the local reader answers best
# comes first, and what it mostly refused or got wrong where it was tried is not here
USUAL = {
    ("en", "contract"): (
        ("governing law|applicable law", "Which law governs the {name}?"),
        ("assign", "May the {name} be assigned without consent?"),
        ("liability", "How is liability limited under the {name}?"),
        ("insurance", "Which insurance must be kept under the {name}?"),
        ("audit", "Who may audit the records under the {name}?"),
        ("terminat", "Who may terminate the {name}, and with what notice?"),
    ),
    ("en", "leaflet"): (
        ("how to take|dos(e|age|ing)", "What is the usual dose of {name}?"),
        ("side effect", "What are the possible side effects of {name}?"),
        ("stor(e|ing|age)", "How do I store {name}?"),
    ),
    ("zh", "contract"): (
        ("租金", "{name}的租金是多少？"),
        ("报酬", "{name}的工资是多少？"),
        ("押金", "{name}的押金是多少？"),
        ("争议", "{name}发生争议如何解决？"),
    ),
    ("zh", "leaflet"): (
        ("用法用量", "{name}的用法用量是什么？"),
        ("适应症", "{name}的适应症是什么？"),
        ("不良反应", "{name}有哪些不良反应？"),
        ("贮藏", "{name}应如何贮藏？"),
    ),
}


def sort_of(document: DocumentInfo) -> str:
    """contract or leaflet, "" for any other document."""
    said = f"{document.metadata.get('kind', '')} {document.title}"
    if document.metadata.get("drug") and _LEAFLET.search(said):
        return "leaflet"
    return "contract" if _CONTRACT.search(said) else ""


def called(documents: Sequence[DocumentInfo]) -> dict[str, DocumentInfo]:
    """The documents to look at, under the names that a question can use: a drug's, or the title of a contract, with its
    last party where others have that title. Names that are too long, and those of several, are left out."""
    titles = Counter(document.title for document in documents)
    named = [(_name(document, alone=titles[document.title] == 1), document) for document in documents]
    count = Counter(name for name, _ in named)
    fit = [(name, document) for name, document in named if 0 < len(name) <= LONGEST_NAME and count[name] == 1]
    return dict(sorted(fit, key=lambda pair: len(pair[0]))[:LOOKED_AT])


def _name(document: DocumentInfo, *, alone: bool) -> str:
    sort = sort_of(document)
    if sort == "leaflet":
        return document.metadata["drug"].split(SEPARATOR)[0]
    party = document.metadata.get("parties", "").split(SEPARATOR)[-1]
    if not sort or alone:
        return document.title if sort else ""
    if not party:
        return ""
    return f"{party}的{document.title}" if document.language == "zh" else f"{document.title} with {party}"


def usual(documents: Mapping[str, DocumentInfo], headings: Mapping[str, Sequence[str]], language: str) -> list[str]:
    """Up to MOST questions, each another one of another document, those in `language` first. documents: as `called`;
    headings: by document id."""
    asked: dict[str, str] = {}  # name -> question
    for (spoken, sort), rules in sorted(USUAL.items(), key=lambda each: each[0][0] != language):
        fitting = {n: headings[d.id] for n, d in documents.items() if (d.language, sort_of(d)) == (spoken, sort)}
        for holds, question in rules:
            heads = re.compile(holds, re.IGNORECASE)
            name = next((n for n, here in fitting.items() if n not in asked and any(map(heads.search, here))), "")
            if name:
                asked[name] = question.format(name=name)
    return list(asked.values())[:MOST]
