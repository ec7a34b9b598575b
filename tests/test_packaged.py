"""What the program reads beside its code is in the wheel: each kind of file is named in pyproject.toml."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path, PurePosixPath

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("package", ["rag", "app", "eval", "corpora"])
def test_files_beside_the_code_are_package_data(package: str) -> None:
    """Tracked files that are no Python match a pattern of their package."""
    listed = subprocess.run(["git", "ls-files", "-z", package], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("no git checkout")
    data = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["package-data"]
    patterns = data[f"sparewheel.{package}"]
    beside = [PurePosixPath(name).relative_to(package) for name in listed.stdout.split("\0") if name]
    left_out = [
        str(path)
        for path in beside
        if path.suffix != ".py" and not any(p == "**/*" or path.match(p.removeprefix("**/")) for p in patterns)
    ]
    assert left_out == []
