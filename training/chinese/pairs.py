"""(question, passage) pairs for the Chinese embedding model, and LeCoQA's held-out questions to measure it on.

    python -m training.chinese.pairs --out build/zh/pairs.json.gz

Passages: every statute article with its law and chapter in front, as it is indexed, and the paragraphs of CMRC and
DRCD. A question of LeCoQA is held out by its id; articles are shared by both sides (lay questions on one law), so the
figure is of new questions on known law.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from sparewheel.corpora import dataset
from sparewheel.corpora.loaders.lecoqa import articles
from sparewheel.rag.retrieve.tokenise import terms
from training.chinese.examples import Texts, asked, split
from training.chinese.texts import WINDOW_CHARS, clauses
from training.retriever.negatives import Bm25
from training.splits import held_out

NEGATIVES = 20
_HEADING = re.compile(r"^#+\s+(.+)$", re.MULTILINE)


@dataclass
class Pairs:
    """questions: (source, text, indices of the passages that answer it); negatives: by BM25, per question."""

    passages: list[str] = field(default_factory=list)
    questions: list[tuple[str, str, list[int]]] = field(default_factory=list)
    negatives: list[list[int]] = field(default_factory=list)
    measure: list[dict[str, Any]] = field(default_factory=list)  # text, gold, bm25 (100 best passages)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True)
    out = parser.parse_args().out
    made = prepare(7)
    with gzip.open(out, "wt", encoding="utf-8") as file:
        json.dump(vars(made), file, ensure_ascii=False)
    counts = {name: sum(source == name for source, _, _ in made.questions) for name in ("lecoqa", "asked", "clause")}
    print(f"{len(made.passages):,} passages, {counts}, {len(made.measure)} held out")


def prepare(seed: int) -> Pairs:
    made, rng = Pairs(), random.Random(seed)
    places = statutes(made)
    index = Bm25(made.passages, words_of(made.passages))
    lecoqa = dataset("lecoqa")
    rows = [(q, sorted({places[g.document_id, g.start] for g in q.gold if (g.document_id, g.start) in places}))
            for q in lecoqa.questions()]  # fmt: skip
    kept = [(question.text, gold, held_out(f"lecoqa/{question.id}")) for question, gold in rows if gold]
    made.questions = [("lecoqa", text, gold) for text, gold, out in kept if not out]
    made.negatives = best(index, [text for _, text, _ in made.questions], [gold for _, _, gold in made.questions])
    measured = [(text, gold) for text, gold, out in kept if out]
    ranked = best(index, [text for text, _ in measured], [[] for _ in measured], 100)
    made.measure = [{"text": t, "gold": g, "bm25": r} for (t, g), r in zip(measured, ranked, strict=True)]
    paragraphs(made, rng)
    inverse_cloze(made, len(set(places.values())), rng)
    return made


def statutes(made: Pairs) -> dict[tuple[str, int], int]:
    """Adds every article once (a law's versions share most of them); where each stands -> its passage."""
    laws = {document.id: document for document in dataset("laws").documents()}
    known: dict[str, int] = {}
    places: dict[tuple[str, int], int] = {}
    for name, found in articles(dataset("laws").folder).items():
        for span, _ in found:
            document = laws[span.document_id]
            headings = _HEADING.findall(document.text, 0, span.start)
            above = f"{document.title} > {headings[-1]}" if len(headings) > 2 else document.title
            text = f"{above}\n{document.text[span.start : span.end]}"[:WINDOW_CHARS]
            key = name + "".join(document.text[span.start : span.end].split())
            if key not in known:
                known[key] = len(made.passages)
                made.passages.append(text)
            places[span.document_id, span.start] = known[key]
    return places


def paragraphs(made: Pairs, rng: random.Random) -> None:
    """Adds CMRC's and DRCD's trained-on questions, DRCD in both scripts; negatives are near texts by BM25."""
    texts, first = Texts(), len(made.passages)
    found = [*asked("cmrc2018", texts), *asked("drcd", texts), *asked("drcd", texts, simplify=True)]
    trained, _ = split(found)
    made.passages += [text[:WINDOW_CHARS] for text in texts.all]
    index = Bm25(made.passages[first:], words_of(made.passages[first:]))
    questions = [(q.question, [q.text]) for q in trained if q.end <= WINDOW_CHARS]
    rng.shuffle(questions)
    near = best(index, [text for text, _ in questions], [gold for _, gold in questions], 8)
    made.questions += [("asked", text, [first + i for i in gold]) for text, gold in questions]
    made.negatives += [[first + i for i in row] for row in near]


def words_of(passages: list[str]) -> Callable[[str], list[str]]:
    """`terms`, with those of the passages worked out on all cores beforehand."""
    with Pool() as pool:
        known = dict(zip(passages, pool.map(terms, passages, chunksize=256), strict=True))
    return lambda text: known[text] if text in known else terms(text)


def inverse_cloze(made: Pairs, count: int, rng: random.Random) -> None:
    """Adds a clause of each statute article as a question to it (Lee et al. 2019); no negatives of its own."""
    for i in range(count):
        body = made.passages[i].partition("\n")[2]
        long = [body[a:b] for a, b in clauses(body) if 10 <= b - a <= 60]
        if long:
            made.questions.append(("clause", rng.choice(long), [i]))
            made.negatives.append([])


def best(index: Bm25, questions: list[str], gold: list[list[int]], count: int = NEGATIVES) -> list[list[int]]:
    """The `count` best passages of each question by BM25 that are no gold."""
    return [row for part in _blocks(index, questions, gold, count) for row in part]


def _blocks(index: Bm25, questions: list[str], gold: list[list[int]], count: int) -> Iterator[list[list[int]]]:
    import numpy as np

    for at in range(0, len(questions), 64):
        scores = index.scores(questions[at : at + 64])
        width = min(scores.shape[1], count + 10)
        top = np.argpartition(-scores, width - 1, axis=1)[:, :width]
        order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
        ranked = np.take_along_axis(top, order, axis=1).tolist()
        yield [[i for i in row if i not in out][:count] for row, out in zip(ranked, gold[at : at + 64], strict=True)]


if __name__ == "__main__":
    main()
