"""A shipped graph with the same weights and fewer, faster operators.

    python -m training.lean rag/weights/rerank-en/model.onnx rag/weights/embed-en/model.onnx ...

Rewrites each file in place, tells how far its output moved (int8 activations are rounded again) and how much faster it
is, and leaves a file alone in which it finds nothing to change. Then: `python -m training.checksums`.

- Attention exported operator by operator becomes one `MultiHeadAttention` without a mask: the runtime never pads, so
  the mask is all ones; its `Where` and the guard `IsNaN` took a third of the reranker's time.
- Add + LayerNormalization: onnxruntime fuses it to `SkipLayerNormalization`, a scalar loop eight times as slow as both
  parts. `Sum` in the place of `Add` keeps it from that; a `SkipLayerNormalization` in the file is taken apart.
- `BiasGelu` becomes Add, which the integer product before it takes in, and `Gelu`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADS = 12
_CONTRIB = "com.microsoft"


def lean(model: Any) -> int:
    """Rewrites the ONNX model; how many places were changed."""
    from onnx import helper

    graph = model.graph
    made = {output: node for node in graph.node for output in node.output}
    changed = _attentions(graph, made)
    for node in graph.node:
        before = made.get(node.input[0]) if node.op_type == "LayerNormalization" else None
        if before is not None and before.op_type == "Add" and all(name in made for name in before.input):
            before.op_type = "Sum"
            changed += 1
    taken_apart = [part for node in graph.node for part in _parts(node)]
    changed += len(taken_apart) - len(graph.node)
    _keep_what_is_used(graph, taken_apart)
    if all(opset.domain != _CONTRIB for opset in model.opset_import):
        model.opset_import.append(helper.make_opsetid(_CONTRIB, 1))
    return changed


def _attentions(graph: Any, made: dict[str, Any]) -> int:
    """Each self-attention of an exported BERT as one operator."""
    from onnx import helper

    found = [node.name.removesuffix("Softmax") for node in graph.node if node.name.endswith("/attention/self/Softmax")]
    for place in found:
        given = [f"{place}{part}/Add_output_0" for part in ("query", "key", "value")]
        if missing := [name for name in given if name not in made]:
            raise ValueError(f"{place}: no {missing[0]}; this export is of another form")
        seen = _last_of_attention(graph, f"{place}Softmax_output_0")
        made[seen].output[0] = f"{seen}_before"
        all_heads = helper.make_node(
            "MultiHeadAttention", given, [seen], name=f"{place}all", domain=_CONTRIB, num_heads=HEADS
        )
        graph.node.append(all_heads)
    return len(found)


def _last_of_attention(graph: Any, name: str) -> str:
    """The output, after the heads are joined again, of the attention whose weights are called `name`."""
    kinds = ("Where", "MatMul", "Transpose", "Reshape")
    while following := [n for n in graph.node if n.op_type in kinds and name in n.input]:
        name = following[0].output[0]
    return name


def _parts(node: Any) -> list[Any]:
    """The node, or the faster ones that do the same."""
    from onnx import helper

    out = node.output[0] if node.output else ""
    if node.op_type == "SkipLayerNormalization":
        x, skip, weight, shift, *bias = node.input
        epsilon = next(a.f for a in node.attribute if a.name == "epsilon")
        biased = [helper.make_node("Add", [x, bias[0]], [f"{out}.biased"], name=f"{out}.biased")] if bias else []
        summed = helper.make_node("Sum", [f"{out}.biased" if bias else x, skip], [f"{out}.sum"], name=f"{out}.sum")
        norm = helper.make_node(
            "LayerNormalization", [f"{out}.sum", weight, shift], [out], name=node.name, axis=-1, epsilon=epsilon
        )
        return [*biased, summed, norm]
    if node.op_type == "BiasGelu":
        biased = helper.make_node("Add", list(node.input), [f"{out}.biased"], name=f"{out}.biased")
        return [biased, helper.make_node("Gelu", [f"{out}.biased"], [out], name=node.name, domain=_CONTRIB)]
    return [node]


def _keep_what_is_used(graph: Any, nodes: list[Any]) -> None:
    """The nodes that the outputs need, in an order in which they can run, and the weights and inputs of those."""
    made = {output: node for node in nodes for output in node.output}
    order: list[Any] = []
    placed: set[int] = set()
    waiting = [(output.name, False) for output in reversed(graph.output)]
    while waiting:
        name, ready = waiting.pop()
        node = made.get(name)
        if node is None or id(node) in placed:
            continue
        if ready:
            placed.add(id(node))
            order.append(node)
        else:
            waiting += [(name, True), *((given, False) for given in node.input if given)]
    used = {name for node in order for name in node.input}
    kept = {field: [item for item in getattr(graph, field) if item.name in used] for field in ("initializer", "input")}
    for field, items in {"node": order, "value_info": [], **kept}.items():
        del getattr(graph, field)[:]
        getattr(graph, field).extend(items)


def _session(model: bytes) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.log_severity_level = 1, 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def _output(session: Any, tokens: int) -> tuple[NDArray[np.float32], float]:
    """(the first float output for ids drawn by chance, milliseconds of processor, the least of ten)."""
    ids = np.random.default_rng(0).integers(1000, 20000, (1, tokens))
    ones = {"attention_mask": np.ones_like(ids), "mask": np.ones_like(ids), "most": np.array([1]), "prior": np.zeros(1)}
    given = {}
    for entry in session.get_inputs():
        kind = {"tensor(int64)": np.int64, "tensor(int32)": np.int32, "tensor(float)": np.float32}[entry.type]
        value = ids if entry.name in ("ids", "input_ids") else ones.get(entry.name, np.zeros_like(ids))
        given[entry.name] = value.astype(kind)
    wanted = [told.name for told in session.get_outputs() if told.type == "tensor(float)"][:1]
    times, output = [], np.zeros(0, np.float32)
    for _ in range(10):
        begun = time.process_time()
        output = np.asarray(session.run(wanted, given)[0], np.float32)
        times.append(1000 * (time.process_time() - begun))
    return output, min(times)


def main() -> None:
    """The command."""
    import onnx

    for path in map(Path, sys.argv[1:]):
        model = onnx.load(path)
        changed = lean(model)
        if not changed:
            print(f"{path}: nothing to change")
            continue
        (before, slow), (after, fast) = (
            _output(_session(m), 200) for m in (path.read_bytes(), model.SerializeToString())
        )
        same = float(np.corrcoef(before.ravel(), after.ravel())[0, 1]) if before.size > 1 else float("nan")
        moved = float(np.abs(before - after).max())
        path.write_bytes(model.SerializeToString())
        print(f"{path}: {changed} places, {slow:.1f} -> {fast:.1f} ms, moved by {moved:.3f}, correlation {same:.5f}")


if __name__ == "__main__":
    main()
