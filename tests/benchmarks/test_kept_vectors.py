"""Vectors kept on disk between runs of the retrieval bench."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.retrieval_systems import Kept


class Counting:
    """Vectors of letter counts; remembers what it was asked for."""

    name, dimension = "letters@1", 26

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts, *, query=False):
        self.asked += texts
        rows = np.array([[text.count(chr(97 + i)) for i in range(26)] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_a_text_is_embedded_once(tmp_path: Path) -> None:
    """Also by the next run, in another order and among others; rows are in the order of the texts."""
    inner = Counting()
    Kept(inner, tmp_path).embed(["abc", "def", "abc"])
    again = Kept(inner, tmp_path)
    rows = again.embed(["ghi", "def", "abc"])
    assert inner.asked == ["abc", "def", "ghi"]
    assert rows == pytest.approx(Counting().embed(["ghi", "def", "abc"]), abs=1e-3)


def test_what_a_killed_run_wrote_by_half_is_embedded_again(tmp_path: Path) -> None:
    """Rows without their key, or a cut row, are dropped; the rest stays."""
    inner = Counting()
    Kept(inner, tmp_path).embed(["abc", "def"])
    keys = tmp_path / "letters@1.sha"
    keys.write_bytes(keys.read_bytes()[:20])
    rows = Kept(inner, tmp_path).embed(["abc", "def"])
    assert inner.asked == ["abc", "def", "def"]
    assert rows == pytest.approx(Counting().embed(["abc", "def"]), abs=1e-3)
