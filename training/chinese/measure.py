"""How well the Chinese readers do: F1 and exact match by character, answers refused, answers lost.

    python -m training.chinese.measure --folder OUT/reader-zh --every 5

reads whole judgments of CJRC dev: the clause rules alone, the network alone, the network with the rules where it is
unsure, and what ships. `--measure OUT/measure.json.gz` adds the held-out questions of CMRC and DRCD.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import unicodedata
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sparewheel.rag.answer.chinese import ChineseReader
from sparewheel.rag.answer.clause import ClauseQuoter
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.reader import Reader
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit
from training.chinese.examples import Asked, removed

Question = dict[str, Any]  # question, text, answers (none: unanswerable), label ("yes", "no" or "")


def characters(text: str) -> str:
    """Lower case, without white space and punctuation, as the Chinese leaderboards compare."""
    return "".join(c for c in text.lower() if not c.isspace() and unicodedata.category(c)[0] not in "PS")


def f1(answer: str, reference: str) -> float:
    """Harmonic mean of precision and recall over the multiset of characters; 1 when both are empty."""
    a, b = Counter(characters(answer)), Counter(characters(reference))
    same = sum((a & b).values())
    if not a or not b:
        return float(a == b)
    return 2 * same / (sum(a.values()) + sum(b.values()))


def measure(questions: Sequence[Question], answers: Sequence[tuple[str, float]], floor: float) -> dict[str, float]:
    """Figures of one set; answers are (text or label, margin), one below `floor` counts as refused.

    f1, em: answerable questions, an answer demanded; span_f1: of them those answered by a span; yes_no: accuracy on
    the others; refused: share of unanswerable questions refused; lost: share of answerable ones refused.
    """
    found: dict[str, list[float]] = {kind: [] for kind in ("f1", "em", "span_f1", "yes_no", "refused", "lost")}
    for question, (answer, margin) in zip(questions, answers, strict=True):
        references = [question["label"]] if question["label"] else question["answers"]
        low = float(margin < floor)
        if not references:
            found["refused"].append(low)
            continue
        score = max(f1(answer, reference) for reference in references)
        found["f1"].append(score)
        found["em"].append(float(any(characters(answer) == characters(reference) for reference in references)))
        found["lost"].append(low)
        found["yes_no" if question["label"] else "span_f1"].append(score)
    figures = {kind: round(float(np.mean(values)), 4) for kind, values in found.items() if values}
    return {**figures, "questions": len(questions)}


def emptied(questions: Sequence[Question], seed: int) -> list[Question]:
    """The questions whose answering sentence can be cut out, with it cut out: unanswerable now."""
    rng, made = random.Random(seed), []
    for question in questions:
        start = question["text"].find(question["answers"][0])
        asked = Asked("", 0, question["question"], start, start + len(question["answers"][0]))
        if example := removed(asked, question["text"], rng):
            text = example.passage(question["text"])
            made.append({"question": question["question"], "text": text, "answers": [], "label": ""})
    return made


Answers = list[tuple[str, float]]  # text or label, and how sure
UNSURE = (0.1, 0.2, 0.3, 0.4, 0.5)  # probabilities below which the rules may answer instead


def request(question: Question) -> AnswerRequest:
    """The question on its whole text, one passage."""
    text = question["text"]
    hit = Hit(Chunk("text", 0, len(text), text, language="zh"), 1.0, 1, "given")
    return AnswerRequest(question["question"], (hit,), "legal", "zh")


def forced(reader: Reader, given: AnswerRequest) -> tuple[str, float]:
    """The network's best span, refused or not, and its probability; ("", 0) without one."""
    for span in reader.likeliest(form_of(given.question, "zh"), given):
        return given.hits[span.hit].chunk.text[span.start : span.end], span.score
    return "", 0.0


def said(draft: Draft) -> tuple[str, float]:
    """The label or the text, and 1.0; ("", 0.0) where refused."""
    return ("", 0.0) if draft.refused else (draft.label or draft.text, 1.0)


def compared(reader: Reader, questions: Sequence[Question]) -> dict[str, dict[str, float]]:
    """The figures of each way to answer."""
    given = [request(q) for q in questions]
    rules, ships = ClauseQuoter(), ChineseReader(reader)
    clauses = [said(rules.read(g)) for g in given]
    network = [forced(reader, g) for g in given]
    asked = [form_of(g.question, "zh").form == "yes-no" for g in given]
    labelled = [c if yes else n for c, n, yes in zip(clauses, network, asked, strict=True)]
    table = {"rules": measure(questions, clauses, 0.5), "network": measure(questions, network, 0.0)}
    table["network, rules for yes or no"] = measure(questions, labelled, 0.0)
    for p in UNSURE:
        mixed = [c if c[0] and n[1] < p else n for c, n in zip(clauses, labelled, strict=True)]
        table[f"the same, rules below {p}"] = measure(questions, mixed, 0.0)
    table["ships"] = measure(questions, [said(ships.read(g)) for g in given], 0.5)
    return table


def main() -> None:
    """Prints the tables; `--json FILE` keeps them."""
    from training.chinese.prepare import judgments

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="the shipped reader")
    parser.add_argument("--measure", type=Path)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    sets = {"cjrc": [*judgments()]}
    if arguments.measure:
        with gzip.open(arguments.measure, "rt", encoding="utf-8") as file:
            held = json.load(file)
        sets |= {name: held[name] + emptied(held[name], 7) for name in ("cmrc2018", "drcd")}
    reader, tables = Reader(arguments.folder), {}
    for name, questions in sets.items():
        tables[name] = compared(reader, questions[:: arguments.every])
        for way, figures in tables[name].items():
            print(f"{name:9} {way:30}", figures, flush=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(tables, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
