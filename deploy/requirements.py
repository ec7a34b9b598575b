"""Prints what pyproject.toml requires with some extras, one requirement a line: `python requirements.py serve,ui`."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path


def requirements(project: dict, extras: set[str]) -> list[str]:
    """The base and the extras, extras of extras included. Raises KeyError for an extra that there is not."""
    found, left, done = list(project["dependencies"]), list(extras), set()
    while left:
        extra = left.pop()
        if extra in done:
            continue
        done.add(extra)
        for line in project["optional-dependencies"][extra]:
            own = re.fullmatch(rf"{project['name']}\[(.+)\]", line)
            if own:
                left += own[1].split(",")
            else:
                found.append(line)
    return sorted(line for line in set(found) if not line.startswith(f"{project['name']}-models"))  # built beside it


if __name__ == "__main__":
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    print("\n".join(requirements(project, set(filter(None, sys.argv[1].split(","))))))
