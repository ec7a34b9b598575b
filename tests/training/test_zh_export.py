"""The shipped Chinese graph says what the network it was made from says."""

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")
import torch
from test_backbone import file  # noqa: F401  (the tiny backbone)

from training import backbone
from training.chinese import export as zh_export
from training.retriever.model import BiEncoder

IDS = np.array([[0, 5, 8, 6, 2], [0, 9, 2, 1, 1]])
MASK = (IDS != 1).astype(np.int64)


def of_torch(model):
    with torch.no_grad():
        made = model(torch.from_numpy(IDS), torch.from_numpy(MASK))
    return [part.numpy() for part in (made if isinstance(made, tuple) else (made,))]


def test_the_untrained_embedder_keeps_its_four_bits(file, tmp_path):  # noqa: F811
    """Word table and layers packed: smaller by far, vectors the same to 1 in 100 (activations have 8 bits)."""
    whole = backbone.read(file)
    model = BiEncoder(whole.model()).eval()
    zh_export.export(model, tmp_path / "model.onnx", int8=False)
    before = (tmp_path / "model.onnx").stat().st_size
    zh_export.pack_layers(tmp_path / "model.onnx", whole)
    zh_export.pack_words(tmp_path / "model.onnx", whole.tensors[backbone.WORDS])
    (vectors,) = zh_export.session(tmp_path / "model.onnx", 1)(IDS, MASK)
    assert (vectors * of_torch(model)[0]).sum(-1) == pytest.approx([1, 1], abs=0.01)
    assert (tmp_path / "model.onnx").stat().st_size < before / 2


def test_the_trained_embedder_is_int8_with_a_packed_word_table(file, tmp_path):  # noqa: F811
    """Vectors follow the network's, padding or not."""
    whole = backbone.read(file)
    model = BiEncoder(whole.model()).eval()
    zh_export.export(model, tmp_path / "model.onnx")
    zh_export.pack_words(tmp_path / "model.onnx", whole.tensors[backbone.WORDS])
    (vectors,) = zh_export.session(tmp_path / "model.onnx", 1)(IDS, MASK)
    assert (vectors * of_torch(model)[0]).sum(-1) == pytest.approx([1, 1], abs=0.01)


def test_a_state_of_another_recipe_is_refused(file, tmp_path):  # noqa: F811
    """Weights that lack a layer are named, not filled with chance."""
    torch.save({"other.weight": torch.zeros(2, 64)}, tmp_path / "state.pt")
    with pytest.raises(ValueError, match="another recipe"):
        zh_export.network(backbone.read(file), 2, tmp_path / "state.pt")
