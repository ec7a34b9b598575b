"""The Chinese models as they are shipped: linear layers int8, word embeddings in the backbone's own 4 bits.

python -m training.zh_export --folder build/zh --model reader --state STATE.pt --out FOLDER
"""

from __future__ import annotations

import argparse
import json
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training import backbone
from training.retriever_model import BiEncoder
from training.zh_examples import LABELS
from training.zh_model import LONGEST_ANSWER_TOKENS, Run, SpanReader
from training.zh_texts import STRIDE_CHARS, WINDOW_CHARS

OUTPUTS = {"reader": ("start_logits", "end_logits", "label_logits"), "embed": ("embedding",)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True, help="holds backbone.npz and tokenizer.json")
    parser.add_argument("--model", choices=[*OUTPUTS], required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    recipe = tomllib.loads(Path(__file__).with_name(f"zh_{arguments.model}.toml").read_text(encoding="utf-8"))
    whole = backbone.load(arguments.folder / "backbone.npz")
    model = network(arguments.model, whole, recipe["layers"], arguments.state)
    arguments.out.mkdir(parents=True, exist_ok=True)
    export(model, OUTPUTS[arguments.model], whole.tensors[backbone.WORDS], arguments.out / "model.onnx")
    figures = json.loads((arguments.state.parent / "figures.json").read_text(encoding="utf-8"))
    write_config(arguments.out / "config.json", arguments.model, recipe, figures)
    tokenizer = json.loads((arguments.folder / "tokenizer.json").read_text(encoding="utf-8"))
    tokenizer["padding"] = tokenizer["truncation"] = None
    text = json.dumps(tokenizer, ensure_ascii=False, separators=(",", ":"))
    (arguments.out / "tokenizer.json").write_text(text, encoding="utf-8")
    print({file.name: file.stat().st_size for file in sorted(arguments.out.iterdir())})


def network(kind: str, whole: backbone.Backbone, layers: int, state: Path) -> nn.Module:
    """The trained network: the backbone's frozen parts and what `state` holds."""
    body = whole.model(layers)
    model: nn.Module = SpanReader(body) if kind == "reader" else BiEncoder(body)
    trained = {name: value.float() for name, value in torch.load(state, map_location="cpu").items()}
    left = set(model.load_state_dict(trained, strict=False).missing_keys)
    if unexpected := {name for name in left if "word_embeddings" not in name}:
        raise ValueError(f"{state} lacks {sorted(unexpected)[:3]}: it is of another recipe")
    return model.eval()


def export(model: nn.Module, outputs: tuple[str, ...], words: NDArray[Any], path: Path) -> None:
    """Writes the ONNX file; inputs input_ids and attention_mask, int64 [batch, tokens]."""
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    ids = torch.arange(4, 20).reshape(2, 8)
    axes = {0: "batch", 1: "tokens"}
    free = {"input_ids": axes, "attention_mask": axes}
    free |= {name: axes if name.endswith(("start_logits", "end_logits")) else {0: "batch"} for name in outputs}
    with tempfile.TemporaryDirectory() as folder:
        full, ready = Path(folder) / "full.onnx", Path(folder) / "ready.onnx"
        names = {"input_names": ["input_ids", "attention_mask"], "output_names": [*outputs], "dynamic_axes": free}
        with torch.no_grad():
            torch.onnx.export(
                model.float().cpu(), (ids, torch.ones_like(ids)), str(full), opset_version=17, dynamo=False, **names
            )
        quant_pre_process(str(full), str(ready), skip_symbolic_shape=True)
        quantize_dynamic(
            str(ready), str(path), op_types_to_quantize=["MatMul"], weight_type=QuantType.QInt8, per_channel=True
        )
    pack_words(path, words)


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
    options = {"gather_axis": 0, "quantize_axis": 1, "block_size": 32, "bits": 4, "domain": "com.microsoft"}
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


def write_config(path: Path, kind: str, recipe: dict[str, Any], figures: dict[str, Any]) -> None:
    config: dict[str, Any] = {"name": f"{kind}-zh", "version": "1", "max_tokens": recipe["max_tokens"]}
    if kind == "embed":
        prefixes = {name: recipe[name] for name in ("query_prefix", "passage_prefix")}
        config |= {"pooling": "in-graph", **prefixes, "dimension": 384}
    else:
        config |= {"window_chars": WINDOW_CHARS, "stride_chars": STRIDE_CHARS, "floor": figures["floor"]}
        config |= {"labels": [*LABELS], "longest_answer_tokens": LONGEST_ANSWER_TOKENS}
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
