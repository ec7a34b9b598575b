"""The network that asks made questions: SmolLM2-135M-Instruct (Apache-2.0), a Llama of 30 layers, in plain torch.

It is fine-tuned on (passage with the answer marked) -> question and then asks about passages nobody asked about
(question generation as in Alberti et al. 2019, Lewis et al. 2021). `asker_pack` holds its files.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH, HEADS, GROUPS, HEAD, FORWARD, LAYERS = 576, 9, 3, 64, 1536, 30
THETA, EPS = 100_000.0, 1e-5
MOST_NEW = 32  # tokens of a question
TOP = 64  # likeliest tokens that sampling looks at


class Cache(NamedTuple):
    """Keys and values of a layer, [rows, GROUPS, slots, HEAD]."""

    keys: Tensor
    values: Tensor


def turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary positions (Su et al. 2021), halves swapped as in transformers; x [rows, heads, tokens, HEAD]."""
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), -1) * sin


def angles(positions: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """cos and sin [..., tokens, HEAD] of integer positions [..., tokens]."""
    rates = THETA ** (-torch.arange(0, HEAD, 2, device=positions.device, dtype=torch.float32) / HEAD)
    turn = positions[..., None].float() * rates
    both = torch.cat((turn, turn), -1)
    return both.cos().to(dtype), both.sin().to(dtype)


class Norm(nn.Module):
    """Root mean square norm (Zhang and Sennrich 2019), computed in fp32."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x: Tensor) -> Tensor:
        """Of x's dtype."""
        wide = x.float()
        scaled = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + EPS)
        return (self.weight.float() * scaled).to(x.dtype)


class Layer(nn.Module):
    """Grouped-query attention and a gated feed-forward."""

    def __init__(self, width: int, heads: int, groups: int, forward: int) -> None:
        super().__init__()
        self.heads, self.groups = heads, groups
        self.norm, self.forward_norm = Norm(width), Norm(width)
        self.qkv = nn.Linear(width, (heads + 2 * groups) * HEAD, bias=False)
        self.attended = nn.Linear(heads * HEAD, width, bias=False)
        self.gate_up = nn.Linear(width, 2 * forward, bias=False)
        self.down = nn.Linear(forward, width, bias=False)

    def parts(self, x: Tensor, cos: Tensor, sin: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Turned queries [rows, heads, tokens, HEAD] and keys, and values [rows, groups, tokens, HEAD]."""
        rows, tokens, _ = x.shape
        mixed = self.qkv(self.norm(x)).view(rows, tokens, -1, HEAD).transpose(1, 2)
        q, k, v = mixed.split((self.heads, self.groups, self.groups), 1)
        return turned(q, cos, sin).to(v.dtype), turned(k, cos, sin).to(v.dtype), v

    def rest(self, x: Tensor, seen: Tensor) -> Tensor:
        """x after what attention saw, [rows, heads, tokens, HEAD], and the feed-forward."""
        x = x + self.attended(seen.transpose(1, 2).flatten(2))
        gate, up = self.gate_up(self.forward_norm(x)).chunk(2, -1)
        out: Tensor = x + self.down(functional.silu(gate) * up)
        return out

    def whole(self, x: Tensor, cos: Tensor, sin: Tensor, cache: Cache | None = None) -> Tensor:
        """Causal over all tokens; rows are padded on the right, so that no real token sees padding."""
        q, k, v = self.parts(x, cos, sin)
        if cache:
            cache.keys[:, :, : k.shape[2]] = k
            cache.values[:, :, : v.shape[2]] = v
        each = self.heads // self.groups
        seen = functional.scaled_dot_product_attention(
            q, k.repeat_interleave(each, 1), v.repeat_interleave(each, 1), is_causal=True
        )
        return self.rest(x, seen)

    def step(self, x: Tensor, cos: Tensor, sin: Tensor, cache: Cache, slot: int, hidden: Tensor) -> Tensor:
        """One new token a row, kept in `slot`; hidden [rows, 1, 1, slots] is -inf at slots it may not see."""
        q, k, v = self.parts(x, cos, sin)
        cache.keys[:, :, slot] = k[:, :, 0]
        cache.values[:, :, slot] = v[:, :, 0]
        keys, values = cache.keys[:, :, : slot + 1], cache.values[:, :, : slot + 1]
        grouped = q.view(len(q), self.groups, -1, HEAD)
        scores = grouped @ keys.transpose(-1, -2) / math.sqrt(HEAD) + hidden[..., : slot + 1]
        seen = scores.float().softmax(-1).to(values.dtype) @ values
        return self.rest(x, seen.view(len(q), self.heads, 1, HEAD))


class Asker(nn.Module):
    """The Llama; words are input and output embedding at once."""

    def __init__(self, vocabulary: int, layers: int = LAYERS, width: int = WIDTH, heads: int = HEADS,
                 groups: int = GROUPS, forward: int = FORWARD) -> None:  # fmt: skip
        super().__init__()
        self.words = nn.Embedding(vocabulary, width)
        self.layers = nn.ModuleList(Layer(width, heads, groups, forward) for _ in range(layers))
        self.norm = Norm(width)

    def stack(self) -> list[Layer]:
        """The layers from below."""
        return cast("list[Layer]", list(self.layers))

    def hidden(self, ids: Tensor, caches: Sequence[Cache] = ()) -> Tensor:
        """Last hidden states [rows, tokens, width] of right-padded ids [rows, tokens]."""
        x = self.words(ids)
        cos, sin = angles(torch.arange(ids.shape[1], device=ids.device), x.dtype)
        for number, layer in enumerate(self.stack()):
            x = layer.whole(x, cos, sin, caches[number] if caches else None)
        out: Tensor = self.norm(x)
        return out

    def logits(self, hidden: Tensor) -> Tensor:
        """[..., vocabulary], fp32."""
        return functional.linear(hidden, self.words.weight).float()

    def forward(self, ids: Tensor, asked: Tensor) -> Tensor:
        """Mean loss of the tokens that follow the positions in `asked`, bool [rows, tokens]."""
        states = self.hidden(ids)[:, :-1][asked[:, 1:]]
        loss: Tensor = functional.cross_entropy(self.logits(states), ids[:, 1:][asked[:, 1:]])
        return loss


def batch_of(rows: Sequence[tuple[list[int], list[int]]], device: str) -> tuple[Tensor, Tensor]:
    """ids [rows, tokens] (multiple of 16) and which of them are the question's, of (prompt, question) pairs."""
    width = -(-max(len(p) + len(q) for p, q in rows) // 16) * 16
    ids, asked = torch.zeros(len(rows), width, dtype=torch.long), torch.zeros(len(rows), width, dtype=torch.bool)
    for number, (prompt, question) in enumerate(rows):
        end = len(prompt) + len(question)
        ids[number, :end] = torch.tensor(prompt + question)
        asked[number, len(prompt) : end] = True
    return ids.to(device, non_blocking=True), asked.to(device, non_blocking=True)


def fit(net: Asker, batches: Iterable[Sequence[tuple[list[int], list[int]]]], steps: int, seconds: float, lr: float,
        device: str, clock: Callable[[], float] = time.monotonic) -> list[float]:  # fmt: skip
    """Trains in place until `steps` or `seconds` of `clock` are over, whichever comes first; the rate falls with what
    is nearer. Returns the mean loss of every ten steps.
    """
    matrices = [p for p in net.parameters() if p.ndim > 1]
    norms = [p for p in net.parameters() if p.ndim == 1]
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": norms, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95), fused=device.startswith("cuda"))
    taken = 0
    began, log, since = clock(), [], torch.zeros((), device=device)
    net.train()
    for step, rows in enumerate(batches):
        done = max((clock() - began) / seconds, step / steps)
        if done >= 1:
            break
        for group in optimiser.param_groups:
            group["lr"] = lr * min(1.0, (step + 1) / 30) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * done)))
        with torch.autocast(device.split(":")[0], torch.bfloat16, enabled=device.startswith("cuda")):
            loss = net(*batch_of(rows, device))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimiser.step()
        taken = step + 1
        since = since + loss.detach()
        if step % 10 == 9:
            log.append(float(since) / 10)  # also waits for the device, so that the clock tells the truth
            since = torch.zeros((), device=device)
            if step % 100 == 99 or step < 20:
                print(json.dumps({"step": step + 1, "loss": round(log[-1], 4), "done": round(done, 3)}), flush=True)
    net.eval()
    print(f"fine-tuned: {taken} steps in {clock() - began:.0f} s", flush=True)
    return log


def sampled(logits: Tensor, temperature: float, top_p: float) -> Tensor:
    """One token a row: [rows] from [rows, vocabulary], of the smallest set that holds `top_p` (Holtzman et al. 2020);
    temperature 0 takes the likeliest.
    """
    if not temperature:
        return logits.argmax(-1)
    best, numbers = (logits / temperature).topk(min(TOP, logits.shape[-1]), -1)
    shares = best.softmax(-1)
    shares = shares.masked_fill(shares.cumsum(-1) - shares >= top_p, 0.0)
    return numbers.gather(1, torch.multinomial(shares, 1))[:, 0]


@torch.inference_mode()
def written(net: Asker, prompts: Sequence[Sequence[int]], end: int, device: str, temperature: float = 0.8,
            top_p: float = 0.9, most: int = MOST_NEW) -> list[list[int]]:  # fmt: skip
    """What follows each prompt, up to and with `end`; at most `most` tokens, those without `end` were cut off.

    Prompts are padded on the right; new tokens go into the slots behind the padding, which nothing sees.
    """
    lengths = torch.tensor([len(p) for p in prompts], device=device)
    width = -(-max(len(p) for p in prompts) // 16) * 16
    ids = torch.zeros(len(prompts), width, dtype=torch.long)
    for number, prompt in enumerate(prompts):
        ids[number, : len(prompt)] = torch.tensor(prompt)
    dtype, rows = net.words.weight.dtype, len(prompts)
    shape = (rows, net.stack()[0].groups, width + most, HEAD)
    caches = [Cache(torch.zeros(shape, dtype=dtype, device=device), torch.zeros(shape, dtype=dtype, device=device))
              for _ in net.stack()]  # fmt: skip
    states = net.hidden(ids.to(device), caches)[torch.arange(rows, device=device), lengths - 1]
    slots = torch.arange(width + most, device=device)
    hidden = torch.zeros(rows, 1, 1, width + most, dtype=dtype, device=device)
    hidden.masked_fill_(((slots >= lengths[:, None]) & (slots < width))[:, None, None], -torch.inf)
    made, ended = [], torch.zeros(rows, dtype=torch.bool, device=device)
    for step in range(most):
        token = sampled(net.logits(states), temperature, top_p)
        token = torch.where(ended, end, token)
        made.append(token)
        ended = ended | (token == end)
        if step == most - 1 or (step % 4 == 3 and bool(ended.all())):
            break
        cos, sin = (a[:, None, None] for a in angles(lengths + step, dtype))
        x = net.words(token)[:, None]
        for layer, cache in zip(net.stack(), caches, strict=True):
            x = layer.step(x, cos, sin, cache, width + step, hidden)
        states = net.norm(x)[:, 0]
    return [row[: row.index(end) + 1] if end in row else row for row in torch.stack(made, 1).tolist()]
