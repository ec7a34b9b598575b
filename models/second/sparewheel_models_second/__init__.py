"""The bigger reading networks: one folder each with model.onnx, weights.npz, tokenizer.json, config.json and a card."""

from pathlib import Path

FOLDER = Path(__file__).parent
