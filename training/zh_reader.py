"""Trains the Chinese reader: cloze, then questions; measures it; keeps what training changed.

    python -m training.zh_reader --recipe training/zh_reader.toml --folder build/zh --out build/zh/reader

`--folder` holds backbone.npz and tokenizer.json (training.zh_vocabulary) and examples.json.gz (training.zh_prepare).
The output folder receives state.pt (fp16), figures.json and the logs; a run that was stopped goes on.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training import backbone
from training.loop import Schedule, fit
from training.retriever_model import trainable_state
from training.zh_examples import Example
from training.zh_measure import emptied, floor_for, measure
from training.zh_model import Batches, Row, Run, SpanReader, rows, span_loss


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", type=Path, default=Path(__file__).with_name("zh_reader.toml"))
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--smoke", type=int, default=0, help="train and measure on so many examples only")
    arguments = parser.parse_args()
    recipe = tomllib.loads(arguments.recipe.read_text(encoding="utf-8"))
    with gzip.open(arguments.folder / "examples.json.gz", "rt", encoding="utf-8") as file:
        data = json.load(file)
    if arguments.smoke:
        data["measure"] = {name: questions[:20] for name, questions in data["measure"].items()}
        data |= {part: data[part][: arguments.smoke] for part in ("pretrain", "train")}
    train(recipe, data, arguments.folder, arguments.out)


def train(recipe: dict[str, Any], data: dict[str, Any], folder: Path, out: Path) -> None:
    """Both phases, then the figures; `data` as `training.zh_prepare` makes it."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(recipe["seed"])
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    model = SpanReader(backbone.load(folder / "backbone.npz").model(recipe["layers"])).to(device)
    for phase in ("pretrain", "train"):
        done = out / phase / "state.pt"
        if done.exists():
            model.load_state_dict(torch.load(done, map_location=device), strict=False)
            continue
        made = rows(tokenizer, data["texts"], [Example(*row) for row in data[phase]], recipe["max_tokens"])
        run_phase(model, made, recipe[phase], recipe["seed"], out / phase)
        torch.save(trainable_state(model), done)
    torch.save(trainable_state(model), out / "state.pt")
    figures = evaluate(runner(model), tokenizer, data["measure"], recipe["max_tokens"])
    (out / "figures.json").write_text(json.dumps(figures, indent=1), encoding="utf-8")
    print(json.dumps(figures))


def run_phase(model: SpanReader, made: list[Row], phase: dict[str, Any], seed: int, out: Path) -> None:
    device = next(model.parameters()).device
    batches = Batches(made, min(phase["batch"], len(made)), seed, device)
    options = {name: value for name, value in phase.items() if name not in ("epochs", "batch")}
    schedule = Schedule(
        steps=round(phase["epochs"] * batches.per_epoch), seed=seed, log_every=100, checkpoint_every=200, **options
    )
    fit(model, batches, span_loss, schedule, out)


def evaluate(run: Run, tokenizer: Tokenizer, sets: dict[str, Any], limit: int) -> dict[str, Any]:
    """Figures per set; the floor is where 3 % of CMRC's held-out answers are lost. `emptied`: answers cut out."""
    floor = floor_for(run, tokenizer, sets["cmrc2018"], limit=limit, lost=0.03)
    figures: dict[str, Any] = {"floor": round(floor, 3)}
    for name, questions in sets.items():
        figures[name] = measure(run, tokenizer, questions, limit=limit, floor=floor)
        if name != "cjrc":
            gone = emptied(questions, 7)
            figures[name]["emptied_refused"] = measure(run, tokenizer, gone, limit=limit, floor=floor)["refused"]
    return figures


def runner(model: SpanReader) -> Run:
    """The model as a function of arrays, bf16 on a GPU."""
    device = next(model.parameters()).device
    model.eval()

    def run(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> tuple[NDArray[np.float32], ...]:
        with torch.no_grad(), torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            outputs = model(torch.from_numpy(ids).to(device), torch.from_numpy(mask).to(device))
        return tuple(output.float().cpu().numpy() for output in outputs)

    return run


if __name__ == "__main__":
    main()
