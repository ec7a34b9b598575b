"""The weights of a shipped reader, out of its model.onnx, so that training can go on from it: as `reader.export` wrote
them, rounded.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from training.reader.blocks import unpacked

Weights = dict[str, NDArray[np.float32]]


def shipped_weights(file: Path) -> Weights:
    """By the names of ReaderNet's state. Raises ValueError for a file that `reader.export` did not write."""
    import onnx
    from onnx import numpy_helper

    stored = {c.name: numpy_helper.to_array(c) for c in onnx.load(str(file)).graph.initializer}
    if "words.packed" not in stored:
        raise ValueError(f"{file} is no reader written by training.reader.export: it has no words.packed")
    found: Weights = {"words.weight": _words(stored["words.packed"], stored["words.scale"])}
    for name, value in stored.items():
        if name.endswith(".weight.packed"):
            key = name.removesuffix(".packed")
            found[key] = _blocks(value, stored[f"{key}.scales"])
        elif name.endswith(".weight.int8"):
            key = name.removesuffix(".int8")
            found[key] = (value.astype(np.float32) * stored[f"{key}.scale"][None, :]).T.copy()
        elif name.endswith((".weight", ".bias")):
            head = name.partition(".")[0] in ("span", "gate", "label") and name.endswith(".weight")
            found[name] = (value.T if head else value).astype(np.float32)
    return found


def _words(packed: NDArray[np.uint8], scale: NDArray[np.float16]) -> NDArray[np.float32]:
    nibbles = np.stack((packed & 15, packed >> 4), axis=-1).reshape(len(packed), -1)
    return unpacked(nibbles, scale)


def _blocks(packed: NDArray[np.uint8], scales: NDArray[np.float16]) -> NDArray[np.float32]:
    """packed: [rows, blocks, 16], the first half of a block in the low nibbles."""
    nibbles = np.concatenate((packed & 15, packed >> 4), axis=-1).reshape(len(packed), -1)
    return unpacked(nibbles, scales)
