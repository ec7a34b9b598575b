"""What the program reads beside its code is in the wheel: each kind of file is named in pyproject.toml."""

from __future__ import annotations

import subprocess
import tomllib
import zlib
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


def test_weights_fit_in_wheels_of_a_registry() -> None:
    """No distribution of models above 95 MB, all together 180 MB at most; each names all that it holds."""
    sizes, packed = {}, {}
    for folder in (ROOT / "models/sparewheel_models", ROOT / "models/second/sparewheel_models_second"):
        setuptools = tomllib.loads((folder.parent / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
        assert setuptools["packages"] == [folder.name]
        files = [file for file in folder.rglob("*") if file.is_file() and file.suffix not in (".py", ".pyc")]
        patterns = setuptools["package-data"][folder.name]
        assert [f for f in files if not any(f.relative_to(folder).match(p) for p in patterns)] == []
        sizes[folder.name] = sum(file.stat().st_size for file in files) / 1e6
        packed[folder.name] = sum(len(zlib.compress(file.read_bytes(), 1)) for file in files) / 1e6
    assert max(packed.values()) < 95.0
    assert 100 < sum(sizes.values()) <= 180.0
