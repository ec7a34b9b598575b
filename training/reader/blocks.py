"""Weights of four bits in blocks, as `export` writes and `shipped` reads them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK = 32  # weights that share a scale


def unpacked(nibbles: NDArray[np.uint8], scale: NDArray[np.float16]) -> NDArray[np.float32]:
    """The weights that `blocks` packed."""
    parts = nibbles.reshape(*scale.shape, BLOCK).astype(np.float32) - 8
    values: NDArray[np.float32] = (parts * scale.astype(np.float32)[..., None]).reshape(nibbles.shape)
    return values
