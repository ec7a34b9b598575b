"""The one training loop: seeded, resumable, the same on a GPU and on the CPU.

A batch is a function of the step alone, so a run that stops at step n and goes on sees the batches it would have seen.
"""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    Loss = Callable[[torch.nn.Module, Any], torch.Tensor]


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: linear warm-up to `lr`, cosine down to a twentieth of it."""

    steps: int  # the most, where `seconds` are given
    lr: float = 1e-4
    warmup: float = 0.1  # fraction of the steps
    weight_decay: float = 0.01  # of matrices; never of biases and norms
    clip: float = 1.0  # largest gradient norm
    ema: float = 0.0  # decay of the weight average that is returned; 0: the last weights
    seed: int = 7
    log_every: int = 20
    checkpoint_every: int = 0  # steps; 0: never
    time_limit_s: float = 0.0  # stop and keep a checkpoint after so long; 0: no limit
    seconds: float = 0.0  # follow the clock: the schedule ends after so long, however many steps that makes; 0: no

    def reached(self, step: int, seconds: float) -> float:
        """The step that the schedule is at: `step`, or further where the clock is ahead."""
        return min(self.steps, max(step, self.steps * seconds / self.seconds)) if self.seconds else step

    def lr_at(self, step: float) -> float:
        """Learning rate of step 0 .. steps-1."""
        warm = max(1, round(self.steps * self.warmup))
        if step < warm:
            return self.lr * (step + 1) / warm
        done = (step - warm) / max(1, self.steps - warm)
        return self.lr * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * done)))


def fit(
    model: torch.nn.Module, batch_at: Callable[[int], Any], loss: Loss, schedule: Schedule, folder: Path,
    at: Callable[[float], None] = lambda share: None, clock: Callable[[], float] = time.monotonic,
) -> list[dict[str, float]]:  # fmt: skip
    """Trains `model` in place and returns the log: step, loss, lr and seconds per logged step.

    Before each step `at` hears which share of the schedule is done, 0..1. `folder` receives log.jsonl, loss.png and,
    while unfinished, checkpoint.pt, from which a later call goes on.
    bf16 autocast on a GPU that has it; fp32 on the CPU.
    """
    import torch

    device = next(model.parameters()).device
    folder.mkdir(parents=True, exist_ok=True)
    optimiser = torch.optim.AdamW(_groups(model, schedule), lr=schedule.lr, betas=(0.9, 0.98), eps=1e-6,
                                  fused=device.type == "cuda")  # fmt: skip
    average = {k: v.detach().clone() for k, v in model.state_dict().items()} if schedule.ema else {}
    step, log = _resume(folder, model, optimiser, average)
    torch.manual_seed(schedule.seed + step)
    model.train()
    began, started, since, kept = clock(), clock(), 0, torch.zeros((), device=device)
    if log and schedule.seconds:
        started -= log[-1]["seconds"]
    done = False
    while not done:
        now = schedule.reached(step, clock() - started)
        at(now / schedule.steps)
        for group in optimiser.param_groups:
            group["lr"] = schedule.lr_at(now)
        with torch.autocast(device.type, torch.bfloat16, enabled=device.type == "cuda"):
            value = loss(model, batch_at(step))
        optimiser.zero_grad(set_to_none=True)
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), schedule.clip)
        optimiser.step()
        _update(average, model, min(schedule.ema, (step + 1) / (step + 10)))
        kept, since, step = kept + value.detach(), since + 1, step + 1
        done = schedule.reached(step, clock() - started) >= schedule.steps
        if step % schedule.log_every == 0 or done:
            row = {"step": step, "loss": float(kept) / since, "lr": schedule.lr_at(now)}
            log.append({**row, "seconds": round(clock() - started, 2)})
            print(json.dumps(log[-1]), flush=True)
            kept, since = torch.zeros((), device=device), 0
        over = 0 < schedule.time_limit_s < clock() - began
        if over or (schedule.checkpoint_every and step % schedule.checkpoint_every == 0):
            _checkpoint(folder, model, optimiser, average, step, log)
        if over:
            break
    if average:
        model.load_state_dict(average)
    (folder / "log.jsonl").write_text("".join(json.dumps(row) + "\n" for row in log), encoding="utf-8")
    plot(log, folder / "loss.png")
    if done:
        (folder / "checkpoint.pt").unlink(missing_ok=True)
    return log


def _groups(model: torch.nn.Module, schedule: Schedule) -> list[dict[str, Any]]:
    trained = [p for p in model.parameters() if p.requires_grad]
    return [
        {"params": [p for p in trained if p.ndim > 1], "weight_decay": schedule.weight_decay},
        {"params": [p for p in trained if p.ndim <= 1], "weight_decay": 0.0},
    ]


def _update(average: dict[str, torch.Tensor], model: torch.nn.Module, decay: float) -> None:
    import torch

    with torch.no_grad():
        state = model.state_dict() if average else {}
        moved = [name for name, value in state.items() if value.is_floating_point()]
        for name in state.keys() - set(moved):
            average[name].copy_(state[name])
        if moved:
            torch._foreach_lerp_([average[n] for n in moved], [state[n] for n in moved], 1 - decay)


def _checkpoint(folder: Path, model: Any, optimiser: Any, average: Any, step: int, log: list[dict[str, float]]) -> None:
    import torch

    state = {"model": model.state_dict(), "optimiser": optimiser.state_dict(), "average": average}
    torch.save({**state, "step": step, "log": log}, folder / "checkpoint.tmp")
    os.replace(folder / "checkpoint.tmp", folder / "checkpoint.pt")


def _resume(folder: Path, model: Any, optimiser: Any, average: Any) -> tuple[int, list[dict[str, float]]]:
    import torch

    file = folder / "checkpoint.pt"
    if not file.exists():
        return 0, []
    state = torch.load(file, map_location=next(model.parameters()).device, weights_only=True)
    model.load_state_dict(state["model"])
    optimiser.load_state_dict(state["optimiser"])
    average.update(state["average"])
    return state["step"], state["log"]


def plot(log: list[dict[str, float]], file: Path) -> None:
    """Loss over steps as PNG; without matplotlib nothing is drawn."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    axes.plot([row["step"] for row in log], [row["loss"] for row in log])
    axes.set(xlabel="step", ylabel="loss")
    figure.savefig(file, dpi=100)
