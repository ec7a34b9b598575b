"""What teachers think of every row: where its answer stands, and whether they see the one it was made for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.reader.batches import Rows, on_device
from training.reader.loss import log_probabilities

SEEN = 0.15  # least probability of an answer's start and of its end for the answer to count as seen
SURE = 0.4  # least probability of the likeliest start and end for teachers to count as sure, of whatever answer
EMPTY_KEPT = 0.35  # share that is kept of the rows that surely have no answer


def opinion(nets: Sequence[Any], rows: Rows, device: str, tokens: int = 65_536) -> NDArray[np.float16]:
    """Mean start and end probabilities of the nets: [tokens of all rows, 2]; 0 where an answer may not stand. `tokens`
    is the size of a batch.
    """
    import torch

    take, lengths = on_device(rows, device), np.diff(rows.starts)
    thought = torch.zeros((len(rows.ids), 2), dtype=torch.float16, device=device)
    starts = torch.from_numpy(rows.starts).to(device)
    order, at = np.argsort(lengths, kind="stable"), 0
    for net in nets:
        net.eval()
    while at < len(order):
        size = max(1, tokens // int(lengths[order[min(len(order) - 1, at + tokens // 512)]] + 32))
        numbers = order[at : at + size]
        batch = take(numbers)
        with torch.inference_mode(), torch.autocast(device.split(":")[0], torch.bfloat16, enabled=device != "cpu"):
            given = batch["ids"], batch["types"], batch["mask"]
            seen = torch.stack([log_probabilities(net(*given)[0], batch["allowed"]).exp() for net in nets]).mean(0)
            first = starts[torch.from_numpy(numbers).to(device)][:, None]
            place = first + torch.arange(seen.shape[1], device=device)[None]
            thought[place[batch["mask"]]] = (seen * batch["allowed"][..., None])[batch["mask"]].half()
        at += size
    return thought.cpu().numpy()


def usable(rows: Rows, thought: NDArray[np.float16], seed: int = 0) -> NDArray[np.bool_]:
    """Per row of made questions: whether it teaches something: the teachers see the answer it was made for, or are sure
    of another one, or, in a share of the rows, of none.
    """
    first, begins = np.maximum(rows.spans[:, 0], 0), rows.starts[:-1]
    seen = np.minimum(thought[begins + first[:, 0], 0], thought[begins + first[:, 1], 1]) >= SEEN
    sure = np.maximum.reduceat(thought.astype(np.float32), begins, axis=0).min(1) >= SURE
    empty = thought[begins].min(1) >= 0.5
    kept: NDArray[np.bool_] = seen | (sure & (~empty | (np.random.default_rng(seed).random(len(rows)) < EMPTY_KEPT)))
    return kept
