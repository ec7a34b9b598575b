"""What a reading network is taught: where the gold says the answer starts and ends, and what bigger networks think."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from training.reader.batches import UNKNOWN

if TYPE_CHECKING:
    import torch

    Batch = dict[str, torch.Tensor]


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


def log_probabilities(span: torch.Tensor, allowed: torch.Tensor) -> torch.Tensor:
    """Log probabilities of start and end [rows, tokens, 2] over the tokens where an answer may stand."""
    return span.float().masked_fill(~allowed[..., None], -1e4).log_softmax(1)


def loss_of(settings: dict[str, Any], sources: Sequence[str] = ()) -> Callable[[Any, Batch], torch.Tensor]:
    """Cross-entropy of start, end, gate and label. Where a batch brings what teachers think (`taught`), they are
    `teacher_share` of the span's target; all of it for `sources` that begin as one of `taught_only`, whose gold is a
    guess, and for rows whose span nobody knows; nothing of it for `gold_only`, which the teachers never saw. Rows
    without a span teach none where there is no teacher.
    """
    import torch
    from torch.nn import functional

    alone, gold = (tuple(settings.get(key, ())) for key in ("taught_only", "gold_only"))
    share = settings.get("teacher_share", 0.0)
    of_source = torch.tensor([1.0 if s.startswith(alone) else 0.0 if s.startswith(gold) else share for s in sources])

    def loss(net: Any, batch: Batch) -> torch.Tensor:
        span, gate, label = net(batch["ids"], batch["types"], batch["mask"])
        target = torch.stack(span_targets(batch), -1)
        unknown = batch["spans"][:, 0, 0] == UNKNOWN[0]
        weight = (~unknown).float()
        if "taught" in batch:
            taught = torch.where(unknown, 1.0, of_source.to(span.device)[batch["source"]])[:, None, None]
            target = target + taught * (batch["taught"] - target)
            weight = torch.ones_like(weight)
        wrong = -(target * log_probabilities(span, batch["allowed"])).sum((1, 2)) / 2
        total = (wrong * weight).sum() / weight.sum().clamp(min=1)
        answers = 1 - target[:, 0].mean(-1).clamp(0, 1)
        gated = functional.binary_cross_entropy_with_logits(gate.float(), answers, reduction="none")
        total = total + settings["gate_weight"] * (gated * weight).sum() / weight.sum().clamp(min=1)
        known = batch["label"] >= 0
        labels = functional.cross_entropy(label.float(), batch["label"].clamp(min=0), reduction="none")
        result: torch.Tensor = total + settings["label_weight"] * (labels * known).sum() / known.sum().clamp(min=1)
        return result

    return loss
