"""From the data to the reader: `python -m training.reader --config training/reader.toml --data DIR --out DIR`.

Stages, each skipped when its file exists: prepare (token arrays), pretrain (recurring spans), teach (big networks, or
several like the student), judge (what they think of every row), study (members that learn from it, averaged after each
turn), finish (their mean), export (int8 ONNX and tokenizer). A stage that is stopped goes on from its checkpoint.
`--set train.lr=3e-4` changes one key. `--config training/zh_reader.toml`: the Chinese one. On several GPUs run `teach`
once a seed and a turn of `study` once a member, side by side (`--stage study --turn 0 --member 2`).
"""

from __future__ import annotations

import argparse
import json
import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.reader_batches import Plan, Rows, chosen, joined, on_device
from training.reader_contracts import cuad, legalbench
from training.reader_data import Example, Part, covidqa, elsewhere, medquad, policyqa, squad, squad_sample, swapped
from training.reader_files import cloze_rows, encoded, load_tokenizer, save_texts
from training.reader_labels import clauses_turned, findings, nli_labels, pubmedqa
from training.reader_loss import loss_of

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from training.reader_model import ReaderNet

Config = dict[str, dict[str, Any]]
STAGES = ("prepare", "pretrain", "teach", "judge", "study", "finish", "export")


def examples(data: Path, part: Part, config: dict[str, Any]) -> list[Example]:
    """Everything to train on, or everything held out."""
    rng, train = random.Random(f"{config['seed']}-{part}"), part == "train"
    made = [*squad(data, part), *policyqa(data, part, rng)]
    made += covidqa(data, "train" if train else "dev", config["covid_copies"] if train else 1, rng)
    made += cuad(data, part, config["cuad_copies"] if train else 1, config["cuad_negatives"] if train else 1, rng)
    made += legalbench(data, part, config["legalbench_copies"] if train else 1, rng)
    if train:
        made += [*squad_sample(data), *medquad(data, rng, config["medquad_pages"])]
        made += [*(e for e in map(partial(swapped, rng=rng), list(made)) if e), *elsewhere(made, "squad", rng)]
        made += [*pubmedqa(data), *findings(data, rng), *clauses_turned(data, rng), *nli_labels(data, rng)]
    return made


def prepare(config: Config, data: Path, out: Path) -> None:
    """Writes train.npz (rows) and text.npz (token ids of the pre-training documents)."""
    if config["body"]["language"] == "zh":
        from training import zh_prepare

        return zh_prepare.write(config, out)
    from training.reader_pretrain import texts

    file = Path(config["body"]["folder"]) / "tokenizer.json"
    rng = random.Random(config["data"]["seed"])
    made = examples(data, "train", config["data"])
    rows = encoded(made, [rng.random() < config["data"]["heading_share"] for _ in made], file)
    rows.save(out / "train.npz")
    print(f"{len(rows)} rows of {len(made)} examples", flush=True)
    sizes = config["pretrain"]["legal_chars"], config["pretrain"]["medical_chars"]
    save_texts(texts(data, *sizes, rng), load_tokenizer(file), out / "text.npz")


def fit_rows(net: Any, rows: Rows, settings: dict[str, Any], folder: Path, device: str, seed: int,
             taught: NDArray[np.float16] | None = None) -> None:  # fmt: skip
    """Trains `net` on the rows and writes weights.pt (what training changed, fp16). `seconds` of the settings, where
    given, are the length of the schedule; else `steps`, or as many epochs as `epochs`.
    """
    import torch

    from training.loop import Schedule, fit
    from training.reader_model import trained_state

    batches = Plan(rows, settings["batch"], settings.get("weights", {}), seed)
    take = on_device(rows, device, taught)
    most = 10**7 if "seconds" in settings else settings.get("steps") or settings["epochs"] * len(batches)

    def at(share: float) -> None:
        if "rounded_from" in settings:
            net.round_as_shipped(settings["bits"] if share >= settings["rounded_from"] else 0)

    if settings.get("compile") and device != "cpu":
        net.compile(dynamic=True)
    schedule = Schedule(most, settings["lr"], ema=settings.get("ema", 0.0), seed=seed, log_every=100,
                        warmup=settings.get("warmup", 0.1), seconds=settings.get("seconds", 0.0),
                        checkpoint_every=settings.get("checkpoint_every", 0))  # fmt: skip
    fit(net, lambda step: take(batches[step]), loss_of(settings, rows.sources), schedule, folder, at)
    torch.save(trained_state(net), folder / "weights.pt")


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
    fit_rows(new_net(config, device), rows, settings, out / "pretrain", device, settings["seed"])


def new_teacher(config: Config, device: str, weights: Path | None = None) -> Any:
    """A network that teaches: the bigger one of the recipe, or one like the student, from its pre-training."""
    import torch

    if "folder" not in config["teach"]:
        return new_net(config, device, weights)
    from training.teacher import teacher

    torch.manual_seed(config["pretrain"]["seed"])
    net = teacher(Path(config["teach"]["folder"]), config["train"]["dropout"])
    if weights:
        net.load_state_dict({k: v.float() for k, v in torch.load(weights, weights_only=True).items()}, strict=False)
    return net.to(device)


def teach(config: Config, out: Path, device: str, seed: int) -> None:
    """Writes teacher-SEED/weights.pt, learned from the gold."""
    start = out / "pretrain/weights.pt"
    net = new_teacher(config, device, start if start.exists() and "folder" not in config["teach"] else None)
    settings = {**config["train"], **config["teach"]}
    fit_rows(net, Rows.load(out / "train.npz"), settings, out / f"teacher-{seed}", device, seed)


def judge(config: Config, out: Path, device: str) -> None:
    """Writes taught.npz, the rows of train.npz and of asked.npz (where it exists, less those whose answer the teachers
    do not see), and taught.npy, what the teachers think of them on average: float16 [tokens, 2].
    """
    import numpy as np

    from training.reader_judge import agreed, opinion

    rows = Rows.load(out / "train.npz")
    if (out / "asked.npz").exists():
        rows = joined([rows, Rows.load(out / "asked.npz")])
    nets = [new_teacher(config, device, out / f"teacher-{s}/weights.pt") for s in config["teach"]["seeds"]]
    thought = opinion(nets, rows, device)
    guessed = np.asarray([s.startswith(tuple(config["student"].get("taught_only", ()))) for s in rows.sources])
    rows, tokens = chosen(rows, ~guessed[rows.source] | agreed(rows, thought))
    print(f"{len(rows)} rows, {int(guessed[rows.source].sum())} of them asked by a model", flush=True)
    rows.save(out / "taught.npz")
    np.save(out / "taught.npy", thought[tokens])


def study(config: Config, out: Path, device: str, turn: int, member: int) -> None:
    """Writes turn-T/member-M/weights.pt: one network that learns from gold and teachers, from the mean of the members
    of the turn before; the first turn begins from the pre-training, or from the mean of teachers that are like it.
    """
    import numpy as np

    settings = {**config["train"], **config["student"], **config["student"]["turns"][turn]}
    settings["seed"] += 100 * turn + member
    settings["weights"] = {**settings.get("weights", {}), **folds(settings, turn, member)}
    net = new_net(config, device)
    average(net, before(config, out, turn))
    rows, taught = Rows.load(out / "taught.npz"), np.load(out / "taught.npy")
    fit_rows(net, rows, settings, out / f"turn-{turn}/member-{member}", device, settings["seed"], taught)


def folds(settings: dict[str, Any], turn: int, member: int) -> dict[str, float]:
    """How often an epoch takes the sources of `folded`, which come in folds (pubmedqa-0, ...): as often as it says in
    the last turn, but a member never sees the fold of its number; never in the turns before, whose mean all share. So
    each member can be measured on its fold.
    """
    last = turn == len(settings["turns"]) - 1
    return {f"{source}-{fold}": often if last and fold != member else 0.0
            for source, often in settings.get("folded", {}).items() for fold in range(settings["members"])}  # fmt: skip


def before(config: Config, out: Path, turn: int) -> list[Path]:
    """The weights whose mean a turn of the student begins from."""
    if turn:
        return [out / f"turn-{turn - 1}/member-{m}/weights.pt" for m in range(config["student"]["members"])]
    if "folder" in config["teach"]:
        return [out / "pretrain/weights.pt"]
    return [out / f"teacher-{s}/weights.pt" for s in config["teach"]["seeds"]]


def average(net: ReaderNet, weights: Sequence[Path]) -> None:
    """Gives `net` the mean of the weights (Wortsman et al. 2022)."""
    import torch

    states = [torch.load(file, weights_only=True) for file in weights]
    mean = {name: torch.stack([s[name].float() for s in states]).mean(0) for name in states[0]}
    net.load_state_dict(mean, strict=False)


def finish(config: Config, out: Path) -> None:
    """Writes student/weights.pt, the mean of the members after their last turn."""
    import torch

    from training.reader_model import trained_state

    net = new_net(config, "cpu")
    average(net, before(config, out, len(config["student"]["turns"])))
    (out / "student").mkdir(exist_ok=True)
    torch.save(trained_state(net), out / "student/weights.pt")


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
    parser.add_argument("--stage", choices=("all", *STAGES), default="all")
    parser.add_argument("--seed", type=int, help="with --stage teach: this network only")
    parser.add_argument("--turn", type=int, help="with --stage study: this turn only")
    parser.add_argument("--member", type=int, help="with --stage study: this member only")
    parser.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE")
    parser.add_argument("--device", default="")
    given = parser.parse_args()
    config: Config = tomllib.loads(given.config.read_text(encoding="utf-8"))
    for change in given.set:
        path, value = change.split("=", 1)
        section, key = path.split(".", 1)
        config[section][key] = json.loads(value)
    given.out.mkdir(parents=True, exist_ok=True)
    only = {"teach": given.seed, "turn": given.turn, "member": given.member}
    run(config, given.data, given.out, given.stage, given.device or _device(), only)


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def run(config: Config, data: Path, out: Path, stage: str, device: str, only: Mapping[str, int | None]) -> None:
    """The stages in order, those done left out; or one of them, whether or not it was done before."""
    student = config["student"]
    seeds = [s for s in config["teach"]["seeds"] if only.get("teach") in (None, s)]
    turns = [t for t in range(len(student["turns"])) if only.get("turn") in (None, t)]
    members = [m for m in range(student["members"]) if only.get("member") in (None, m)]
    steps: list[tuple[str, str, Callable[[], None]]] = [
        ("prepare", "train.npz", lambda: prepare(config, data, out)),
        ("pretrain", "pretrain/weights.pt", lambda: pretrain(config, out, device)),
        *(("teach", f"teacher-{s}/weights.pt", partial(teach, config, out, device, s)) for s in seeds),
        ("judge", "taught.npy", lambda: judge(config, out, device)),
        *(("study", f"turn-{t}/member-{m}/weights.pt", partial(study, config, out, device, t, m))
          for t in turns for m in members),
        ("finish", "student/weights.pt", lambda: finish(config, out)),
        ("export", f"reader-{config['body']['language']}/model.onnx", lambda: export_student(config, out)),
    ]  # fmt: skip
    for name, made, step in steps:
        if stage == name or (stage == "all" and not (out / made).exists()):
            print(f"{name}: {made}", flush=True)
            step()


if __name__ == "__main__":
    main()
