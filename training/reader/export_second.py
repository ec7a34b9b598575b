"""The network of the second look as ONNX: an MPNet reader (`training.reader.teacher`), with onnxruntime's fused integer
operators like `training.reader.export`, without gate and labels.

In: ids, types, mask int32 [passages, tokens], BERT's word pieces. Out: span float [passages, tokens, 2].

The weights of linear layers lie beside the graph, in weights.npz, in 4 bits: uint8 `NAME.packed` [rows, blocks, 16],
the first half of a block in the low halves of the bytes, and fp16 `NAME.scales` [rows, blocks]. The graph names each
as an int8 constant `NAME` that the program hands over when it loads the network (`rag.answer.four_bits`): unpacked in
the graph, as the small readers do it, they would take 1.6 GB while it is loaded.

    python -m training.reader.export_second --config training/reader/second.toml --weights WEIGHTS.pt --out DIR
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.reader.blocks import BLOCK, unpacked
from training.reader.export import (
    OPSET,
    Graph,
    Weights,
    blocks,
    command,
    row_scale,
    runtime,
    write_config,
    write_tokenizer,
)
from training.reader.teacher import FIRST_PIECE, FIRST_POSITION, SPECIAL, buckets

BERT_PIECES = 30522
EPSILON = 1e-5


class PackedGraph(Graph):
    """A graph whose large weights are kept apart, in `packed`."""

    def __init__(self, weights: Weights, heads: int) -> None:
        super().__init__(weights, 4, EPSILON)
        self.heads = heads
        self.packed: dict[str, Any] = {}  # of arrays

    def integers(self, name: str) -> tuple[str, str, str]:
        """The name of an int8 weight [in, out] that is not in the file, its scale and zero point [out]."""
        from onnx import TensorProto

        weight, key = self.weights[f"{name}.weight"], f"{name}.weight"
        nibbles, scales = blocks(weight)
        parts = nibbles.reshape(*scales.shape, BLOCK)
        self.packed[f"{key}.packed"] = parts[..., : BLOCK // 2] | (parts[..., BLOCK // 2 :] << np.uint8(4))
        self.packed[f"{key}.scales"] = scales
        absent = TensorProto(name=key, data_type=TensorProto.INT8, dims=weight.T.shape)
        absent.data_location = TensorProto.EXTERNAL
        absent.external_data.add(key="location", value="weights.npz")
        self.constants.append(absent)
        scale = self.constant(f"{key}.scale", row_scale(unpacked(nibbles, scales)))
        return key, scale, self.constant(f"{key}.zero", np.zeros(len(weight), np.int8))

    def attention(self, x: str, bias: str, mask: str, name: str) -> str:
        """What the tokens see of each other; bias is added to the logits, [1, heads, tokens, tokens]."""
        three = self.product(x, f"{name}.qkv", bias=True)
        self.node("Split", [three], f"{name}.parts", outputs=3, axis=2, num_outputs=3)
        parts = [f"{name}.parts", f"{name}.parts.1", f"{name}.parts.2"]
        return self.node("MultiHeadAttention", [*parts, "", mask, bias], f"{name}.seen", "com.microsoft",
                         num_heads=self.heads)  # fmt: skip


def by_bert_pieces(words: NDArray[np.float32]) -> NDArray[np.float32]:
    """MPNet's word embeddings in the order of BERT's word pieces."""
    rows = np.arange(min(BERT_PIECES, len(words) - FIRST_PIECE)) + FIRST_PIECE
    for bert, ours in SPECIAL.items():
        rows[bert] = ours
    return words[rows]


def build(weights: Weights) -> tuple[Any, dict[str, Any]]:
    """(the ONNX model, the arrays of weights.npz); weights are named as in TeacherNet."""
    from onnx import TensorProto, helper

    heads = weights["distances.weight"].shape[1]
    g = PackedGraph({**weights, "words.weight": by_bert_pieces(weights["words.weight"]),
                     "positions.weight": weights["positions.weight"][FIRST_POSITION:]}, heads)  # fmt: skip
    x, bias = g.embedded(), _bias(g)
    for n in range(len({name.split(".")[1] for name in weights if name.startswith("layers.")})):
        name = f"layers.{n}"
        seen = g.attention(x, bias, "mask", name)
        x = g.add_norm(g.product(seen, f"{name}.attended"), x, f"{name}.attended_norm", f"{name}.attended.bias")
        x = g.forward(x, name)
    g.node("Identity", [g.head(x, "span")], "span")
    shape = ["passages", "tokens"]
    inputs = [helper.make_tensor_value_info(k, TensorProto.INT32, shape) for k in ("ids", "types", "mask")]
    outputs = [helper.make_tensor_value_info("span", TensorProto.FLOAT, [*shape, 2])]
    graph = helper.make_graph(g.nodes, "second", inputs, outputs, g.constants)
    opsets = [helper.make_opsetid("", OPSET), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8), g.packed


def _bias(g: PackedGraph) -> str:
    """What the distance of two tokens adds to attention, [1, heads, tokens, tokens]."""
    most = len(g.weights["positions.weight"])
    table = buckets(most).numpy()
    by_distance = np.concatenate((table[:0:-1, 0], table[0]))  # of -(most - 1) to most - 1 tokens, column less row
    values = g.constant("distances", g.weights["distances.weight"][by_distance].T)  # [heads, distances]
    width = g.node("Squeeze", [g.node("Shape", ["ids"], "tokens", start=1)], "count")
    zero, one = g.constant("from_0", np.asarray(0, np.int64)), g.constant("by_1", np.asarray(1, np.int64))
    at = g.node("Range", [zero, width, one], "places_at")
    column = g.node("Unsqueeze", [at, g.constant("axis_0", np.asarray([0]))], "columns")
    row = g.node("Unsqueeze", [at, g.constant("axis_1", np.asarray([1]))], "rows_at")
    middle = g.constant("middle", np.asarray(most - 1, np.int64))
    apart = g.node("Add", [g.node("Sub", [column, row], "apart"), middle], "distance")
    near = g.node("Gather", [values, apart], "near", axis=1)
    return g.node("Unsqueeze", [near, "axis_0"], "bias")


def ship(config: dict[str, dict[str, Any]], weights: Path, folder: Path) -> int:
    """Writes model.onnx, weights.npz, tokenizer.json and config.json (not yet calibrated) to `folder`; bytes of the
    first two. config: the recipe; weights: what its last stage left (student/weights.pt).
    """
    from training.reader.fit import new_net

    state = {k: v.detach().float().numpy() for k, v in new_net(config, "cpu", weights).state_dict().items()}
    written = export(state, folder)
    write_tokenizer(folder, Path(config["body"]["tokenizer"]))
    write_config(folder, runtime("second-en"))
    return written


def export(weights: Weights, folder: Path) -> int:
    """Writes model.onnx and weights.npz; their bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    model, packed = build(weights)
    (folder / "model.onnx").write_bytes(model.SerializeToString())
    np.savez(folder / "weights.npz", **packed)
    return sum((folder / name).stat().st_size for name in ("model.onnx", "weights.npz"))


if __name__ == "__main__":
    command(__doc__, ship)
