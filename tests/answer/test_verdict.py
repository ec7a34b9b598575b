"""A yes or no needs evidence of the same subject and action, and equal numbers."""

import pytest

from sparewheel.rag.answer.verdict import verdict

SURE = {"yes": 1.0, "no": 0.0, "maybe": 0.0}
NO = {"yes": 0.0, "no": 1.0, "maybe": 0.0}


@pytest.mark.parametrize(
    ("question", "evidence", "labels", "label"),
    [
        ("May members vote online?", "Members may vote online.", SURE, "yes"),
        ("May the buyer terminate for convenience?", "The buyer may not terminate for convenience.", NO, "no"),
        ("Can staff work remotely 3 days a week?", "Staff may work remotely up to two days a week.", SURE, "no"),
        ("Can staff work remotely 2 days a week?", "Staff may work remotely up to two days a week.", SURE, "yes"),
        ("May a sample go through the tube?", "Samples: within 10 minutes, and never through the tube.", NO, "no"),
        ("May the 10 mg tablet be cut?", "The 5 mg tablet can be cut; the 10 mg tablet must not be cut.", NO, "no"),
        ("Can it be assigned without consent?", "Neither party may assign it without consent.", NO, "no"),
    ],
)
def test_the_words_of_the_evidence_say_yes_or_no(question, evidence, labels, label):
    """A clause that denies means no; so does another number."""
    assert verdict(question, evidence, "", labels, "en") == label


@pytest.mark.parametrize(
    ("question", "evidence"),
    [
        ("Does the licence check send drawings to the maker?", "The licence check sends the number and the version."),
        ("Does the landlord have a right to break the lease?", "The tenant has a right to break the lease."),
        ("Can I drink alcohol with the tablets?", "Do not drink grapefruit juice with it."),
        ("Does it respond to a signal of a browser?", "A browser can send a signal; we do not respond to it."),
        ("Is a dose of 10 mg given at night?", "The dose is given at night."),
        ("Is the open workshop in Elmford?", "An open workshop is held in Marlby, 40 kilometres away."),
        ("Can the treasurer also be the chair?", "The board elects a chair and a treasurer."),
        ("Does the option end when she is dismissed for cause?", "If she is dismissed without cause, the option ends."),
        ("Is this contract risky for me?", "This contract is governed by the law of Delaware."),
    ],
)
def test_evidence_that_does_not_bear_gives_no_label(question, evidence):
    """Another object, party, subject; mixed clauses; no number where one is asked; an opinion."""
    assert verdict(question, evidence, "", SURE, "en") == ""


def test_a_network_that_disagrees_with_the_words_silences_them():
    """Neither alone is right often enough."""
    assert verdict("May members vote online?", "Members may vote online.", "", NO, "en") == ""


@pytest.mark.parametrize(
    ("question", "evidence", "label"),
    [
        ("皮肤发红时可以按摩吗？", "禁止按摩发红的皮肤。", "no"),
        ("年假可以折算成工资吗？", "当年未休的年假不予折算工资，也不得结转。", "no"),
        ("需要把装修恢复原状吗？", "固定装修归甲方所有，乙方无须恢复原状。", "no"),
        ("王某是否归还欠款？", "王某仍拒不归还欠款。", "no"),
        ("可以线上投票吗？", "股东可以线上投票。", "yes"),
        ("能提前15天通知吗？", "应当提前三十日通知。", "no"),
    ],
)
def test_chinese_by_rule(question, evidence, label):
    """The clause that holds what is asked; what forbids denies."""
    assert verdict(question, evidence, "", {}, "zh") == label


@pytest.mark.parametrize(
    ("question", "evidence", "label"),
    [
        ("May the guest use the sauna?", "The guest may use every room other than the sauna.", "no"),
        ("May the guest use the kitchen?", "The guest may use the kitchen, but not the sauna.", "yes"),
        ("Does the broker get a commission?", "The broker acts without any commission.", "no"),
        ("Do I need to rest before the scan?", "Do not drink before the scan.", ""),
        ("Can the nurse take 12 vacation days?", "No more than nine vacation days may be taken by the nurse.", "no"),
        ("Is it suitable for a 5 year old?", "It is not suitable for children under 8 years.", "no"),
    ],
)
def test_exceptions_lacks_and_other_actions(question: str, evidence: str, label: str) -> None:
    """What is taken out of a permission is not permitted; another action says nothing."""
    assert verdict(question, evidence, "", {}, "en") == label


def test_stopping_something_else_says_nothing_of_taking_it() -> None:
    """应停止哺乳 neither allows nor forbids the medicine."""
    assert verdict("哺乳期可以吃本品吗？", "哺乳期妇女用药期间应停止哺乳。", "", {}, "zh") == ""
