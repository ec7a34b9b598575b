"""One broken passage costs that passage only."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.reader import Reader
from sparewheel.rag.retrieve.rerank import OnnxReranker
from sparewheel.rag.types import AnswerRequest, Chunk, Hit
from sparewheel.rag.weights import WEIGHTS

GOOD = "The tenant may sublet with consent. The notice period is thirty days."
BROKEN = {
    "nothing": "",
    "white space": " \u3000\n\t ",
    "zero width": "\u200b\u200d\ufeff\u2060",
    "control": "\x00\x01\x02\x1b[31m",
    "private use": "\ue000\ue001\uf8ff \U000f0000",
    "half an emoji": "The rent is \ud83d a month \udc00.",
    "combining marks": "\u0301" * 400,
    "unassigned": "\u0378\u0380\uffff",
}
QUESTION = "How long is the notice period?"


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(WEIGHTS / "reader-en")


def hits(*texts: str) -> tuple[Hit, ...]:
    return tuple(Hit(Chunk("d", 0, len(text), text, id=i), 1.0, i + 1, "given") for i, text in enumerate(texts))


@pytest.mark.parametrize("kind", BROKEN)
def test_the_reader_reads_the_others(reader: Reader, kind: str) -> None:
    """Few windows, each by itself; and many, which go through the lower layers together."""
    for texts in ((BROKEN[kind], GOOD), (BROKEN[kind], GOOD, *["The rent is due in advance every month."] * 14)):
        draft = reader.read(AnswerRequest(QUESTION, hits(*texts)))
        assert "thirty days" in draft.text
        assert draft.spans[0].hit == 1


@pytest.mark.parametrize("kind", BROKEN)
def test_broken_passages_alone_and_broken_questions_are_no_crash(reader: Reader, kind: str) -> None:
    """Whatever it says, it says it."""
    assert reader.read(AnswerRequest(QUESTION, hits(BROKEN[kind]))).model
    assert reader.read(AnswerRequest(f"How long? {BROKEN[kind]}", hits(GOOD))).model


def test_the_reranker_orders_what_it_can_read() -> None:
    """All come back, the readable one first."""
    ordered = OnnxReranker(WEIGHTS / "rerank-en").rerank(QUESTION, hits(*BROKEN.values(), GOOD), 9).hits
    assert (ordered[0].chunk.text, len(ordered)) == (GOOD, 9)


def test_a_passage_that_breaks_the_network_costs_itself(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error of its own kind: the others are read, together or not."""
    read = reader._network.read

    def breaks(question: str, windows: list, *given: object) -> object:  # type: ignore[type-arg]
        if any("poison" in window.text for window in windows):
            raise RuntimeError("Non-zero status code")
        return read(question, windows, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(reader._network, "read", breaks)
    for more in (0, 14):
        texts = ("poison", GOOD, *["The rent is due in advance every month."] * more)
        assert "thirty days" in reader.read(AnswerRequest(QUESTION, hits(*texts))).text
    with pytest.raises(RuntimeError, match="Non-zero"):
        reader.read(AnswerRequest(QUESTION, hits("poison")))
