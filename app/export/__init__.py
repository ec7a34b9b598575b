"""An answer or a conversation as a file to send on: Markdown, Word and PDF, each with its citations.

export(turns, "docx", "en", disclaimer) -> bytes
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from dataclasses import dataclass

from sparewheel.app.export.content import blocks
from sparewheel.app.kept.history import Turn
from sparewheel.app.words import Language
from sparewheel.rag.errors import UsageError, suggest


@dataclass(frozen=True, slots=True)
class Format:
    """name: on a button; module of this package `app.export.<module>` writes it."""

    name: str
    suffix: str
    media_type: str
    module: str


FORMATS = (
    Format("Markdown", "md", "text/markdown", "markdown"),
    Format("Word", "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "word"),
    Format("PDF", "pdf", "application/pdf", "pdf"),
)


def export(turns: Sequence[Turn], suffix: str, language: Language, disclaimer: str = "") -> bytes:
    """The turns as a file of that suffix. Raises UsageError for an unknown one."""
    by_suffix = {form.suffix: form for form in FORMATS}
    if suffix not in by_suffix:
        raise UsageError(f"no format {suffix!r}{suggest(suffix, by_suffix)}; formats are {', '.join(by_suffix)}")
    writer = importlib.import_module(f"sparewheel.app.export.{by_suffix[suffix].module}")
    made: bytes = writer.write(blocks(turns, language, disclaimer), language)
    return made
