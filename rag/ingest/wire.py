"""How a parsing process hands its result over: a JSON header, then the text and the arrays as bytes.

Not pickle: the process has just read a hostile file, and what it says must not be able to run code here.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.load import reason_of
from sparewheel.rag.types import Document, Layout, Page

_HEAD = struct.Struct(">Q")
_PLAIN = ("id", "title", "source", "media_type", "language", "sha256", "headings")
_ARRAYS = (("spans", "<i4", 2), ("pages", "<i4", 0), ("boxes", "<f4", 4), ("sizes", "<f4", 2))  # name, type, columns
_MOST_MEMBERS = 10_000
_MOST_BYTES = 1 << 31  # of one piece of a frame; a larger one is nonsense


def pack(result: Document | DocumentError) -> list[bytes]:
    """The frame, in pieces to be written one after the other."""
    if isinstance(result, DocumentError):
        return _frame({"error": reason_of(result), "cure": result.cure}, [])
    blobs = [result.text.encode("utf-8", "replace")]
    if result.layout is not None:
        blobs += [getattr(result.layout, name).astype(kind, copy=False).tobytes() for name, kind, _ in _ARRAYS]
    header: dict[str, Any] = {name: getattr(result, name) for name in _PLAIN}
    header["metadata"] = dict(result.metadata)
    header["page_spans"] = [(page.number, page.start, page.end) for page in result.pages]
    header["members"] = len(result.members)
    return [*_frame(header, blobs), *(piece for member in result.members for piece in pack(member))]


def unpack(read: Callable[[int], bytes]) -> Document | DocumentError:
    """The result in the frame that `read(size)` gives byte by byte. Raises ValueError for a malformed frame."""
    size = _HEAD.unpack(read(_HEAD.size))[0]
    header = json.loads(read(_checked(size)))
    if "error" in header:
        return DocumentError(str(header["error"]), cure=str(header["cure"]))
    text, *arrays = [read(_checked(size)) for size in header["blobs"]]
    layout = None
    if arrays:
        loaded = [
            np.frombuffer(blob, kind).reshape((-1, columns) if columns else -1)
            for blob, (_, kind, columns) in zip(arrays, _ARRAYS, strict=True)
        ]
        layout = Layout(*loaded)
    members = tuple(_member(read) for _ in range(_counted(header["members"])))
    return Document(
        members=members,
        text=text.decode("utf-8"),
        pages=tuple(Page(*span) for span in header["page_spans"]),
        layout=layout,
        metadata={str(key): str(value) for key, value in header["metadata"].items()},
        headings=tuple((int(start), int(end), int(level)) for start, end, level in header["headings"]),
        **{name: str(header[name]) for name in _PLAIN if name != "headings"},
    )


def _member(read: Callable[[int], bytes]) -> Document:
    member = unpack(read)
    if isinstance(member, DocumentError):
        raise ValueError("a member that is no document")
    return member


def _counted(members: int) -> int:
    if not 0 <= members <= _MOST_MEMBERS:
        raise ValueError(f"{members} members")
    return members


def _frame(header: dict[str, Any], blobs: list[bytes]) -> list[bytes]:
    header["blobs"] = [len(blob) for blob in blobs]
    encoded = json.dumps(header).encode("ascii")
    return [_HEAD.pack(len(encoded)), encoded, *blobs]


def _checked(size: int) -> int:
    if not 0 <= size <= _MOST_BYTES:
        raise ValueError(f"a frame of {size} bytes")
    return size
