"""The teacher is MPNet with heads of ours, and reads a student's rows."""

import pytest

torch = pytest.importorskip("torch")
from training.reader.teacher import SPECIAL, buckets, teacher  # noqa: E402


def small(folder):
    """A random MPNet of two layers, saved as transformers does."""
    from transformers import MPNetConfig, MPNetModel

    torch.manual_seed(0)
    config = MPNetConfig(vocab_size=104 + 4 + 50, hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
                         intermediate_size=48, max_position_embeddings=130, layer_norm_eps=1e-5)  # fmt: skip
    model = MPNetModel(config, add_pooling_layer=False).eval()
    model.save_pretrained(folder)
    return model


def test_its_body_computes_what_transformers_computes(tmp_path):
    """The same last states for BERT's word pieces, padded rows and distances beyond the last exact class included."""
    theirs = small(tmp_path)
    ours = teacher(tmp_path, 0.0).eval()
    ids = torch.randint(104, 150, (2, 80))
    ids[:, 0], ids[:, 9], ids[1, 60:] = 101, 102, 0
    mask = ids > 0
    pieces = ids + 4
    for bert, number in SPECIAL.items():
        pieces[ids == bert] = number
    states = []
    ours.layers[-1].register_forward_hook(lambda module, given, out: states.append(out))
    with torch.no_grad():
        span, gate, label = ours(ids, torch.zeros_like(ids), mask)
        wanted = theirs(input_ids=pieces, attention_mask=mask.long()).last_hidden_state
    assert torch.allclose(states[0][mask], wanted[mask], atol=1e-5)
    assert (span.shape, gate.shape, label.shape) == ((2, 80, 2), (2,), (2, 3))


def test_distances_have_classes():
    """Near ones each their own, far ones shared, before and after apart."""
    table = buckets(300)
    assert table[0, :3].tolist() == [0, 17, 18]
    assert table[:3, 0].tolist() == [0, 1, 2]
    assert (table[299, 0].item(), table[0, 299].item()) == (15, 31)
