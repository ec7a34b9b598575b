"""The asking network: it packs small, computes as Llama does, learns, and writes what full attention would."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from training.asker.network import Asker, fit, sampled, written  # noqa: E402
from training.asker.pack import blocks_of, packed, trimmed, unpacked  # noqa: E402


def small(seed: int = 1) -> Asker:
    torch.manual_seed(seed)
    net = Asker(40, layers=2, width=64, heads=4, groups=2, forward=96)
    torch.nn.init.normal_(net.words.weight, std=0.3)
    return net.eval()


def test_a_packed_matrix_is_close_to_itself():
    """Within the half step of four bits, and a little for scale and zero."""
    matrix = np.random.default_rng(1).normal(size=(8, 64)).astype(np.float32)
    arrays = packed("m", *blocks_of(matrix), matrix.shape)
    steps = np.ptp(matrix.reshape(-1, 32), axis=1)[:, None] / 15
    again = unpacked("m", arrays)
    assert again.shape == matrix.shape
    assert (np.abs(again - matrix).reshape(-1, 32) <= 0.75 * steps).all()
    assert sum(a.nbytes for n, a in arrays.items() if n.split(".")[1] in ("codes", "scale", "zero")) * 8 == 4.5 * 512


def test_a_trimmed_tokenizer_spells_rare_words_in_pieces():
    """Frequent words stay with all that they are merged from; the text comes back the same."""
    from tokenizers import Tokenizer

    vocabulary = {w: n for n, w in enumerate(["<s>", "a", "b", "c", "ab", "abc", "ca", "bc"])}
    merges = [["a", "b"], ["ab", "c"], ["c", "a"], ["b", "c"]]
    whole = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "normalizer": None,
        "pre_tokenizer": None,
        "post_processor": None,
        "decoder": None,
        "added_tokens": [{"id": 0, "content": "<s>", "single_word": False, "lstrip": False, "rstrip": False,
                          "normalized": False, "special": True}],
        "model": {"type": "BPE", "vocab": vocabulary, "merges": merges},
    }  # fmt: skip
    smaller, old = trimmed(whole, {5: 9, 6: 2}, 5)
    assert old == [0, 1, 2, 3, 4, 5]
    import json

    tokenizer = Tokenizer.from_str(json.dumps(smaller))
    assert tokenizer.encode("<s>abc").ids == [0, 5]
    assert tokenizer.encode("ca").ids == [3, 1]


def test_it_computes_as_llama_does():
    """The same logits as transformers' own from the same weights."""
    transformers = pytest.importorskip("transformers")
    net = small()
    config = transformers.LlamaConfig(
        vocab_size=40, hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, head_dim=64, rms_norm_eps=1e-5, tie_word_embeddings=True,
        rope_parameters={"rope_theta": 100000.0, "rope_type": "default"},
    )  # fmt: skip
    llama = transformers.LlamaForCausalLM(config).eval()
    state = {"model.embed_tokens.weight": net.words.weight, "model.norm.weight": net.norm.weight}
    for n, layer in enumerate(net.stack()):
        q, k, v = layer.qkv.weight.split((256, 128, 128))
        gate, up = layer.gate_up.weight.chunk(2)
        for name, value in {
            "self_attn.q_proj": q, "self_attn.k_proj": k, "self_attn.v_proj": v, "mlp.gate_proj": gate,
            "self_attn.o_proj": layer.attended.weight, "mlp.up_proj": up, "mlp.down_proj": layer.down.weight,
            "input_layernorm": layer.norm.weight, "post_attention_layernorm": layer.forward_norm.weight,
        }.items():  # fmt: skip
            state[f"model.layers.{n}.{name}.weight"] = value
    state["lm_head.weight"] = net.words.weight
    llama.load_state_dict(state)
    ids = torch.randint(0, 40, (2, 11))
    with torch.inference_mode():
        assert torch.allclose(net.logits(net.hidden(ids)), llama(ids).logits, atol=1e-4)


def test_what_it_writes_is_what_the_whole_text_would_give():
    """Prompts of unlike length in one batch, each token the likeliest after everything before it."""
    net, prompts = small(), [[5, 6, 7], list(range(1, 30)), [9]]
    with torch.inference_mode():
        for prompt, made in zip(prompts, written(net, prompts, 0, "cpu", temperature=0.0, most=8), strict=True):
            text = list(prompt)
            for token in made:
                assert token == int(net.logits(net.hidden(torch.tensor([text])))[0, -1].argmax())
                text.append(token)
            assert made[-1] == 0 or len(made) == 8


def test_sampling_keeps_to_the_likely_words():
    """With top_p 0.9 a word outside of the smallest set of that weight is never drawn."""
    logits = torch.tensor([[4.0, 3.9, -1.0, -2.0]]).repeat(500, 1)
    torch.manual_seed(0)
    assert set(sampled(logits, 0.8, 0.9).tolist()) == {0, 1}


def test_it_learns_the_question_and_only_that():
    """On one batch its loss falls to next to nothing within the steps it is given."""
    net = small()
    rows = [([3, 4, n], [10 + n, 20 + n, 2]) for n in range(6)]
    log = fit(net, [rows] * 60, 60, 60.0, 5e-3, "cpu", clock=lambda: 0.0)
    assert len(log) == 6
    assert log[-1] < 0.1 * log[0]
    assert written(net, [r[0] for r in rows], 2, "cpu", temperature=0.0) == [r[1] for r in rows]


def test_training_ends_with_its_time():
    """No step is begun when its seconds are over: of fifty, thirty at a second each, three means of ten."""
    clock = iter(range(100))
    log = fit(small(), [[([1], [2])]] * 50, 50, 30.5, 1e-3, "cpu", clock=lambda: float(next(clock)))
    assert len(log) == 3
