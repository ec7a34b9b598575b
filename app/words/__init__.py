"""Every text a person reads, English and Chinese side by side: one type of wording, one way to look it up.

page      the web page, a table a screen (shell, ask, documents, review, evaluate, health, advise)
answers   the circumstances of an answer, wherever it is shown
terminal  answers, chat and init at the terminal
advice    reasons and set-ups of `sparewheel advise`
"""

from __future__ import annotations

from typing import Literal

Language = Literal["en", "zh"]
Wording = tuple[str, str]  # English, Chinese; {name} is filled in by `say`
Table = dict[str, Wording]


def say(wording: Wording, language: str, **values: object) -> str:
    """The wording in `language`, its placeholders filled in."""
    return wording[language == "zh"].format(**values)
