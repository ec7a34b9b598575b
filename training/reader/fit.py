"""The networks of a reader's recipe, and how rows are taught to them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.reader.batches import Plan, Rows, on_device
from training.reader.loss import loss_of

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray

    from training.reader.model import ReaderNet
    from training.reader.teacher import TeacherNet

Config = dict[str, dict[str, Any]]


def fit_rows(net: Any, rows: Rows, settings: dict[str, Any], folder: Path, device: str, seed: int,
             taught: NDArray[np.float16] | None = None) -> None:  # fmt: skip
    """Trains `net` on the rows and writes weights.pt (what training changed, fp16). `seconds` of the settings, where
    given, are the length of the schedule; else `steps`, or as many epochs as `epochs`.
    """
    import torch

    from training.loop import Schedule, fit
    from training.reader.model import trained_state

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
    from training.reader.model import rounded

    if (folder / "backbone.npz").exists():
        whole = load(folder / "backbone.npz")
        tensors = {name: torch.from_numpy(whole.weights(name)) for name in whole.tensors}
        kinds = tensors["embeddings.token_type_embeddings.weight"]
        kinds[1] = kinds[0]  # it never saw a second segment
        return tensors
    from safetensors.torch import load_file

    tensors = {k.removeprefix("bert."): v.float() for k, v in load_file(folder / "model.safetensors").items()}
    return {**tensors, WORDS: rounded(tensors[WORDS], 4)}


def is_mpnet(folder: Path) -> bool:
    """Whether the folder of a body, as transformers has them, holds MPNet."""
    config = folder / "config.json"
    return config.exists() and json.loads(config.read_text(encoding="utf-8")).get("model_type") == "mpnet"


def new_net(config: Config, device: str, weights: Path | None = None) -> ReaderNet | TeacherNet:
    """The body with fresh heads (the same for a seed of the recipe), a reader whose training goes on where the body's
    folder is one, or either with the weights of a stage.
    """
    import torch

    from training.backbone import WORDS
    from training.reader.model import ReaderNet

    torch.manual_seed(config["pretrain"]["seed"])
    folder = Path(config["body"]["folder"])
    if is_mpnet(folder):
        from training.reader.model import rounded
        from training.reader.teacher import teacher

        big = teacher(folder, config["train"]["dropout"])
        big.words.weight.copy_(rounded(big.words.weight, 4))
        if weights:
            average(big, [weights])
        return big.to(device)
    if (folder / "model.onnx").exists():
        from training.reader.shipped import shipped_weights

        state = {name: torch.from_numpy(value) for name, value in shipped_weights(folder / "model.onnx").items()}
        net = ReaderNet(config["train"]["dropout"], config["body"]["layers"], len(state["words.weight"]))
        net.load_state_dict(state)
        if weights:
            average(net, [weights])
        return net.to(device)
    tensors = body(folder)
    net = ReaderNet(config["train"]["dropout"], config["body"]["layers"], len(tensors[WORDS]))
    net.load_body(tensors)
    if weights:
        average(net, [weights])
    return net.to(device)


def new_teacher(config: Config, device: str, weights: Path | None = None) -> Any:
    """A network that teaches: the bigger one of the recipe, or one like the student, from its pre-training."""
    import torch

    if "folder" not in config["teach"]:
        return new_net(config, device, weights)
    from training.reader.teacher import teacher

    torch.manual_seed(config["pretrain"]["seed"])
    net = teacher(Path(config["teach"]["folder"]), config["train"]["dropout"])
    if weights:
        average(net, [weights])
    return net.to(device)


def average(net: torch.nn.Module, weights: Sequence[Path]) -> None:
    """Gives `net` the mean of the weights in the files (Wortsman et al. 2022), of one file those."""
    import torch

    states = [torch.load(file, weights_only=True) for file in weights]
    mean = {name: torch.stack([s[name].float() for s in states]).mean(0) for name in states[0]}
    net.load_state_dict(mean, strict=False)
