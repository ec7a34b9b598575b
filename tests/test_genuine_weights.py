"""Weights are what was released, byte for byte, or they are not loaded."""

from __future__ import annotations

import json
import os
import shutil

import pytest

from sparewheel.rag import disk
from sparewheel.rag.disk import check_listed, sha256_of
from sparewheel.rag.errors import StoreError
from sparewheel.rag.retrieve.embed import open_embedder
from sparewheel.rag.weights import WEIGHTS, verify


@pytest.fixture
def weights(tmp_path):
    """A copy of one model, with the list of sums."""
    shutil.copytree(WEIGHTS / "embed-zh", tmp_path / "embed-zh")
    shutil.copy(WEIGHTS / "checksums.json", tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json", "config.json"])
def test_a_changed_file_is_not_loaded(weights, name):
    """One byte is enough, with the size as it was; the doctor's check says the same."""
    file = weights / "embed-zh" / name
    data = bytearray(file.read_bytes())
    digits = [i for i, letter in enumerate(data) if letter in b"23456789"] if name != "model.onnx" else [len(data) // 2]
    data[digits[-1]] ^= 1
    file.write_bytes(data)
    with pytest.raises(StoreError, match=r"was changed: it is not the file of this release; reinstall"):
        open_embedder("embed-zh", folder=weights).embed(["租金"])
    assert verify(weights)[f"embed-zh/{name}"].startswith("changed")


def test_each_file_is_read_once_as_long_as_it_is_the_same(tmp_path, monkeypatch):
    """A process that opens a model again pays nothing; a file put in its place is looked at."""
    (tmp_path / "m").mkdir()
    file = tmp_path / "m" / "model.onnx"
    file.write_bytes(b"weights")
    (tmp_path / "checksums.json").write_text(json.dumps({"m/model.onnx": sha256_of(file)}))
    read: list[str] = []
    monkeypatch.setattr(disk, "sha256_of", lambda path: read.append(path.name) or sha256_of(path))
    for _ in range(3):
        check_listed(tmp_path / "m", "model.onnx", "config.json")
    assert read == ["model.onnx"]
    other = tmp_path / "other"
    other.write_bytes(b"weighty")
    os.replace(other, file)
    with pytest.raises(StoreError, match="was changed"):
        check_listed(tmp_path / "m", "model.onnx")


def test_a_folder_of_ones_own_is_not_checked(tmp_path):
    """Without a list, or not named in it; a list that cannot be read is told."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "model.onnx").write_bytes(b"mine")
    check_listed(tmp_path / "own", "model.onnx")
    (tmp_path / "checksums.json").write_text("{}")
    check_listed(tmp_path / "own", "model.onnx")
    (tmp_path / "checksums.json").write_text("{")
    with pytest.raises(StoreError, match="cannot be read"):
        check_listed(tmp_path / "own", "model.onnx")
