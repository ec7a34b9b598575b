"""Trains the Chinese embedding model: a short student follows the whole backbone, then learns from questions.

    python -m training.chinese.embed --recipe training/chinese/embed.toml --folder build/zh --out build/zh/embed

`--folder` holds backbone.npz and tokenizer.json (training.chinese.vocabulary) and pairs.json.gz
(training.chinese.pairs). The output folder receives state.pt (fp16), figures.json and the logs.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tomllib
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor, nn

from training import backbone
from training.loop import Schedule, fit
from training.retriever.model import BiEncoder, trainable_state
from training.retriever.negatives import dense
from training.retriever.pairs import Question

Ids = list[NDArray[np.int32]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", type=Path, default=Path(__file__).with_name("zh_embed.toml"))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--smoke", type=int, default=0, help="so many steps a phase and passages only")
    arguments = parser.parse_args()
    recipe = tomllib.loads(arguments.recipe.read_text(encoding="utf-8"))
    with gzip.open(arguments.folder / "pairs.json.gz", "rt", encoding="utf-8") as file:
        data = json.load(file)
    if arguments.smoke:
        shrink(data, recipe, arguments.smoke)
    train(recipe, data, arguments.folder, arguments.out)


def shrink(data: dict[str, Any], recipe: dict[str, Any], count: int) -> None:
    """Cuts data and recipe down to a run of a minute on the CPU."""
    data["passages"] = data["passages"][: 50 * count]
    kept = [i for i, (_, _, gold) in enumerate(data["questions"]) if max(gold) < 50 * count]
    data["questions"] = [data["questions"][i] for i in kept]
    data["negatives"] = [[n for n in data["negatives"][i] if n < 50 * count] for i in kept]
    data["measure"] = [m for m in data["measure"] if max(m["gold"]) < 50 * count]
    recipe["distil"] |= {"steps": count, "batch": 8}
    sources = {source for source, _, _ in data["questions"]}
    shares = {name: share for name, share in recipe["tune"]["share"].items() if name in sources}
    recipe["tune"] |= {"steps": count, "batch": 4, "share": shares}


def train(recipe: dict[str, Any], data: dict[str, Any], folder: Path, out: Path) -> None:
    """Both phases; figures of the whole backbone, of the student before and after tuning."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(recipe["seed"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    whole = backbone.load(folder / "backbone.npz")
    teacher, student = BiEncoder(whole.model()).to(device), BiEncoder(whole.model(recipe["layers"])).to(device)
    turn = partial(tokenise, tokenizer, recipe["max_tokens"])
    passages = turn([recipe["passage_prefix"] + text for text in data["passages"]])
    asked = turn([recipe["query_prefix"] + text for _, text, _ in data["questions"]])
    measured = turn([recipe["query_prefix"] + m["text"] for m in data["measure"]])
    score = partial(figures, passages=passages, queries=measured, measure=data["measure"])
    found = {"bm25": recall([m["bm25"] for m in data["measure"]], data["measure"])}
    found["teacher"], found["pruned"] = score(teacher.eval()), score(student)
    distilled = out / "distil" / "state.pt"
    if distilled.exists():
        student.load_state_dict(torch.load(distilled, map_location=device), strict=False)
    else:
        distil(student, teacher, passages + asked, recipe["distil"], recipe["seed"], out / "distil")
        torch.save(trainable_state(student), distilled)
    found["distilled"] = score(student)
    hard = negatives(student, data, passages, asked, recipe["tune"]["dense_negatives"])
    tune(student, data["questions"], hard, passages, asked, recipe, out / "tune")
    torch.save(trainable_state(student), out / "state.pt")
    found["tuned"] = score(student)
    (out / "figures.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
    print(json.dumps(found))


def tokenise(tokenizer: Tokenizer, limit: int, texts: Sequence[str]) -> Ids:
    rows: Ids = []
    for at in range(0, len(texts), 4000):
        encodings = tokenizer.encode_batch(list(texts[at : at + 4000]))
        rows += [np.array(e.ids if len(e.ids) <= limit else [*e.ids[: limit - 1], 2], np.int32) for e in encodings]
    return rows


def tensors(rows: Ids, device: torch.device) -> tuple[Tensor, Tensor]:
    ids, mask = padded(rows)
    return torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device)


@torch.no_grad()
def embed(model: BiEncoder, rows: Ids, batch: int = 256) -> Tensor:
    """float32 [rows, dimension] on the model's device."""
    device = next(model.parameters()).device
    model.eval()
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    out = torch.empty((len(rows), model.body.config.hidden_size), device=device)
    for at in range(0, len(order), batch):
        block = order[at : at + batch]
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            vectors = model(*tensors([rows[i] for i in block], device))
        out[torch.tensor(block, device=device)] = vectors.float()
    return nn.functional.normalize(out, dim=-1)


def figures(model: BiEncoder, *, passages: Ids, queries: Ids, measure: list[dict[str, Any]]) -> dict[str, float]:
    """recall over all passages, alone and fused with BM25 (reciprocal ranks, Cormack 2009, k = 60)."""
    scores = embed(model, queries) @ embed(model, passages).T
    ranked = scores.topk(min(100, scores.shape[1]), dim=1).indices.tolist()
    fused = []
    for m, row in zip(measure, ranked, strict=True):
        points: dict[int, float] = {}
        for ranking in (row, m["bm25"]):
            for rank, i in enumerate(ranking, 1):
                points[i] = points.get(i, 0) + 1 / (60 + rank)
        fused.append(sorted(points, key=lambda i: -points[i]))
    return recall(ranked, measure) | {f"fused_{k}": v for k, v in recall(fused, measure).items()}


def recall(ranked: Sequence[Sequence[int]], measure: list[dict[str, Any]]) -> dict[str, float]:
    """Mean share of the gold articles among the first 1, 10 and 100."""
    shares = {
        f"recall@{k}": [len({*row[:k]} & {*m["gold"]}) / len(m["gold"]) for row, m in zip(ranked, measure, strict=True)]
        for k in (1, 10, 100)
    }
    return {name: round(float(np.mean(values)), 4) for name, values in shares.items()}


def distil(student: BiEncoder, teacher: BiEncoder, rows: Ids, phase: dict[str, Any], seed: int, out: Path) -> None:
    """Teaches the student the teacher's vectors and, sharper, the likeness of the texts of a batch to one another."""
    device = next(student.parameters()).device
    batch_at = bucketed(rows, phase["batch"], seed)

    def loss(model: nn.Module, step_rows: list[int]) -> Tensor:
        inputs = tensors([rows[i] for i in step_rows], device)
        with torch.no_grad():
            goal = teacher(*inputs).float()
        made = model(*inputs).float()
        logits = [(vectors @ vectors.T / 0.02).fill_diagonal_(-1e4) for vectors in (made, goal)]
        like = nn.functional.kl_div(logits[0].log_softmax(-1), logits[1].softmax(-1), reduction="batchmean")
        distance: Tensor = 20 * (made - goal).square().sum(-1).mean()
        return distance + like

    fit(student, batch_at, loss, schedule(phase, seed), out)


def bucketed(rows: Ids, size: int, seed: int) -> Callable[[int], list[int]]:
    """step -> indices of `size` rows of like length."""
    order = np.argsort([len(row) for row in rows], kind="stable")

    def batch_at(step: int) -> list[int]:
        rng = np.random.default_rng((seed, step))
        at = int(rng.integers(0, max(1, len(order) - 4 * size)))
        run = order[at : at + 4 * size]
        return rng.choice(run, min(size, len(run)), replace=False).tolist()  # type: ignore[no-any-return]

    return batch_at


def schedule(phase: dict[str, Any], seed: int) -> Schedule:
    return Schedule(phase["steps"], lr=phase["lr"], ema=phase["ema"], seed=seed, log_every=100, checkpoint_every=200)


def negatives(model: BiEncoder, data: dict[str, Any], passages: Ids, asked: Ids, count: int) -> list[list[int]]:
    """BM25's negatives, and those that the model itself takes for the answer."""
    questions = [Question(text, tuple(gold)) for _, text, gold in data["questions"]]
    found = dense(embed(model, passages), embed(model, asked), questions, count)
    return [[*dict.fromkeys([*old, *new])] for old, new in zip(data["negatives"], found, strict=True)]


def tune(
    model: BiEncoder,
    questions: list[tuple[str, str, list[int]]],
    hard: list[list[int]],
    passages: Ids,
    asked: Ids,
    recipe: dict[str, Any],
    out: Path,
) -> None:
    """InfoNCE (van den Oord 2018, eq. 4) over the passages of the batch, gold of the same question left out."""
    phase, device = recipe["tune"], next(model.parameters()).device
    names = list(phase["share"])
    members = {name: [i for i, (source, _, _) in enumerate(questions) if source == name] for name in names}
    shares = np.array([phase["share"][name] for name in names])

    def batch_at(step: int) -> tuple[list[int], list[int]]:
        rng = np.random.default_rng((recipe["seed"], step))
        pool = members[names[int(rng.choice(len(names), p=shares / shares.sum()))]]
        chosen = [int(i) for i in rng.choice(pool, min(phase["batch"], len(pool)), replace=False)]
        columns = []
        for i in chosen:
            drawn = rng.choice(hard[i] or range(len(passages)), phase["hard"], replace=len(hard[i]) < phase["hard"])
            columns += [int(rng.choice(questions[i][2])), *map(int, drawn)]
        return chosen, columns

    def loss(net: nn.Module, batch: tuple[list[int], list[int]]) -> Tensor:
        chosen, columns = batch
        vectors = (
            net(*tensors([asked[i] for i in chosen], device)),
            net(*tensors([passages[i] for i in columns], device)),
        )
        targets = torch.arange(len(chosen), device=device) * (1 + phase["hard"])
        barred = np.array([np.isin(columns, questions[i][2]) for i in chosen])
        barred[np.arange(len(chosen)), targets.cpu().numpy()] = False
        scores = (vectors[0].float() @ vectors[1].float().T) / phase["temperature"]
        return nn.functional.cross_entropy(scores.masked_fill(torch.from_numpy(barred).to(device), -1e4), targets)

    fit(model, batch_at, loss, schedule(phase, recipe["seed"]), out)


def padded(ids: Sequence[NDArray[np.int32]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(ids, mask), both [rows, longest row rounded up to 8]; padding has id 1."""
    width = -(-max(map(len, ids)) // 8) * 8
    out, mask = np.ones((len(ids), width), np.int64), np.zeros((len(ids), width), np.int64)
    for i, row in enumerate(ids):
        out[i, : len(row)], mask[i, : len(row)] = row, 1
    return out, mask


if __name__ == "__main__":
    main()
