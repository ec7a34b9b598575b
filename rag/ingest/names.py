"""File names as text, whatever bytes they are made of."""

from __future__ import annotations

import os
import re
from pathlib import Path

_COMMON_HAN = re.compile("[\u4e00-\u9fff]")


def shown(path: str | Path) -> str:
    """The path as text that can be stored and printed: bytes that are no UTF-8 are read as GB18030 where that gives
    Chinese (names from zips of Chinese programs), else written as \\xff."""
    text = os.fspath(path)
    if text.isascii() or not any("\ud800" <= c <= "\udfff" for c in text):
        return text
    return "/".join(_part(part) for part in text.split("/"))


def _part(name: str) -> str:
    raw = os.fsencode(name)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        pass
    try:
        chinese = raw.decode("gb18030")
    except UnicodeDecodeError:
        chinese = ""
    if len(_COMMON_HAN.findall(chinese)) * 2 >= sum(b > 0x7F for b in raw) // 2 > 0:
        return chinese
    return raw.decode("utf-8", "backslashreplace")
