"""Endpoints are written into the settings file: everything else in it stays as it is, comments too."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparewheel.rag.disk import write_durably
from sparewheel.rag.errors import SettingsError

_HEADER = re.compile(r"^(?:[ \t]*#.*\n)*[ \t]*\[", re.MULTILINE)  # with the comments right above it
PRIVATE = 0o600  # of a new file: keys may come to stand in it


def write_endpoints(path: Path, sections: Mapping[str, str], *, force: bool = False) -> None:
    """Appends the sections (name -> TOML of `[endpoint.NAME]`) to the file, which is created where there is none.

    force: endpoints of these names that stand there are replaced. Raises SettingsError where one stands there and
    `force` is not given, and where the file cannot be read or changed without changing anything else.
    """
    path = path.expanduser().resolve()  # a link stays one
    try:
        text = path.read_bytes().decode("utf-8") if path.exists() else ""
        tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read as TOML: {error}") from error
    for name, section in sections.items():
        text = _with(text, name, section, force, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, text.encode(), path.stat().st_mode & 0o777 if path.exists() else PRIVATE)


def _with(text: str, name: str, section: str, force: bool, path: Path) -> str:
    before = tomllib.loads(text)
    endpoints = before.get("endpoint", {})
    if name in endpoints and not force:
        raise SettingsError(f"{path} has an [endpoint.{name}] already; --force replaces it")
    kept = _without(text, name) if name in endpoints else text
    after = f"{kept.rstrip()}\n\n{section}" if kept.strip() else section
    if not _is_meant(after, {**before, "endpoint": {**endpoints, **tomllib.loads(section)["endpoint"]}}):
        raise SettingsError(f"endpoint.{name} cannot be written into {path} as it is laid out; write it by hand")
    return after


def _without(text: str, name: str) -> str:
    """The text without the table `[endpoint.NAME]`, up to the next header."""
    start = re.search(rf"^[ \t]*\[[ \t]*endpoint[ \t]*\.[ \t]*\"?{re.escape(name)}\"?[ \t]*\].*$", text, re.MULTILINE)
    if start is None:
        return text
    following = _HEADER.search(text, start.end())
    return text[: start.start()] + (text[following.start() :] if following else "")


def _is_meant(text: str, expected: dict[str, Any]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except ValueError:
        return False
