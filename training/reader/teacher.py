"""A bigger reading network: the teacher, and what looks a second time. Its body is MPNet (Song et al. 2020), whose word
pieces are BERT's, so that it reads a student's rows as they are and its opinion of every token can be handed over.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.reader.model import LABELS, Linear

FIRST_PIECE = 4  # <s> <pad> </s> <unk> stand before BERT's pieces
SPECIAL = {101: 0, 102: 2, 0: 1}  # [CLS] [SEP] [PAD] as MPNet calls them
FIRST_POSITION = 2
BUCKETS, FURTHEST = 32, 128


class TeacherLayer(nn.Module):
    """One post-norm transformer layer with a bias on attention."""

    def __init__(self, width: int, heads: int, forward: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = Linear(width, 3 * width)
        self.attended = Linear(width, width)
        self.attended_norm = nn.LayerNorm(width, eps=1e-5)
        self.up = Linear(width, forward)
        self.down = Linear(forward, width)
        self.out_norm = nn.LayerNorm(width, eps=1e-5)

    def forward(self, x: Tensor, bias: Tensor, dropout: float) -> Tensor:
        """float [batch, tokens, width]; bias is added to the attention logits, [batch, heads, tokens, tokens]."""
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=bias.to(q.dtype))
        seen = seen.transpose(1, 2).reshape(x.shape)
        x = self.attended_norm(x + functional.dropout(self.attended(seen), dropout, self.training))
        made = self.down(functional.gelu(self.up(x)))
        out: Tensor = self.out_norm(x + functional.dropout(made, dropout, self.training))
        return out


class TeacherNet(nn.Module):
    """Reads the same inputs as `ReaderNet` and has the same heads. Words and the bias of distances are frozen."""

    def __init__(self, dropout: float = 0.1, layers: int = 12, width: int = 768, heads: int = 12, forward: int = 3072,
                 vocabulary: int = 30527, positions: int = 514) -> None:  # fmt: skip
        super().__init__()
        self.dropout = dropout
        self.words = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(positions, width)
        self.types = nn.Embedding(2, width)
        self.norm = nn.LayerNorm(width, eps=1e-5)
        self.distances = nn.Embedding(BUCKETS, heads)
        self.layers = nn.ModuleList(TeacherLayer(width, heads, forward) for _ in range(layers))
        self.span = nn.Linear(width, 2)
        self.gate = nn.Linear(width, 1)
        self.label = nn.Linear(width, len(LABELS))
        nn.init.zeros_(self.types.weight)  # MPNet knows no segments; what they mean is learned
        self.words.weight.requires_grad_(False)
        self.distances.weight.requires_grad_(False)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Span logits [batch, tokens, 2], gate logits [batch], label logits [batch, 3]; inputs are [batch, tokens]."""
        width = ids.shape[1]
        pieces = ids + FIRST_PIECE
        for bert, ours in SPECIAL.items():
            pieces = torch.where(ids == bert, ours, pieces)
        place = self.positions.weight[FIRST_POSITION : FIRST_POSITION + width]
        x = self.norm(self.words(pieces) + self.types(types) + place)
        x = functional.dropout(x, self.dropout, self.training)
        near = self.distances(buckets(width, ids.device)).permute(2, 0, 1)[None]
        bias = near.masked_fill(~mask[:, None, None, :], -1e4).to(torch.bfloat16 if x.is_cuda else x.dtype)
        for layer in self.layers:
            x = layer(x, bias, self.dropout)
        return self.span(x), self.gate(x[:, 0]).squeeze(-1), self.label(x[:, 0])

    def round_as_shipped(self, bits: int) -> None:
        """From now on compute with weights of 7 or 4 bits and inputs of 8; 0: in full again."""
        for module in self.modules():
            if isinstance(module, Linear):
                module.bits = bits

    def load_body(self, source: Mapping[str, Tensor]) -> None:
        """Take over MPNet's body, tensors named as in transformers; the heads stay as they are."""
        wanted = {f"{ours}.{kind}": source[f"embeddings.{theirs}.{kind}"] for ours, theirs, kind in (
            ("words", "word_embeddings", "weight"), ("positions", "position_embeddings", "weight"),
            ("norm", "LayerNorm", "weight"), ("norm", "LayerNorm", "bias"))}  # fmt: skip
        wanted["distances.weight"] = source["encoder.relative_attention_bias.weight"]
        for n in range(len(self.layers)):
            layer = f"encoder.layer.{n}"
            for kind in ("weight", "bias"):
                for ours, theirs in (("attended", "attention.attn.o"), ("attended_norm", "attention.LayerNorm"),
                                     ("up", "intermediate.dense"), ("down", "output.dense"),
                                     ("out_norm", "output.LayerNorm")):  # fmt: skip
                    wanted[f"layers.{n}.{ours}.{kind}"] = source[f"{layer}.{theirs}.{kind}"]
                parts = [source[f"{layer}.attention.attn.{p}.{kind}"] for p in ("q", "k", "v")]
                wanted[f"layers.{n}.qkv.{kind}"] = torch.cat(parts)
        self.load_state_dict(wanted, strict=False)


def buckets(width: int, device: torch.device | str = "cpu") -> Tensor:
    """int64 [tokens, tokens]: the class of the distance from the token of the row to that of the column, as T5 has them
    (Raffel et al. 2020): one for each of the first few, then logarithmic, half of the classes for each direction.
    """
    at = torch.arange(width, device=device)
    distance = at[None, :] - at[:, None]
    half, exact = BUCKETS // 2, BUCKETS // 4
    far = distance.abs()
    steps = torch.log(far.clamp(min=1).float() / exact) / math.log(FURTHEST / exact) * (half - exact)
    wide = (exact + steps.long()).clamp(max=half - 1)
    return torch.where(far < exact, far, wide) + half * (distance > 0)


def teacher(folder: Path, dropout: float) -> TeacherNet:
    """The net with the body of a Hugging Face folder of MPNet and fresh heads."""
    from safetensors.torch import load_file

    source = {k: v.float() for k, v in load_file(folder / "model.safetensors").items()}
    layers = 1 + max(int(name.split(".")[2]) for name in source if name.startswith("encoder.layer."))
    width, forward = (
        source["embeddings.LayerNorm.weight"].shape[0],
        source["encoder.layer.0.output.dense.weight"].shape[1],
    )
    words, positions = (len(source[f"embeddings.{n}_embeddings.weight"]) for n in ("word", "position"))
    heads = source["encoder.relative_attention_bias.weight"].shape[1]
    net = TeacherNet(dropout, layers, width, heads, forward, words, positions)
    net.load_body(source)
    return net
