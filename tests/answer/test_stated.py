"""What a sentence states plainly, though the network believes none."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer.stated import stated
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit

LEASE = (
    "The Tenant may end this lease on the break date. The Landlord has no right to break. The deposit for a furnished "
    "house is 800 euros. The Tenant may keep a cat. The Tenant shall not keep a dog. The Agent keeps the keys."
)
NOTHING = Draft("", refused=True, confidence=0.1)


def answered(question: str, text: str = LEASE, other: str = "") -> Draft:
    hits = [Hit(Chunk("d", 0, len(text), text), 1.0, 1, "words", {})]
    hits += [Hit(Chunk("e", 0, len(other), other), 1.0, 2, "words", {})] if other else []
    return stated(AnswerRequest(question, tuple(hits), "legal"), NOTHING)


@pytest.mark.parametrize(
    ("question", "label", "said"),
    [
        ("Has the landlord a right to break?", "no", "The Landlord has no right to break."),
        ("May the tenant keep a dog?", "no", "The Tenant shall not keep a dog."),
        ("May the tenant keep a cat?", "yes", "The Tenant may keep a cat."),
        ("How much is the deposit for a furnished house?", "", "The deposit for a furnished house is 800 euros."),
    ],
)
def test_a_plain_sentence_answers(question: str, label: str, said: str) -> None:
    """With its polarity, or with the figure that is asked for."""
    made = answered(question)
    assert (made.label, made.text, made.refused) == (label, said, False)


@pytest.mark.parametrize(
    "question",
    ["May the tenant keep a horse in the garden?", "Does the agent insure the roof?",
     "What deposit is due for the car park?"],
)  # fmt: skip
def test_what_no_sentence_states_stays_refused(question: str) -> None:
    """Half of a question held is another thing's sentence."""
    assert answered(question).refused


def test_of_several_documents_none_is_taken() -> None:
    """Which is meant is not known."""
    assert answered("May the tenant keep a dog?", other="The Tenant may keep a dog.").refused


def test_an_item_of_a_list_is_judged_with_the_line_over_it() -> None:
    """ "- if you take aliskiren and have diabetes" affirms nothing under "Do not take Lumexal"."""
    text = "Do not take Lumexal\n- if you are allergic to it\n- if you take aliskiren and have diabetes"
    request = AnswerRequest(
        "I take aliskiren and have diabetes. May I take Lumexal?",
        (Hit(Chunk("d", 0, len(text), text, title="Lumexal"), 1.0, 1, "test", scores={"bm25": 1.0}),),
        "medical",
    )
    found = stated(request, Draft("", refused=True, confidence=0.2))
    assert found.label != "yes"
    assert found.refused or found.text.startswith("Do not take Lumexal")
