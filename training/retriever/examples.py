"""Prepared training data on disk, and its batches: tokens padded to the longest of a batch."""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from training.retriever.negatives import bare, lexical
from training.retriever.pairs import Pool, Question, pools

if TYPE_CHECKING:
    import torch


@dataclass
class Examples:
    """A pool, the hard negatives of each question, and the token ids (no special tokens) of its texts."""

    pool: Pool
    negatives: list[list[int]]
    passages: list[list[int]]
    questions: list[list[int]]
    bare: list[list[int]]  # the questions without the words that only name their document


def prepare(data: Path, out: Path, recipe: dict[str, Any]) -> None:
    """Writes `out/NAME.json.gz` for every pool of the public data: passages, questions, lexical negatives.

    A pool that is there already is kept.
    """
    out.mkdir(parents=True, exist_ok=True)
    for pool in pools(data, recipe["chunk_chars"], recipe["seed"]):
        file = out / f"{pool.name}.json.gz"
        if not file.exists():
            negatives = lexical(pool, recipe["negatives_inside"], recipe["negatives_outside"])
            row = {**asdict(pool), "negatives": negatives}
            with gzip.open(file, "wt", encoding="utf-8", compresslevel=1) as stream:
                json.dump(row, stream, ensure_ascii=False)
            print(json.dumps({"pool": pool.name, "passages": len(pool.passages), "questions": len(pool.questions)}))


def load(folder: Path, tokenizer: Path) -> list[Examples]:
    """Every prepared pool, tokenised; raises FileNotFoundError where nothing was prepared."""
    from tokenizers import Tokenizer

    files = sorted(folder.glob("*.json.gz"))
    if not files:
        raise FileNotFoundError(f"no prepared pools in {folder}: pass --data DIR to make them")
    encoder = Tokenizer.from_file(str(tokenizer))
    encoder.no_padding()
    encoder.no_truncation()

    def tokens(texts: Sequence[str]) -> list[list[int]]:
        return [row.ids for row in encoder.encode_batch(list(texts), add_special_tokens=False)]

    examples = []
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as stream:
            row = json.load(stream)
        questions = [Question(q["text"], tuple(q["positives"]), q["lead"]) for q in row["questions"]]
        pool = Pool(row["name"], row["passages"], row["documents"], questions)
        asked, plain = tokens([question.text for question in questions]), tokens([bare(q) for q in questions])
        examples.append(Examples(pool, row["negatives"], tokens(pool.passages), asked, plain))
    return examples


@dataclass(frozen=True)
class Group:
    """A question, one passage that answers it (first) and hard negatives. alone: the question does not name its
    document, so only passages of that document are negatives of it."""

    question: int  # index within the pool
    asked: list[int]
    passages: list[int]  # indices within the pool
    alone: bool


def draw(
    examples: Sequence[Examples], count: int, hard: int, recipe: dict[str, Any], rng: np.random.Generator
) -> tuple[Examples, list[Group]]:
    """`count` questions of one pool, drawn in proportion to its number of questions to the power of `pool_power`.

    `bare_share` of the questions that name their document are asked without the name.
    """
    weights = np.array([len(e.pool.questions) for e in examples], float) ** recipe["pool_power"]
    chosen = examples[int(rng.choice(len(examples), p=weights / weights.sum()))]
    total = len(chosen.pool.questions)
    picked = rng.choice(total, min(count, total), replace=False)
    return chosen, [_group(chosen, int(index), hard, recipe["bare_share"], rng) for index in picked]


def _group(chosen: Examples, index: int, hard: int, bare_share: float, rng: np.random.Generator) -> Group:
    question, pool = chosen.pool.questions[index], chosen.pool
    positive = int(rng.choice(question.positives))
    negatives = chosen.negatives[index]
    inside = [other for other in negatives if pool.documents[other] == pool.documents[positive]]
    alone = bool(question.lead) and len(inside) >= hard and rng.random() < bare_share
    source = inside if alone else negatives
    drawn = [int(i) for i in rng.choice(source, min(hard, len(source)), replace=False)] if source else []
    while len(drawn) < hard:
        other = int(rng.integers(len(pool.passages)))
        drawn += [] if other in question.positives else [other]
    return Group(index, (chosen.bare if alone else chosen.questions)[index], [positive, *drawn], alone)


def single(rows: Sequence[Sequence[int]], limit: int, device: Any) -> dict[str, torch.Tensor]:
    """[CLS] row [SEP], cut to `limit` tokens: input_ids and attention_mask."""
    return _tensors([[CLS, *row[: limit - 2], SEP] for row in rows], device)


def paired(
    questions: Sequence[Sequence[int]], passages: Sequence[Sequence[int]], limit: int, device: Any
) -> dict[str, torch.Tensor]:
    """[CLS] question [SEP] passage [SEP]; the passage is cut first, the question to half of `limit`."""
    import torch

    asked = [list(question[: limit // 2]) for question in questions]
    rows = [
        [CLS, *question, SEP, *passage[: limit - len(question) - 3], SEP]
        for question, passage in zip(asked, passages, strict=True)
    ]
    tensors = _tensors(rows, device)
    segment: NDArray[np.int64] = np.zeros(tuple(tensors["input_ids"].shape), np.int64)
    for index, (question, row) in enumerate(zip(asked, rows, strict=True)):
        segment[index, len(question) + 2 : len(row)] = 1
    return {**tensors, "token_type_ids": torch.from_numpy(segment).to(device)}


CLS, SEP = 101, 102  # of BERT's uncased vocabulary


def _tensors(rows: Sequence[Sequence[int]], device: Any) -> dict[str, torch.Tensor]:
    import torch

    ids = np.zeros((len(rows), max(map(len, rows))), np.int64)
    mask = np.zeros_like(ids)
    for index, row in enumerate(rows):
        ids[index, : len(row)] = row
        mask[index, : len(row)] = 1
    return {"input_ids": torch.from_numpy(ids).to(device), "attention_mask": torch.from_numpy(mask).to(device)}
