"""The reading network as ONNX, built from its weights with onnxruntime's fused integer operators.

In: ids, types, mask int32 [passages, tokens]; prior float [passages], added to the gate; most int64 [1], how many
passages to read. After `GATE_LAYER` layers only the `most` passages with the highest gate + prior go on. Out: chosen
int64 [read], rows of the input; span float [read, tokens, 2]; label float [read, 3]; gate float [passages].

Linear layers multiply 8-bit inputs, scaled as they come, with weights of 7 bits a row: processors without VNNI add
pairs of products in 16 bits, where 8 would overflow. A file of 4 bits holds blocks of `BLOCK` weights with an fp16
scale, which onnxruntime unpacks into 7 bits when it loads the file: multiplying the blocks themselves (MatMulNBits)
takes four times as long. Word embeddings have 4 bits, the heads all 32.

    python -m training.reader.export --config training/reader/zh_reader.toml --weights WEIGHTS.pt --out FOLDER
"""

from __future__ import annotations

import argparse
import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.reader.blocks import BLOCK, unpacked
from training.reader.model import GATE_LAYER, HEADS

OPSET = 18
_CONTRIB = "com.microsoft"
Weights = Mapping[str, NDArray[np.float32]]
Ship = Callable[[dict[str, dict[str, Any]], Path, Path], int]  # recipe, weights, folder -> bytes of the model


def blocks(weight: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float16]]:
    """(nibbles 0..15 [rows, columns], scale [rows, columns / BLOCK]); (nibble - 8) * scale is `rounded(weight, 4)`."""
    parts = weight.astype(np.float32).reshape(len(weight), -1, BLOCK)
    low, high = parts.min(-1), parts.max(-1)
    scale = (np.where(high > -low, high, low) / np.float32(-8)).astype(np.float16)
    scale[scale == 0] = 1
    nibbles = np.clip(np.round(parts / scale.astype(np.float32)[..., None]), -8, 7) + 8
    return nibbles.astype(np.uint8).reshape(weight.shape), scale


def pairs(nibbles: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Two a byte, the first in the low half."""
    packed: NDArray[np.uint8] = nibbles[:, 0::2] | (nibbles[:, 1::2] << np.uint8(4))
    return packed


def row_scale(weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Of 7 bits a row, -64 to 64: float [rows]."""
    scale: NDArray[np.float32] = np.maximum(np.abs(weight).max(1) / np.float32(64), np.float32(1e-12))
    return scale


class Graph:
    """Nodes and constants in the order they are added."""

    def __init__(self, weights: Weights, bits: int, epsilon: float = 1e-12) -> None:
        """epsilon: of the normalisation."""
        self.weights, self.bits, self.epsilon = weights, bits, epsilon
        self.nodes, self.constants = [], []  # type: tuple[list[Any], list[Any]]

    def node(
        self, kind: str, inputs: list[str], name: str, domain: str = "", outputs: int = 1, **attributes: Any
    ) -> str:
        """Adds an operator; its (first) output is called `name`."""
        from onnx import helper

        names = [name, *(f"{name}.{n}" for n in range(1, outputs))]
        self.nodes.append(helper.make_node(kind, inputs, names, name=name, domain=domain, **attributes))
        return name

    def constant(self, name: str, value: Any) -> str:
        """Adds a constant called `name`."""
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.array(value, order="C"), name))
        return name

    def weight(self, name: str) -> str:
        """Adds the weight of that name in 32 bits."""
        return self.constant(name, self.weights[name])

    def words(self, ids: str) -> str:
        """Embeddings of the words, in 4 bits, with two zero points of 8 a byte."""
        nibbles, scale = blocks(self.weights["words.weight"])
        packed, scales = self.constant("words.packed", pairs(nibbles)), self.constant("words.scale", scale)
        middle = self.constant("words.middle", np.full((len(scale), -(-scale.shape[1] // 2)), 0x88, np.uint8))
        half = self.node("GatherBlockQuantized", [packed, ids, scales, middle], "words.half", _CONTRIB,
                         gather_axis=0, quantize_axis=1, block_size=BLOCK, bits=4)  # fmt: skip
        return self.node("Cast", [half], "words", to=1)

    def embedded(self) -> str:
        """What words, places and segments are before the first layer."""
        types = self.node("Gather", [self.weight("types.weight"), "types"], "types_embedded")
        width = self.node("Shape", ["ids"], "width", start=1)
        zero = self.constant("zero", np.asarray([0], np.int64))
        half = self.constant("positions.weight", self.weights["positions.weight"].astype(np.float16))  # as trained
        places = self.node("Slice", [self.node("Cast", [half], "positions", to=1), zero, width, zero], "places")
        summed = self.node("Add", [self.node("Add", [self.words("ids"), types], "worded"), places], "summed")
        inputs = [summed, self.weight("norm.weight"), self.weight("norm.bias")]
        return self.node("LayerNormalization", inputs, "embedded", axis=-1, epsilon=self.epsilon)

    def integers(self, name: str) -> tuple[str, str, str]:
        """The weight of that name, transposed for a product: int8 [in, out], scale and zero point [out]."""
        weight, key = self.weights[f"{name}.weight"], f"{name}.weight"
        zero = self.constant(f"{key}.zero", np.zeros(len(weight), np.int8))
        if self.bits == 7:
            of_row = row_scale(weight)
            whole = np.round(weight / of_row[:, None]).astype(np.int8)
            return self.constant(f"{key}.int8", whole.T), self.constant(f"{key}.scale", of_row), zero
        nibbles, scales = blocks(weight)
        parts = nibbles.reshape(*scales.shape, BLOCK)
        halves = self.constant(f"{key}.packed", parts[..., : BLOCK // 2] | (parts[..., BLOCK // 2 :] << np.uint8(4)))
        scale = self.constant(f"{key}.scale", row_scale(unpacked(nibbles, scales)))
        return self._unpack(key, halves, self.constant(f"{key}.scales", scales), scale, weight.shape), scale, zero

    def _unpack(self, key: str, halves: str, scales: str, scale: str, shape: tuple[int, ...]) -> str:
        """Operators on constants only: onnxruntime computes them once, when it loads the file."""
        low = self.node("BitwiseAnd", [halves, self.constant(f"{key}.15", np.uint8(15))], f"{key}.low")
        high = self.node("BitShift", [halves, self.constant(f"{key}.4", np.uint8(4))], f"{key}.high", direction="RIGHT")
        steps = self.node("Cast", [self.node("Concat", [low, high], f"{key}.nibbles", axis=2)], f"{key}.steps", to=1)
        steps = self.node("Sub", [steps, self.constant(f"{key}.8", np.float32(8))], f"{key}.centred")
        wide = self.node("Unsqueeze", [scale, self.constant(f"{key}.axis", np.asarray([1]))], f"{key}.column")
        ratio = self.node("Div", [self.node("Cast", [scales], f"{key}.wide", to=1), wide], f"{key}.ratio")
        ratio = self.node("Unsqueeze", [ratio, self.constant(f"{key}.last", np.asarray([2]))], f"{key}.ratios")
        rounded = self.node("Round", [self.node("Mul", [steps, ratio], f"{key}.scaled")], f"{key}.rounded")
        whole = self.node("Cast", [rounded], f"{key}.whole", to=3)
        flat = self.node("Reshape", [whole, self.constant(f"{key}.shape", np.asarray(shape))], f"{key}.rows")
        return self.node("Transpose", [flat], f"{key}.int8", perm=[1, 0])

    def product(self, x: str, name: str, bias: bool = False) -> str:
        """x @ W in integers, with the bias where asked."""
        inputs = [x, *self.integers(name), *([self.weight(f"{name}.bias")] if bias else [])]
        return self.node("DynamicQuantizeMatMul", inputs, f"{name}.product", _CONTRIB)

    def head(self, x: str, name: str) -> str:
        """x @ W + b in 32 bits."""
        turned = self.constant(f"{name}.weight", self.weights[f"{name}.weight"].T)
        product = self.node("MatMul", [x, turned], f"{name}.product")
        return self.node("Add", [product, self.weight(f"{name}.bias")], f"{name}.out")

    def layer(self, x: str, mask: str, name: str) -> str:
        """One transformer layer."""
        whole, scale, zero = self.integers(f"{name}.qkv")
        given = self.node("DynamicQuantizeLinear", [x], f"{name}.given", outputs=3)
        inputs = [given, whole, self.weight(f"{name}.qkv.bias"), f"{given}.1", scale, mask, f"{given}.2", zero]
        seen = self.node("QAttention", inputs, f"{name}.seen", _CONTRIB, num_heads=HEADS)
        x = self.add_norm(self.product(seen, f"{name}.attended"), x, f"{name}.attended_norm", f"{name}.attended.bias")
        return self.forward(x, name)

    def forward(self, x: str, name: str) -> str:
        """The part of a layer behind its attention."""
        up = [self.product(x, f"{name}.up"), self.weight(f"{name}.up.bias")]
        made = self.product(self.node("BiasGelu", up, f"{name}.gelu", _CONTRIB), f"{name}.down")
        return self.add_norm(made, x, f"{name}.out_norm", f"{name}.down.bias")

    def add_norm(self, x: str, skip: str, norm: str, bias: str) -> str:
        """LayerNorm(x + bias + skip)."""
        inputs = [x, skip, self.weight(f"{norm}.weight"), self.weight(f"{norm}.bias"), self.weight(bias)]
        return self.node("SkipLayerNormalization", inputs, f"{norm}.out", _CONTRIB, epsilon=self.epsilon)


def build(weights: Weights, bits: int) -> Any:
    """The ONNX model; weights are named as in ReaderNet; bits: 7 or 4, of those of linear layers."""
    from onnx import TensorProto, helper

    g = Graph(weights, bits)
    layers = len({name.split(".")[1] for name in weights if name.startswith("layers.")})
    x = g.embedded()
    mask = "mask"
    for n in range(GATE_LAYER):
        x = g.layer(x, mask, f"layers.{n}")
    first = g.constant("first", np.asarray(0, np.int64))
    cls = g.node("Gather", [x, first], "gate.cls", axis=1)
    gate = g.node("Squeeze", [g.head(cls, "gate"), g.constant("last_axis", np.asarray([-1], np.int64))], "gate")
    wanted = g.node("Add", [gate, "prior"], "wanted")
    rows = g.node("Shape", ["ids"], "rows", end=1)
    most = g.node("Min", ["most", rows], "fewer")
    g.node("TopK", [wanted, most], "best", outputs=2, axis=0)
    x = g.node("Gather", [x, "best.1"], "kept", axis=0)
    mask = g.node("Gather", ["mask", "best.1"], "kept_mask", axis=0)
    for n in range(GATE_LAYER, layers):
        x = g.layer(x, mask, f"layers.{n}")
    g.node("Identity", [g.head(x, "span")], "span")
    g.node("Identity", [g.head(g.node("Gather", [x, first], "label.cls", axis=1), "label")], "label")
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


def export(weights: Weights, file: Path, bits: int = 7) -> int:
    """Writes the model to `file`, with the operators that run fastest; bytes written."""
    import onnx

    from training.lean import lean

    model = build(weights, bits)
    lean(model)
    onnx.save(model, str(file))
    return file.stat().st_size


def ship(config: dict[str, dict[str, Any]], weights: Path, folder: Path) -> int:
    """Writes model.onnx, tokenizer.json and config.json (not yet calibrated) to `folder`; bytes of the model.

    config: the recipe; weights: what its last stage left (student/weights.pt).
    """
    from training.reader.fit import new_net

    folder.mkdir(parents=True, exist_ok=True)
    net = new_net(config, "cpu", weights)
    state = {k: v.detach().float().numpy() for k, v in net.state_dict().items()}
    written = export(state, folder / "model.onnx", config["train"]["bits"])
    write_tokenizer(folder, Path(config["body"]["folder"]) / "tokenizer.json")
    write_config(folder, runtime(config["body"]["language"]))
    return written


def runtime(language: str) -> dict[str, Any]:
    """What the reader of a language is run with, before calibration."""
    text = Path(__file__).with_name("reader_runtime.toml").read_text(encoding="utf-8")
    found: dict[str, Any] = tomllib.loads(text)[language]
    return found


def write_tokenizer(folder: Path, source: Path) -> None:
    """tokenizer.json as it is in `source`, without padding and truncation: the program cuts windows itself."""
    tokenizer = json.loads(source.read_text(encoding="utf-8"))
    tokenizer["padding"] = tokenizer["truncation"] = None
    text = json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
    (folder / "tokenizer.json").write_text(text, encoding="utf-8")


def write_config(folder: Path, config: dict[str, Any]) -> None:
    """One line for each key of config.json."""
    lines = (f"  {json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in config.items())
    (folder / "config.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def command(about: str | None, ship: Ship) -> None:
    """The command line of an export: `ship` with the recipe, the weights and the folder it names."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--config", type=Path, required=True, help="the recipe")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    written = ship(tomllib.loads(given.config.read_text(encoding="utf-8")), given.weights, given.out)
    print(f"{given.out}: {written / 2**20:.1f} MiB")


if __name__ == "__main__":
    command(__doc__, ship)
