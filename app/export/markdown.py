"""Blocks as Markdown. Text of documents cannot become markup: every mark in it is escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sparewheel.app.export.content import Block
from sparewheel.app.words import Language

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|$~])")
_LINE_MARK = re.compile(r"(?m)^(\s*)([-+=]|\d+[.)])(?=\s|$)")
_FRAME = {
    "title": "# {}", "question": "## {}", "answer": "{}", "meta": "*{}*", "source": "- {}", "quote": "  > {}",
    "note": "> {}", "disclaimer": "---\n\n*{}*",
}  # fmt: skip


def write(blocks: Sequence[Block], language: Language) -> bytes:
    """UTF-8, a blank line between blocks."""
    return ("\n\n".join(_FRAME[block.kind].format(_escaped(block)) for block in blocks) + "\n").encode()


def _escaped(block: Block) -> str:
    text = _LINE_MARK.sub(r"\1\\\2", _MARKS.sub(r"\\\1", block.text))
    if block.kind in ("answer", "note"):
        return text.replace("\n", "\\\n")
    return " ".join(text.split())
