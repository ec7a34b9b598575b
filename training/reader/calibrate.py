"""Makes the exported reader's margin a probability: fits `calibration` and `refuse_below` in its config.json.

    python -m training.reader_calibrate --config training/reader.toml --folder OUT/reader-en --data DIR
    python -m training.reader_calibrate --config training/zh_reader.toml --folder OUT/reader-zh --data OUT

Every held-out question is asked twice as it is asked in use, over several passages of the same document: once with the
passage that answers among them, once without. A logistic curve per domain (Platt 1999) gives the probability that the
best span is right (F1 of a half and more); the threshold is where `--lost` of the right answers are refused.
"""

from __future__ import annotations

import argparse
import math
import random
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.answer.reader import Reader
from training.reader.check import best_text, f1_of, held_out
from training.reader.data import Example
from training.reader.export import write_config

DOMAINS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {"legal": ("cuad", "policyqa", "legalbench"), "medical": ("covidqa",), "general": ("squad",)},
    "zh": {"general": ("cmrc2018", "drcd"), "legal": ("cmrc2018", "drcd")},  # no Chinese judgments are trained on
}
RIGHT = 0.5  # F1 from which an answer counts as right


@dataclass(frozen=True)
class Case:
    """A question over passages; golds is empty where none of them answers."""

    source: str
    question: str
    passages: tuple[str, ...]
    golds: tuple[str, ...]


def cases(examples: Sequence[Example], passages: int, most: int, seed: int) -> Iterator[Case]:
    """Of `most` answered examples of each source one case with its passage and one without, among `passages`
    passages of its document, and of others where it has too few; none of the others holds an answer. A passage made to
    lack the answer of this very question comes first.
    """
    rng = random.Random(seed)
    by_source: dict[str, list[Example]] = defaultdict(list)
    emptied: dict[tuple[str, str], list[str]] = defaultdict(list)
    for example in examples:
        if example.spans:
            by_source[example.source].append(example)
        else:
            emptied[example.question, example.group].append(example.passage)
    for own in by_source.values():
        texts = [(e.group, e.passage) for e in own]
        for example in own[:: max(1, len(own) // most)]:
            golds = tuple(example.passage[a:b] for a, b in example.spans)
            free = [(group, text) for group, text in texts if not any(g in text for g in golds)]
            near = sorted({text for group, text in free if group == example.group})
            far = sorted({text for group, text in rng.sample(free, min(len(free), passages))} - set(near))
            hard = [text for text in emptied[example.question, example.group] if not any(g in text for g in golds)]
            others = [*dict.fromkeys([*hard, *rng.sample(near, min(len(near), passages)), *far])][:passages]
            among = [example.passage, *others[: passages - 1]]
            rng.shuffle(among)
            yield Case(example.source, example.question, tuple(among), golds)
            if others:
                yield Case(example.source, example.question, tuple(others), ())


def read(reader: Reader, case: Case) -> tuple[str, float]:
    """The best span's text and its margin less the cost of its passage's rank."""
    text, margin, place = best_text(reader, case.question, case.passages)
    return text, margin - reader.config["rank_cost"] * math.log(place + 1)


def logistic(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, float]:
    """(slope, offset) of greatest likelihood, Newton's method; a weak prior keeps separable data finite."""
    design, w = np.stack([x, np.ones_like(x)], 1), np.zeros(2)
    for _ in range(100):
        p = 1 / (1 + np.exp(-np.clip(design @ w, -30, 30)))
        gradient = design.T @ (y - p) - [1e-3 * w[0], 0]
        hessian = (design * (p * (1 - p))[:, None]).T @ design + np.diag([1e-3, 1e-9])
        step = np.linalg.solve(hessian, gradient)
        w += step
        if np.abs(step).max() < 1e-9:
            break
    return float(w[0]), float(w[1])


def fitted(margins: Sequence[float], right: Sequence[bool], lost: float) -> dict[str, Any]:
    """calibration [slope, offset], refuse_below, and what that does: lost of the right, refused of the rest."""
    x, y = np.asarray(margins, np.float64), np.asarray(right, np.float64)
    if not 0 < y.sum() < len(y):
        raise ValueError(f"{int(y.sum())} of {len(y)} answers are right: some must be and some not; read more of them")
    slope, offset = logistic(x, y)
    p = 1 / (1 + np.exp(-(slope * x + offset)))
    threshold = float(np.quantile(p[y == 1], lost))
    return {"calibration": [round(slope, 4), round(offset, 4)], "refuse_below": round(threshold, 3), "n": len(x),
            "right": int(y.sum()), "lost": round(float((p[y == 1] < threshold).mean()), 3),
            "refused": round(float((p[y == 0] < threshold).mean()), 3)}  # fmt: skip


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="the recipe")
    parser.add_argument("--folder", type=Path, required=True, help="the exported reader")
    parser.add_argument("--data", type=Path, required=True, help="data sets; for Chinese the recipe's output folder")
    parser.add_argument("--most", type=int, default=120, help="questions of a set")
    parser.add_argument("--passages", type=int, default=4, help="as many as are read in use")
    parser.add_argument("--lost", type=float, default=0.05, help="share of the right answers that refusing may cost")
    given = parser.parse_args()
    recipe = tomllib.loads(given.config.read_text(encoding="utf-8"))
    language = recipe["body"]["language"]
    reader, f1, read_of = Reader(given.folder), f1_of(language), defaultdict[str, list[tuple[float, bool]]](list)
    for case in cases(held_out(recipe, given.data), given.passages, given.most, seed=1):
        text, margin = read(reader, case)
        read_of[case.source].append((margin, any(f1(text, g) >= RIGHT for g in case.golds)))
    config = reader.config | {"calibration": {}, "refuse_below": {}}
    for domain, sources in DOMAINS[language].items():
        pooled = [pair for source in sources for pair in read_of[source]]
        found = fitted([m for m, _ in pooled], [r for _, r in pooled], given.lost)
        print(f"{domain:8}", found, flush=True)
        for key in ("calibration", "refuse_below"):
            config[key][domain] = found[key]
    write_config(given.folder, config)


if __name__ == "__main__":
    main()
