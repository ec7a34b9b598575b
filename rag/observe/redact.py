"""Secrets taken out of whatever is logged: those of the settings by value, others by the shape they come in."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sparewheel.rag.settings import Settings

HIDDEN = "***"
READ_AGAIN_S = 60.0  # a key file may be replaced while we run
SHORTEST = 6  # characters; a shorter "secret" would hide half of every line

# what comes before the secret, and the secret
_SHAPES = tuple(
    re.compile(rf"(?i)({before}){secret}")
    for before, secret in (
        (r"authorization\b[\"']?\s*[:=]\s*[\"']?", r"(?:(?:bearer|basic|digest)\s+)?[^\s\"',;}]+"),
        (r"\bcookie\b[\"']?\s*[:=]\s*", r"[^\r\n]+"),
        (r"\bbearer\s+", r"[\w.~+/=-]{6,}"),
        (r"\w://", r"[^/\s@\"']+(?=@)"),
        (r"\b", r"sk-[\w-]{6,}"),
        (
            r"(?:api[_-]?key|password|passwd|client_secret|secret_key|access_token|auth_token)\b[\"']?\s*[:=]\s*[\"']?",
            r"[^\s\"',;&}]+",
        ),
    )
)


class Redactor:
    """`redact(text)`: the text without secrets."""

    def __init__(
        self, settings: Settings, env: Mapping[str, str] | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._env = os.environ if env is None else env
        self._read_at = float("-inf")
        self._values: re.Pattern[str] | None = None

    def __call__(self, text: str) -> str:
        if self._clock() - self._read_at > READ_AGAIN_S:
            self._read()
        if self._values is not None:
            text = self._values.sub(HIDDEN, text)
        for shape in _SHAPES:
            text = shape.sub(rf"\g<1>{HIDDEN}", text)
        return text

    def deep(self, value: Any) -> Any:
        """The same for the texts inside dicts, lists and tuples."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {key: self.deep(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self.deep(one) for one in value]
        return value

    def _read(self) -> None:
        secrets = set()
        for endpoint in self._settings.endpoint.values():
            secrets |= {endpoint.key, self._env.get(endpoint.key_env, "") if endpoint.key_env else ""}
            try:
                if endpoint.key_file:
                    secrets.add(Path(endpoint.key_file).expanduser().read_text(encoding="utf-8").strip())
            except (OSError, UnicodeDecodeError):  # the endpoint itself tells that
                pass
        long = sorted((re.escape(s) for s in secrets if len(s) >= SHORTEST), key=len, reverse=True)
        self._values = re.compile("|".join(long)) if long else None
        self._read_at = self._clock()
