"""Examples for the yes/no/maybe label from medical abstracts: PubMedQA's 500 labelled questions and weak labels.

A weak label, from NFCorpus: the abstract "BACKGROUND: ... RESULTS: ... CONCLUSIONS: Nut intake was not associated with
weight gain." gives "Was nut intake associated with weight gain?", no; the passage is the abstract without its
conclusion (`finding`) or the conclusion with what stands around it (`finding-concluded`, the sentence as the span).
"""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.findings.questions import asked
from training.findings.verdict import topic, verdict
from training.reader.data import Example, Spans
from training.reader.turned import clauses_turned, nli_labels

__all__ = ["clauses_turned", "findings", "nli_labels", "pubmedqa"]
FOLDS = 4
MOST_CHARS = 1900  # of an abstract; the results stand at its end, so the beginning goes
LEAST_SHARED = 0.3  # share of the statement's words that its evidence holds
TURNED_SHARE = 0.75  # of the findings with an opposite, also asked the other way round
WITHIN_ABSTRACT = 3  # statements in the middle of an abstract that are asked, at most

_SENTENCE = re.compile(r"(?<=[.?!])(?<!\bvs\.)(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bal\.)\s+(?=[A-Z(\"\[])|\n+")
_CONCLUSION = re.compile(
    r"\b(?:(?:AUTHORS['’] |MAIN )?CONCLUSIONS?(?:S?/\w+| AND \w+)?|INTERPRETATION|Conclusions?(?:[:/]\w*| (?=[A-Z]))"
    r")[:.]?\s"
)
_FINDING = re.compile(
    r"\b(?:associat|relat|correlat|increas|decreas|reduc|improv|effect|higher|lower|differ|risk|predict|prevent|"
    r"protect|inhibit|greater|benefi|caus|enhanc|impair|affect|influenc|induc|suppress|attenuat|elevat)\w*",
    re.IGNORECASE,
)
_AIM = re.compile(
    r"\b(?:[Ww]e|[Ss]tudy|[Rr]eview|[Tt]rial|[Ii]t) (?:\w+ )?(?:examined|evaluated|investigated|assessed|sought|aimed|"
    r"tested|aims|hypothesi\w+|studied|explored|determined whether|compared)|\b[Tt]o (?:examine|evaluate|investigate|"
    r"assess|determine|compare|explore|study|test|analy[sz]e)\b|\baim(?:ed|s)? |\bobjective"
)  # what the study asked is no evidence
_STOP = frozenset((
    "the", "of", "and", "in", "to", "a", "for", "with", "was", "were", "is", "are", "that", "on", "by", "as", "from",
    "or", "an", "be", "may", "not", "can", "this", "these", "than", "between", "at", "have", "has", "had", "been",
    "their", "its", "which", "our", "we", "it", "who", "no", "but", "among",
))  # fmt: skip


def fold(number: str) -> int:
    """The fold, 0..FOLDS - 1, of a PubMedQA question by its PubMed number: always the same."""
    return int.from_bytes(hashlib.sha256(f"pubmedqa:{number}".encode()).digest()[:4], "big") % FOLDS


def pubmedqa(data: Path) -> Iterator[Example]:
    """The 500 labelled questions as `pubmedqa-0` .. `pubmedqa-3` by fold; the passage is the abstract without its
    conclusion, as in corpora's loader; the span its sentence nearest to the long answer, where one is near.
    """
    rows = json.loads((data / "medical/pubmedqa/ori_pqal_dev.json").read_text(encoding="utf-8"))
    for number, row in rows.items():
        sections = zip(row["LABELS"], row["CONTEXTS"], strict=True)
        passage = last_part("\n\n".join(f"{label}\n{body}" for label, body in sections))
        spans = evidence(passage, row["LONG_ANSWER"] + " " + row["QUESTION"], row["LONG_ANSWER"])
        yield Example(f"pubmedqa-{fold(number)}", row["QUESTION"], passage, spans, label=row["final_decision"],
                      group=number, spans_known=bool(spans))  # fmt: skip


def last_part(passage: str) -> str:
    """The passage, or its last MOST_CHARS from where a sentence begins."""
    if len(passage) <= MOST_CHARS:
        return passage
    cut = len(passage) - MOST_CHARS
    starts = [start for start, _ in sentences(passage) if start >= cut]
    return passage[starts[0] :] if starts else passage[cut:]


def sentences(text: str) -> list[tuple[int, int]]:
    """Character ranges of the sentences, without white space around them."""
    made, start = [], 0
    for found in [*_SENTENCE.finditer(text), None]:
        end = found.start() if found else len(text)
        if text[start:end].strip():
            made.append((start, end))
        start = found.end() if found else end
    return made


def _words(text: str) -> frozenset[str]:
    return frozenset(w[:6] for w in re.findall(r"[a-z][a-z-]{2,}", text.lower()) if w not in _STOP)


def evidence(passage: str, statement: str, needed: str = "") -> Spans:
    """The one sentence of the passage that shares most words with the statement, the later one of two; () when "
    "it holds
    less than LEAST_SHARED of the words of `needed` (by default the statement).
    """
    wanted, core = _words(statement), _words(needed or statement)
    best, place = 0.0, None
    for start, end in sentences(passage):
        held = _words(passage[start:end])
        score = len(held & wanted) / (len(held) + 12) ** 0.5
        if (
            end - start > 40
            and not _AIM.search(passage, start, end)
            and score >= best
            and len(held & core) >= LEAST_SHARED * len(core)
        ):
            best, place = score, (start, end)
    return (place,) if place else ()


@dataclass(frozen=True)
class Abstract:
    """title, what stands before the conclusion, and the conclusion."""

    title: str
    body: str
    conclusion: str


def split(title: str, text: str) -> Abstract | None:
    """An abstract parted at its heading of the conclusion, or before its last two sentences (one where there "
    "are fewer
    than six); None when too little is left on a side.
    """
    found = list(_CONCLUSION.finditer(text))
    cut, after = (found[-1].start(), found[-1].end()) if found and found[-1].start() > len(text) / 2 else (0, 0)
    if not cut:
        own = sentences(text)
        if len(own) < 4:
            return None
        cut = after = own[-2 if len(own) >= 6 else -1][0]
    made = Abstract(title, text[:cut].strip(), text[after:].strip())
    return made if len(made.body) > 200 and len(made.conclusion) > 40 else None


def abstracts(data: Path) -> Iterator[tuple[str, str, str]]:
    """(id, title, text) of NFCorpus and of COVID-QA's training papers (their abstracts), none of them a question of
    PubMedQA.
    """
    labelled = json.loads((data / "medical/pubmedqa/ori_pqal_dev.json").read_text(encoding="utf-8"))
    questions = {_bare(row["QUESTION"]) for row in labelled.values()}
    with (data / "medical/nfcorpus/corpus.jsonl").open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            number = re.search(r"pubmed/(\d+)", row["metadata"].get("url", ""))
            if not (number and number[1] in labelled) and _bare(row["title"]) not in questions:
                yield row["_id"], row["title"], row["text"]
    for paper in json.loads((data / "medical/covid-qa/covid-qa-train.json").read_text(encoding="utf-8"))["data"]:
        for paragraph in paper["paragraphs"]:
            found = re.search(r"\bAbstract:? *\n?(.{300,3000}?)\n", paragraph["context"], re.DOTALL)
            if found:
                yield str(paragraph["document_id"]), paragraph["context"].split("\n", 1)[0], found[1]


def _bare(title: str) -> str:
    return re.sub(r"\W+", " ", title).strip().lower()


def findings(data: Path, rng: random.Random) -> Iterator[Example]:
    """Weak labels from every abstract: what it concludes, what its title says, and what stands in its middle."""
    for group, title, text in abstracts(data):
        if parts := split(title, text):
            yield from of_abstract(parts, group, rng)


def of_abstract(parts: Abstract, group: str, rng: random.Random) -> Iterator[Example]:
    """`finding`: a conclusion asked of the body; `finding-concluded`: asked of a text that states it."""
    body, concluded = last_part(parts.body), sentences(parts.conclusion)
    statements = [parts.title, *(parts.conclusion[a:b] for a, b in concluded)]
    for at, statement in enumerate(statements):
        for question, label in _pairs(statement, rng):
            spans = evidence(body, statement)
            yield Example("finding", question, body, spans, label=label, group=group, spans_known=bool(spans))
            if at and rng.random() < 0.6:
                yield _stated(question, label, parts, concluded[at - 1], group, rng)
    if (question := topic(parts.title)) and (label := verdict(parts.conclusion)):
        spans = evidence(body, question + " " + parts.conclusion, question)
        yield Example("finding", question, body, spans, label=label, group=group, spans_known=bool(spans))
        passage = last_part(parts.body + "\n\n" + parts.conclusion) if rng.random() < 0.5 else parts.conclusion
        spans = evidence(passage, question + " " + parts.conclusion, question)
        yield Example("finding-concluded", question, passage, spans, label=label, group=group, spans_known=bool(spans))
    yield from _within(body, group, rng)


def _pairs(statement: str, rng: random.Random) -> Iterator[tuple[str, str]]:
    """(question, label), and the question the other way round with the other label."""
    if not (made := asked(statement)) or not _FINDING.search(statement):
        return
    yield made.question, made.label
    if made.turned and (made.label == "no" or (made.label == "yes" and rng.random() < TURNED_SHARE)):
        yield made.turned, "yes" if made.label == "no" else "no"


def _stated(
    question: str, label: str, parts: Abstract, said: tuple[int, int], group: str, rng: random.Random
) -> Example:
    """The question on the conclusion alone, or on the abstract with it; the span is the sentence."""
    before = last_part(parts.body)[-rng.choice((0, 0, 300, 700, 1300)) :] if rng.random() < 0.7 else ""
    before = before[before.find(" ") + 1 :] + "\n\n" if before else ""
    span = (len(before) + said[0], len(before) + said[1])
    return Example("finding-concluded", question, before + parts.conclusion, (span,), label=label, group=group)


def _within(body: str, group: str, rng: random.Random) -> Iterator[Example]:
    """Results asked for in the body that states them: each denied or unsure one, and few of the others."""
    found: list[tuple[tuple[int, int], Sequence[tuple[str, str]]]] = []
    for a, b in sentences(body):
        pairs: Sequence[tuple[str, str]] = list(_pairs(body[a:b], rng))
        if pairs and (pairs[0][1] != "yes" or (len(pairs) == 2 and rng.random() < 0.3)):
            found.append(((a, b), pairs))
    for span, asked_of_it in rng.sample(found, min(WITHIN_ABSTRACT, len(found))):
        for question, label in asked_of_it if rng.random() < 0.5 else asked_of_it[-1:]:
            yield Example("finding-concluded", question, body, (span,), label=label, group=group)
