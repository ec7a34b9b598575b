"""What the asker of made questions sees, and the file in which passages and taught questions travel."""

from __future__ import annotations

import json
import lzma
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from training.asker.texts import Passage, Span

IN_FILE = "asked-in.json.xz"
OPEN, SHUT, END = "<repo_name>", "<reponame>", "<|im_end|>"  # special tokens of the asker
SHOWN_CHARS, LONGEST_ANSWER = 900, 600  # of a passage and of an answer in it, as the asker sees them


class Taught(NamedTuple):
    """A question somebody asked: what the asker learns from."""

    style: str
    heading: str
    text: str
    span: Span
    question: str


def prompt(style: str, heading: str, text: str, span: Span) -> str:
    """What the asker goes on from: about `SHOWN_CHARS` of the passage, the answer between marks."""
    a, b = span[0], min(span[1], span[0] + LONGEST_ANSWER)
    start, end = around(text, (a, b))
    title = f"{heading[:80].strip()}\n" if heading and style in ("General", "Medical") else ""
    marked = f"{text[start:a]}{OPEN}{text[a:b]}{SHUT}{text[b:end]}"
    return f"{title}{marked}\n{style} question:"


def around(text: str, span: Span) -> Span:
    """The range that is shown: the span in the middle where there is room, no word cut."""
    room = max(0, SHOWN_CHARS - (span[1] - span[0]))
    start = max(0, min(span[0] - room // 2, len(text) - SHOWN_CHARS))
    end = min(len(text), max(span[1], start + SHOWN_CHARS))
    if start and (cut := re.compile(r"\s").search(text, start, span[0])):
        start = cut.end()
    if end < len(text) and (cut := re.compile(r"\s\S*$").search(text, span[1], end)):
        end = cut.start()
    return start, end


def style_for(passage: Passage, span: Span, rng: random.Random) -> str:
    """How the question is put: half in the manner of the passage's own sets, else as general ones are; short spans of a
    contract generally, as nobody's clause questions ask for them.
    """
    own = rng.random() < (0.6 if passage.domain == "medical" else 0.5)
    if passage.style == "Contract" and span[1] - span[0] < 60:
        return "General"
    return passage.style if own else "General"


def read_in(folder: Path) -> tuple[list[Passage], list[Taught]]:
    """What `write_in` wrote."""
    with lzma.open(folder / IN_FILE, "rt", encoding="utf-8") as file:
        stored = json.load(file)
    passages = [Passage(d, s, h, t, tuple((a, b) for a, b in spans)) for d, s, h, t, spans in stored["passages"]]
    return passages, [Taught(s, h, t, (a, b), q) for s, h, t, (a, b), q in stored["rows"]]


def write_in(folder: Path, passages: Sequence[Passage], rows: Sequence[Taught]) -> None:
    """`IN_FILE`: both as lists of their fields; rows of one text lie together, so that it packs well."""
    folder.mkdir(parents=True, exist_ok=True)
    stored = {"passages": passages, "rows": sorted(rows, key=lambda r: r.text)}
    text = json.dumps(stored, ensure_ascii=False, separators=(",", ":"))
    (folder / IN_FILE).write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
