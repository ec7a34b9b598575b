"""What the product answers where one passage is given and nothing was searched: `python -m benchmarks.given`.

English: held-out windows of CUAD, PolicyQA, COVID-QA and SQuAD; token F1 of the answer as a user gets it (refused
counts as 0), of the network's best span (what refusing, details and yes/no quotes could keep), the share refused, and
of passages without the answer the share refused. Chinese: CJRC dev, the whole judgment as one passage, F1 by character,
a label in the place of the text of a yes/no question. PubMedQA: the conclusion of the abstract read, the label against
the label given. Intervals: 95 %, bootstrap over documents. `--every SET=N` takes every Nth question of a set.

The thresholds of given passages were chosen on the other half of the documents (`reported`), those of CUAD on the
same contracts' other windows than every 13th, which are measured here (docs/LOG.md).
"""

from __future__ import annotations

import argparse
import hashlib
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import save
from benchmarks.reader import DOMAINS, NEGATIVES, Scored, interval, score
from sparewheel.rag import weights
from sparewheel.rag.answer.chinese import ChineseReader
from sparewheel.rag.answer.reader import Reader
from sparewheel.rag.answer.second_look import SecondLook
from sparewheel.rag.settings import load_settings
from sparewheel.rag.types import AnswerRequest
from training.chinese.measure import measure, request, said
from training.chinese.prepare import judgments
from training.reader.check import best_text, hits_of
from training.reader.data import Example
from training.reader.run import examples

RECIPE = Path(__file__).parent.parent / "training/reader/reader.toml"
EVERY = {"cuad": 13, "cuad-negative": 20, "policyqa": 4, "policyqa-negative": 2, "covidqa": 1, "covidqa-negative": 1,
         "squad": 12, "squad-impossible": 10, "cjrc": 10, "pubmedqa": 3}  # fmt: skip


def reported(document: str) -> bool:
    """Whether a document is of the half that is measured; the thresholds were chosen on the other half."""
    return hashlib.sha256(document.encode()).digest()[-1] % 2 == 0


def of_windows(reader: Reader, held: Sequence[Example]) -> dict[str, Any]:
    """The figures of one set of windows, all with the answer or all without."""
    domain = DOMAINS[NEGATIVES.get(held[0].source, held[0].source)]
    answers, spans, refused = list[Scored](), list[Scored](), 0
    for example in held:
        draft = reader.read(AnswerRequest(example.question, tuple(hits_of([example.passage])), domain))
        refused += draft.refused
        if example.spans:
            answers.append(score(example, draft.text, draft.confidence))
            spans.append(score(example, best_text(reader, example.question, [example.passage])[0], 0.0))
    counted = {"n": len(held), "documents": len({e.group for e in held}), "refused": round(refused / len(held), 3)}
    if not answers:
        return counted
    low, high = interval(answers, lambda s: s.f1)
    return counted | {"f1": _mean(answers), "f1_interval": [round(low / 100, 3), round(high / 100, 3)],
                      "best_span_f1": _mean(spans)}  # fmt: skip


def of_conclusions(reader: Reader, data: Path, every: int) -> dict[str, Any]:
    """PubMedQA's 500 labelled questions that are not its test split, read from the conclusion: how many labels are
    given, right of those, and right of all.
    """
    rows = list(json.loads((data / "medical/pubmedqa/ori_pqal_dev.json").read_text("utf-8")).values())[::every]
    labels = []
    for row in rows:
        draft = reader.read(AnswerRequest(row["QUESTION"], tuple(hits_of([row["LONG_ANSWER"]])), "medical"))
        labels.append((draft.label, row["final_decision"], draft.refused))
    given = [(label, gold) for label, gold, _ in labels if label]
    right = sum(label == gold for label, gold in given)
    return {"n": len(rows), "labelled": round(len(given) / len(rows), 3),
            "right_of_labelled": round(right / max(1, len(given)), 3), "right_of_all": round(right / len(rows), 3),
            "refused": round(float(np.mean([refused for _, _, refused in labels])), 3)}  # fmt: skip


def _mean(scored: Sequence[Scored]) -> float:
    return round(float(np.mean([s.f1 for s in scored])), 3)


def main() -> None:
    """Measures, prints and writes benchmarks/results/given.json."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--every", nargs="*", default=[], metavar="SET=N")
    every = EVERY | {name: int(n) for name, n in (pair.split("=") for pair in parser.parse_args().every)}
    data = Path(load_settings().public_data)
    held = examples(data, "held-out", tomllib.loads(RECIPE.read_text("utf-8"))["data"])
    bigger = weights.second_look(load_settings(), "en")
    english = Reader(weights.WEIGHTS / "reader-en", threads=2, second=SecondLook(bigger) if bigger else None)
    chinese = Reader(weights.WEIGHTS / "reader-zh", threads=2)
    table: dict[str, Any] = {}
    for name in every:
        if own := [e for e in held if e.source == name and (name == "cuad" or reported(e.group))][:: every[name]]:
            table[name] = of_windows(english, own)
            print(f"{name:18}", table[name], flush=True)
    questions = [*judgments()][:: every["cjrc"]]
    reader = ChineseReader(chinese)
    table["cjrc"] = measure(questions, [said(reader.read(request(q))) for q in questions], 0.5)
    print(f"{'cjrc':18}", table["cjrc"], flush=True)
    table["pubmedqa"] = of_conclusions(english, data, every["pubmedqa"])
    print(f"{'pubmedqa':18}", table["pubmedqa"])
    save("given", {"every": every, "sets": table}, models=True)


if __name__ == "__main__":
    main()
