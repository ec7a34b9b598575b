"""An answer and its passages as HTML in which no document and no model can put markup of its own.

Everything that was not written here goes through `escape`. The page draws it by `st.html`, which reads no Markdown and
no formulas, so a dollar sign stays a dollar sign.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

from sparewheel.app.view import Segment
from sparewheel.app.words import Language

_MARKER = re.compile(r"\[(\d{1,3})\]|\[\?\]")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # the latter turn text round


def escape(text: str) -> str:
    """`text` as HTML shows it letter by letter; control characters become a space."""
    return html.escape(_CONTROL.sub(" ", text), quote=True)


def answer(text: str, language: Language, anchors: str, known: Iterable[int] = (), *, written: bool = False) -> str:
    """The text with `[n]` as links to `#<anchors>-n` for the known n, [?] explained.

    written: a chat model wrote it, so `**words**` are set in bold; a quote of a document is shown as it is.
    """
    numbers = set(known)

    def link(found: re.Match[str]) -> str:
        if not found[1]:
            title = "未得到段落支持" if language == "zh" else "not borne out by the passages"
            return f'<abbr class="sw-unsupported" title="{title}">[?]</abbr>'
        if int(found[1]) not in numbers:
            return found[0]
        spoken = f"引文 {found[1]}" if language == "zh" else f"Citation {found[1]}"
        return f'<a class="sw-cite" href="#{anchors}-{found[1]}" target="_self" aria-label="{spoken}">{found[1]}</a>'

    safe = _MARKER.sub(link, escape(text))
    if written:
        safe = _BOLD.sub(r"<strong>\1</strong>", safe)
    return f'<div class="sw-answer" lang="{_lang(text)}">{safe}</div>'


def passage(segments: Iterable[Segment]) -> str:
    """The passage with its cited words marked; line breaks are kept."""
    parts = list(segments)
    inner = "".join(f"<mark>{escape(part.text)}</mark>" if part.marker else escape(part.text) for part in parts)
    return f'<div class="sw-passage" lang="{_lang("".join(p.text for p in parts))}">{inner}</div>'


def _lang(text: str) -> str:
    """For fonts and screen readers."""
    from sparewheel.rag.text import language_of

    return {"en": "en", "zh": "zh-CN"}[language_of(text)]
