"""Which documents a question names, and which name is in none."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest

from sparewheel.rag.retrieve.scope import Scopes

ORDINARY = frozenset(
    re.findall(
        r"\S+",
        """
        which law governs the agreement with is what how long does run dose of take much can i day a
        robotics holdings  tools lake crystal partners term usual rent notice period information
        company must return documents within days  security measures apply forget compare and between
        contract say about termination
        """,
    )
)


@dataclass
class Paper:
    """A document as the store lists it."""

    id: str
    title: str = "Mutual Non-Disclosure Agreement"
    source: str = "/in/x.txt"
    metadata: dict[str, str] = field(default_factory=dict)


class Text:
    """The words of a corpus."""

    def __init__(self, *words: str) -> None:
        self.words = {word for phrase in words for word in phrase.split()}
        self.phrases = words

    def near(self, word: str) -> bool:
        return word in self.words

    def has(self, word: str) -> bool:
        return word in self.words

    def phrase(self, text: str) -> bool:
        return any(text in phrase for phrase in self.phrases)

    def elsewhere(self, word: str, documents: frozenset[str]) -> bool:
        return False


def nda(id: str, party: str) -> Paper:
    return Paper(id, metadata={"kind": "non-disclosure agreement", "parties": f"Harbour Foods Ltd; {party}"})


CONTRACTS = Scopes(
    [
        nda("0", "Acme Tools Ltd"),
        nda("1", "Osprey Games Ltd"),
        nda("2", "Northgate Security Ltd"),
        Paper("3", "Lease of Unit 12", metadata={"kind": "lease", "parties": "Quay Estates plc; Acme Tools Ltd"}),
        Paper(
            "4",
            "设备采购合同",
            metadata={"kind": "设备采购合同", "parties": "江州市建设集团有限公司; 江州青岚机械有限公司"},
        ),
        Paper(
            "6", "服务合同", metadata={"kind": "服务合同", "parties": "北禾智能科技有限公司; 云栖自动化设备有限公司"}
        ),
        Paper("5", "Veltrazin 20 mg tablets", metadata={"kind": "patient leaflet", "drug": "Veltrazin; dorvanil"}),
    ],
    Text("the company must return information within thirty days", "security measures", "合同总价是多少 质量保证期"),
    ORDINARY.__contains__,
)


@pytest.mark.parametrize(
    ("question", "documents"),
    [
        ("In the Osprey Games NDA, which law governs?", ("1",)),
        ("WHICH LAW GOVERNS THE OSPREY GAMES NDA?", ("1",)),
        ("which law governs the ospery gmaes nda", ("1",)),
        ("How long does the Northgate agreement run?", ("2",)),
        ("Which law governs Acme's NDA?", ("0",)),
        ("Which law governs the Acme Tools lease?", ("3",)),
        ("What is the notice period in the lease?", ("3",)),
        ("How much dorvanil can I take a day?", ("5",)),
        ("How much Vletrazin can I take a day?", ("5",)),
        ("与江州青岚机械有限公司的合同总价是多少？", ("4",)),
        ("青嵐機械的合同總價是多少？", ("4",)),
        ("北禾的合同总价是多少？", ("6",)),
        ("与云栖签的合同总价是多少？", ("6",)),
        ("云栖自动的合同总价是多少？", ("6",)),
    ],
)
def test_a_named_document_is_found(question: str, documents: tuple[str, ...]) -> None:
    """By party, drug, substance, kind; in capitals, with slips of the pen, shortened, in Traditional characters."""
    assert (CONTRACTS.of(question).documents, CONTRACTS.of(question).absent) == (documents, "")


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("Which law governs the agreement with Zephyr Robotics?", "Zephyr Robotics"),
        ("How long does the Acme Holdings agreement run?", "Acme Holdings"),
        ("What is the usual dose of Zoltrapen?", "Zoltrapen"),
        ("how much zoltrapen can i take a day", "zoltrapen"),
        ("What is Veltrazol used for?", "Veltrazol"),
        ("What is Veltrazon used for?", "Veltrazon"),
        ("与江州星河电子有限公司的合同总价是多少？", "江州星河电子有限公司"),
    ],
)
def test_a_name_in_no_document_is_told(question: str, name: str) -> None:
    """Nor is another document taken for it because a word of the name agrees."""
    assert (CONTRACTS.of(question).documents, CONTRACTS.of(question).absent) == ((), name)


@pytest.mark.parametrize(
    "question",
    [
        "Must the Company return information within thirty days?",
        "Which security measures apply?",
        "Is the agreement governed by Delaware law?",
        "合同总价是多少？",
        "试用期最长多久？",
        "费用后付可以吗？",
        "适用哪国法律？",
        "信用期限多长？",
        "两年的合同试用期最长多久？",
        "房租晚交一天罚多少？",
        "退租后多少天退？",
        "由云栖市人民法院管辖吗？",
    ],
)
def test_ordinary_words_name_nothing(question: str) -> None:
    """Capitals of defined terms, words that are also part of a name, laws and places."""
    assert (CONTRACTS.of(question).documents, CONTRACTS.of(question).absent) == ((), "")


def test_several_that_fit_are_all_kept_and_told() -> None:
    """One was meant: the answer must ask, or answer for each. Two that are compared are no doubt."""
    meant = CONTRACTS.of("Which law governs the agreement with Harbour Foods?")
    assert (meant.documents, meant.ambiguous) == (("0", "1", "2"), True)
    both = CONTRACTS.of("Compare the term of the Osprey and Northgate NDAs")
    assert (both.documents, both.ambiguous) == (("1", "2"), False)


@pytest.mark.parametrize(
    "question",
    [
        "试用期工资最低是多少？",
        "受让人要在多少天内表示接受？",
        "评分14分多久复评一次？",
        "高风险病人普通床垫多久翻一次身？",
        "这里一共有几份合同？",
        "How is a DVT treated?",
    ],
)
def test_a_part_of_a_sentence_is_no_name(question: str) -> None:
    """Words cut out of the middle of others, and a term of the field, are no document that is missing."""
    assert CONTRACTS.of(question).absent == ""


def test_an_unknown_name_in_the_same_place_is_refused_by_name() -> None:
    """The slots still find what is named."""
    assert CONTRACTS.of("怎么服用泽尔康？").absent or CONTRACTS.of("服用泽尔康时要注意什么？").absent == "泽尔康"


class Shared(Text):
    """Where other documents have every word, too."""

    def elsewhere(self, word: str, documents: frozenset[str]) -> bool:
        return True


@pytest.mark.parametrize(
    ("text", "question", "documents"),
    [
        (Text("tolvane"), "What is Mr Tolvane allergic to?", ("a",)),
        (Text("tolvane"), "Is Tolvane allergic?", ("a",)),
        (Shared("tolvane"), "What is Mr Tolvane allergic to?", ("a",)),
        (Shared("tolvane"), "Is Tolvane allergic?", ()),
    ],
)
def test_a_patient_is_named_by_the_surname(text: Text, question: str, documents: tuple[str, ...]) -> None:
    """ "Mr Tolvane" is Edric Tolvane; the surname alone may be somebody else's where other documents have it."""
    papers = [Paper("a", "Discharge Summary", metadata={"matter": "Edric Tolvane"}), Paper("b", "Case Report")]
    assert Scopes(papers, text, ORDINARY.__contains__).of(question).documents == documents


@pytest.mark.parametrize(
    ("question", "absent"),
    [
        ("What is the notice in the agreement between Osprey Games and Northgate Security?",
         "Osprey Games and Northgate Security"),
        ("What does the Osprey and Northgate NDA say about notice?", "Osprey and Northgate"),
        ("Compare the notice of the Osprey and Northgate NDAs", ""),
        ("What is the notice in the agreement between Harbour Foods and Osprey Games?", ""),
    ],
)  # fmt: skip
def test_two_parties_who_share_no_contract_are_no_pair(question: str, absent: str) -> None:
    """Each has a contract, with somebody else; compared, both are meant."""
    assert CONTRACTS.of(question).absent == absent


SHORTENED = Scopes(
    [
        Paper("a", "复方安瑞片说明书", metadata={"kind": "药品说明书", "drug": "复方安瑞片"}),
        Paper("b", "康宁止泻颗粒说明书", metadata={"kind": "药品说明书", "drug": "康宁止泻颗粒"}),
        Paper("e", "盐酸米络尔缓释片说明书", metadata={"kind": "药品说明书", "drug": "盐酸米络尔缓释片"}),
        Paper("c", "Lease", metadata={"kind": "lease", "parties": "Quillon LP; Marsh & Daughters Bakery Ltd"}),
        Paper("f", "Elm Clinic: Working Procedure", metadata={"kind": "procedure"}),
        Paper("d", "Lease", metadata={"kind": "lease", "parties": "Bell Estates LLC; Oona Frisk"}),
    ],
    Text("止泻 颗粒 安瑞", "blood is measured in the clinic"),
    {*ORDINARY, "bakery", "pharmacy", "can", "sublet", "lease", "measured", "clinic", "elm", "working"}.__contains__,
)


@pytest.mark.parametrize(
    ("question", "documents", "absent"),
    [
        ("吃止泻颗粒会便秘吗？", ("b",), ""),
        ("米络尔可以嚼着吃吗？", ("e",), ""),
        ("May Frisk sublet?", ("d",), ""),
        ("Is there support on Saturdays?", (), ""),
        ("I think I'm late, may I sublet when I'm abroad?", (), ""),
        ("安瑞片一天最多几片？", ("a",), ""),
        ("那止泻颗粒成人呢？", ("b",), ""),
        ("复方止泻颗粒怎么吃？", (), "复方止泻颗粒"),
        ("Can the bakery sublet?", ("c",), ""),
        ("Can a bakery sublet?", (), ""),
        ("What is measured in the clinic?", (), ""),
        ("How long is the pharmacy's lease?", (), "pharmacy"),
    ],
)
def test_a_name_may_be_shortened_as_people_do(question: str, documents: tuple[str, ...], absent: str) -> None:
    """A medicine by the end of its name, unless the question has more of a name before it; a party by its trade."""
    scope = SHORTENED.of(question)
    assert (scope.documents, scope.absent) == (documents, absent)
