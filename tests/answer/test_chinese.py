"""Chinese questions are read by the network; the clause rules say yes or no."""

import subprocess
import sys
from dataclasses import replace

import pytest

from sparewheel.rag.answer.chinese import ChineseReader
from sparewheel.rag.answer.vertical import VerticalReader
from sparewheel.rag.reliability.workers import Workers
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Span

TEXT = "原告与被告签订租赁合同，月租金为3200元，被告未支付租金。"


class Network:
    """Says what it is told to; counts the questions."""

    name, local = "reader", True

    def __init__(self, draft):
        self.draft, self.asked = draft, []

    def read(self, request):
        self.asked.append(request.question)
        return self.draft


def request(question):
    return AnswerRequest(question, (Hit(Chunk("d", 0, len(TEXT), TEXT, language="zh"), 1.0, 1, "test"),), language="zh")


def ask(network, question):
    return ChineseReader(network).read(request(question))


QUOTED = Draft("3200元", (Span(0, 16, 21, 4.0),), confidence=0.9, model="reader-zh 1")


def test_a_question_for_a_thing_goes_to_the_network():
    """The draft, as the network gave it."""
    assert ask(Network(QUOTED), "月租金是多少？") == QUOTED


@pytest.mark.parametrize(("question", "label"), [("被告是否支付租金？", "no"), ("原告是否签订租赁合同？", "yes")])
def test_yes_or_no_is_said_by_the_rules_where_the_network_says_none(question, label):
    """Label and clause, of the rules."""
    draft = ask(Network(QUOTED), question)
    assert (draft.label, draft.model) == (label, "clause-quoter")
    assert draft.text in TEXT


def test_the_networks_yes_or_no_stands():
    """Its evidence bears on the question."""
    said = replace(QUOTED, label="yes")
    assert ask(Network(said), "原告是否签订租赁合同？") == said


def test_what_the_network_refuses_is_refused():
    """The rules would quote a clause of any text."""
    refusal = Draft("", refused=True, confidence=0.1, model="reader-zh 1")
    assert ask(Network(refusal), "月租金是多少？") == refusal


async def test_the_network_is_opened_once():
    """However many questions."""
    opened, workers = [], Workers(1)
    reader = VerticalReader({"zh": lambda: opened.append(1) or Network(QUOTED)}, workers)
    for _ in range(2):
        assert [item async for item in reader.stream(request("月租金是多少？"))][-1] == QUOTED
    assert opened == [1]
    workers.close()


def test_loading_gives_back_what_unpacking_took():
    """The shipped network's 4-bit weights are unpacked in 470 MB; once it is loaded less than 250 are kept."""
    script = (
        "from sparewheel.rag.answer.reader import Reader; from sparewheel.rag.weights import WEIGHTS; "
        "Reader(WEIGHTS / 'reader-zh', 1); "
        "print([int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmRSS')][0])"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert int(told.stdout) / 1024 < 250


def test_traditional_and_simplified_are_read_alike_and_quoted_as_written():
    """The network sees Simplified characters; the quote is the document's."""
    text = "承租人應於三十日內騰空房屋。"
    folded = request("騰空房屋要幾日？")
    folded = replace(folded, hits=(Hit(Chunk("d", 0, len(text), text, language="zh"), 1.0, 1, "test"),))
    network = Network(Draft("三十日内", (Span(0, 5, 9, 4.0),), confidence=0.9, model="reader-zh 1"))
    assert ChineseReader(network).read(folded).text == "三十日內"
    assert network.asked == ["腾空房屋要几日？"]
