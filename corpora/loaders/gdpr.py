"""The GDPR by article. CC BY 4.0 (GDPRtEXT). One document, no questions.

A record:
    {"number": "12", "type": "article", "title": "Transparent information, communication and modalities ...",
     "contents": [{"number": "1", "type": "point", "subpoints": [], "text": "The controller shall take ..."}, ...]}

The text is laid out as the Official Journal prints it: recitals, then CHAPTER, Section, Article, "1.", "(a)".
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sparewheel.rag.types import Document


def documents(folder: Path, split: str) -> Iterator[Document]:
    file = folder / "gdpr.json"
    law = json.loads(file.read_bytes())
    lines = [f"{law['title']} ({law['regulation']})", "", "Recitals", ""]
    lines += [line for recital in law["recitals"] for line in (f"({recital['number']}) {recital['text']}", "")]
    for chapter in law["chapters"]:
        lines += [f"CHAPTER {chapter['number']}", chapter["title"], ""]
        for part in chapter["contents"]:
            lines += _part(part)
    yield Document("gdpr", "\n".join(lines), law["title"], str(file), "application/json")


def _part(part: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a section or an article."""
    if part["type"] == "section":
        yield from (f"Section {part['number']}", part["title"], "")
        for article in part["contents"]:
            yield from _part(article)
        return
    yield from (f"Article {part['number']}", part["title"], "")
    for point in part["contents"]:
        yield f"{point['number']}. {point['text']}" if point["number"] else point["text"]
        yield from (f"({sub['number']}) {sub['text']}" for sub in point["subpoints"])
        yield ""
