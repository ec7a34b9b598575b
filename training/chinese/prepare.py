"""What the Chinese reader is trained and measured on; the stage `prepare` of training.reader calls `write`."""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter
from collections.abc import Iterator
from multiprocessing import Pool
from pathlib import Path
from typing import Any

from sparewheel.corpora import dataset
from training.chinese.examples import (
    Asked,
    Example,
    Texts,
    asked,
    elsewhere,
    positive,
    removed,
    similar,
    split,
    swapped,
)
from training.chinese.made import law_windows, quoted, yes_no
from training.chinese.texts import WINDOW_CHARS
from training.practice.papers import practice, sentences
from training.reader import data as reader_data
from training.reader.batches import ENDS, encode
from training.splits import held_out


def write(config: dict[str, dict[str, Any]], out: Path) -> None:
    """Writes train.npz (rows), text.npz (token ids of statutes and training texts) and measure.json.gz (questions)."""
    from training.reader.files import load_tokenizer, save_texts

    tokenizer = load_tokenizer(Path(config["body"]["folder"]) / "tokenizer.json")
    made = prepare(config["data"], config["data"]["seed"])
    rows = encode(made["train"], tokenizer, [False] * len(made["train"]), ENDS["zh"])
    rows.save(out / "train.npz")
    print(dict(Counter(e.source for e in made["train"])), f"{len(rows)} rows")
    save_texts(made["plain"], tokenizer, out / "text.npz")
    with gzip.open(out / "measure.json.gz", "wt", encoding="utf-8", compresslevel=6) as file:
        json.dump(made["measure"], file, ensure_ascii=False)


def prepare(wanted: dict[str, int], seed: int) -> dict[str, Any]:
    """{"train": examples, "plain": texts to make clozes of, "measure": {set: questions}}; `wanted` limits each kind."""
    rng, texts = random.Random(seed), Texts()
    pools = {name: split([*asked(name, texts)]) for name in ("cmrc2018", "drcd")}
    turned = split([*asked("drcd", texts, simplify=True)])[0]
    trained = [q for name in pools for q in pools[name][0]] + turned
    rng.shuffle(trained)
    train = [*answered(trained[: wanted["asked"]], texts.all, rng)]
    train += [*lecoqa(texts, rng)]
    train += [*statements(trained, texts, rng, wanted["yes_no"])]
    rng.shuffle(train)
    statutes = [d.text for d in dataset("laws").documents()]
    filler = sentences("zh", rng.sample(statutes, len(statutes)), 4_000, rng)
    made = [*practice("zh", wanted["practice"], rng, filler)]
    plain = [texts.all[i] for i in sorted({q.text for q in trained})] + statutes
    measure = {name: [question_row(q, texts.all) for q in pools[name][1]] for name in pools}
    return {
        "train": [*(of_reader(e, texts.all) for e in train), *made],
        "plain": plain,
        "measure": {**measure, "cjrc": [*judgments()]},
    }


def of_reader(example: Example, texts: list[str]) -> reader_data.Example:
    """The example as the reader's batches take it."""
    spans = ((example.answer_start, example.answer_end),) if example.answer_start >= 0 else ()
    return reader_data.Example(example.kind, example.question, example.passage(texts[example.text]), spans)


def answered(questions: list[Asked], texts: list[str], rng: random.Random) -> Iterator[Example]:
    """Each question with its answer; every other time without it; with a name swapped; and on the likest other texts,
    which are what a search brings.
    """
    for question in questions:
        yield positive(question, texts[question.text], rng)
        if rng.random() < 0.5 and (example := removed(question, texts[question.text], rng)):
            yield example
        if example := swapped(question, texts[question.text], rng):
            yield example
    half = [question for question in questions if rng.random() < 0.7]
    yield from elsewhere(half, texts, rng, nearest=3)


def lecoqa(texts: Texts, rng: random.Random) -> Iterator[Example]:
    """LeCoQA's training side: the sentence of the gold article that answers; and similar articles that don't."""
    set = dataset("lecoqa")
    laws = {document.id: document.text for document in set.documents()}
    questions = [q for q in set.questions() if q.gold and not held_out(f"lecoqa/{q.id}")]
    articles = sorted({(g.document_id, g.start, g.end) for q in questions for g in q.gold})
    near = similar([q.text for q in questions], [laws[d][a:b] for d, a, b in articles], 30)
    for question, row in zip(questions, near, strict=True):
        gold = {(g.document_id, g.start, g.end) for g in question.gold}
        for document, a, b in sorted(gold):
            span = quoted(laws[document][a:b], " ".join(question.answers))
            if span and span[1] - span[0] < WINDOW_CHARS:
                where = Asked("", texts.add(laws[document]), question.text, a + span[0], a + span[1])
                yield from (positive(where, laws[document], rng) for _ in range(2))
        document, a, b = rng.choice([articles[i] for i in row[10:] if articles[i] not in gold])
        end = min(b, a + WINDOW_CHARS)
        yield Example("elsewhere", texts.add(laws[document]), a, end, end, end, question.text)


def plain_windows(questions: list[Asked], texts: Texts, rng: random.Random) -> list[tuple[int, int, int]]:
    """(text, start, end) of windows of all statutes and of the training texts, in random order."""
    places = [(i, 0, min(len(texts.all[i]), WINDOW_CHARS)) for i in sorted({q.text for q in questions})]
    for document in dataset("laws").documents():
        place = texts.add(document.text)
        places += [(place, start, end) for start, end in law_windows(document.text, rng)]
    rng.shuffle(places)
    return places


def statements(questions: list[Asked], texts: Texts, rng: random.Random, count: int) -> Iterator[Example]:
    """Yes/no questions, as many of either answer; and a fifth more asked on another text: no answer."""
    left = {1: count // 2, 2: count // 2}
    places = plain_windows(questions, texts, rng)
    jobs = ((place, texts.all[place], start, end) for place, start, end in places)
    with Pool() as pool:
        for example, other in zip(pool.imap(_statement_of, jobs, chunksize=32), places[1:], strict=False):
            if example and left[example.label] > 0:
                left[example.label] -= 1
                yield example
                if rng.random() < 0.2:
                    yield Example("elsewhere", other[0], other[1], other[2], other[2], other[2], example.question)
            if not any(left.values()):
                return


def _statement_of(job: tuple[int, str, int, int]) -> Example | None:
    return yes_no(*job, random.Random(f"{job[0]}:{job[2]}"))


def question_row(question: Asked, texts: list[str]) -> dict[str, Any]:
    """A held-out question as `training.chinese.measure` reads it."""
    answer = texts[question.text][question.start : question.end]
    return {"question": question.question, "text": texts[question.text], "answers": [answer], "label": ""}


def judgments() -> Iterator[dict[str, Any]]:
    """CJRC dev: measured on, never trained on. `answers` is empty where there is none; label "yes", "no" or ""."""
    set = dataset("cjrc")
    texts = {document.id: document.text for document in set.documents()}
    for question in set.questions():
        text = texts[question.document_id or ""]
        yield {"question": question.text, "text": text, "answers": [*question.answers], "label": question.label}
