"""A leaner graph says the same, and the shipped ones are lean already."""

from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper, numpy_helper

from sparewheel.rag import weights
from training.lean import lean


def test_slow_operators_are_taken_apart_and_say_the_same() -> None:
    """Bias, skip, norm and GELU give what they gave in one operator each."""
    random = np.random.default_rng(0)
    weights = {name: random.normal(size=8).astype(np.float32) for name in ("gain", "shift", "bias")}
    inputs, contrib = ["x", "skip", "gain", "shift", "bias"], "com.microsoft"
    nodes = [
        helper.make_node("SkipLayerNormalization", inputs, ["norm"], domain=contrib, epsilon=1e-12),
        helper.make_node("BiasGelu", ["norm", "bias"], ["y"], domain=contrib),
    ]
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, "n", 8]) for name in ("x", "skip", "y")]
    constants = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "small", values[:2], values[2:], constants)
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid(contrib, 1)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    given = {name: random.normal(size=(1, 5, 8)).astype(np.float32) for name in ("x", "skip")}
    before = onnxruntime.InferenceSession(model.SerializeToString()).run(None, given)[0]
    assert lean(model) > 0
    assert {node.op_type for node in model.graph.node} == {"Add", "Sum", "LayerNormalization", "Gelu"}
    after = onnxruntime.InferenceSession(model.SerializeToString()).run(None, given)[0]
    np.testing.assert_allclose(after, before, atol=1e-5)


SHIPPED = {  # second-en is left as it was exported: most of it are multiplications with 4-bit weights
    model.name: model.folder / "model.onnx" for model in weights.built_in() if model.name != "second-en"
}


@pytest.mark.parametrize("name", sorted(name for name, graph in SHIPPED.items() if graph.is_file()))
def test_the_shipped_graphs_are_lean(name: str) -> None:
    """`python -m training.lean` finds nothing to change."""
    assert lean(onnx.load(str(SHIPPED[name]))) == 0
