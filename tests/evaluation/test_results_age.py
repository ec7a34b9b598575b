"""A figure of benchmarks/README.md is of the models that are shipped, or says that it is not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparewheel.eval.runs import built_in_models

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def models_of(value: Any) -> Iterator[dict[str, str]]:
    """Every record of models that a result holds."""
    if isinstance(value, dict):
        if isinstance(value.get("models"), dict):
            yield value["models"]
        for inner in value.values():
            yield from models_of(inner)


def older(result: Any, shipped: dict[str, str]) -> bool:
    """Was any part of it measured with another model than the shipped one of the same name?"""
    return any(shipped.get(name) != was for models in models_of(result) for name, was in models.items())


@pytest.mark.parametrize("path", sorted((BENCHMARKS / "results").glob("*.json")), ids=lambda path: path.stem)
def test_figures_of_older_models_are_marked(path: Path) -> None:
    """By "(older models)" after the file's name in the README; and the mark goes when they are measured anew."""
    is_older = older(json.loads(path.read_text(encoding="utf-8")), built_in_models())
    readme = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
    assert (f"`results/{path.name}` (older models)" in readme) == is_older


def test_what_is_older() -> None:
    """Another checksum, anywhere in the result; a result that names no models cannot be told."""
    assert older({"suites": {"a": {"models": {"reader": "1"}}}}, {"reader": "2"})
    assert not older({"suites": {"a": {"models": {"reader": "1"}}}}, {"reader": "1", "other": "3"})
    assert not older({"figures": 1}, {"reader": "2"})
