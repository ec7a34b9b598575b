"""The backbone file is read, trimmed and turned into a model and a tokenizer without changing a weight."""

import struct

import numpy as np
import pytest

pytest.importorskip("torch")
from training import backbone

HIDDEN, HEADS, POSITIONS = 64, 2, 16
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "▁", "合同", "合", "同", "法", "▁law"]


def quantised(rng, rows, columns):
    blocks = np.zeros(rows * columns // 32, backbone.BLOCK)
    blocks["scale"] = rng.uniform(0.01, 0.02, len(blocks))
    blocks["nibbles"] = rng.integers(0, 256, (len(blocks), 16))
    return blocks


def tensors(rng):
    yield "emb.word", quantised(rng, len(PIECES) + 2, HIDDEN)
    yield "emb.pos", rng.normal(size=POSITIONS * HIDDEN).astype("<f4")
    yield "emb.type", rng.normal(size=2 * HIDDEN).astype("<f4")
    for name in ("emb.ln.w", "emb.ln.b"):
        yield name, np.ones(HIDDEN, "<f4")
    for layer in ("l0", "l1"):
        for part in ("q", "k", "v", "ao"):
            yield f"{layer}.{part}.w", quantised(rng, HIDDEN, HIDDEN)
            yield f"{layer}.{part}.b", np.zeros(HIDDEN, "<f4")
        yield f"{layer}.fi.w", quantised(rng, 4 * HIDDEN, HIDDEN)
        yield f"{layer}.fi.b", np.zeros(4 * HIDDEN, "<f4")
        yield f"{layer}.fo.w", quantised(rng, HIDDEN, 4 * HIDDEN)
        yield f"{layer}.fo.b", np.zeros(HIDDEN, "<f4")
        for norm in ("aln", "oln"):
            yield f"{layer}.{norm}.w", np.ones(HIDDEN, "<f4")
            yield f"{layer}.{norm}.b", np.zeros(HIDDEN, "<f4")


@pytest.fixture
def file(tmp_path):
    blob = [piece.encode() for piece in PIECES]
    offsets = np.cumsum([0, *map(len, blob)]).astype("<u4")
    head = b"E5S1" + struct.pack("<8ifi", 1, HIDDEN, 2, HEADS, 4 * HIDDEN, len(PIECES) + 2, POSITIONS, 2, 1e-12, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, int(offsets[-1])) + offsets.tobytes()
    head += np.arange(0, -len(PIECES), -1, "<f4").tobytes()
    head += b"".join(blob) + struct.pack("<iI", 0, 0)
    made = list(tensors(np.random.default_rng(0)))
    at = len(head) + 4 + sum(2 + len(name) + 21 for name, _ in made)
    directory, body = struct.pack("<i", len(made)), b""
    for name, values in made:
        raw, packed = values.tobytes(), int(values.dtype == backbone.BLOCK)
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", packed, values.size, at + len(body), len(raw))
        body += raw
    path = tmp_path / "tiny.bin"
    path.write_bytes(head + directory + body)
    return path


def test_reads_pieces_and_shapes(file):
    """Pieces, scores and every tensor come out under BertModel's names; the padding of the word table is dropped."""
    read = backbone.read(file)
    assert (read.pieces, read.layers, read.heads) == (tuple(PIECES), 2, HEADS)
    assert read.weights(backbone.WORDS).shape == (len(PIECES), HIDDEN)
    assert read.weights("encoder.layer.1.intermediate.dense.weight").shape == (4 * HIDDEN, HIDDEN)


def test_refuses_another_file(tmp_path):
    """A file of another kind is named, with what it starts with."""
    (tmp_path / "other").write_bytes(b"GGUF....")
    with pytest.raises(ValueError, match="GGUF"):
        backbone.read(tmp_path / "other")


def test_dequantises_low_nibbles_first():
    """Weight j is in the low, weight j + 16 in the high nibble, minus 8, times the scale."""
    block = np.zeros((1, 1), backbone.BLOCK)
    block["scale"], block["nibbles"] = 0.5, 8 + (9 << 4)
    expected = [0.0] * 16 + [0.5] * 16
    assert backbone.dequantise(block)[0].tolist() == expected


def test_trimming_keeps_rows_and_order(file):
    """A trimmed piece keeps its row and score; the special pieces stay in front."""
    whole = backbone.read(file)
    small = backbone.trim(whole, [8, 5])
    assert small.pieces == ("<s>", "<pad>", "</s>", "<unk>", "合同", "法")
    assert np.array_equal(small.weights(backbone.WORDS)[4:], whole.weights(backbone.WORDS)[[5, 8]])


def test_saved_and_loaded_is_the_same(file, tmp_path):
    """What `load` returns is what `save` was given, blocks included."""
    small = backbone.trim(backbone.read(file), range(10))
    backbone.save(small, tmp_path / "small.npz")
    again = backbone.load(tmp_path / "small.npz")
    assert (again.pieces, again.heads, again.epsilon) == (small.pieces, small.heads, small.epsilon)
    assert all(np.array_equal(again.tensors[name], small.tensors[name]) for name in small.tensors)


def test_model_has_the_weights_and_leaves_words_alone(file):
    """The BertModel holds the file's values; its word embeddings are not trained."""
    read = backbone.read(file)
    model = read.model(layers=1)
    state = model.state_dict()
    assert np.array_equal(state["encoder.layer.0.output.dense.weight"].numpy(),
                          read.weights("encoder.layer.0.output.dense.weight"))  # fmt: skip
    assert not model.embeddings.word_embeddings.weight.requires_grad


def test_tokenizer_gives_original_offsets(file):
    """Full-width letters and long words become pieces whose offsets are those of the text as it was."""
    pytest.importorskip("sentencepiece")
    made = backbone.tokenizer(backbone.read(file))
    encoding = made.encode("合同", "ｌａｗ法")
    assert encoding.tokens == ["<s>", "▁", "合同", "</s>", "</s>", "▁law", "法", "</s>"]
    assert encoding.offsets[6] == (3, 4)
