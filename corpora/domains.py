"""The domains. A domain is its folder here: `profile.toml`, and for legal and medical our own sample documents."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from sparewheel.rag.errors import NotFound, suggest
from sparewheel.rag.types import Profile

DOMAINS = ("general", "legal", "medical")
_HERE = Path(__file__).parent


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
