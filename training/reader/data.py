"""Reading examples from the open data sets: a question, a passage, and where its answers stand.

One record as SQuAD has it: question "When did the 1973 oil crisis begin?", passage "The 1973 oil crisis began in
October 1973 when ...", spans ((29, 41), (29, 41), (29, 36)): one per annotator. No span: the passage does not answer.
"""

from __future__ import annotations

import json
import random
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from training.splits import held_out

Part = Literal["train", "held-out"]
Spans = tuple[tuple[int, int], ...]
WINDOW_CHARS = 1600


@dataclass(frozen=True)
class Example:
    """spans are half-open character ranges of `passage`; label answers a yes/no question, "" where it is none. Where
    `spans_known` is False nobody said where the answer stands, and only the label is learned.
    """

    source: str
    question: str
    passage: str
    spans: Spans = ()
    heading: str = ""  # what stands over the passage: title of the document
    label: str = ""
    group: str = ""  # the document, so that intervals can be taken over documents
    spans_known: bool = True


def window(text: str, span: tuple[int, int], chars: int, rng: random.Random) -> tuple[int, int]:
    """A range of about `chars` characters at a random place around `span`, cut at white space, never inside `span`."""
    room = max(0, chars - (span[1] - span[0]))
    start = max(0, min(span[0] - rng.randint(0, room), len(text) - chars))
    end = max(span[1], min(len(text), start + chars))
    if start and (cut := re.compile(r"\s").search(text, start, span[0])):
        start = cut.end()
    if end < len(text) and (cut := re.compile(r"\s\S*$").search(text, span[1], end)):
        end = cut.start()
    return start, end


def inside(spans: Spans, start: int, end: int, least: float = 0.5) -> Spans:
    """The spans in the range, counted from its start; one that is cut is kept when `least` of it is left."""
    kept = []
    for a, b in spans:
        low, high = max(a, start), min(b, end)
        if high - low >= max(1.0, least * (b - a)):
            kept.append((low - start, high - start))
    return tuple(kept)


def of_part(name: str, part: Part) -> bool:
    """Whether a document called `name` belongs to the part."""
    return held_out(name) == (part == "held-out")


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def squad(data: Path, part: Part) -> Iterator[Example]:
    """SQuAD's development articles: every question of v1.1, and the unanswerable ones of v2.0 as `squad-impossible`."""
    for version in ("1.1", "2.0"):
        for article in _json(data / f"general/squad/dev-v{version}.json")["data"]:
            if not of_part(article["title"], part):
                continue
            for paragraph in article["paragraphs"]:
                for qa in paragraph["qas"]:
                    if bool(qa["answers"]) == (version == "1.1"):
                        source = "squad" if version == "1.1" else "squad-impossible"
                        yield _squad_example(source, paragraph["context"], qa, article["title"])


def _squad_example(source: str, passage: str, qa: Any, title: str) -> Example:
    spans = tuple((a["answer_start"], a["answer_start"] + len(a["text"])) for a in qa["answers"])
    return Example(source, qa["question"], passage, spans, title.replace("_", " "), group=title)


def squad_sample(data: Path) -> Iterator[Example]:
    """The sample of SQuAD's training part, answers found by search (first occurrence); those not found are left out."""
    for item in _json(data / "general/squad/train-sample.json"):
        passage: str = item["context"]
        for qa in item["qas"]:
            at = passage.find(qa["answer"])
            if at >= 0:
                yield Example("squad-sample", qa["question"], passage, ((at, at + len(qa["answer"])),))


def policyqa(data: Path, part: Part, rng: random.Random) -> Iterator[Example]:
    """PolicyQA's questions on the segment that answers; as `policyqa-negative`, all of them (of the held-out ones a
    third) on a segment of the same policy that has no question of the same practice.
    """
    for policy in _json(data / "legal/policyqa/dev.json")["data"]:
        if not of_part(policy["title"], part):
            continue
        paragraphs = policy["paragraphs"]
        practices = [{qa["type"].split("|||")[0] for qa in p["qas"]} for p in paragraphs]
        for paragraph in paragraphs:
            for qa in paragraph["qas"]:
                found = _squad_example("policyqa", paragraph["context"], qa, policy["title"])
                yield found
                practice = qa["type"].split("|||")[0]
                others = [p["context"] for p, s in zip(paragraphs, practices, strict=True) if practice not in s]
                if others and rng.random() < (1 if part == "train" else 1 / 3):
                    yield Example(
                        "policyqa-negative", qa["question"], rng.choice(others), (), found.heading, group=found.group
                    )


def covidqa(data: Path, file: Literal["train", "dev"], copies: int, rng: random.Random) -> Iterator[Example]:
    """COVID-QA: `copies` windows that hold the answer, and one (`covidqa-negative`) of the same paper that does not."""
    for paper in _json(data / f"medical/covid-qa/covid-qa-{file}.json")["data"]:
        for paragraph in paper["paragraphs"]:
            text, group = paragraph["context"], str(paragraph["document_id"])
            heading = text.split("\n", 1)[0]
            for qa in paragraph["qas"]:
                spans = tuple((a["answer_start"], a["answer_start"] + len(a["text"])) for a in qa["answers"])
                for _ in range(copies):
                    start, end = window(text, spans[0], _size(rng) if file == "train" else WINDOW_CHARS, rng)
                    yield Example(
                        "covidqa", qa["question"], text[start:end], inside(spans, start, end), heading, group=group
                    )
                if elsewhere := far_window(text, spans, rng):
                    yield Example("covidqa-negative", qa["question"], elsewhere, (), heading, group=group)


def _size(rng: random.Random) -> int:
    return rng.choice((800, 1000, 1300, WINDOW_CHARS, WINDOW_CHARS, 1700))


def far_window(text: str, spans: Spans, rng: random.Random, tries: int = 10) -> str:
    """A random window of `text` that touches none of the spans; "" when none was found in `tries`."""
    for _ in range(tries):
        at = rng.randrange(max(1, len(text) - 200))
        start, end = window(text, (at, at), WINDOW_CHARS, rng)
        if end - start > 200 and all(b <= start or a >= end for a, b in spans):
            return text[start:end]
    return ""


def medquad(data: Path, rng: random.Random, limit: int) -> Iterator[Example]:
    """MedQuAD pages as reading: among the shuffled answers of one page, the first sentence of the one asked for."""
    files = sorted((data / "medical/medquad").glob("*/*.xml"))
    rng.shuffle(files)
    for file in files[:limit]:
        pairs = []
        for pair in ElementTree.parse(file).iter("QAPair"):
            answer = re.sub(r"\s+", " ", pair.findtext("Answer") or "").strip()
            if len(answer) > 80:
                pairs.append((re.sub(r"\s+", " ", pair.findtext("Question") or "").replace(" ?", "?"), answer[:500]))
        if len(pairs) >= 2:
            rng.shuffle(pairs)
            passage, starts = "", []
            for _, answer in pairs[:3]:
                starts.append(len(passage))
                passage += answer + "\n"
            chosen = rng.randrange(len(starts))
            sentence = re.match(r".{40,}?[.!?](?=\s|$)|.+", pairs[chosen][1])
            if sentence:
                at = starts[chosen]
                yield Example("medquad", pairs[chosen][0], passage.strip(), ((at, at + sentence.end()),))


def elsewhere(examples: Sequence[Example], source: str, rng: random.Random) -> Iterator[Example]:
    """Each question of the source on another passage of its document, which does not answer: `SOURCE-elsewhere`."""
    passages: dict[str, list[str]] = {}
    for group, passage in dict.fromkeys((e.group, e.passage) for e in examples if e.source == source):
        passages.setdefault(group, []).append(passage)
    for e in examples:
        if e.source == source and len(others := passages[e.group]) > 1:
            taken = rng.choice([p for p in rng.sample(others, 2) if p != e.passage])
            yield Example(f"{source}-elsewhere", e.question, taken, (), e.heading, group=e.group)


_NAMED = re.compile(r"(?<=\s)(?:[A-Z][\w'-]+(?:\s[A-Z][\w'-]+)*|\d[\d,.]*\d|\d)(?=\W)")


def swapped(example: Example, rng: random.Random, share: float = 0.4) -> Example | None:
    """The question with a name or number replaced by another one of the passage that its answer's sentence lacks: it
    looks answerable and is not (in the manner of SQuAD 2.0). None for other sets, and where there is no such pair.
    """
    if example.source not in ("squad", "squad-sample") or rng.random() > share:
        return None
    a, b = example.spans[0]
    start, end = example.passage.rfind(". ", 0, a) + 1, example.passage.find(". ", b)
    said = example.passage[start : end if end > 0 else None] + example.question
    found = [m for m in _NAMED.finditer(example.question) if m[0] in example.passage]
    if not found:
        return None
    old = rng.choice(found)
    others = [n for n in _NAMED.findall(example.passage) if n[0].isdigit() == old[0][0].isdigit() and n not in said]
    if not others:
        return None
    question = example.question[: old.start()] + rng.choice(others) + example.question[old.end() :]
    return Example("squad-swapped", question, example.passage, (), example.heading, group=example.group)
