"""Fine-tunes the English embedding model on (question, passage) pairs with hard negatives.

    python -m training.retriever.run --config training/retriever.toml --data PUBLIC_DATA --out FOLDER

FOLDER receives pools/ (prepared data), log.jsonl, loss.png, state.pt (what training changed, fp16), and the model as
it is shipped: model.onnx, tokenizer.json, config.json. Started again it goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from training.export import export_int8
from training.loop import Schedule, fit
from training.retriever.examples import Examples, draw, load, prepare, single
from training.retriever.model import BiEncoder, blend, body, example_inputs, trainable_state
from training.retriever.negatives import dense


@torch.no_grad()
def embed(model: BiEncoder, rows: Sequence[Sequence[int]], limit: int, batch_tokens: int = 1 << 17) -> Tensor:
    """float32 [rows, dimension] on the model's device; rows are token ids without special tokens."""
    device = next(model.parameters()).device
    order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
    out = torch.empty((len(rows), model.body.config.hidden_size), device=device)
    start = 0
    while start < len(order):
        count = max(1, batch_tokens // min(limit, len(rows[order[start]]) + 32))
        block = order[start : start + count]
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            vectors = model(**single([rows[index] for index in block], limit, device))
        out[torch.tensor(block, device=device)] = vectors.float()
        start += count
    return nn.functional.normalize(out, dim=-1)


def add_dense_negatives(model: BiEncoder, examples: Sequence[Examples], k: int, limit: int) -> None:
    """Appends to each question's negatives the k passages that `model` itself takes for the answer."""
    model.eval()
    for example in examples:
        found = dense(
            embed(model, example.passages, limit), embed(model, example.questions, limit), example.pool.questions, k
        )
        example.negatives = [
            list(dict.fromkeys([*old, *new])) for old, new in zip(example.negatives, found, strict=True)
        ]


def contrastive(model: nn.Module, batch: dict[str, Any]) -> Tensor:
    """InfoNCE (van den Oord 2018, eq. 4) of each question over all passages of the batch that may be its negative."""
    scores = model(**batch["questions"]) @ model(**batch["passages"]).T / batch["temperature"]
    scores = scores.float().masked_fill(batch["barred"], -1e4)
    return nn.functional.cross_entropy(scores, batch["targets"])


def batch_at(step: int, examples: Sequence[Examples], recipe: dict[str, Any], device: torch.device) -> dict[str, Any]:
    """The batch of a step: one pool, so that the negatives are of the same kind as the answer."""
    rng = np.random.default_rng((recipe["seed"], step))
    chosen, groups = draw(examples, recipe["questions"], recipe["hard"], recipe, rng)
    columns = np.array([index for group in groups for index in group.passages])
    width = 1 + recipe["hard"]
    barred = np.zeros((len(groups), len(columns)), bool)
    for row, group in enumerate(groups):
        own = slice(row * width, (row + 1) * width)
        if group.alone:
            barred[row] = True
            barred[row, own] = False
        barred[row] |= np.isin(columns, chosen.pool.questions[group.question].positives)
        barred[row, row * width] = False
    return {
        "questions": single([group.asked for group in groups], recipe["max_tokens"], device),
        "passages": single([chosen.passages[index] for index in columns], recipe["max_tokens"], device),
        "barred": torch.from_numpy(barred).to(device),
        "targets": torch.arange(len(groups), device=device) * width,
        "temperature": recipe["temperature"],
    }


def train(base: Path, pools: Path, out: Path, recipe: dict[str, Any]) -> BiEncoder:
    """The tuned model, blended with the one it started from; out/state.pt keeps its weights before the blend."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(recipe["seed"])
    model = BiEncoder(body(base)).to(device)
    start = trainable_state(model)
    examples = load(pools, base / "tokenizer.json")
    if recipe["dense_negatives"]:
        add_dense_negatives(model, examples, recipe["dense_negatives"], recipe["max_tokens"])
    schedule = Schedule(**recipe["schedule"], seed=recipe["seed"])
    fit(model, lambda step: batch_at(step, examples, recipe, device), contrastive, schedule, out)
    torch.save(trainable_state(model), out / "state.pt")
    blend(model, start, recipe["keep_base"])
    return model


def ship(model: BiEncoder, base: Path, out: Path, recipe: dict[str, Any]) -> None:
    """Writes the folder that `rag.retrieve` opens; the pooling is inside the graph, whose output is `embedding`."""
    export_int8(model, example_inputs(), ["embedding"], out / "model.onnx")
    plain_tokenizer(base, out)
    config = {"name": recipe["name"], "version": recipe["version"], "max_tokens": recipe["max_tokens"]}
    config |= {"pooling": "in-graph", "query_prefix": "", "passage_prefix": "", "dimension": 384}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def plain_tokenizer(base: Path, out: Path) -> None:
    """The tokenizer file without the padding and truncation it was saved with."""
    spec = json.loads((base / "tokenizer.json").read_text(encoding="utf-8"))
    spec["truncation"] = spec["padding"] = None
    (out / "tokenizer.json").write_text(json.dumps(spec, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="recipe, TOML")
    parser.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2 in Hugging Face form")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="public data folder; not needed once OUT/pools is there")
    options = parser.parse_args()
    recipe = tomllib.loads(options.config.read_text(encoding="utf-8"))
    if options.data:
        prepare(options.data, options.out / "pools", recipe)
    model = train(options.base, options.out / "pools", options.out, recipe)
    ship(model, options.base, options.out, recipe)


if __name__ == "__main__":
    main()
