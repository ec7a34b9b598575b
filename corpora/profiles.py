"""The domains: a profile (`profile.toml`), and for legal and medical our own sample documents with questions."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, cast

from corpora.records import Label
from rag.errors import NotFound, suggest
from rag.types import Profile

DOMAINS = ("general", "legal", "medical")
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class SampleQuestion:
    """A question on the sample documents. `evidence` is verbatim in the text of `document_id`, white space aside.

    answers, document_id and evidence are empty when the documents do not answer it.
    """

    id: str
    text: str
    answers: tuple[str, ...]
    document_id: str | None
    evidence: str
    answerable: bool
    label: Label
    category: str
    language: str


@cache
def profile(domain: str) -> Profile:
    """The profile of `general`, `legal` or `medical`. Raises NotFound for another word."""
    if domain not in DOMAINS:
        raise NotFound(f"no domain {domain!r}: {', '.join(DOMAINS)}{suggest(domain, DOMAINS)}")
    row = tomllib.loads((_HERE / domain / "profile.toml").read_text(encoding="utf-8"))
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return Profile(domain, **values)


def samples(domain: str) -> Path:
    """The folder with the domain's `documents/` and `questions.jsonl`. Raises NotFound where there is none."""
    folder = _HERE / profile(domain).domain
    if not (folder / "questions.jsonl").is_file():
        raise NotFound(f"domain {domain!r} has no sample documents; legal and medical have")
    return folder


def sample_questions(domain: str) -> Iterator[SampleQuestion]:
    """The questions on the domain's sample documents, in file order."""
    with (samples(domain) / "questions.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            yield SampleQuestion(
                id=row["id"],
                text=row["question"],
                answers=tuple(row.get("answers", ())),
                document_id=row.get("document"),
                evidence=row.get("evidence", ""),
                answerable=bool(row.get("document")),
                label=cast(Label, row.get("label", "")),
                category=row["category"],
                language=row["language"],
            )
