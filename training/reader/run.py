"""From the data to the reader: `python -m training.reader.run --config training/reader.toml --data DIR --out DIR`.

Stages, each skipped when its file exists: prepare (token arrays), ask (questions a model makes), pretrain (recurring
spans), teach (big networks, or several like the student), judge (what they think of every row), study (members that
learn from it, averaged after each turn), finish (their mean), export (int8 ONNX and tokenizer). A stage that is stopped
goes on from its checkpoint. `--set train.lr=3e-4` changes one key. `--config training/zh_reader.toml`: the Chinese one.
`--config training/reader/second.toml`: what looks a second time, taught by the gold alone (no stage judge).
On several GPUs run `teach` once a seed and a turn of `study` once a member (`--stage study --turn 0 --member 2`).
"""

from __future__ import annotations

import argparse
import json
import random
import tomllib
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from training.practice.papers import practice, sentences
from training.reader.batches import Rows, chosen, joined
from training.reader.contracts import cuad, legalbench
from training.reader.data import Example, Part, covidqa, elsewhere, medquad, policyqa, squad, squad_sample, swapped
from training.reader.files import cloze_rows, encoded, load_tokenizer, save_texts
from training.reader.fit import Config, fit_rows, is_mpnet, new_net, new_teacher
from training.reader.labels import clauses_turned, findings, nli_labels, pubmedqa
from training.reader.student import finish, study

STAGES = ("prepare", "ask", "pretrain", "teach", "judge", "study", "finish", "export")


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
        filler = sentences("en", (e.passage for e in rng.sample(made, 4_000)), 4_000, rng)
        made += practice("en", config["practice"], rng, filler)
    return made


def prepare(config: Config, data: Path, out: Path) -> None:
    """Writes train.npz (rows) and text.npz (token ids of the pre-training documents)."""
    if config["body"]["language"] == "zh":
        from training.chinese import prepare as zh_prepare

        return zh_prepare.write(config, out)
    from training.reader.pretrain import texts

    file = Path(config["body"].get("tokenizer") or Path(config["body"]["folder"]) / "tokenizer.json")
    rng = random.Random(config["data"]["seed"])
    made = examples(data, "train", config["data"])
    rows = encoded(made, [rng.random() < config["data"]["heading_share"] for _ in made], file)
    rows.save(out / "train.npz")
    print(f"{len(rows)} rows of {len(made)} examples", flush=True)
    if not config["pretrain"].get("each"):
        return
    sizes = config["pretrain"]["legal_chars"], config["pretrain"]["medical_chars"]
    save_texts(texts(data, *sizes, rng), load_tokenizer(file), out / "text.npz")


def ask(config: Config, data: Path, out: Path, device: str) -> None:
    """Writes asked.npz: questions that a language model asks, once people's questions taught it how."""
    import time

    from training.asker import asked
    from training.asker import prepare as asked_prepare

    settings, folder = config["asked"], out / "asked"
    if not (folder / "asked-in.json.xz").exists():
        folder.mkdir(parents=True, exist_ok=True)
        asked_prepare.write(data, Path(settings["gguf"]), Path(settings["tokenizer"]), folder)
    tokenizer = Path(config["body"]["folder"]) / "tokenizer.json"
    asked.ask(folder, out, device, time.time() + settings["seconds"], tokenizer=tokenizer)


def pretrain(config: Config, out: Path, device: str) -> None:
    """Writes pretrain/weights.pt."""
    settings = {**config["pretrain"], "gate_weight": config["train"]["gate_weight"], "label_weight": 0.0}
    rows = cloze_rows(config, out)
    print(f"{len(rows)} recurring spans", flush=True)
    fit_rows(new_net(config, device), rows, settings, out / "pretrain", device, settings["seed"])


def teach(config: Config, out: Path, device: str, seed: int) -> None:
    """Writes teacher-SEED/weights.pt, learned from the gold."""
    start = out / "pretrain/weights.pt"
    net = new_teacher(config, device, start if start.exists() and "folder" not in config["teach"] else None)
    settings = {**config["train"], **config["teach"]}
    fit_rows(net, Rows.load(out / "train.npz"), settings, out / f"teacher-{seed}", device, seed)


def judge(config: Config, out: Path, device: str) -> None:
    """Writes taught.npz, the rows of train.npz and of asked.npz (where it exists, less those that teach nothing sure),
    and taught.npy, what the teachers (without any: the reader that goes on learning) think of them on average: float16
    [tokens, 2].
    """
    import numpy as np

    from training.reader.judge import opinion, usable

    rows = Rows.load(out / "train.npz")
    if (out / "asked.npz").exists():
        rows = joined([rows, Rows.load(out / "asked.npz")])
    nets = [new_teacher(config, device, out / f"teacher-{s}/weights.pt") for s in config["teach"]["seeds"]]
    nets = nets or [new_net(config, device)]
    thought = opinion(nets, rows, device)
    guessed = np.asarray([s.startswith(tuple(config["student"].get("taught_only", ()))) for s in rows.sources])
    rows, tokens = chosen(rows, ~guessed[rows.source] | usable(rows, thought))
    print(f"{len(rows)} rows, {int(guessed[rows.source].sum())} of them asked by a model", flush=True)
    rows.save(out / "taught.npz")
    np.save(out / "taught.npy", thought[tokens])


def export_student(config: Config, out: Path) -> None:
    """Writes reader-LANGUAGE/: model.onnx, tokenizer.json and config.json, which training.reader.answerable fits; of a
    body of MPNet second-LANGUAGE/, which training.reader.second_fit fits."""
    from training.reader.export import ship
    from training.reader.export_second import ship as ship_second

    folder = out / exported(config)
    written = (ship_second if folder.name.startswith("second") else ship)(config, out / "student/weights.pt", folder)
    print(f"{written / 2**20:.1f} MiB", flush=True)


def exported(config: Config) -> str:
    """The name of the folder that the recipe ends with."""
    kind = "second" if is_mpnet(Path(config["body"]["folder"])) else "reader"
    return f"{kind}-{config['body']['language']}"


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
        *([("ask", "asked.npz", lambda: ask(config, data, out, device))] if "asked" in config else []),
        *([("pretrain", "pretrain/weights.pt", lambda: pretrain(config, out, device))] if config["pretrain"].get("each")
          else []),
        *(("teach", f"teacher-{s}/weights.pt", partial(teach, config, out, device, s)) for s in seeds),
        *([("judge", "taught.npy", lambda: judge(config, out, device))] if student["teacher_share"] else []),
        *(("study", f"turn-{t}/member-{m}/weights.pt", partial(study, config, out, device, t, m))
          for t in turns for m in members),
        ("finish", "student/weights.pt", lambda: finish(config, out)),
        ("export", f"{exported(config)}/model.onnx", lambda: export_student(config, out)),
    ]  # fmt: skip
    for name, made, step in steps:
        if stage == name or (stage == "all" and not (out / made).exists()):
            print(f"{name}: {made}", flush=True)
            step()


if __name__ == "__main__":
    main()
