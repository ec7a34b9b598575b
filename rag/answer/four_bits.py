"""Weights of four bits, unpacked for onnxruntime's 8-bit products while a network is loaded, one matrix at a time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import onnxruntime

FILE = "weights.npz"  # beside model.onnx; see training.reader.export_second
_STEPS = 64.0  # 7 bits: processors without VNNI add pairs of products in 16 bits, where 8 would overflow


def hand_over(folder: Path, options: onnxruntime.SessionOptions) -> list[onnxruntime.OrtValue]:
    """Gives the session to be the int8 constants that its graph only names, out of `FILE` in the folder; keep what is
    returned until the session is made, which copies it in the order it multiplies in.
    """
    import onnxruntime

    names, values = [], []
    with np.load(folder / FILE) as stored:
        for packed in (name for name in stored.files if name.endswith(".packed")):
            name = packed.removesuffix(".packed")
            whole = eight_bits(stored[packed], stored[f"{name}.scales"])
            names.append(name)
            values.append(onnxruntime.OrtValue.ortvalue_from_numpy(whole))
    options.add_external_initializers(names, values)
    return values


def eight_bits(packed: NDArray[np.uint8], scales: NDArray[np.float16]) -> NDArray[np.int8]:
    """Rows of 7 bits, -64 to 64, turned: int8 [in, out]. packed: [out, blocks, 16], the first half of a block in the
    low halves of the bytes; scales: [out, blocks].
    """
    steps = np.concatenate((packed & 15, packed >> 4), axis=2).astype(np.int8) - np.int8(8)
    wide = scales.astype(np.float32)
    most = (np.abs(steps).max(2) * np.abs(wide)).max(1)
    ratio = wide * (_STEPS / np.maximum(most, 1e-12))[:, None]
    rows = np.rint(steps * ratio[..., None]).astype(np.int8)
    return np.ascontiguousarray(rows.reshape(len(rows), -1).T)
