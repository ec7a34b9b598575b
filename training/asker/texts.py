"""Passages to ask made questions about, of the training side only, and the spans in them that are asked for.

One entry: domain "medical", style "paper", heading "Statin Use and Breast Cancer Survival ...", text of the abstract,
spans [(0, 212), (640, 655)]: what a reader could be asked for here.
"""

from __future__ import annotations

import json
import random
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from training.reader.contracts import open_documents
from training.splits import contract_held_out, held_out

Span = tuple[int, int]
KEPT = {"contractnli": 1.0, "cuad": 0.4, "maud": 0.07}  # of the windows of each, as MAUD's agreements are the longest
SIZES = (800, 1000, 1200, 1400, 1600)  # characters of a window

_MONTH = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_UNITS = (
    r"(?:percent|per cent|%|million|billion|thousand|hundred|(?:business |calendar )?(?:years?|months?|weeks?|days?"
    r"|hours?)|miles?|km|kg|mg|ml|people|patients|members|dollars)"
)
_KINDS = {
    "name": re.compile(r"(?<=[a-z,;] )[A-Z][\w'’-]+(?: (?:(?:of|the|and|de|for) )?[A-Z][\w'’-]+){0,4}"),
    "number": re.compile(rf"{_MONTH} \d{{1,2}}, \d{{4}}|\d{{1,2}} {_MONTH} \d{{4}}|{_MONTH} \d{{4}}"
                         rf"|[$€£]\d[\d,.]*(?: {_UNITS})?|(?<![\w.,-])\d[\d,.]*\d(?:[ -]?{_UNITS})?"
                         rf"|(?<![\w.,-])\d(?: ?{_UNITS})"
                         rf"|\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|thirty|sixty|ninety)"
                         rf"(?: \(\d+\))? {_UNITS}"),
    "clause": re.compile(r"\b(?:because|due to|by|in order to|as a result of|such as|including|if|unless|when"
                         r"|provided that|so that|used to|designed to|responsible for|known as|defined as|caused by"
                         r"|consists? of|means|is|are|was|were|to|that|with) "
                         r"(?P<span>[^,.;:()\n]{12,160})(?=[,.;](?:\s|$))"),
    "sentence": re.compile(r"(?:(?<=[.!?] )|(?<=\n)|^)[A-Z(][^\n]{40,420}?[a-z)\]%\d][.](?=\s|$)"),
}  # fmt: skip
_STOP = frozenset(
    re.findall(
        r"\w+",
        """a an the of to in and or for on by with is are was were be been being that this these those which it
its as at from not no any such other have has had may shall will would can could their his her they he she we our i you
all if but more than also each into under per so do does did who what when between about after before during there
where then thus however although while because both some most many several only one two upon herein thereof""",
    )
)
_BEFORE = frozenset(
    re.findall(r"\w+", "a an the of in for by with from on into between its their his her any such as and or")
)
_CHUNK = re.compile(r"[A-Za-z][\w'’-]*(?: [A-Za-z][\w'’-]*)*")
SHARES = {  # of the kinds of span in each domain
    "general": {"name": 0.28, "number": 0.24, "phrase": 0.27, "clause": 0.17, "sentence": 0.04},
    "medical": {"name": 0.06, "number": 0.12, "phrase": 0.22, "clause": 0.27, "sentence": 0.33},
    "legal": {"name": 0.08, "number": 0.13, "phrase": 0.14, "clause": 0.3, "sentence": 0.35},
}


class Passage(NamedTuple):
    """domain: general, medical or legal; style: as which kind of text it is asked about (see asked_prepare.STYLES)."""

    domain: str
    style: str
    heading: str
    text: str
    spans: tuple[Span, ...] = ()


def candidates(text: str, domain: str, count: int, rng: random.Random) -> tuple[Span, ...]:
    """Up to `count` spans worth asking for, of kinds in the domain's shares; two of them never overlap much."""
    found: dict[str, list[Span]] = {kind: [m.span(1 if m.re.groups else 0) for m in pattern.finditer(text)]
                                    for kind, pattern in _KINDS.items()}  # fmt: skip
    found["phrase"] = list(_phrases(text))
    if domain != "general":  # there a lone word is a defined term or a verb, a lone number that of a section or paper
        found["number"] = [(a, b) for a, b in found["number"] if re.search(r"[A-Za-z%$€£]", text[a:b])]
        found["name"] = [(a, b) for a, b in found["name"] if " " in text[a:b]]
        found["phrase"] = [(a, b) for a, b in found["phrase"] if " " in text[a:b]]
    found["clause"] = [(a, b) for a, b in found["clause"] if text[a:b].split()[-1].lower() not in _STOP]
    chosen: list[Span] = []
    for _ in range(3 * count):
        kinds = [k for k, v in found.items() if v]
        if not kinds or len(chosen) == count:
            break
        kind = rng.choices(kinds, [SHARES[domain][k] for k in kinds])[0]
        span = found[kind].pop(rng.randrange(len(found[kind])))
        if text[slice(*span)] not in {text[a:b] for a, b in chosen} and all(
            min(b, span[1]) - max(a, span[0]) < 0.3 * (b - a + span[1] - span[0]) for a, b in chosen
        ):
            chosen.append(span)
    return tuple(sorted(chosen))


def _phrases(text: str) -> Iterator[Span]:
    """Runs of one to four words between stop words and marks, as in RAKE (Rose et al. 2010), that follow a word that
    nouns follow.
    """
    for chunk in _CHUNK.finditer(text):
        run: list[Span] = []
        before = ""
        for word in [*re.finditer(r"\S+", chunk[0]), None]:
            if word and word[0].lower() not in _STOP:
                run.append((chunk.start() + word.start(), chunk.start() + word.end()))
                continue
            if before in _BEFORE and len(run) in (1, 2, 3, 4) and run[-1][1] - run[0][0] >= (8 if len(run) == 1 else 9):
                yield run[0][0], run[-1][1]
            run, before = [], word[0].lower() if word else ""


def windows(text: str, rng: random.Random) -> Iterator[str]:
    """The text in pieces of `SIZES` characters, cut behind sentences where there are some."""
    at = 0
    while at < len(text):
        end = min(len(text), at + rng.choice(SIZES))
        if end < len(text):
            ends = [m.end() for m in re.finditer(r"[.!?;]\s|\n", text[at + 500 : end])]
            end = at + 500 + ends[-1] if ends else end
        piece = text[at:end].strip()
        if len(piece) > 250 and sum(c.islower() for c in piece) > 0.55 * len(piece):
            yield piece
        at = end


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def general(data: Path) -> Iterator[Passage]:
    """Paragraphs of SQuAD's articles."""
    for article in _json(data / "general/squad/dev-v1.1.json")["data"]:
        if not held_out(article["title"]):
            for paragraph in article["paragraphs"]:
                yield Passage("general", "General", article["title"].replace("_", " "), paragraph["context"])
    for text in dict.fromkeys(item["context"] for item in _json(data / "general/squad/train-sample.json")):
        yield Passage("general", "General", "", text)


def medical(data: Path, rng: random.Random) -> Iterator[Passage]:
    """COVID-QA's training papers, NFCorpus' abstracts, and MedQuAD's answers, each once."""
    folder = data / "medical"
    for paper in _json(folder / "covid-qa/covid-qa-train.json")["data"]:
        text = paper["paragraphs"][0]["context"]
        heading = text.split("\n", 1)[0]
        yield from (Passage("medical", "Medical", heading, piece) for piece in windows(text, rng))
    for line in (folder / "nfcorpus/corpus.jsonl").open(encoding="utf-8"):
        item = json.loads(line)
        yield from (Passage("medical", "Medical", item["title"], p) for p in windows(item["text"], rng))
    seen = set()
    for file in sorted((folder / "medquad").glob("*/*.xml")):
        root = ElementTree.parse(file).getroot()
        for pair in root.iter("QAPair"):
            answer = _spaced(pair.findtext("Answer") or "")[:3000]
            if answer not in seen and "Human Phenotype Ontology" not in answer:  # a list with the same words each time
                seen.add(answer)
                heading = root.findtext("Focus") or ""
                yield from (Passage("medical", "Medical", heading, piece) for piece in windows(answer, rng))


def legal(data: Path, rng: random.Random) -> Iterator[Passage]:
    """Contracts and agreements of CUAD, ContractNLI and MAUD, policies of PolicyQA, and the GDPR's articles."""
    folder = data / "legal"
    for policy in _json(folder / "policyqa/dev.json")["data"]:
        if not held_out(policy["title"]):
            for text in dict.fromkeys(p["context"] for p in policy["paragraphs"] if len(p["context"]) > 250):
                yield Passage("legal", "Policy", policy["title"], text)
    for chapter in _json(folder / "gdpr/gdpr.json")["chapters"]:
        for heading, text in _articles(chapter):
            yield from (Passage("legal", "Policy", heading, piece) for piece in windows(text, rng))
    for contract in _json(folder / "cuad/CUADv1-train.json")["data"]:
        if not contract_held_out(contract["title"]):
            heading, text = re.sub(r"[_\s]+", " ", contract["title"]), contract["paragraphs"][0]["context"]
            pieces = (p for p in windows(text, rng) if rng.random() < KEPT["cuad"])
            yield from (Passage("legal", "Contract", heading, piece) for piece in pieces)
    for path in open_documents(data, ("contractnli", "maud")):
        text = path.read_text(encoding="utf-8", errors="replace").lstrip("\ufeff")
        heading = re.sub(r"(?:\.pdf)?[_\s]+|\.pdf$", " ", path.stem).strip()
        pieces = (p for p in windows(text, rng) if rng.random() < KEPT[path.parent.name])
        yield from (Passage("legal", "Contract", heading, piece) for piece in pieces)


def _articles(part: Any) -> Iterator[tuple[str, str]]:
    if part.get("type") == "article":
        yield f"Article {part['number']} {part['title']}", "\n".join(_points(part))
        return
    for child in part.get("contents", ()):
        yield from _articles(child)


def _points(part: Any) -> Iterator[str]:
    for child in [*part.get("contents", ()), *part.get("subpoints", ())]:
        if child.get("text"):
            yield f"{child.get('number', '')} {child['text']}".strip()
        yield from _points(child)


def chosen(data: Path, counts: dict[str, tuple[int, int]], rng: random.Random) -> list[Passage]:
    """counts: domain -> (passages at most, spans of each). Shuffled, so that a part of them is a part of all."""
    made = []
    sources: dict[str, Iterable[Passage]] = {
        "general": general(data), "medical": medical(data, rng), "legal": legal(data, rng)}  # fmt: skip
    for domain, (most, each) in counts.items():
        found = list(sources[domain])
        for passage in rng.sample(found, min(most, len(found))):
            spans = candidates(passage.text, domain, each, rng)
            if spans:
                made.append(passage._replace(spans=spans))
        print(f"{domain}: {len(found)} passages, {sum(p.domain == domain for p in made)} taken", flush=True)
    rng.shuffle(made)
    return made
