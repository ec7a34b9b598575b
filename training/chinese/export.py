"""The Chinese embedding model as it is shipped: linear layers int8, word embeddings in the backbone's own 4 bits.

Without --state it is the backbone itself, its linear layers in 4 bits too: nothing is lost.

    python -m training.chinese.export --folder build/zh --state STATE.pt --out FOLDER
"""

from __future__ import annotations

import argparse
import json
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training import backbone
from training.retriever.model import BiEncoder

Run = Callable[[NDArray[np.int64], NDArray[np.int64]], tuple[NDArray[np.float32], ...]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="holds backbone.npz and tokenizer.json")
    parser.add_argument("--state", type=Path, help="what training kept; none: the backbone untrained")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    recipe = tomllib.loads(Path(__file__).with_name("zh_embed.toml").read_text(encoding="utf-8"))
    whole = backbone.load(arguments.folder / "backbone.npz")
    arguments.out.mkdir(parents=True, exist_ok=True)
    words, file = whole.tensors[backbone.WORDS], arguments.out / "model.onnx"
    if arguments.state:
        export(network(whole, recipe["layers"], arguments.state), file)
    else:
        export(BiEncoder(whole.model()).eval(), file, int8=False)
        pack_layers(file, whole)
    pack_words(file, words)
    write_config(arguments.out / "config.json", recipe)
    tokenizer = json.loads((arguments.folder / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["padding"] = tokenizer["truncation"] = None
    text = json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
    (arguments.out / "tokenizer.json").write_text(text, encoding="utf-8")
    print({file.name: file.stat().st_size for file in sorted(arguments.out.iterdir())})


def network(whole: backbone.Backbone, layers: int, state: Path) -> nn.Module:
    """The trained network: the backbone's frozen parts and what `state` holds."""
    model: nn.Module = BiEncoder(whole.model(layers))
    trained = {name: value.float() for name, value in torch.load(state, map_location="cpu").items()}
    left = set(model.load_state_dict(trained, strict=False).missing_keys)
    if unexpected := {name for name in left if "word_embeddings" not in name}:
        raise ValueError(f"{state} lacks {sorted(unexpected)[:3]}: it is of another recipe")
    return model.eval()


def export(model: nn.Module, path: Path, *, int8: bool = True) -> None:
    """Writes the ONNX file, word embeddings in fp32; input_ids and attention_mask are int64 [batch, tokens]."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    ids = torch.tensor([[0, 3, 3, 3, 2], [0, 3, 3, 2, 2]])
    axes = {0: "batch", 1: "tokens"}
    free = {"input_ids": axes, "attention_mask": axes, "embedding": {0: "batch"}}
    with tempfile.TemporaryDirectory() as folder:
        full, ready = Path(folder) / "full.onnx", Path(folder) / "ready.onnx"
        names: dict[str, Any] = {
            "input_names": ["input_ids", "attention_mask"],
            "output_names": ["embedding"],
            "dynamic_axes": free,
        }
        with torch.no_grad():
            torch.onnx.export(
                model.float().cpu(), (ids, torch.ones_like(ids)), str(full), opset_version=17, dynamo=False, **names
            )
        quant_pre_process(str(full), str(ready if int8 else path), skip_symbolic_shape=True)
        if int8:
            options: dict[str, Any] = {"weight_type": QuantType.QInt8, "per_channel": True, "reduce_range": True}
            quantize_dynamic(str(ready), str(path), op_types_to_quantize=["MatMul"], **options)


def pack_layers(path: Path, whole: backbone.Backbone) -> None:
    """Replaces every product with a matrix of the backbone by one with its 4-bit blocks, activations in 8 bits."""
    import onnx
    from onnx import helper, numpy_helper

    model = onnx.load(str(path))
    graph = model.graph
    tables = {table.name: table for table in graph.initializer}
    blocks = {
        name: tensor for name, tensor in whole.tensors.items() if "encoder" in name and tensor.dtype == backbone.BLOCK
    }
    for place, node in enumerate(graph.node):
        if node.op_type != "MatMul" or node.input[1] not in tables:
            continue
        table = tables[node.input[1]]
        matrix = numpy_helper.to_array(table).T
        name = next(n for n in blocks if blocks[n].shape[0] == len(matrix) and np.array_equal(whole.weights(n), matrix))
        found = blocks.pop(name)
        nibbles = np.concatenate([found["nibbles"] & 15, found["nibbles"] >> 4], axis=-1)
        packed, scales = nibbles[..., 0::2] | (nibbles[..., 1::2] << 4), found["scale"].astype(np.float32).reshape(-1)
        graph.initializer.extend([numpy_helper.from_array(packed, f"{name}.packed")])
        graph.initializer.extend([numpy_helper.from_array(scales, f"{name}.scales")])
        options: dict[str, Any] = {
            "K": matrix.shape[1],
            "N": len(matrix),
            "bits": 4,
            "block_size": 32,
            "accuracy_level": 4,
        }
        inputs = [node.input[0], f"{name}.packed", f"{name}.scales"]
        made = helper.make_node("MatMulNBits", inputs, [*node.output], node.name, domain="com.microsoft", **options)
        graph.node.remove(node)
        graph.node.insert(place, made)
        graph.initializer.remove(table)
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    onnx.save(model, str(path))


def pack_words(path: Path, words: NDArray[Any]) -> None:
    """Replaces the fp32 table of word embeddings by the 4-bit blocks it was made from."""
    import onnx
    from onnx import TensorProto, helper

    model = onnx.load(str(path))
    graph = model.graph
    rows, size = len(words), 32 * words.shape[1]
    table = next(t for t in graph.initializer if tuple(t.dims) == (rows, size))
    gather = next(n for n in graph.node if n.op_type == "Gather" and n.input[0] == table.name)
    nibbles = np.concatenate([words["nibbles"] & 15, words["nibbles"] >> 4], axis=-1).reshape(rows, size)
    packed = nibbles[:, 0::2] | (nibbles[:, 1::2] << 4)
    middle = np.full((rows, words.shape[1] // 2), 0x88, np.uint8)  # two zero points of 8 a byte
    parts = {
        "words.packed": (TensorProto.UINT8, packed),
        "words.scales": (TensorProto.FLOAT16, np.ascontiguousarray(words["scale"])),
        "words.middle": (TensorProto.UINT8, middle),
    }
    made = [helper.make_tensor(n, kind, a.shape, a.tobytes(), raw=True) for n, (kind, a) in parts.items()]
    inputs = ["words.packed", gather.input[1], "words.scales", "words.middle"]
    options: dict[str, Any] = {
        "gather_axis": 0,
        "quantize_axis": 1,
        "block_size": 32,
        "bits": 4,
        "domain": "com.microsoft",
    }
    look_up = helper.make_node("GatherBlockQuantized", inputs, ["words.half"], "words.look_up", **options)
    widen = helper.make_node("Cast", ["words.half"], [gather.output[0]], "words.widen", to=TensorProto.FLOAT)
    place = list(graph.node).index(gather)
    graph.node.remove(gather)
    graph.node.insert(place, look_up)
    graph.node.insert(place + 1, widen)
    graph.initializer.remove(table)
    graph.initializer.extend(made)
    if not any(entry.domain == "com.microsoft" for entry in model.opset_import):
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    onnx.save(model, str(path))


def write_config(path: Path, recipe: dict[str, Any]) -> None:
    """What the shipped model is run with."""
    config = {name: recipe[name] for name in ("name", "version", "max_tokens")} | {"pooling": "in-graph"}
    config |= {name: recipe[name] for name in ("query_prefix", "passage_prefix")} | {"dimension": 384}
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def session(path: Path, threads: int) -> Run:
    """The shipped file as a function of arrays."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    opened = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])

    def run(ids: NDArray[np.int64], mask: NDArray[np.int64]) -> tuple[NDArray[np.float32], ...]:
        return tuple(opened.run(None, {"input_ids": ids, "attention_mask": mask}))

    return run


if __name__ == "__main__":
    main()
