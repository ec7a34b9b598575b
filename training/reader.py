"""From the data to the reader: `python -m training.reader --config training/reader.toml --data DIR --out DIR`.

Stages, each skipped when its file exists: prepare (token arrays), pretrain (recurring spans), train (one network per
seed), distill (one student of them all, from their mean), export (int8 ONNX and tokenizer). A stage that is stopped
goes on from its checkpoint. `--set train.lr=3e-4` changes one key. `--config training/zh_reader.toml`: the Chinese one.
"""

from __future__ import annotations

import argparse
import json
import random
import tomllib
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.reader_batches import Rows, encode, on_device, plan
from training.reader_contracts import cuad, legalbench
from training.reader_data import Example, Part, covidqa, medquad, policyqa, squad, squad_sample, swapped
from training.reader_files import cloze_rows, load_tokenizer, save_texts

if TYPE_CHECKING:
    import torch

    from training.reader_model import ReaderNet

Config = dict[str, dict[str, Any]]


def examples(data: Path, part: Part, config: dict[str, Any]) -> list[Example]:
    """Everything to train on, or everything held out."""
    rng, train = random.Random(f"{config['seed']}-{part}"), part == "train"
    made = [*squad(data, part), *policyqa(data, part, rng)]
    made += covidqa(data, "train" if train else "dev", config["covid_copies"] if train else 1, rng)
    made += cuad(data, part, config["cuad_copies"] if train else 1, config["cuad_negatives"] if train else 1, rng)
    made += legalbench(data, part, config["legalbench_copies"] if train else 1, rng)
    if train:
        made += [*squad_sample(data), *medquad(data, rng, config["medquad_pages"])]
        made += [e for e in map(partial(swapped, rng=rng), list(made)) if e]
    return made


def prepare(config: Config, data: Path, out: Path) -> None:
    """Writes train.npz (rows) and text.npz (token ids of the pre-training documents)."""
    if config["body"]["language"] == "zh":
        from training import zh_prepare

        return zh_prepare.write(config, out)
    from training.reader_pretrain import texts

    tokenizer = load_tokenizer(Path(config["body"]["folder"]) / "tokenizer.json")
    rng = random.Random(config["data"]["seed"])
    made = examples(data, "train", config["data"])
    rows = encode(made, tokenizer, [rng.random() < config["data"]["heading_share"] for _ in made])
    rows.save(out / "train.npz")
    print(f"{len(rows)} rows of {len(made)} examples", flush=True)
    sizes = config["pretrain"]["legal_chars"], config["pretrain"]["medical_chars"]
    save_texts(texts(data, *sizes, rng), tokenizer, out / "text.npz")


Batch = dict[str, "torch.Tensor"]


def span_targets(batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
    """Start and end distributions [rows, tokens]: even over the gold spans, or all on [CLS] where there is none."""
    import torch

    spans, width = batch["spans"], batch["ids"].shape[1]
    used = (spans[..., 0] >= 0).float()
    weight = torch.where(used.sum(1, keepdim=True) > 0, used / used.sum(1, keepdim=True).clamp(min=1), used)
    targets = []
    for side in (0, 1):
        target = torch.zeros(len(spans), width, device=spans.device)
        target.scatter_add_(1, spans[..., side].clamp(min=0), weight)
        target[:, 0] = (used.sum(1) == 0).float()
        targets.append(target)
    return targets[0], targets[1]


def loss_of(settings: dict[str, Any], teachers: list[ReaderNet] | None = None) -> Callable[..., Any]:
    """Cross-entropy of start, end, gate and label; with teachers, the span part leans on their mean distribution."""
    import torch
    from torch.nn import functional

    share = settings.get("teacher_share", 0.0) if teachers else 0.0

    def log_probabilities(span: torch.Tensor, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        masked = span.float().masked_fill(~batch["allowed"][..., None], -1e4)
        return masked[..., 0].log_softmax(-1), masked[..., 1].log_softmax(-1)

    def loss(net: Any, batch: Batch) -> torch.Tensor:
        span, gate, label = net(batch["ids"], batch["types"], batch["mask"])
        target = span_targets(batch)
        if teachers:
            with torch.no_grad():
                taught = [log_probabilities(t(batch["ids"], batch["types"], batch["mask"])[0], batch) for t in teachers]
            mean = [torch.stack([t[side].exp() for t in taught]).mean(0) for side in (0, 1)]
            target = tuple((1 - share) * g + share * m for g, m in zip(target, mean, strict=True))  # type: ignore[assignment]
        total = -sum((t * p).sum(-1).mean() for t, p in zip(target, log_probabilities(span, batch), strict=True)) / 2
        answers = (batch["spans"][:, 0, 0] >= 0).float()
        total = total + settings["gate_weight"] * functional.binary_cross_entropy_with_logits(gate.float(), answers)
        known = batch["label"] >= 0
        labels = functional.cross_entropy(label.float(), batch["label"].clamp(min=0), reduction="none")
        result: torch.Tensor = total + settings["label_weight"] * (labels * known).sum() / known.sum().clamp(min=1)
        return result

    return loss


def fit_rows(net: ReaderNet, rows: Rows, settings: dict[str, Any], loss: Callable[..., Any], folder: Path, device: str,
             seed: int) -> None:  # fmt: skip
    """Trains `net` on the rows and writes weights.pt (what training changed, fp16)."""
    import torch

    from training.loop import Schedule, fit
    from training.reader_model import trained_state

    batches = plan(rows, settings["epochs"], settings["batch"], settings.get("weights", {}), seed)
    steps = min(len(batches), settings.get("steps", len(batches)))
    take = on_device(rows, device)
    if "seconds" in settings:  # as many steps as a machine lent for so long allows; the log tells how many
        steps = min(steps, int(settings["seconds"] / _pace(net, lambda step: take(batches[step]), loss, settings)))
        print(f"{steps} steps in {settings['seconds']:.0f} s", flush=True)
    rounding = settings.get("rounded_from", 2.0) * steps

    def batch_at(step: int) -> Batch:
        net.round_as_shipped(settings["bits"] if step >= rounding else 0)
        return take(batches[step])

    schedule = Schedule(steps, settings["lr"], ema=settings.get("ema", 0.0), seed=seed, log_every=100,
                        checkpoint_every=settings.get("checkpoint_every", 0),
                        time_limit_s=1.05 * settings.get("seconds", 0.0))  # fmt: skip
    fit(net, batch_at, loss, schedule, folder)
    torch.save(trained_state(net), folder / "weights.pt")


def _pace(
    net: ReaderNet, batch_at: Callable[[int], Batch], loss: Callable[..., Any], settings: dict[str, Any]
) -> float:
    """Mean seconds of a step, those that compute as the shipped file does in their share."""
    from training.loop import pace

    plain = pace(net, batch_at, loss)
    share: float = 1 - settings.get("rounded_from", 1.0)
    if not share:
        return plain
    net.round_as_shipped(settings["bits"])
    rounded = pace(net, batch_at, loss)
    net.round_as_shipped(0)
    return (1 - share) * plain + share * rounded


def body(folder: Path) -> dict[str, torch.Tensor]:
    """The body to start from, named as in transformers: all-MiniLM-L6-v2, or the Chinese backbone; words in 4 bits."""
    import torch

    from training.backbone import WORDS, load
    from training.reader_model import rounded

    if (folder / "backbone.npz").exists():
        whole = load(folder / "backbone.npz")
        tensors = {name: torch.from_numpy(whole.weights(name)) for name in whole.tensors}
        kinds = tensors["embeddings.token_type_embeddings.weight"]
        kinds[1] = kinds[0]  # it never saw a second segment
        return tensors
    from safetensors.torch import load_file

    tensors = {k.removeprefix("bert."): v.float() for k, v in load_file(folder / "model.safetensors").items()}
    return {**tensors, WORDS: rounded(tensors[WORDS], 4)}


def new_net(config: Config, device: str, weights: Path | None = None) -> ReaderNet:
    """The body with fresh heads, or with the weights of a stage; heads are the same for a seed of the recipe."""
    import torch

    from training.backbone import WORDS
    from training.reader_model import ReaderNet

    torch.manual_seed(config["pretrain"]["seed"])
    tensors = body(Path(config["body"]["folder"]))
    net = ReaderNet(config["train"]["dropout"], config["body"]["layers"], len(tensors[WORDS]))
    net.load_body(tensors)
    if weights:
        net.load_state_dict({k: v.float() for k, v in torch.load(weights, weights_only=True).items()}, strict=False)
    return net.to(device)


def pretrain(config: Config, out: Path, device: str) -> None:
    """Writes pretrain/weights.pt."""
    settings = {**config["pretrain"], "gate_weight": config["train"]["gate_weight"], "label_weight": 0.0}
    rows = cloze_rows(config, out)
    print(f"{len(rows)} recurring spans", flush=True)
    fit_rows(new_net(config, device), rows, settings, loss_of(settings), out / "pretrain", device, settings["seed"])


def train(config: Config, out: Path, device: str, seed: int) -> None:
    """Writes seed-N/weights.pt."""
    start = out / "pretrain/weights.pt"
    net = new_net(config, device, start if start.exists() else None)
    fit_rows(
        net, Rows.load(out / "train.npz"), config["train"], loss_of(config["train"]), out / f"seed-{seed}", device, seed
    )


def distill(config: Config, out: Path, device: str) -> None:
    """Writes student/weights.pt, taught by every seed's network; it starts from the mean of their weights."""
    import torch

    settings = {**config["train"], **config["distill"]}
    taught = [out / f"seed-{s}/weights.pt" for s in config["train"]["seeds"]]
    teachers = [new_net(config, device, weights).eval() for weights in taught]
    net = new_net(config, device)
    with torch.no_grad():
        for name, value in net.state_dict().items():
            value.copy_(torch.stack([teacher.state_dict()[name] for teacher in teachers]).mean(0))
    fit_rows(
        net,
        Rows.load(out / "train.npz"),
        settings,
        loss_of(settings, teachers),
        out / "student",
        device,
        settings["seed"],
    )


def export_student(config: Config, out: Path) -> None:
    """Writes reader-LANGUAGE/: model.onnx, tokenizer.json and config.json, which training.reader_calibrate fits."""
    from training.reader_export import ship

    written = ship(config, out / "student/weights.pt", out / f"reader-{config['body']['language']}")
    print(f"{written / 2**20:.1f} MiB", flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("reader.toml"))
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stage", choices=("all", "prepare", "pretrain", "train", "distill", "export"), default="all")
    parser.add_argument("--seed", type=int, help="with --stage train: this network only")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    parser.add_argument("--device", default="")
    given = parser.parse_args()
    config: Config = tomllib.loads(given.config.read_text(encoding="utf-8"))
    for change in given.set:
        path, value = change.split("=", 1)
        section, key = path.split(".", 1)
        config[section][key] = json.loads(value)
    given.out.mkdir(parents=True, exist_ok=True)
    run(config, given.data, given.out, given.stage, given.device or _device(), given.seed)


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def run(config: Config, data: Path, out: Path, stage: str, device: str, seed: int | None = None) -> None:
    """The stages in order, those done left out; or one of them, whether or not it was done before."""
    seeds = [seed] if seed is not None else config["train"]["seeds"]
    steps: list[tuple[str, str, Callable[[], None]]] = [
        ("prepare", "train.npz", lambda: prepare(config, data, out)),
        ("pretrain", "pretrain/weights.pt", lambda: pretrain(config, out, device)),
        *(("train", f"seed-{s}/weights.pt", lambda s=s: train(config, out, device, s)) for s in seeds),
        ("distill", "student/weights.pt", lambda: distill(config, out, device)),
        ("export", f"reader-{config['body']['language']}/model.onnx", lambda: export_student(config, out)),
    ]
    for name, made, step in steps:
        if stage == name or (stage == "all" and not (out / made).exists()):
            print(f"{name}: {made}", flush=True)
            step()


if __name__ == "__main__":
    main()
