"""Reading examples from contracts: CUAD's clauses asked for in many wordings, and LegalBench-RAG's questions.

One CUAD record: category "Governing Law", asked as 'Highlight the parts (if any) of this contract related to "Governing
Law" ...' or "Which law governs the agreement?", spans of the clause in a whole contract of some 50,000 characters.
"""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from training.reader.data import WINDOW_CHARS, Example, Part, Spans, far_window, inside, window
from training.splits import contract_held_out, legalbench_held_out

OWN_WORDING = 0.4  # share of CUAD's own long question where held out; the rest is asked naturally
TRAINED_WORDINGS = (0.25, 0.15, 0.1)  # own, only its explanation, only its topic; the rest is asked naturally
_TOPICS = ("What does the contract say about {}?", "{}", "Find the clause on {}.", "Is there a clause about {}?",
           "What is agreed on {}?", "Where does the agreement deal with {}?")  # fmt: skip
_SYNONYMS = ({"contract": "agreement", "agreement": "contract", "licence": "license", "license": "licence"},
             {"agreement": "deal", "contract": "document", "party": "side", "parties": "companies"})  # fmt: skip
LONGEST_ANSWER = 1500


@cache
def clause_questions() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """CUAD category -> {"ask": wordings, "more": others, "yes": questions the clause answers yes, ...}."""
    loaded: dict[str, Any] = tomllib.loads(
        Path(__file__).with_name("clause_questions.toml").read_text(encoding="utf-8")
    )
    return loaded


def _question(category: str, own: str, part: Part, rng: random.Random) -> str:
    """CUAD's own question or a natural one; the last natural wording is kept for the held-out part."""
    wordings = clause_questions()[category]
    if part == "held-out":
        return own if rng.random() < OWN_WORDING else wordings["ask"][-1]
    natural = [*wordings["ask"][:-1], *(w for kind in ("more", "new", "yes", "no") for w in wordings.get(kind, ()))]
    explained = own.split("Details: ", 1)[-1]
    topic = rng.choice(_TOPICS).format(category.replace("-", " ").lower())
    asked, share = rng.random(), TRAINED_WORDINGS
    for wording, above in ((own, share[0]), (explained, sum(share[:2])), (topic, sum(share))):
        if asked < above:
            return wording
    return reworded(rng.choice(natural), rng)


def reworded(question: str, rng: random.Random) -> str:
    """The question with other words for contract, licence and party in half of the cases."""
    if rng.random() < 0.5:
        return question
    others = rng.choice(_SYNONYMS)
    return re.sub(r"\b(?:" + "|".join(others) + r")\b", lambda m: others[m[0]], question)


def _contracts(data: Path, part: Part) -> Iterator[tuple[str, str, dict[str, tuple[str, Spans]]]]:
    """(title, text, category -> (CUAD's question, spans)) of each contract."""
    for contract in json.loads((data / "legal/cuad/CUADv1-train.json").read_text(encoding="utf-8"))["data"]:
        if contract_held_out(contract["title"]) == (part == "held-out"):
            paragraph = contract["paragraphs"][0]
            clauses = {}
            for qa in paragraph["qas"]:
                spans = tuple((a["answer_start"], a["answer_start"] + len(a["text"])) for a in qa["answers"])
                clauses[qa["id"].split("__")[-1]] = (qa["question"], spans)
            yield contract["title"], paragraph["context"], clauses


def cuad(data: Path, part: Part, copies: int, negatives: int, rng: random.Random) -> Iterator[Example]:
    """Per category: `copies` windows around each of up to three clauses (`cuad`; every gold span in the window counts),
    and `negatives` windows of the same contract without it (`cuad-negative`), half of them around another clause.
    """
    for title, text, clauses in _contracts(data, part):
        heading = re.sub(r"[_\s]+", " ", title)
        everything = [s for _, spans in clauses.values() for s in spans]
        for category, (own, spans) in clauses.items():
            for _ in range(negatives if spans or part == "train" else 1):
                if rng.random() < 0.5 and (passage := _near_another_clause(text, spans, everything, rng)):
                    pass
                else:
                    passage = far_window(text, spans, rng)
                if passage:
                    question = _question(category, own, part, rng)
                    yield Example("cuad-negative", question, passage, (), heading, group=title)
            apart = [s for s in spans if s[1] - s[0] <= LONGEST_ANSWER]
            for span in rng.sample(apart, min(3 if part == "train" else 1, len(apart))):
                for _ in range(copies):
                    size = WINDOW_CHARS if part == "held-out" else rng.choice((900, 1200, WINDOW_CHARS, 1700))
                    start, end = window(text, span, max(size, span[1] - span[0]), rng)
                    golds = inside(spans, start, end)
                    question = _question(category, own, part, rng)
                    yield Example("cuad", question, text[start:end], golds, heading, group=title)


def _near_another_clause(text: str, spans: Spans, everything: Sequence[tuple[int, int]], rng: random.Random) -> str:
    """A window around a clause of another category that touches no gold span; "" when the pick touches one."""
    start, end = window(text, rng.choice(everything), WINDOW_CHARS, rng)
    return text[start:end] if all(b <= start or a >= end for a, b in spans) else ""


def legalbench(data: Path, part: Part, copies: int, rng: random.Random) -> Iterator[Example]:
    """ContractNLI's and MAUD's questions (`legalbench`), with the "Consider ...;" that names the document in half of
    them, and one window without the answer each (`legalbench-negative`). CUAD's are in `cuad`.
    """
    folder = data / "legal/legalbench-rag"
    for name in ("contractnli", "maud"):
        tests = json.loads((folder / f"benchmarks/{name}.json").read_text(encoding="utf-8"))["tests"]
        for test in tests:
            path = test["snippets"][0]["file_path"]
            if legalbench_held_out(path) != (part == "held-out"):
                continue
            text = document(folder / "corpus" / path.replace("||", "__").replace(":", "_"))  # as the mirror names files
            heading = Path(path).stem
            spans = tuple((s["span"][0], s["span"][1]) for s in test["snippets"] if s["file_path"] == path)
            short = [s for s in spans if s[1] - s[0] <= LONGEST_ANSWER]
            asked = test["query"].split("; ", 1)[-1] if rng.random() < 0.5 else test["query"]
            for span in short[:2]:
                for _ in range(copies):
                    start, end = window(text, span, WINDOW_CHARS, rng)
                    golds = inside(spans, start, end)
                    yield Example("legalbench", asked, text[start:end], golds, heading, group=path)
            if short and (passage := far_window(text, spans, rng)):
                yield Example("legalbench-negative", asked, passage, (), heading, group=path)


def open_documents(data: Path, parts: Sequence[str] = ("contractnli", "cuad", "maud")) -> Iterator[Path]:
    """LegalBench-RAG's documents that are held out under neither name: the real one, nor the one of the mirror's file
    (__ for || and _ for :).
    """
    folder = data / "legal/legalbench-rag"
    for part in parts:
        tests = json.loads((folder / f"benchmarks/{part}.json").read_text(encoding="utf-8"))["tests"]
        named = {s["file_path"] for test in tests for s in test["snippets"]}
        real = {name.replace("||", "__").replace(":", "_"): name for name in named}
        for path in sorted((folder / "corpus" / part).glob("*.txt")):
            name = f"{part}/{path.name}"
            if not legalbench_held_out(name) and not legalbench_held_out(real.get(name, name)):
                yield path


@cache
def document(path: Path) -> str:
    """A LegalBench-RAG document with the character offsets its spans count in (a leading byte-order mark counts)."""
    with path.open(encoding="utf-8", newline="") as file:
        return file.read()
