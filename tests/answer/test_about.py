"""What only names the document is left out of the question that is read."""

import pytest

from sparewheel.rag.answer.about import without_document
from sparewheel.rag.types import Chunk, Hit

ZH = {"parties": "青禾智能科技有限公司; 临江恒岳医疗器械有限公司"}
EN = {"parties": "Halvorsen Sensor AS; Brightwater Analytics Ltd"}


def hits(metadata):
    return (Hit(Chunk("d", 0, 1, "x", metadata=metadata), 1.0, 1, "test"),)


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("青禾智能与临江恒岳的合同的质保金比例是多少？", "质保金比例是多少？"),
        ("跟临江恒岳签的合同里首付款比例是多少？", "首付款比例是多少？"),
        ("劳动合同的试用期是多久？", "试用期是多久？"),
        ("违约金怎么算？", "违约金怎么算？"),
    ],
)
def test_a_chinese_document_is_named_before_what_is_asked(question, left):
    """By its parties, shortened or not, or by its kind."""
    assert without_document(question, "zh", hits(ZH)) == left


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("Under the Halvorsen and Brightwater NDA, how long is it kept?", "How long is it kept?"),
        ("What is the notice period in the Halvorsen agreement?", "What is the notice period?"),
        ("How long must Brightwater keep it?", "How long must Brightwater keep it?"),
    ],
)
def test_a_party_that_acts_stays(question, left):
    """Only what names the document goes."""
    assert without_document(question, "en", hits(EN)) == left
