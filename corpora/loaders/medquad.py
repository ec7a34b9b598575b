"""MedQuAD: consumer health pages of the National Institutes of Health. CC BY 4.0 (BMC Bioinformatics 2019).

A record:
    <Document id="0000001_1" source="CancerGov" url="https://..."><Focus>Adult Acute Lymphoblastic Leukemia</Focus>
      <QAPairs><QAPair pid="2"><Question qtype="symptoms">What are the symptoms of ...?</Question>
        <Answer>Signs and symptoms of adult ALL include fever, ...</Answer></QAPair></QAPairs></Document>

A document is the page: its focus, then one section a pair, headed by the pair's kind. category: that kind
("symptoms", "treatment"). gold: the whole answer section, white space within lines collapsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from defusedxml import ElementTree

from sparewheel.corpora.records import GoldSpan, Question
from sparewheel.rag.types import Document


class _Pair(NamedTuple):
    question: str
    kind: str
    start: int
    end: int


def documents(folder: Path, split: str) -> Iterator[Document]:
    for file in _files(folder):
        id, focus, text, _ = _page(folder, file)
        yield Document(id, text, focus, str(file), "application/xml", metadata={"collection": file.parent.name})


def questions(folder: Path, split: str) -> Iterator[Question]:
    for file in _files(folder):
        id, _, text, pairs = _page(folder, file)
        for number, pair in enumerate(pairs, 1):
            gold = GoldSpan(id, pair.start, pair.end)
            answer = text[pair.start : pair.end]
            yield Question(f"{id}#{number}", pair.question, (answer,), id, (gold,), category=pair.kind)


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*/*.xml"))


def _page(folder: Path, file: Path) -> tuple[str, str, str, list[_Pair]]:
    """(id, focus, text, pairs with the place of their answer in the text)."""
    root = ElementTree.parse(file).getroot()
    focus = _clean(root.findtext("Focus") or file.stem)
    text, pairs = focus + "\n", []
    for pair in root.iter("QAPair"):
        question = pair.find("Question")
        answer = _clean(pair.findtext("Answer") or "")
        if question is None or not answer:
            continue
        kind = question.get("qtype", "")
        text += f"\n{kind.capitalize()}\n"
        pairs.append(_Pair(_clean(question.text or ""), kind, len(text), len(text) + len(answer)))
        text += answer + "\n"
    return file.relative_to(folder).as_posix(), focus, text, pairs


def _clean(text: str) -> str:
    lines = (re.sub(r"\s+", " ", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)
