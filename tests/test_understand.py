"""What a question asks: passages, the documents themselves, or what no quote can answer."""

from __future__ import annotations

import pytest

from sparewheel.rag.follow_up import made_whole
from sparewheel.rag.understand import asked_of, read
from tests.retrieve.test_scope import CONTRACTS


@pytest.mark.parametrize(
    ("question", "asked", "shape"),
    [
        ("How many contracts do you have?", "documents", "one"),
        ("How many contracts are there here?", "documents", "one"),
        ("List all documents.", "documents", "one"),
        ("一共有几份合同？", "documents", "one"),
        ("How many contracts are governed by Delaware law?", "passages", "each"),
        ("哪些合同的质保期超过一年？", "passages", "each"),
        ("Compare the term of the Osprey and Northgate NDAs", "passages", "each"),
        ("Summarise the termination rights in the lease", "passages", "several"),
        ("Is this contract risky for me?", "opinion", "one"),
        ("Is the lease with Bellwether too risky?", "opinion", "one"),
        ("这份合同有风险吗？", "opinion", "one"),
        ("Hello, who are you?", "talk", "one"),
        ("Summarise that in one sentence.", "talk", "one"),
        ("你好", "talk", "one"),
        ("How many days of notice are needed?", "passages", "one"),
        ("Does the risk pass on delivery?", "passages", "one"),
        ("Is it normal to feel dizzy after the first dose?", "passages", "one"),
    ],
)
def test_what_is_asked(question: str, asked: str, shape: str) -> None:
    """A question about passages with words like those of the other kinds stays one."""
    reading = read(question, (), CONTRACTS)
    assert (reading.asked, reading.shape) == (asked, shape)


@pytest.mark.parametrize(
    ("before", "question", "whole"),
    [
        (["Which law governs the Osprey NDA?"], "And in the Northgate one?", "Which law governs the Northgate NDA?"),
        (["Which law governs the Osprey NDA?", "And the Northgate NDA?"], "And the term?",
         "What is the term (Northgate NDA)?"),
        (["Which law governs the Osprey NDA?"], "How long does the Acme Tools lease run?",
         "How long does the Acme Tools lease run?"),
        (["How long does the Osprey NDA run?"], "Which contracts end in May?", "Which contracts end in May?"),
        (["青岚机械的合同总价是多少？"], "质保期呢？", "青岚机械的合同的质保期是什么？"),
    ],
)  # fmt: skip
def test_a_follow_up_takes_what_it_does_not_name(before: list[str], question: str, whole: str) -> None:
    """The document that is named anew takes the place of the one before; the name of the old one is never added."""
    assert made_whole(question, [(asked, "") for asked in before], CONTRACTS.mentions).read == whole


def test_names_are_left_out_of_what_is_put_to_a_named_document() -> None:
    """A reader sees passages of that document only; its name there would be a word that they lack."""
    assert read("In the Osprey Games NDA, which law governs?", (), CONTRACTS).bare == "Which law governs?"
    assert read("What is the dose of Veltrazin?", (), CONTRACTS).bare == "What is the dose of the medicine?"


@pytest.mark.parametrize(
    ("question", "shape", "bare"),
    [
        ("Which other medicines may affect it?", "one", "Which other medicines may affect it?"),
        ("List all duties of the lease in each schedule.", "several", "List all duties of the lease in each schedule."),
        ("Which law governs the Osprey NDA?", "one", "Which law governs the agreement?"),
        ("Which law governs the Northgate NDA?", "one", "Which law governs the Northgate NDA?"),
    ],
)
def test_a_question_that_is_put_to_one_document_is_about_that_one(question: str, shape: str, bare: str) -> None:
    """Whatever else its words would fit."""
    osprey = read("Which law governs the Osprey NDA?", (), CONTRACTS).scope.documents[0]
    reading = asked_of(osprey, "Osprey NDA", question, (), CONTRACTS)
    assert (reading.scope.documents, reading.scope.titles, reading.shape) == ((osprey,), ("Osprey NDA",), shape)
    assert reading.bare == bare


@pytest.mark.parametrize(
    ("question", "put"),
    [
        ("how much veltrazin do I take", "how much of the medicine do I take"),
        ("Can the 20 mg Veltrazin tablets be split?", "Can the 20 mg tablets be split?"),
        ("What does the lease between Quay Estates and Acme Tools say about noise?",
         "What does the agreement say about noise?"),
        ("May Osprey Games assign it?", "May Osprey Games assign it?"),
        ("青岚机械逾期交货怎么办？", "合同逾期交货怎么办？"),
    ],
)  # fmt: skip
def test_what_stands_for_a_name_reads_as_a_sentence(question: str, put: str) -> None:
    """A party who does something is no agreement, and a drug is taken, not signed."""
    assert read(question, (), CONTRACTS).bare == put


def test_who_the_parties_are_is_asked_of_no_passage() -> None:
    """They are looked up; what they must do is read."""
    assert read("Who are the parties to the Osprey NDA?", (), CONTRACTS).roles == ("parties",)
    assert read("What must the parties to the Osprey NDA return?", (), CONTRACTS).roles == ()
