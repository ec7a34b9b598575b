"""The asker's files: its 4-bit weights as the published file holds them, small enough to travel, in two parts.

Every block of 32 weights is scale * (code - zero): codes of 4 bits, the scale in 8 bits of its logarithm, the zero in
sixteenths. Words that texts and questions hardly have are left out, and the tokenizer spells them in smaller pieces.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.asker.network import FORWARD, GROUPS, HEADS, LAYERS, WIDTH, Asker

BLOCK = 32
FILES = ("asker-1.npz", "asker-2.npz")

Floats = NDArray[np.float32]
Arrays = dict[str, NDArray[Any]]


def blocks_of(matrix: Floats) -> tuple[NDArray[np.uint8], Floats, Floats]:
    """Codes [blocks, 32], scales and least values [blocks] of a matrix, rounded from least to largest."""
    blocks = matrix.reshape(-1, BLOCK)
    low = blocks.min(1)
    scale = (blocks.max(1) - low) / 15
    codes = np.rint((blocks - low[:, None]) / np.maximum(scale, 1e-12)[:, None]).clip(0, 15)
    return codes.astype(np.uint8), scale.astype(np.float32), low


def packed(name: str, codes: NDArray[np.uint8], scale: Floats, low: Floats, shape: tuple[int, ...]) -> Arrays:
    """The arrays of one matrix; shape in `NAME.shape`."""
    logs = np.log2(np.maximum(scale, 1e-8))
    least, step = float(logs.min()), float(np.ptp(logs)) / 255 or 1.0
    halves = codes.reshape(-1, 2)
    return {
        f"{name}.codes": (halves[:, 0] | halves[:, 1] << 4).astype(np.uint8),
        f"{name}.scale": np.rint((logs - least) / step).astype(np.uint8),
        f"{name}.zero": np.rint(-low / np.maximum(scale, 1e-8) * 16).clip(0, 255).astype(np.uint8),
        f"{name}.range": np.array([least, step], np.float32),
        f"{name}.shape": np.array(shape, np.int32),
    }


def unpacked(name: str, arrays: Mapping[str, NDArray[Any]]) -> Floats:
    """The matrix that `packed` wrote."""
    pairs = arrays[f"{name}.codes"]
    codes = np.stack((pairs & 15, pairs >> 4), 1).reshape(-1, BLOCK).astype(np.float32)
    least, step = arrays[f"{name}.range"]
    scale = np.exp2(arrays[f"{name}.scale"].astype(np.float32) * step + least)
    values = (codes - arrays[f"{name}.zero"].astype(np.float32)[:, None] / 16) * scale[:, None]
    whole: Floats = values.reshape(arrays[f"{name}.shape"]).astype(np.float32)
    return whole


def trimmed(tokenizer: Mapping[str, Any], counts: Mapping[int, int], least: int) -> tuple[dict[str, Any], list[int]]:
    """The byte-pair tokenizer (as in tokenizer.json) without the words that occur less than `least` times, and the old
    ids of those that are left: special tokens, single bytes, the frequent words and the pieces they are merged from.
    """
    model = tokenizer["model"]
    merges = [tuple(m) if isinstance(m, list) else tuple(m.split(" ")) for m in model["merges"]]
    pieces: dict[str, list[str]] = {}
    for first, second in merges:
        pieces.setdefault(first + second, []).extend((first, second))
    kept: set[str] = set()
    todo = [w for w, n in model["vocab"].items() if w not in pieces or counts.get(n, 0) >= least]
    while todo:
        word = todo.pop()
        if word not in kept:
            kept.add(word)
            todo += pieces.get(word, ())
    old = sorted(model["vocab"][w] for w in kept)
    new = {number: place for place, number in enumerate(old)}
    vocabulary = {w: new[n] for w, n in model["vocab"].items() if w in kept}
    left = [list(m) for m in merges if {*m, "".join(m)} <= kept]
    added = [{**t, "id": new[t["id"]]} for t in tokenizer["added_tokens"]]
    return {**tokenizer, "added_tokens": added, "model": {**model, "vocab": vocabulary, "merges": left}}, old


def pack(gguf: Path, tokenizer: Path, counts: Mapping[int, int], least: int, out: Path) -> None:
    """Writes `FILES` from the published gguf, its tokenizer.json and how often texts and questions use each token."""
    from gguf import GGUFReader

    tensors = {t.name: t for t in GGUFReader(str(gguf)).tensors}
    spelling, kept = trimmed(json.loads(tokenizer.read_text(encoding="utf-8")), counts, least)
    spelled = json.dumps(spelling, ensure_ascii=False, separators=(",", ":"))
    parts: tuple[Arrays, Arrays] = ({}, {"tokenizer": np.frombuffer(spelled.encode(), np.uint8)})
    for n in range(LAYERS):
        part = parts[n >= 17]
        for ours, theirs in _JOINED.items():
            read = [_q4_1(tensors[f"blk.{n}.{t}.weight"], t) for t in theirs]
            codes, scale, low = (np.concatenate([r[i] for r in read]) for i in range(3))
            width = FORWARD if ours == "down" else WIDTH
            part |= packed(f"layers.{n}.{ours}", codes, scale, low, (codes.size // width, width))
        for norm, theirs_norm in (("norm", "attn_norm"), ("forward_norm", "ffn_norm")):
            part[f"layers.{n}.{norm}"] = tensors[f"blk.{n}.{theirs_norm}.weight"].data.astype(np.float16)
    parts[1]["norm"] = tensors["output_norm.weight"].data.astype(np.float16)
    words = _q8_0(tensors["token_embd.weight"].data)[kept]
    parts[1].update(packed("words", *blocks_of(words), words.shape))
    out.mkdir(parents=True, exist_ok=True)
    for file, part in zip(FILES, parts, strict=True):
        np.savez_compressed(out / file, **part)  # type: ignore[arg-type]


_JOINED = {
    "qkv": ("attn_q", "attn_k", "attn_v"),
    "attended": ("attn_output",),
    "gate_up": ("ffn_gate", "ffn_up"),
    "down": ("ffn_down",),
}


def _q4_1(tensor: Any, kind: str) -> tuple[NDArray[np.uint8], Floats, Floats]:
    """gguf's blocks of 20 bytes: scale and least value (fp16), then 16 bytes, low halves first. Rows of queries and
    keys are put back from llama.cpp's order, which takes the two halves of a head in turn.
    """
    rows: NDArray[np.uint8] = np.asarray(tensor.data)
    heads = {"attn_q": HEADS, "attn_k": GROUPS}.get(kind)
    if heads:
        rows = rows.reshape(heads, -1, 2, rows.shape[1]).swapaxes(1, 2).reshape(rows.shape)
    blocks = np.ascontiguousarray(rows).reshape(-1, 20)
    scale, low = (blocks[:, i : i + 2].copy().view(np.float16)[:, 0].astype(np.float32) for i in (0, 2))
    return np.concatenate((blocks[:, 4:] & 15, blocks[:, 4:] >> 4), 1), scale, low


def _q8_0(rows: NDArray[np.uint8]) -> Floats:
    """gguf's blocks of 34 bytes: scale (fp16) and 32 signed bytes."""
    blocks = np.asarray(rows).reshape(-1, 34)
    scale = blocks[:, :2].copy().view(np.float16).astype(np.float32)
    values: Floats = (blocks[:, 2:].copy().view(np.int8) * scale).reshape(len(rows), -1)
    return values


class Tokens:
    """Text to token ids and back."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer

    def ids(self, texts: list[str]) -> list[list[int]]:
        """Token ids of each text."""
        return [e.ids for e in self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)]

    def text(self, ids: list[int]) -> str:
        """The text without special tokens."""
        decoded: str = self.tokenizer.decode(ids)
        return decoded


def load(folder: Path) -> tuple[Asker, Tokens]:
    """The network (fp32, on the CPU) and its tokens."""
    import torch
    from tokenizers import Tokenizer

    arrays: Arrays = {}
    for file in FILES:
        with np.load(folder / file) as stored:
            arrays |= {name: stored[name] for name in stored.files}
    tokens = Tokens(Tokenizer.from_str(arrays["tokenizer"].tobytes().decode()))
    net = Asker(int(arrays["words.shape"][0]))
    state = {}
    for name in net.state_dict():
        short = name.removesuffix(".weight")
        plain = arrays[short].astype(np.float32) if short in arrays else unpacked(short, arrays)
        state[name] = torch.from_numpy(plain)
    net.load_state_dict(state)
    return net.eval(), tokens
