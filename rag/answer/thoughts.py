# ruff: noqa: E501  marks, one kind a line
"""Thoughts that a model writes into its answer (<think> of R1 and Qwen3 and their kin), parted from it as it streams."""

from __future__ import annotations

import re

from sparewheel.rag.clean import Cleaner

_NAMES = r"(?:antml:)?(?:think|thinking|thought|thoughts|reasoning|reflection|seed:think|scratchpad)"
_OPEN = re.compile(
    rf"<{_NAMES}>|◁think▷|\[THINK\]|<\|channel\|>\s*(?:analysis|commentary)[^<]{{0,40}}<\|message\|>", re.IGNORECASE
)
_CLOSE = re.compile(
    rf"</{_NAMES}>|◁/think▷|\[/THINK\]|(?:<\|end\|>\s*)?(?:<\|start\|>\s*assistant\s*)?<\|channel\|>\s*final[^<]{{0,40}}<\|message\|>",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"<[|｜][^<>\s]{1,40}[|｜]>|</?s>(?=\s*\Z)|<(?:start|end)_of_turn>")
# the end of a text that may become one of these marks
_HALF = re.compile(
    r"(?:<[^<>\n]{0,60}|◁[^▷\n]{0,10}|\[/?(?:T(?:H(?:I(?:N(?:K)?)?)?)?)?|<\|(?:end|start|channel)\|>[^<]{0,60}(?:<[^<>]{0,20})?)\Z",
    re.IGNORECASE,
)


class Thoughts:
    """`thoughts(piece)`: what of the answer is safe to show. `thought`: what was hidden."""

    def __init__(self) -> None:
        self._clean = Cleaner()
        self._held = ""
        self._inside = False
        self._shown = False
        self.thought = ""

    def __call__(self, piece: str) -> str:
        return self._feed(self._clean(piece), last=False)

    def rest(self) -> str:
        """What was held back, at the end. Text behind a mark that was never closed stays hidden."""
        return self._feed(self._clean.rest(), last=True)

    def _feed(self, piece: str, *, last: bool) -> str:
        text, shown = self._held + piece, ""
        self._held = ""
        while text:
            found = (_CLOSE if self._inside else _OPEN).search(text)
            if found is None:
                break
            before, text = text[: found.start()], text[found.end() :]
            if self._inside:
                self.thought += before
            else:
                shown += before
            self._inside = not self._inside
        half = None if last else _HALF.search(text)
        if half:
            text, self._held = text[: half.start()], text[half.start() :]
        if self._inside:
            self.thought += text
        else:
            shown += text
        shown = _CONTROL.sub("", shown)
        if not self._shown:  # blanks between the thoughts and the answer
            shown = shown.lstrip() if self.thought else shown
            self._shown = bool(shown.strip())
        return shown


def without_thoughts(text: str) -> str:
    """`text` from behind the last closing mark: where the template, not the model, wrote the opening one."""
    found = list(_CLOSE.finditer(text))
    return text[found[-1].end() :].lstrip() if found else text
