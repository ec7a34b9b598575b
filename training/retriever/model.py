"""The two networks of retrieval: a bi-encoder (text to unit vector), a cross-encoder (question, passage to score)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn


def body(folder: Path, layers: Sequence[int] = range(6)) -> Any:
    """The BERT body of a Hugging Face model folder, only the `layers` named (0-based), without the pooler; fp32.

    The word embeddings are frozen: half of the parameters, and what they know of general English stays.
    """
    from transformers import BertModel

    model = BertModel.from_pretrained(folder, add_pooling_layer=False, attn_implementation="sdpa", dtype=torch.float32)
    model.encoder.layer = nn.ModuleList([model.encoder.layer[index] for index in layers])
    model.config.num_hidden_layers = len(layers)
    model.embeddings.word_embeddings.weight.requires_grad_(False)
    return model


class BiEncoder(nn.Module):
    """Token ids to unit vectors: mean over the tokens of the last layer, length 1."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.body = model

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """float [batch, dimension] for int64 [batch, tokens] ids and mask."""
        states = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weight = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * weight).sum(1) / weight.sum(1).clamp(min=1.0)
        return nn.functional.normalize(mean, dim=-1)


class CrossEncoder(nn.Module):
    """Token ids of [CLS] question [SEP] passage [SEP] to one relevance score (a logit)."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.body = model
        self.head = nn.Sequential(
            nn.Linear(model.config.hidden_size, model.config.hidden_size),
            nn.Tanh(),
            nn.Linear(model.config.hidden_size, 1),
        )

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> Tensor:
        """float [batch] for int64 [batch, tokens] ids, mask and segment (0 question, 1 passage)."""
        states = self.body(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        score: Tensor = self.head(states[:, 0]).squeeze(-1)
        return score


def trainable_state(model: nn.Module) -> dict[str, Tensor]:
    """What training changed, fp16 on the CPU: everything but the frozen word embeddings."""
    frozen = {name for name, value in model.named_parameters() if not value.requires_grad}
    return {name: value.detach().half().cpu() for name, value in model.state_dict().items() if name not in frozen}


def example_inputs(segments: bool = False) -> dict[str, Tensor]:
    """Inputs to trace with: two rows of eight tokens."""
    ids = torch.arange(1000, 1016).reshape(2, 8)
    names = {"input_ids": ids, "attention_mask": torch.ones_like(ids)}
    return {**names, "token_type_ids": torch.zeros_like(ids)} if segments else names


def blend(model: nn.Module, base: dict[str, Tensor], keep: float) -> None:
    """Moves the weights towards those of `base`: keep * base + (1 - keep) * own (WiSE-FT, Wortsman et al. 2022)."""
    with torch.no_grad():
        own = model.state_dict()
        for name, value in base.items():
            own[name].lerp_(value.to(own[name]), keep)
