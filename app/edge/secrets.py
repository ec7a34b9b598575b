"""What must not travel in a file that is copied around: private keys and API keys."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from sparewheel.rag.errors import UsageError
from sparewheel.rag.settings import Settings

_PATTERNS = {
    "a private key": re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----"),
    "an API key": re.compile(r"\bsk-[A-Za-z0-9_-]{24,}|\bAKIA[0-9A-Z]{16}\b"),
}


def keys_of(settings: Settings) -> set[str]:
    """The endpoint keys this machine knows: from the settings, the environment, and key files that can be read."""
    found = set()
    for endpoint in settings.endpoint.values():
        found |= {endpoint.key, os.environ.get(endpoint.key_env, "") if endpoint.key_env else ""}
        if endpoint.key_file and (file := Path(endpoint.key_file).expanduser()).is_file():
            found.add(file.read_text(encoding="utf-8", errors="replace").strip())
    return {key for key in found if len(key) >= 8}


def refuse_secrets(texts: Iterable[tuple[str, str]], keys: set[str]) -> None:
    """texts: (name, content). Raises UsageError that names the first one with a key in it, never the key."""
    for name, content in texts:
        what = next((what for what, pattern in _PATTERNS.items() if pattern.search(content)), "")
        if not what and any(key in content for key in keys):
            what = "a key of your settings"
        if what:
            raise UsageError(
                f"{name} holds {what}, which must not travel in a pack; take it out of the document and ingest again, "
                "or remove the document from the corpus"
            )
