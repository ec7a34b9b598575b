"""The student: members that learn from gold and teachers side by side, and are averaged after every turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from training.reader.batches import Rows
from training.reader.fit import Config, average, fit_rows, new_net


def study(config: Config, out: Path, device: str, turn: int, member: int) -> None:
    """Writes turn-T/member-M/weights.pt: one network that learns from gold and teachers, from the mean of the members
    of the turn before; the first turn begins from the pre-training, or from the mean of teachers that are like it.
    """
    import numpy as np

    settings = {**config["train"], **config["student"], **config["student"]["turns"][turn]}
    settings["seed"] += 100 * turn + member
    settings["weights"] = {**settings.get("weights", {}), **folds(settings, turn, member)}
    net = new_net(config, device)
    if start := before(config, out, turn):
        average(net, start)
    rows, taught = Rows.load(out / "train.npz"), None
    if (out / "taught.npz").exists():
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
    """The weights whose mean a turn of the student begins from; none: it goes on from the reader it is made of."""
    if turn:
        return [out / f"turn-{turn - 1}/member-{m}/weights.pt" for m in range(config["student"]["members"])]
    if "folder" in config["teach"]:
        return [out / "pretrain/weights.pt"]
    return [out / f"teacher-{s}/weights.pt" for s in config["teach"]["seeds"]]


def finish(config: Config, out: Path) -> None:
    """Writes student/weights.pt, the mean of the members after their last turn."""
    import torch

    from training.reader.model import trained_state

    net = new_net(config, "cpu")
    average(net, before(config, out, len(config["student"]["turns"])))
    (out / "student").mkdir(exist_ok=True)
    torch.save(trained_state(net), out / "student/weights.pt")
