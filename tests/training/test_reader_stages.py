"""The stages of a reader's recipe, from rows to the student, on a toy."""

import tomllib
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
import torch
from safetensors.torch import save_file

import training
from training.reader.batches import Rows, rows_of
from training.reader.run import STAGES, run

PARTS = [
    ([7, 8], [9], [20, 21, 22, 23], [(1, 2)], -1, 0),
    ([7], [], [30, 31], [], 1, 1),
    ([8], [], [32, 33, 34], [], 0, 2),
]
RECIPES = [Path(training.__file__).parent / "reader" / name for name in ("reader.toml", "zh_reader.toml")]
MORE = [recipe.with_stem(f"{recipe.stem}_more") for recipe in RECIPES]  # from a shipped reader on


def body(folder):
    """One layer of the shipped width with random weights, named as in transformers."""
    torch.manual_seed(0)
    width, forward = 384, 1536
    shapes = {"embeddings.word_embeddings.weight": (200, width), "embeddings.position_embeddings.weight": (512, width),
              "embeddings.token_type_embeddings.weight": (2, width)}  # fmt: skip
    layer = "encoder.layer.0."
    for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
        shapes[f"{layer}{part}.weight"] = (width, width)
        shapes[f"{layer}{part}.bias"] = (width,)
    shapes[f"{layer}intermediate.dense.weight"], shapes[f"{layer}intermediate.dense.bias"] = (
        (forward, width),
        (forward,),
    )
    shapes[f"{layer}output.dense.weight"], shapes[f"{layer}output.dense.bias"] = (width, forward), (width,)
    for norm in ("embeddings.LayerNorm", f"{layer}attention.output.LayerNorm", f"{layer}output.LayerNorm"):
        shapes[f"{norm}.weight"] = shapes[f"{norm}.bias"] = (width,)
    save_file({name: 0.02 * torch.randn(shape) for name, shape in shapes.items()}, folder / "model.safetensors")


def recipe(folder):
    train = {"batch": 2, "gate_weight": 0.2, "label_weight": 0.2, "dropout": 0.1, "bits": 7}
    turns = [{"steps": 2, "lr": 1e-3}, {"steps": 2, "lr": 1e-3, "rounded_from": 0.5}]
    student = {"members": 2, "turns": turns, "teacher_share": 0.5, "seed": 3, "taught_only": ["asked"],
               "folded": {"pubmedqa": 2.0}}  # fmt: skip
    return {"body": {"folder": str(folder), "language": "en", "layers": 1}, "pretrain": {"seed": 1}, "train": train,
            "teach": {"seeds": [1, 2], "steps": 2, "lr": 1e-3}, "student": student}  # fmt: skip


def test_rows_become_a_student(tmp_path):
    """Teachers, their opinion of train and made rows, members of two turns, their mean: each stage finds the last's."""
    body(tmp_path)
    config = recipe(tmp_path)
    rows_of(PARTS * 4, ["squad", "pubmedqa-0", "pubmedqa-1"]).save(tmp_path / "train.npz")
    rows_of(PARTS[:1] * 3, ["asked-legal"]).save(tmp_path / "asked.npz")
    for stage in ("teach", "judge", "study", "finish"):
        run(config, tmp_path, tmp_path, stage, "cpu", {})
    taught = Rows.load(tmp_path / "taught.npz")
    assert len(np.load(tmp_path / "taught.npy")) == len(taught.ids)
    assert len(taught) >= 12
    members = [torch.load(tmp_path / f"turn-1/member-{m}/weights.pt", weights_only=True) for m in (0, 1)]
    student = torch.load(tmp_path / "student/weights.pt", weights_only=True)
    assert not torch.equal(members[0]["span.weight"], members[1]["span.weight"])
    mean = (members[0]["span.weight"].float() + members[1]["span.weight"].float()) / 2
    assert torch.allclose(student["span.weight"].float(), mean, atol=1e-3)


def test_a_member_can_run_alone(tmp_path):
    """On several machines: one seed, one member of one turn."""
    body(tmp_path)
    config = recipe(tmp_path)
    rows_of(PARTS * 4, ["squad", "pubmedqa-0", "pubmedqa-1"]).save(tmp_path / "train.npz")
    run(config, tmp_path, tmp_path, "teach", "cpu", {"teach": 2})
    assert [f.name for f in tmp_path.glob("teacher-*")] == ["teacher-2"]


def test_a_shipped_reader_goes_on_learning(tmp_path):
    """No pre-training, no teachers: its own opinion is kept, and it changes."""
    from training.reader.export import export
    from training.reader.model import ReaderNet

    torch.manual_seed(2)
    net = ReaderNet(0.0, 2, 200)
    export({k: v.detach().float().numpy() for k, v in net.state_dict().items()}, tmp_path / "model.onnx")
    config = recipe(tmp_path)
    config["body"]["layers"] = 2
    config["teach"]["seeds"] = []
    config["student"] |= {"members": 1, "gold_only": ["practice"]}
    rows_of(PARTS * 4, ["practice", "squad", "squad-elsewhere"]).save(tmp_path / "train.npz")
    for stage in ("judge", "study", "finish"):
        run(config, tmp_path, tmp_path, stage, "cpu", {})
    student = torch.load(tmp_path / "student/weights.pt", weights_only=True)
    moved = (student["layers.0.qkv.weight"].float() - net.layers[0].qkv.weight.detach()).abs().max()
    assert 0 < moved < 0.1


@pytest.mark.parametrize("file", RECIPES + MORE, ids=lambda f: f.stem)
def test_a_recipe_has_what_the_stages_read(file):
    """All recipes: body, training, teachers and turns with their lengths."""
    given = tomllib.loads(file.read_text(encoding="utf-8"))
    assert {"body", "data", "pretrain", "train", "teach", "student"} <= set(given)
    assert {"folder", "language", "layers"} <= set(given["body"])
    assert {"batch", "gate_weight", "label_weight", "dropout", "bits"} <= set(given["train"])
    assert "seeds" in given["teach"]
    assert not given["teach"]["seeds"] or {"lr", "steps"} <= set(given["teach"])
    assert {"members", "turns", "teacher_share", "seed"} <= set(given["student"])
    assert all({"steps", "lr"} <= set(turn) for turn in given["student"]["turns"])
    assert len(STAGES) == len(set(STAGES))
