"""A bigger network reads again what the reader is unsure of, and nothing else."""

import json
from dataclasses import replace

import numpy as np
import pytest

from sparewheel.rag.answer import four_bits
from sparewheel.rag.answer.reader import Reader
from sparewheel.rag.answer.second_look import COLUMNS, SecondLook, features, probability
from sparewheel.rag.answer.spans import Reading, Window
from sparewheel.rag.settings import load_settings
from sparewheel.rag.types import AnswerRequest, Chunk, Hit
from sparewheel.rag.weights import SECOND, WEIGHTS, built_in, second_look

LEASE = "The Tenant may end this lease by giving not less than nine months' notice. The rent is 400 GBP a month."
CONFIG = {
    "unsure": [0.1, 0.9], "unsure_given": [0.0, 0.9], "joined": {"margin": 5.0}, "joined_given": {"margin": 5.0},
    "refuse_below": {"general": 0.5}, "refuse_given_below": {"general": 0.5},
}  # fmt: skip
installed = pytest.mark.skipif(SECOND is None, reason="sparewheel-models-second is not installed")


class Network:
    """Finds the same span with the same margin wherever it looks."""

    def __init__(self, span):
        self.span, self.asked = span, []

    def read(self, question, windows, prior, longest=0):
        self.asked += [(question, window.text) for window in windows]
        return [Reading(window, (self.span,) if self.span else (), {}) for window in windows]


def look(folder, network, **changed) -> SecondLook:
    """A second look over a network made for the test."""
    (folder / "config.json").write_text(json.dumps(CONFIG | changed))
    made = SecondLook(folder)
    made._network = network
    return made


def reading(text: str, span) -> Reading:
    return Reading(Window(0, 0, text, ""), (span,), {})


@pytest.fixture(scope="module")
def request_of():
    hits = tuple(Hit(Chunk(f"{i}", 0, len(t), t), 1.0, i + 1, "given") for i, t in enumerate([LEASE]))
    return lambda question: AnswerRequest(question, hits, "legal")


def test_only_the_likeliest_window_is_read_again(tmp_path):
    """Its span is the bigger network's; the others are as much less likely than it as before."""
    network = Network((4, 9, 3.0))
    readings = [reading("the first window", (0, 3, 1.0)), reading("the second window", (0, 3, 2.0))]
    found, likely = look(tmp_path, network).look("which?", "legal", readings, np.asarray([0.2, 0.4]), given=False)
    assert network.asked == [("which?", "the second window")]
    assert found[0] == readings[0]
    assert found[1].spans[0] == (4, 9, 3.0)
    assert likely[1] == pytest.approx(1 / (1 + np.exp(-3.0)))
    assert likely[0] == pytest.approx(likely[1] / 2)


def test_a_window_in_which_it_finds_nothing_keeps_its_span_and_loses_its_likelihood(tmp_path):
    """As one of which the bigger network says that it does not answer."""
    found, likely = look(tmp_path, Network(None)).look(
        "?", "legal", [reading("abc", (0, 3, 5.0))], np.asarray([0.6]), False
    )
    assert found[0].spans[0][:2] == (0, 3)
    assert likely[0] < 0.001


@pytest.mark.parametrize(("likely", "given", "unsure"), [
    (0.05, False, False), (0.05, True, True), (0.5, False, True), (0.9, False, False), (0.95, True, False),
])  # fmt: skip
def test_what_is_sure_is_not_read_again(tmp_path, likely, given, unsure):
    """Either way; where nothing was searched, only what surely answers."""
    assert look(tmp_path, Network(None)).unsure(np.asarray([0.01, likely]), given) is unsure


def test_both_networks_count():
    """A larger margin and a span that both found make it likelier; columns are named once."""
    first, again = reading("abcdefgh", (0, 4, 1.0)), reading("abcdefgh", (2, 4, 6.0))
    row = dict(zip(COLUMNS, features("medical", first, again, np.asarray([0.2, 0.5])), strict=True))
    assert (row["first"], row["agree"], row["medical"], row["legal"]) == (0.0, 1.0, 1.0, 0.0)
    assert row["margin"] == pytest.approx(1.2)
    assert row["margin_high"] == pytest.approx(0.2)
    apart = features("medical", first, replace(again, spans=((5, 8, 6.0),)), np.asarray([0.5]))
    assert apart[COLUMNS.index("agree")] == 0.0
    assert probability(apart, {"agree": 1.0, "constant": -40.0}) < 1e-12


def test_the_reader_takes_its_word(tmp_path, request_of):
    """What it finds is quoted, and below its threshold nothing is."""
    start = LEASE.index("400 GBP")
    sure = Reader(WEIGHTS / "reader-en", second=look(tmp_path, Network((start, start + 7, 8.0)), unsure_given=[0, 1.1]))
    assert sure.read(request_of("How much is the rent?")).text == "400 GBP"
    against = Reader(
        WEIGHTS / "reader-en", second=look(tmp_path, Network((start, start + 7, -8.0)), unsure_given=[0, 1.1])
    )
    draft = against.read(request_of("How much is the rent?"))
    assert draft.refused
    assert draft.confidence < 0.5


def test_four_bits_become_seven(tmp_path):
    """Within half a step of what the file holds, turned, the greatest of a row at 64."""
    rng = np.random.default_rng(1)
    packed = rng.integers(0, 256, (5, 3, 16), dtype=np.uint8)
    scales = rng.uniform(0.01, 0.02, (5, 3)).astype(np.float16)
    whole = four_bits.eight_bits(packed, scales)
    steps = np.concatenate((packed & 15, packed >> 4), axis=2).astype(np.float32) - 8
    wanted = (steps * scales.astype(np.float32)[..., None]).reshape(5, 96)
    row = np.abs(wanted).max(1) / 64
    assert whole.shape == (96, 5)
    assert whole.dtype == np.int8
    assert (np.abs(whole).max(0) == 64).all()
    assert (np.abs(whole.T * row[:, None] - wanted) <= row[:, None] * 0.501).all()


@installed
def test_the_one_that_is_shipped_reads(request_of):
    """It answers, and tells what the text does not say."""
    folder = second_look(load_settings(), "en")
    reader = Reader(WEIGHTS / "reader-en", second=SecondLook(folder))
    assert "nine months" in reader.read(request_of("How much notice must the tenant give?")).text
    assert reader.read(request_of("Who is the landlord's insurer?")).refused
    assert "second-en" in [model.name for model in built_in() if not model.trouble]


def test_it_is_switched_off_or_left_out(tmp_path):
    """By the setting, for a language that has none, and where the models are one's own."""
    settings = load_settings()
    off = replace(settings, models=replace(settings.models, second_look=False))
    own = replace(settings, models=replace(settings.models, folder=str(tmp_path)))
    assert [second_look(s, "en") for s in (off, own)] == [None, None]
    assert second_look(settings, "zh") is None
    (tmp_path / "second-en").mkdir()
    (tmp_path / "second-en/model.onnx").touch()
    assert second_look(own, "en") == tmp_path / "second-en"
