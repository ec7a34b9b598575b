"""The file of the second look computes what the bigger network computes, from weights that lie beside it in 4 bits."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")
import torch

from sparewheel.rag.answer.reader_network import Network
from sparewheel.rag.answer.spans import Window
from training.reader.export import runtime
from training.reader.export_second import by_bert_pieces, export
from training.reader.fit import new_net
from training.reader.model import rounded
from training.reader.second_fit import Looked, crossed, fit, shown
from training.reader.teacher import SPECIAL, TeacherNet

RECIPE = {"pretrain": {"seed": 1}, "train": {"dropout": 0.0}, "body": {"language": "en"}}


def network():
    """Two layers over 150 word pieces, seeded; heads strong enough to tell tokens apart."""
    torch.manual_seed(0)
    net = TeacherNet(0.0, layers=2, width=96, heads=3, forward=192, vocabulary=154, positions=130).eval()
    for layer in net.layers:
        for name in ("qkv", "attended", "up", "down"):
            torch.nn.init.normal_(getattr(layer, name).weight, std=0.1)
    torch.nn.init.normal_(net.distances.weight)
    net.words.weight.data = rounded(net.words.weight.data, 4)
    return net


def shipped(net, folder: Path, words: list[str]) -> Network:
    """The network's files with a tokenizer of these words, opened as the product opens them."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    export({name: value.detach().numpy() for name, value in net.state_dict().items()}, folder)
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token=words[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.save(str(folder / "tokenizer.json"))
    return Network(folder, runtime("second-en"), threads=1)


def test_the_file_computes_what_the_network_computes(tmp_path):
    """The margin of the best span over 100 tokens, beyond the last class of distances, to the noise of 8-bit inputs;
    windows of unlike length together as alone."""
    net, words = network(), [f"w{i}" for i in range(140)]
    opened = shipped(net, tmp_path, words)
    rng = np.random.default_rng(2)
    texts = [" ".join(words[i] for i in rng.integers(104, 140, n)) for n in (100, 12)]
    windows = [Window(0, 0, text, "") for text in texts]
    together = opened.read("w110 w120", windows, np.zeros(2, np.float32))
    net.round_as_shipped(4)
    for window, found in zip(windows, together, strict=True):
        ids = torch.tensor([[101, 110, 120, 102, *(int(w[1:]) for w in window.text.split()), 102]])
        types = torch.tensor([[0, 0, 0, 0, *[1] * (ids.shape[1] - 4)]])
        with torch.no_grad():
            span = net(ids, types, torch.ones_like(ids).bool())[0][0]
        best = max(float(span[i, 0] + span[j, 1]) for i in range(4, len(span) - 1) for j in range(i, len(span) - 1))
        assert found.spans[0][2] == pytest.approx(best - float(span[0].sum()), abs=0.3)
        (alone,) = opened.read("w110 w120", [window], np.zeros(1, np.float32))
        assert alone.spans[0][2] == pytest.approx(found.spans[0][2], abs=0.3)
        assert found.labels == {}


def test_words_are_in_the_order_of_berts_pieces():
    """Behind four of MPNet's own; the special ones as MPNet calls them."""
    words = np.arange(154, dtype=np.float32)[:, None]
    found = by_bert_pieces(words)[:, 0].tolist()
    assert len(found) == 150
    assert found[110] == 114
    assert [found[bert] for bert in SPECIAL] == [*SPECIAL.values()]


def test_training_starts_from_its_body(tmp_path):
    """A folder of MPNet makes the bigger network, its words in the 4 bits they are shipped in."""
    from transformers import MPNetConfig, MPNetModel

    config = MPNetConfig(vocab_size=154, hidden_size=96, num_hidden_layers=1, num_attention_heads=3,
                         intermediate_size=192, max_position_embeddings=130)  # fmt: skip
    MPNetModel(config, add_pooling_layer=False).save_pretrained(tmp_path)
    net = new_net({**RECIPE, "body": {"folder": str(tmp_path), "language": "en"}}, "cpu")
    assert isinstance(net, TeacherNet)
    assert torch.allclose(rounded(net.words.weight, 4), net.words.weight, atol=1e-6)


def test_the_joint_judgement_is_fitted_and_told(tmp_path):
    """A margin that tells right from wrong is found, also by weights fitted without the question's document."""
    rng = np.random.default_rng(3)
    made = []
    for i in range(120):
        is_right = bool(rng.random() < 0.5)
        row = np.zeros(9)
        row[2], row[8] = (1.0 if is_right else -1.0) + rng.normal(0, 0.4), 1.0
        made.append(Looked("made", str(i), True, float(rng.random()), is_right, row, is_right))
    assert fit(made)["margin"] > 1
    p = crossed(made)
    assert np.mean((p > 0.5) == [one.right for one in made]) > 0.9
    assert "AUROC 0.99" in shown("both", p, np.asarray([one.right for one in made]))
