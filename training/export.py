"""A torch model as an int8 ONNX file that onnxruntime runs without torch."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def export_int8(
    model: torch.nn.Module,
    inputs: Mapping[str, torch.Tensor],
    outputs: Sequence[str],
    path: Path,
    *,
    dynamic: Mapping[str, Mapping[int, str]] | None = None,
) -> int:
    """Write `model`, weights and embeddings as int8 (dynamic activations), to `path`; bytes written.

    inputs: name -> an example tensor, passed in this order; by default its axes 0 and 1 are free ("batch", "tokens"),
    and axis 0 of every output.
    """
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    free = dynamic or {
        **{name: {0: "batch", 1: "tokens"} for name in inputs},
        **{name: {0: "batch"} for name in outputs},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        full, prepared = Path(folder) / "full.onnx", Path(folder) / "prepared.onnx"
        with torch.no_grad():
            torch.onnx.export(
                model.eval().float().cpu(),
                tuple(inputs.values()),
                str(full),
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_axes={name: dict(axes) for name, axes in free.items()},
                opset_version=17,
                dynamo=False,
            )
        quant_pre_process(str(full), str(prepared), skip_symbolic_shape=True)
        quantize_dynamic(str(prepared), str(path), weight_type=QuantType.QInt8, per_channel=True)
    return path.stat().st_size
