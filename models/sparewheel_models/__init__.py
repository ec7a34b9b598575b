"""The built-in models: one folder each with model.onnx, tokenizer.json, config.json and a model card."""

from pathlib import Path

FOLDER = Path(__file__).parent
