"""The doctor's line about a chat model's folder: what could not be loaded is seen before it is loaded."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from sparewheel.app.doctor.local_models import local_chat
from sparewheel.rag.answer.local import LocalCompleter
from sparewheel.rag.errors import SettingsError
from sparewheel.rag.settings import LocalChat
from tests.answer.tiny_chat_model import save_tiny_chat_model


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(save_tiny_chat_model(tmp_path_factory.mktemp("whole")))


def changed_config(**changes: object) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **changes}))

    return change


def in_shards(folder: Path, there: int) -> None:
    """Two shards are listed, the first `there` of them exist."""
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": names[0], "b": names[1]}}))
    for name in names[:there]:
        shutil.copy(folder / "model.safetensors", folder / name)
    (folder / "model.safetensors").unlink()


def cut(name: str, left: int) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:left])


def only_gguf(folder: Path) -> None:
    for file in list(folder.iterdir()):
        file.unlink()
    (folder / "model.Q4_K_M.gguf").write_bytes(b"GGUF")


def pointer(folder: Path) -> None:
    (folder / "model.safetensors").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")


FOLDERS: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "empty": (lambda folder: [file.unlink() for file in folder.iterdir()], "the folder is empty", "hf download"),
    "shard": (lambda folder: in_shards(folder, 1), "1 of 2 weight files are missing: model-00002", "hf download"),
    "no weights": (lambda folder: (folder / "model.safetensors").unlink(), "no weights", "hf download"),
    "truncated": (cut("model.safetensors", 5000), "model.safetensors has 5,000 bytes", "hf download"),
    "truncated in the header": (cut("model.safetensors", 100), "cut off", "hf download"),
    "empty weights": (cut("model.safetensors", 0), "cut off", "hf download"),
    "pointer": (pointer, "git LFS", "git lfs pull"),
    "no tokenizer": (lambda folder: (folder / "tokenizer.json").unlink(), "tokenizer is missing", "hf download"),
    "torn tokenizer": (cut("tokenizer.json", 500), "tokenizer.json cannot be read", "hf download"),
    "no config": (lambda folder: (folder / "config.json").unlink(), "config.json is missing", "hf download"),
    "torn config": (cut("config.json", 30), "config.json cannot be read", "hf download"),
    "list as config": (lambda folder: (folder / "config.json").write_text("[]"), "no JSON object", "hf download"),
    "unknown type": (changed_config(model_type="llama99"), "'llama99'", "pip install -U transformers"),
    "no chat model": (changed_config(model_type="vit"), "no chat model of the type 'vit'", "causal"),
    "no type": (changed_config(model_type=None), "names no model_type", "hf download"),
    "gguf": (only_gguf, "GGUF", "models detect"),
}  # fmt: skip


@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_that_cannot_be_loaded_fails_with_its_cure(whole: Path, tmp_path: Path, name: str) -> None:
    """And loading refuses it in the same words."""
    spoil, what, cure = FOLDERS[name]
    folder = tmp_path / "model"
    shutil.copytree(whole, folder)
    spoil(folder)
    check = local_chat(LocalChat(model=str(folder)))
    assert (check.status, what in check.what, cure in check.cure) == ("fail", True, True), check
    with pytest.raises(SettingsError) as caught:
        LocalCompleter(LocalChat(model=str(folder))).load()
    assert what in str(caught.value)


def test_a_whole_folder_passes(whole: Path, tmp_path: Path) -> None:
    """In one file, and in shards that are all there."""
    folder = tmp_path / "shards"
    shutil.copytree(whole, folder)
    in_shards(folder, 2)
    found = [local_chat(LocalChat(model=str(path))) for path in (whole, folder)]
    assert [check.status for check in found] == ["pass", "pass"]


def test_a_gguf_file_is_served_not_unpacked(tmp_path: Path) -> None:
    """transformers would need more than five times its size."""
    file = tmp_path / "model.Q4_K_M.gguf"
    file.write_bytes(b"GGUF")
    check = local_chat(LocalChat(model=str(file)))
    assert (check.status, "llama-server" in check.cure, "models detect" in check.cure) == ("fail", True, True)
    with pytest.raises(SettingsError, match="llama-server"):
        LocalCompleter(LocalChat(model=str(file))).load()


def test_a_model_larger_than_memory_warns(whole: Path, tmp_path: Path) -> None:
    """Its weights are a sparse file of two terabytes that is as long as its header says."""
    folder = tmp_path / "huge"
    shutil.copytree(whole, folder)
    size = 2 * 10**12
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    with (folder / "model.safetensors").open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + size)
    check = local_chat(LocalChat(model=str(folder)))
    assert (check.status, "2400.0 GB" in check.what) == ("warn", True), check


def test_a_gpu_that_is_not_there_is_told(whole: Path) -> None:
    """Whatever this machine has, it has no hundredth one."""
    check = local_chat(LocalChat(model=str(whole), device="cuda:99"))
    assert (check.status, "cuda:99" in check.what, "'auto'" in check.cure) == ("fail", True, True)
