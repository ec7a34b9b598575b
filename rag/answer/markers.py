"""The marks by which a written answer cites its passages, in every form that models write them, as `[n]`."""

from __future__ import annotations

import re

MARKER = re.compile(r"\s*\[(\d{1,3})\]")

_NAME = r"(?:passages?|sources?|docs?|documents?|refs?|citations?|段落?|第|来源|文档|引用)"
_NUMBERS = r"\d{1,3}(?:\s*(?:[,，、;；&\-–—~～至到]|and|和|及|与)\s*(?:#|\^)?\d{1,3})*"
_ANY = re.compile(
    rf"(\s*)[\[［【〔](?:{_NAME})?\s*[:：#^]?\s*({_NUMBERS})\s*(?:段落?)?(?:†[^\]】\s]{{0,40}})?[\]］】〕]"
    rf"|(\s*)[(（]{_NAME}\s*[:：#^]?\s*({_NUMBERS})\s*(?:段落?)?[)）]",
    re.IGNORECASE,
)
_RANGE = re.compile(r"(\d{1,3})\s*[-–—~～至到]\s*(\d{1,3})|(\d{1,3})")
_MOST_OF_A_RANGE = 20


def canonical(text: str, hits: int) -> str:
    """`text` with every mark as `[n]`: 【1】, [1-2], [1, 3], [Passage 1], （段落2）. Numbers of no hit go."""

    def one_by_one(found: re.Match[str]) -> str:
        numbers: list[int] = []
        for first, last, alone in _RANGE.findall(found[2] or found[4]):
            low, high = (int(alone), int(alone)) if alone else (int(first), int(last))
            numbers += range(low, min(high, low + _MOST_OF_A_RANGE) + 1)
        return "".join(f" [{n}]" for n in dict.fromkeys(numbers) if 1 <= n <= hits)

    return _ANY.sub(one_by_one, text).strip()


def without_markers(text: str) -> str:
    """`text` without the marks."""
    return _ANY.sub("", text)
