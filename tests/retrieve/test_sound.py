"""Chinese names written with other characters of the same sound."""

from __future__ import annotations

import pytest

from sparewheel.rag.retrieve.sound import Sounds

SOUNDS = Sounds(["舒宁片", "舒宁", "陈远山", "青禾", "Acme", "清河"])


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("苏宁片怎么吃？", "舒宁片怎么吃？"),
        ("陈元山什么时候出院？", "陈远山什么时候出院？"),
        ("陈远山什么时候出院？", "陈远山什么时候出院？"),
        ("清禾的合同", "清禾的合同"),
        ("怎么吃？", "怎么吃？"),
    ],
)
def test_a_name_is_known_by_its_sound(question: str, meant: str) -> None:
    """As it stands where it is a name, or where two names sound so."""
    assert SOUNDS.written(question, lambda text: False) == meant


def test_what_a_document_writes_is_meant() -> None:
    """A word of the documents is no slip of the pen."""
    assert SOUNDS.written("苏宁片怎么吃？", "苏宁片".__eq__) == "苏宁片怎么吃？"
    assert SOUNDS.written("苏宁怎么吃？", "苏宁".__eq__) == "苏宁怎么吃？"
