"""Several arrays in one file, memory-mapped: an index takes one of the files that a process may have open, no pickle.

magic, length of the head (uint64), head (JSON: meta, and of each array its kind, length and place), arrays
"""

from __future__ import annotations

import json
import mmap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"arrays 1"
_ALIGNED = 64  # bytes

Array = NDArray[np.generic]


def write_arrays(path: Path, meta: Mapping[str, Any], arrays: Mapping[str, Array | Sequence[Array]]) -> None:
    """Write arrays of one dimension to `path`; one that is given in pieces is put together in the file."""
    pieces = {name: [given] if isinstance(given, np.ndarray) else list(given) for name, given in arrays.items()}
    place, places = 0, {}
    for name, some in pieces.items():
        size = sum(len(piece) for piece in some)
        places[name] = (some[0].dtype.str, size, place)
        place += -(-size * some[0].itemsize // _ALIGNED) * _ALIGNED
    head = json.dumps({"meta": meta, "arrays": places}).encode()
    head += b" " * (-(len(_MAGIC) + 8 + len(head)) % _ALIGNED)
    with path.open("wb") as file:
        file.write(_MAGIC + len(head).to_bytes(8, "little") + head)
        for some in pieces.values():
            for piece in some:
                file.write(np.ascontiguousarray(piece).data)
            file.write(b"\0" * (-file.tell() % _ALIGNED))


def open_arrays(path: Path) -> tuple[dict[str, Any], dict[str, Array]]:
    """(meta, the arrays by name, read-only). Raises OSError, and ValueError or KeyError for what is no such file."""
    with path.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    begin = len(_MAGIC) + 8
    if data[: len(_MAGIC)] != _MAGIC:
        raise ValueError("it does not begin as one")
    begin += int.from_bytes(data[len(_MAGIC) : begin], "little")
    head = json.loads(data[len(_MAGIC) + 8 : begin])
    arrays: dict[str, Array] = {
        name: np.frombuffer(data, np.dtype(kind), size, begin + place)
        for name, (kind, size, place) in head["arrays"].items()
    }
    return head["meta"], arrays
