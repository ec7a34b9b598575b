"""Rich text as Outlook packs it into a message. Source: [MS-OXRTFCP]."""

from __future__ import annotations

import struct

_HEADER = struct.Struct("<IIII")
_PACKED, _PLAIN = 0x75465A4C, 0x414C454D  # "LZFu", "MELA"
_MOST = 50_000_000  # bytes unpacked
_KNOWN = (  # what the window holds at the beginning
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor "
    rb"MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_WINDOW = 4096


def unpacked(data: bytes) -> bytes:
    """The rich text; b"" for what is none."""
    if len(data) < _HEADER.size:
        return b""
    _, size, kind, _ = _HEADER.unpack_from(data)
    if kind == _PLAIN:
        return data[_HEADER.size : _HEADER.size + size]
    return _from_window(data, min(size, _MOST)) if kind == _PACKED else b""


def _from_window(data: bytes, size: int) -> bytes:
    """Groups of eight: a byte, or (where its bit is set) a place in the window and how many bytes to repeat."""
    window = bytearray(_KNOWN.ljust(_WINDOW, b"\0"))
    write, at = len(_KNOWN), _HEADER.size
    out = bytearray()
    while at < len(data) and len(out) < size:
        flags, at = data[at], at + 1
        for bit in range(8):
            if not flags >> bit & 1:
                piece, at = data[at : at + 1], at + 1
            else:
                if at + 1 >= len(data):
                    return bytes(out)
                place, length = data[at] << 4 | data[at + 1] >> 4, (data[at + 1] & 15) + 2
                at += 2
                if place == write:
                    return bytes(out)
                piece = b""
            for i in range(len(piece) or length):
                byte = piece[0] if piece else window[(place + i) % _WINDOW]
                window[write] = byte
                write = (write + 1) % _WINDOW
                out.append(byte)
            if at >= len(data):
                break
    return bytes(out[:size])
