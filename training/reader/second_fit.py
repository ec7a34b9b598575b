"""Fits how likely a span answers once both networks have read it (`rag.answer.second_look`); writes `joined` and
`joined_given` of the second look's config.json, and shows what thresholds would do.

    python -m training.reader.second_fit --folder DIR/second-en --reader DIR/reader-en --work DIR [--also FILE ...]

The questions are those that `training.reader.answerable` collected in --work on documents that neither network saw, and
further ones (--also, of `benchmarks.asked_cases`). Passages given without a search: held-out windows of public sets, of
the half of the documents that `benchmarks.given` does not measure.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import random
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.reader import Reader
from sparewheel.rag.answer.second_look import COLUMNS, SecondLook, features, probability
from sparewheel.rag.answer.spans import Reading
from sparewheel.rag.settings import load_settings
from sparewheel.rag.types import AnswerRequest, Chunk, Hit
from training.reader.answerable import PARTS, Case, right
from training.reader.data import Example
from training.reader.export import write_config
from training.reader.run import examples

MOST_GIVEN = 60  # windows of a public set
DOMAINS = {"cuad": "legal", "policyqa": "legal", "legalbench": "legal", "covidqa": "medical", "squad": "general"}
WRONG = (0.03, 0.05, 0.08, 0.12)  # shares of wrong answers for which the share of right ones is shown


@dataclass(frozen=True)
class Looked:
    """A question that both networks read. likely: the reader's best probability; first_right: whether that span is
    right; row [COLUMNS] and right: of the window read again.
    """

    source: str
    group: str
    answerable: bool
    likely: float
    first_right: bool
    row: NDArray[np.float64]
    right: bool


def looked(case: Case, reader: Reader, second: SecondLook) -> Looked | None:
    """What both networks say of the likeliest window of a case; None where nothing is read."""
    asked = form_of(case.question.text, "en")
    readings, likely = reader.weighed(asked, AnswerRequest(asked.text, case.hits, case.domain))
    if not readings:
        return None
    first = readings[int(np.argmax(likely))]
    again = second.read(asked.text, first)
    return Looked(case.source, case.group, case.question.answerable, float(likely.max()), right(case, first),
                  features(case.domain, first, again, likely), right(case, again))  # fmt: skip


def windows(data: Path, recipe: Path) -> Iterator[tuple[Example, str]]:
    """(held-out window, its domain) of the documents that `benchmarks.given` leaves to choosing."""
    held = examples(data, "held-out", tomllib.loads(recipe.read_text(encoding="utf-8"))["data"])
    by: dict[str, list[Example]] = {}
    for example in held:
        name = example.source.partition("-")[0]
        if example.passage and name in DOMAINS and hashlib.sha256(example.group.encode()).digest()[-1] % 2:
            by.setdefault(example.source, []).append(example)
    for source, own in sorted(by.items()):
        for example in random.Random(source).sample(own, min(MOST_GIVEN, len(own))):
            yield example, DOMAINS[source.partition("-")[0]]


def looked_at_window(example: Example, domain: str, reader: Reader, second: SecondLook) -> Looked | None:
    """As `looked`, of a window that nobody searched for."""
    asked = form_of(example.question, "en")
    hit = Hit(Chunk("given", 0, len(example.passage), example.passage), 1.0, 1, "given")
    readings, likely = reader.weighed(asked, AnswerRequest(asked.text, (hit,), domain))
    if not readings:
        return None
    first = readings[int(np.argmax(likely))]
    again = second.read(asked.text, first)
    is_right = [any(_overlap(one, span) for span in example.spans) for one in (first, again)]
    return Looked(example.source, example.group, bool(example.spans), float(likely.max()), is_right[0],
                  features(domain, first, again, likely), is_right[1])  # fmt: skip


def _overlap(reading: Reading, span: tuple[int, int]) -> bool:
    start, end = (reading.window.start + place for place in reading.spans[0][:2])
    return min(end, span[1]) - max(start, span[0]) >= max(1, min(end - start, span[1] - span[0]) / 2)


def fit(of: Sequence[Looked]) -> dict[str, float]:
    """Column -> weight of a logistic regression; each set counts with the square root of its size."""
    from sklearn.linear_model import LogisticRegression

    size = Counter(one.source for one in of)
    weight = np.asarray([size[one.source] ** -0.5 for one in of])
    model = LogisticRegression(C=1.0, fit_intercept=False, max_iter=5000)
    model.fit([one.row for one in of], [one.right for one in of], sample_weight=weight * len(weight) / weight.sum())
    return {name: round(float(w), 3) for name, w in zip(COLUMNS, model.coef_[0], strict=True)}


def crossed(of: Sequence[Looked], folds: int = 5) -> NDArray[np.float64]:
    """How likely the span of each answers, by weights fitted without its document."""
    groups = sorted({one.group for one in of})
    random.Random(1).shuffle(groups)
    fold = {group: i % folds for i, group in enumerate(groups)}
    found = np.zeros(len(of))
    for k in range(folds):
        weights = fit([one for one in of if fold[one.group] != k])
        for i, one in enumerate(of):
            if fold[one.group] == k:
                found[i] = probability(one.row, weights)
    return found


def shown(name: str, p: NDArray[np.float64], is_right: NDArray[np.bool_]) -> str:
    """AUROC, and the share of right answers at shares of wrong ones, over all questions."""
    from sklearn.metrics import roc_auc_score

    order = np.argsort(-p, kind="stable")
    wrong, good = np.cumsum(~is_right[order]) / len(p), np.cumsum(is_right[order]) / len(p)
    at = [max(0, int(np.searchsorted(wrong, most, side="right")) - 1) for most in WRONG]
    auc = roc_auc_score(is_right, p) if 0 < is_right.mean() < 1 else float("nan")
    parts = ", ".join(f"{good[i]:.3f} ({p[order][i]:.2f}) at {most}" for i, most in zip(at, WRONG, strict=True))
    return f"  {name:6} right first {is_right.mean():.3f} AUROC {auc:.3f}; right, at wrong: {parts}"


def report(of: Sequence[Looked]) -> None:
    """Prints what one network knows beside both, of each set."""
    both = crossed(of)
    for source in (*sorted({one.source for one in of}), "all"):
        own = [i for i, one in enumerate(of) if source in (one.source, "all")]
        print(f"{source} n {len(own)}")
        print(shown("first", np.asarray([of[i].likely for i in own]), np.asarray([of[i].first_right for i in own])))
        print(shown("both", both[own], np.asarray([of[i].right for i in own])), flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="the second look's network")
    parser.add_argument("--reader", type=Path, required=True, help="the reader's")
    parser.add_argument("--work", type=Path, required=True, help="cases of training.reader.answerable")
    parser.add_argument("--also", type=Path, nargs="*", default=[], help="further cases (benchmarks.asked_cases)")
    options = parser.parse_args()
    reader, second = Reader(options.reader), SecondLook(options.folder)
    found = {"joined": list[Looked](), "joined_given": list[Looked]()}
    collected = (options.work / f"{name}.cases" for name in (*PARTS["en"], "misnamed-en"))
    for file in (*(file for file in collected if file.exists()), *options.also):
        kept = options.work / f"{file.stem}.looked"
        if not kept.exists():
            cases: list[Case] = pickle.loads(file.read_bytes())
            of = (looked(case, reader, second) for case in cases)
            kept.write_bytes(pickle.dumps([one for one in of if one]))
        found["joined"] += pickle.loads(kept.read_bytes())
    kept = options.work / "windows.looked"
    if not kept.exists():
        given = windows(Path(load_settings().public_data), Path(__file__).with_name("second.toml"))
        of = (looked_at_window(example, domain, reader, second) for example, domain in given)
        kept.write_bytes(pickle.dumps([one for one in of if one]))
    found["joined_given"] = pickle.loads(kept.read_bytes())
    for name, own in found.items():
        print(name)
        report(own)
    write_config(options.folder, second.config | {name: fit(own) for name, own in found.items()})
    print(json.dumps({name: fit(own) for name, own in found.items()}, indent=1))


if __name__ == "__main__":
    main()
