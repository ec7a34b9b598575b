"""The reading network as ONNX, built from its weights with onnxruntime's fused operators, then int8.

In: ids, types, mask int32 [passages, tokens]; prior float [passages], added to the gate; most int64 [1], how many
passages to read. After `GATE_LAYER` layers only the `most` passages with the highest gate + prior go on. Out: chosen
int64 [read], rows of the input; span float [read, tokens, 2]; label float [read, 3]; gate float [passages].
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.reader_model import GATE_LAYER, HEADS, LAYERS

OPSET = 17
_CONTRIB = "com.microsoft"


class _Graph:
    """Nodes and constants in the order they are added."""

    def __init__(self, weights: Mapping[str, NDArray[np.float32]]) -> None:
        self.weights, self.nodes, self.constants = weights, [], []  # type: tuple[Any, list[Any], list[Any]]

    def node(
        self, kind: str, inputs: list[str], name: str, domain: str = "", outputs: int = 1, **attributes: Any
    ) -> str:
        """Adds an operator; its (first) output is called `name`."""
        from onnx import helper

        names = [name, *(f"{name}.{n}" for n in range(1, outputs))]
        self.nodes.append(helper.make_node(kind, inputs, names, name=name, domain=domain, **attributes))
        return name

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Adds a constant called `name`."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def weight(self, name: str, transposed: bool = False) -> str:
        """Adds the weight of that name, transposed for MatMul where asked."""
        value = self.weights[name]
        return self.constant(name, value.T if transposed else value)

    def linear(self, x: str, name: str) -> str:
        """x @ W + b."""
        product = self.node("MatMul", [x, self.weight(f"{name}.weight", True)], f"{name}.product")
        return self.node("Add", [product, self.weight(f"{name}.bias")], f"{name}.out")

    def layer(self, x: str, mask: str, name: str) -> str:
        """One transformer layer."""
        qkv = [self.weight(f"{name}.qkv.weight", True), self.weight(f"{name}.qkv.bias")]
        seen = self.node("Attention", [x, *qkv, mask], f"{name}.seen", _CONTRIB, num_heads=HEADS)
        product = self.node("MatMul", [seen, self.weight(f"{name}.attended.weight", True)], f"{name}.attended.product")
        x = self.add_norm(product, x, f"{name}.attended_norm", f"{name}.attended.bias")
        up = self.node("MatMul", [x, self.weight(f"{name}.up.weight", True)], f"{name}.up.product")
        up = self.node("BiasGelu", [up, self.weight(f"{name}.up.bias")], f"{name}.gelu", _CONTRIB)
        down = self.node("MatMul", [up, self.weight(f"{name}.down.weight", True)], f"{name}.down.product")
        return self.add_norm(down, x, f"{name}.out_norm", f"{name}.down.bias")

    def add_norm(self, x: str, skip: str, norm: str, bias: str) -> str:
        """LayerNorm(x + bias + skip)."""
        inputs = [x, skip, self.weight(f"{norm}.weight"), self.weight(f"{norm}.bias"), self.weight(bias)]
        return self.node("SkipLayerNormalization", inputs, f"{norm}.out", _CONTRIB, epsilon=1e-12)


def build(weights: Mapping[str, NDArray[np.float32]]) -> Any:
    """The fp32 ONNX model; weights are named as in ReaderNet."""
    from onnx import TensorProto, helper

    g = _Graph(weights)
    x = _embed(g)
    mask = "mask"
    for n in range(GATE_LAYER):
        x = g.layer(x, mask, f"layers.{n}")
    first = g.constant("first", np.asarray(0, np.int64))
    cls = g.node("Gather", [x, first], "gate.cls", axis=1)
    gate = g.node("Squeeze", [g.linear(cls, "gate"), g.constant("last_axis", np.asarray([-1], np.int64))], "gate")
    wanted = g.node("Add", [gate, "prior"], "wanted")
    rows = g.node("Shape", ["ids"], "rows", end=1)
    most = g.node("Min", ["most", rows], "fewer")
    g.node("TopK", [wanted, most], "best", outputs=2, axis=0)
    x = g.node("Gather", [x, "best.1"], "kept", axis=0)
    mask = g.node("Gather", ["mask", "best.1"], "kept_mask", axis=0)
    for n in range(GATE_LAYER, LAYERS):
        x = g.layer(x, mask, f"layers.{n}")
    g.node("Identity", [g.linear(x, "span")], "span")
    g.node("Identity", [g.linear(g.node("Gather", [x, first], "label.cls", axis=1), "label")], "label")
    g.node("Identity", ["best.1"], "chosen")
    kinds = {"ids": TensorProto.INT32, "types": TensorProto.INT32, "mask": TensorProto.INT32}
    inputs = [helper.make_tensor_value_info(k, v, ["passages", "tokens"]) for k, v in kinds.items()]
    inputs.append(helper.make_tensor_value_info("prior", TensorProto.FLOAT, ["passages"]))
    inputs.append(helper.make_tensor_value_info("most", TensorProto.INT64, [1]))
    outputs = [
        helper.make_tensor_value_info("chosen", TensorProto.INT64, ["read"]),
        helper.make_tensor_value_info("span", TensorProto.FLOAT, ["read", "tokens", 2]),
        helper.make_tensor_value_info("label", TensorProto.FLOAT, ["read", 3]),
        helper.make_tensor_value_info("gate", TensorProto.FLOAT, ["passages"]),
    ]
    graph = helper.make_graph(g.nodes, "reader", inputs, outputs, g.constants)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid(_CONTRIB, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def _embed(g: _Graph) -> str:
    words = g.node("Gather", [g.weight("words.weight"), "ids"], "words")
    types = g.node("Gather", [g.weight("types.weight"), "types"], "types_embedded")
    width = g.node("Shape", ["ids"], "width", start=1)
    zero = g.constant("zero", np.asarray([0], np.int64))
    places = g.node("Slice", [g.weight("positions.weight"), zero, width, zero], "places")
    summed = g.node("Add", [g.node("Add", [words, types], "worded"), places], "summed")
    inputs = [summed, g.weight("norm.weight"), g.weight("norm.bias")]
    return g.node("LayerNormalization", inputs, "embedded", axis=-1, epsilon=1e-12)


def export(weights: Mapping[str, NDArray[np.float32]], file: Path, fp32: Path | None = None) -> int:
    """Writes the int8 model (weights per column, activations as they come) to `file`, and the fp32 one where wanted;
    bytes written. Weights use 7 bits: processors without VNNI add pairs of products in 16 bits, where 8 would overflow.
    """
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        full = fp32 or Path(folder) / "full.onnx"
        onnx.save(build(weights), str(full))
        heads = ["span.product", "label.product", "gate.product"]
        quantize_dynamic(
            str(full), str(file), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True,
            nodes_to_exclude=heads, extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
        )  # fmt: skip
    return file.stat().st_size
