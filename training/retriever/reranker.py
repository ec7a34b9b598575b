"""Trains the English reranker, a cross-encoder from the layers of all-MiniLM-L6-v2, on the retriever's pairs.

    python -m training.reranker --config training/reranker.toml --pools RETRIEVER_OUT/pools --out FOLDER

FOLDER receives log.jsonl, loss.png, state.pt, model.onnx, tokenizer.json and config.json. Started again it goes on.
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
from training.retriever.examples import Examples, draw, load, paired
from training.retriever.model import BiEncoder, CrossEncoder, body, example_inputs, trainable_state
from training.retriever.run import add_dense_negatives, plain_tokenizer


@torch.no_grad()
def score(
    model: CrossEncoder, asked: Sequence[Sequence[int]], passages: Sequence[Sequence[int]], limit: int, rows: int = 512
) -> Tensor:
    """float32 [pairs]: the logit of each (question, passage) of token ids."""
    device = next(model.parameters()).device
    order = sorted(range(len(asked)), key=lambda index: len(asked[index]) + len(passages[index]))
    out = torch.empty(len(order), device=device)
    for start in range(0, len(order), rows):
        block = order[start : start + rows]
        batch = paired([asked[i] for i in block], [passages[i] for i in block], limit, device)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            out[torch.tensor(block, device=device)] = model(**batch).float()
    return out


def ranking(model: nn.Module, batch: dict[str, Any]) -> Tensor:
    """Listwise softmax over a question's passages (ListNet, Cao 2007) plus `binary` times the cross-entropy of each
    passage by itself, which makes the sigmoid of a score readable as a probability."""
    scores = model(**batch["pairs"]).float().reshape(batch["groups"], -1)
    targets = torch.zeros(len(scores), dtype=torch.long, device=scores.device)
    truth = torch.zeros_like(scores)
    truth[:, 0] = 1.0
    listwise = nn.functional.cross_entropy(scores, targets)
    single: Tensor = nn.functional.binary_cross_entropy_with_logits(scores, truth)
    weight: float = batch["binary"]
    return listwise + weight * single


def batch_at(step: int, examples: Sequence[Examples], recipe: dict[str, Any], device: torch.device) -> dict[str, Any]:
    """The batch of a step: `pools_a_batch` pools with `questions` questions each."""
    rng = np.random.default_rng((recipe["seed"], step))
    asked: list[list[int]] = []
    passages: list[list[int]] = []
    for _ in range(recipe["pools_a_batch"]):
        chosen, groups = draw(examples, recipe["questions"], recipe["hard"], recipe, rng)
        asked += [group.asked for group in groups for _ in group.passages]
        passages += [chosen.passages[index] for group in groups for index in group.passages]
    pairs = paired(asked, passages, recipe["max_tokens"], device)
    return {"pairs": pairs, "groups": len(asked) // (1 + recipe["hard"]), "binary": recipe["binary"]}


def train(base: Path, pools: Path, out: Path, recipe: dict[str, Any], retriever: Path | None) -> CrossEncoder:
    """The trained model. Dense negatives are those of the tuned `retriever` (its state.pt), else of the base."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(recipe["seed"])
    examples = load(pools, base / "tokenizer.json")
    if recipe["dense_negatives"]:
        finder = BiEncoder(body(base)).to(device)
        if retriever:
            finder.load_state_dict(torch.load(retriever, weights_only=True), strict=False)
        add_dense_negatives(finder, examples, recipe["dense_negatives"], recipe["max_tokens"])
    model = CrossEncoder(body(base, recipe["layers"])).to(device)
    schedule = Schedule(**recipe["schedule"], seed=recipe["seed"])
    fit(model, lambda step: batch_at(step, examples, recipe, device), ranking, schedule, out)
    torch.save(trainable_state(model), out / "state.pt")
    return model


def ship(model: CrossEncoder, base: Path, out: Path, recipe: dict[str, Any]) -> None:
    """Writes the folder that `rag.retrieve` opens; the graph's output is `score`, a logit."""
    export_int8(model, example_inputs(segments=True), ["score"], out / "model.onnx")
    plain_tokenizer(base, out)
    config = {"name": recipe["name"], "version": recipe["version"], "max_tokens": recipe["max_tokens"]}
    (out / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="recipe, TOML")
    parser.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2 in Hugging Face form")
    parser.add_argument("--pools", type=Path, required=True, help="pools/ that training.retriever prepared")
    parser.add_argument("--retriever", type=Path, help="state.pt of the tuned retriever, which then finds negatives")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    recipe = tomllib.loads(options.config.read_text(encoding="utf-8"))
    model = train(options.base, options.pools, options.out, recipe, options.retriever)
    ship(model, options.base, options.out, recipe)


if __name__ == "__main__":
    main()
