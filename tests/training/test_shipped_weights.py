"""The weights of a shipped reader, read back from its file."""

import numpy as np
import pytest

pytest.importorskip("onnx")
pytest.importorskip("torch")
import torch

from training.reader.export import export
from training.reader.model import ReaderNet, rounded
from training.reader.shipped import shipped_weights


@pytest.mark.parametrize("bits", [7, 4])
def test_the_file_gives_back_what_was_rounded_into_it(tmp_path, bits):
    torch.manual_seed(1)
    net = ReaderNet(0.0, 2, 64)
    state = {k: v.detach().float().numpy() for k, v in net.state_dict().items()}
    export(state, tmp_path / "model.onnx", bits)
    found = shipped_weights(tmp_path / "model.onnx")
    assert set(found) == set(state)
    for name, value in state.items():
        wanted = value
        if name == "words.weight":
            wanted = rounded(torch.from_numpy(value), 4).numpy()
        elif name.startswith("layers") and value.ndim == 2:
            wanted = rounded(torch.from_numpy(value), bits).numpy()
        atol = 3e-3 if name == "positions.weight" else 2e-4  # kept in 16 bits
        np.testing.assert_allclose(found[name], wanted, atol=atol, err_msg=name)


def test_another_file_is_refused(tmp_path):
    from onnx import helper, save

    save(helper.make_model(helper.make_graph([], "g", [], [])), str(tmp_path / "other.onnx"))
    with pytest.raises(ValueError, match=r"words\.packed"):
        shipped_weights(tmp_path / "other.onnx")
