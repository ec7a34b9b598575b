"""The shipped file holds the weights that training rounded to, and computes what the network computes."""

import itertools
import json

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")
import onnx
import onnxruntime
import torch

from sparewheel.rag.answer.reader import Reader
from sparewheel.rag.types import AnswerRequest, Chunk, Hit
from training.reader.export import blocks, export, runtime, unpacked, write_config
from training.reader.model import ReaderNet, rounded

WORDS = [*"甲乙方租金为三千元月。，是多少？"]
IDS = np.array([[0, 7, 2, 20, 21, 2], [0, 8, 2, 30, 2, 1], [0, 9, 2, 33, 11, 2]], np.int32)
GIVEN = {"ids": IDS, "types": np.array([[0, 0, 0, 1, 1, 1]] * 3, np.int32), "mask": (IDS != 1).astype(np.int32),
         "prior": np.array([0, 90, 50], np.float32), "most": np.array([2])}  # fmt: skip


def network():
    """Three layers over 40 words, seeded; heads strong enough to tell tokens apart."""
    torch.manual_seed(0)
    net = ReaderNet(0.0, layers=3, vocabulary=40).eval()
    for layer in net.layers:
        for name in ("qkv", "attended", "up", "down"):
            torch.nn.init.normal_(getattr(layer, name).weight, std=0.05)
    net.words.weight.data = rounded(net.words.weight.data, 4)
    return net


def state(net):
    return {name: value.detach().numpy() for name, value in net.state_dict().items()}


def of_torch(net, bits):
    """(span, gate, label) as the network computes them, with the file's rounding or in full (0)."""
    net.round_as_shipped(bits)
    with torch.no_grad():
        ids, types = (torch.from_numpy(GIVEN[name]).long() for name in ("ids", "types"))
        return [t.numpy() for t in net(ids, types, torch.from_numpy(GIVEN["mask"]).bool())]


@pytest.mark.parametrize("bits", [7, 4])
def test_the_file_computes_what_the_network_computes(bits, tmp_path):
    """Same spans, labels and gates to the noise of 8-bit inputs, of the two rows that gate and prior choose."""
    net = network()
    export(state(net), tmp_path / "model.onnx", bits)
    session = onnxruntime.InferenceSession(str(tmp_path / "model.onnx"))
    chosen, span, label, gate = session.run(None, GIVEN)
    assert chosen.tolist() == [1, 2]
    expected_span, expected_gate, expected_label = of_torch(net, bits)
    seen = GIVEN["mask"][chosen] == 1
    for found, expected in ((span[seen], expected_span[chosen][seen]), (label, expected_label[chosen])):
        assert np.corrcoef(found.ravel(), expected.ravel())[0, 1] > 0.995
        assert np.abs(found - expected).max() < 0.1
    assert np.abs(gate - expected_gate).max() < 0.1


@pytest.mark.parametrize("bits", [7, 4])
def test_the_weights_of_the_file_are_those_that_training_rounded_to(bits, tmp_path):
    """7 bits a row as they are; 4 bits in blocks of 32, read in 7 bits; words in 4 bits."""
    net = network()
    export(state(net), tmp_path / "model.onnx", bits)
    model = onnx.load(str(tmp_path / "model.onnx"))
    held = {c.name: onnx.numpy_helper.to_array(c) for c in model.graph.initializer}
    trained = rounded(net.layers[2].up.weight.detach(), bits).numpy()
    if bits == 7:
        found = held["layers.2.up.weight.int8"].T * held["layers.2.up.weight.scale"][:, None]
    else:
        packed = held["layers.2.up.weight.packed"]
        nibbles = np.concatenate([packed & 15, packed >> 4], axis=-1).reshape(trained.shape)
        found = unpacked(nibbles, held["layers.2.up.weight.scales"])
    assert np.allclose(found, trained, atol=1e-7)
    packed = held["words.packed"]
    nibbles = np.stack([packed & 15, packed >> 4], axis=-1).reshape(len(packed), -1)
    assert np.array_equal(unpacked(nibbles, held["words.scale"]), net.words.weight.numpy())


def test_four_bits_are_packed_as_training_rounds():
    """Blocks of numbers of either sign, of zeros, and of one large value."""
    torch.manual_seed(1)
    weight = torch.randn(6, 64) * torch.tensor([1.0, 1e-3, 100.0, 0.0, 1.0, 1.0])[:, None]
    weight[4, 3], weight[5] = 50.0, weight[5].abs()
    assert np.array_equal(unpacked(*blocks(weight.numpy())), rounded(weight, 4).numpy())


def test_four_bits_take_half_the_space(tmp_path):
    """Of a linear layer's weights."""
    sizes = {bits: export(state(network()), tmp_path / f"{bits}.onnx", bits) for bits in (7, 4)}
    assert sizes[4] < 0.7 * sizes[7]


@pytest.fixture
def chinese(tmp_path):
    """A folder of the Chinese reader: a tiny network, a tokenizer of single characters, the shipped settings."""
    from tokenizers import Regex, Tokenizer, models, pre_tokenizers

    vocabulary = {token: i for i, token in enumerate(["<s>", "<pad>", "</s>", "<unk>", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, "<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    export(state(network()), tmp_path / "model.onnx", 4)
    write_config(tmp_path, runtime("zh"))
    return tmp_path


def test_the_reader_runs_the_chinese_file(chinese):
    """Its own ids for beginning, end and padding; spans are verbatim; windows end at a stop or a comma."""
    reader = Reader(chinese, threads=1)
    text = "甲方为乙方，租金为三千元。" * 100
    readings = reader.readings("月租金是多少？", [Hit(Chunk("d", 0, len(text), text, language="zh"), 1.0, 1, "test")])
    windows = sorted((r.window.start, r.window.text) for r in readings)
    assert all(len(w) <= reader.config["window_chars"] and w.endswith("。") for _, w in windows)
    assert windows[0][0] == 0
    assert windows[-1][0] + len(windows[-1][1]) == len(text)
    assert all(a[0] + len(a[1]) > b[0] for a, b in itertools.pairwise(windows))
    draft = reader.read(AnswerRequest("月租金是多少？", (Hit(Chunk("d", 0, 13, text[:13]), 1.0, 1, "test"),), "legal"))
    assert draft.refused or draft.text in text


def test_windows_read_together_are_padded_with_the_files_own_id(chinese):
    """A short window beside a long one says what it says alone."""
    config = json.loads((chinese / "config.json").read_text(encoding="utf-8"))
    write_config(chinese, config | {"read_windows": 1})
    hits = [
        Hit(Chunk(str(i), 0, len(t), t), 1.0, i + 1, "test") for i, t in enumerate(("租金为三千元。", "甲方，" * 30))
    ]
    (together,) = Reader(chinese, threads=1).readings("月租金是多少？", hits)
    write_config(chinese, config | {"read_windows": 4})
    alone = {r.window.hit: r for r in Reader(chinese, threads=1).readings("月租金是多少？", hits)}
    assert together.spans[0][2] == pytest.approx(alone[together.window.hit].spans[0][2], abs=0.2)
