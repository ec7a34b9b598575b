"""What teachers think of every row: where its answer stands, and whether they see the one it was made for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.reader_batches import Rows, on_device
from training.reader_loss import log_probabilities

SEEN = 0.15  # least probability of an answer's start and of its end for the answer to count as seen


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


def agreed(rows: Rows, thought: NDArray[np.float16]) -> NDArray[np.bool_]:
    """Per row: whether the first span's start and end are likely enough to the teachers, or no answer is when the row
    has none.
    """
    first = np.maximum(rows.spans[:, 0], 0)
    start = thought[rows.starts[:-1] + first[:, 0], 0]
    end = thought[rows.starts[:-1] + first[:, 1], 1]
    likely: NDArray[np.bool_] = np.minimum(start, end) >= SEEN
    return likely
