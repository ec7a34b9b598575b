"""The reading network: BERT layers with three heads. Its ONNX form is built from the same weights in `reader.export`.

After the first `GATE_LAYER` layers a gate guesses from [CLS] whether the passage answers, so that at run time only the
likeliest passages go through the other layers. Towards its end training computes with the rounding of the shipped
file (quantisation-aware, Jacob et al. 2018), so that the weights that are kept are the ones that survive it.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from training.reader.blocks import BLOCK

WIDTH, HEADS, FORWARD, LAYERS, POSITIONS, VOCABULARY = 384, 12, 1536, 6, 512, 30522
GATE_LAYER = 2
LABELS = ("yes", "no", "maybe")


def rounded(weight: Tensor, bits: int) -> Tensor:
    """The matrix [out, in] as shipped: 4 bits in blocks of `BLOCK` (-8 to 7), else 7 bits a row (-64 to 64)."""
    if bits == 4:
        blocks = weight.float().view(-1, BLOCK)
        low, high = blocks.aminmax(dim=1, keepdim=True)
        extreme = torch.where(high > -low, high, low)
        scale = (extreme / -8).half().float()
        scale = torch.where(scale == 0, torch.ones_like(scale), scale)
        return ((blocks / scale).round().clamp(-8, 7) * scale).view_as(weight)
    scale = weight.float().abs().amax(1, keepdim=True) / 64
    return (weight / scale.clamp(min=1e-12)).round() * scale


def rounded_input(x: Tensor) -> Tensor:
    """8 bits from the smallest to the largest value, as onnxruntime's DynamicQuantizeLinear rounds."""
    low, high = x.min().float().clamp(max=0), x.max().float().clamp(min=0)
    scale = ((high - low) / 255).clamp(min=1e-8)
    zero = (-low / scale).round()
    return (((x.float() / scale + zero).round().clamp(0, 255) - zero) * scale).to(x.dtype)


class Linear(nn.Linear):
    """A linear layer; with `bits` it computes with rounded weights and inputs, and gradients pass straight through."""

    bits = 0

    def forward(self, x: Tensor) -> Tensor:
        """float [..., out]."""
        weight = self.weight
        if self.bits:
            weight = weight + (rounded(weight, self.bits) - weight).detach()
            x = x + (rounded_input(x) - x).detach()
        return functional.linear(x, weight, self.bias)


class Layer(nn.Module):
    """One post-norm transformer layer."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = Linear(WIDTH, 3 * WIDTH)
        self.attended = Linear(WIDTH, WIDTH)
        self.attended_norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.up = Linear(WIDTH, FORWARD)
        self.down = Linear(FORWARD, WIDTH)
        self.out_norm = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor, dropout: float) -> Tensor:
        """float [batch, tokens, WIDTH]; mask is True at tokens, [batch, 1, 1, tokens]."""
        batch, tokens, _ = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, HEADS, WIDTH // HEADS).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(x.shape)
        x = self.attended_norm(x + functional.dropout(self.attended(seen), dropout, self.training))
        made = self.down(functional.gelu(self.up(x)))
        out: Tensor = self.out_norm(x + functional.dropout(made, dropout, self.training))
        return out


class ReaderNet(nn.Module):
    """Heads: `span` (start and end logits of each token), `gate` and `label`; the word embeddings are frozen."""

    def __init__(self, dropout: float = 0.1, layers: int = LAYERS, vocabulary: int = VOCABULARY) -> None:
        super().__init__()
        self.dropout = dropout
        self.words = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Embedding(POSITIONS, WIDTH)
        self.types = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.span = nn.Linear(WIDTH, 2)
        self.gate = nn.Linear(WIDTH, 1)
        self.label = nn.Linear(WIDTH, len(LABELS))
        self.words.weight.requires_grad_(False)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Span logits [batch, tokens, 2], gate logits [batch], label logits [batch, 3]; inputs are [batch, tokens]."""
        x = self.norm(self.words(ids) + self.types(types) + self.positions.weight[: ids.shape[1]])
        x = functional.dropout(x, self.dropout, self.training)
        gate = x.new_zeros(len(x))
        for number, layer in enumerate(self.layers, 1):
            x = layer(x, mask[:, None, None, :], self.dropout)
            if number == GATE_LAYER:
                gate = self.gate(x[:, 0]).squeeze(-1)
        return self.span(x), gate, self.label(x[:, 0])

    def load_body(self, source: Mapping[str, Tensor]) -> None:
        """Take over a BERT body, tensors named as in transformers; the heads stay as they are."""
        wanted = {f"{ours}.{kind}": source[f"embeddings.{theirs}.{kind}"] for ours, theirs, kind in _EMBEDDING_NAMES}
        for n in range(len(self.layers)):
            for kind in ("weight", "bias"):
                for ours, theirs in _LAYER_NAMES.items():
                    wanted[f"layers.{n}.{ours}.{kind}"] = source[f"encoder.layer.{n}.{theirs}.{kind}"]
                parts = [source[f"encoder.layer.{n}.attention.self.{p}.{kind}"] for p in ("query", "key", "value")]
                wanted[f"layers.{n}.qkv.{kind}"] = torch.cat(parts)
        self.load_state_dict(wanted, strict=False)

    def round_as_shipped(self, bits: int) -> None:
        """From now on compute with weights of 7 or 4 bits and inputs of 8; 0: in full again."""
        for module in self.modules():
            if isinstance(module, Linear):
                module.bits = bits


_EMBEDDING_NAMES = (
    ("words", "word_embeddings", "weight"),
    ("positions", "position_embeddings", "weight"),
    ("types", "token_type_embeddings", "weight"),
    ("norm", "LayerNorm", "weight"),
    ("norm", "LayerNorm", "bias"),
)
_LAYER_NAMES = {
    "attended": "attention.output.dense",
    "attended_norm": "attention.output.LayerNorm",
    "up": "intermediate.dense",
    "down": "output.dense",
    "out_norm": "output.LayerNorm",
}


def trained_state(net: nn.Module) -> dict[str, Tensor]:
    """What training changes, fp16 on the CPU: everything but the word embeddings."""
    return {k: v.detach().half().cpu() for k, v in net.state_dict().items() if k != "words.weight"}
