"""What a second look at quoted words tells, and which questions ask for it."""

import numpy as np
import pytest

from sparewheel.rag.answer.second_look import asks_for_a_detail, asks_yes_or_no, is_detail, label_of
from sparewheel.rag.answer.spans import best_short


@pytest.mark.parametrize(
    "question",
    [
        "How much notice must the tenant give?",
        "When does the exclusivity end?",
        "Under the NDA, how long may back-ups be kept?",
        "Who must agree to the contract?",
        "From when is interest due?",
        "What prepayment fee is due?",
        "Which law governs the agreement?",
    ],
)
def test_figures_dates_and_names_are_details(question):
    """They are answered in a few words."""
    assert asks_for_a_detail(question)


@pytest.mark.parametrize(
    "question",
    [
        "What happens when the buyer pays late?",
        "What may the licensee do with the software?",
        "Which rights are granted to the distributor?",
        "Why was the drug withdrawn?",
        'Highlight the parts (if any) of this contract related to "Cap On Liability".',
    ],
)
def test_what_needs_a_clause_is_no_detail(question):
    """A clause or a sentence answers; a "when" within the question asks nothing."""
    assert not asks_for_a_detail(question)


def test_questions_of_yes_or_no():
    """By their first verb."""
    assert asks_yes_or_no("May the tenant sublet?")
    assert asks_yes_or_no("So is it allowed?")
    assert not asks_yes_or_no("What may the tenant do?")


def test_a_detail_says_nearly_as_much_as_the_best_span():
    """Not much less, and it is no mere full stop."""
    text = "The fee is nine months' rent."
    assert is_detail((11, 28, 6.0), (0, 29, 9.0), text)
    assert not is_detail((11, 28, 2.0), (0, 29, 9.0), text)
    assert not is_detail((28, 29, 9.0), (0, 29, 9.0), text)


def test_the_best_short_span_is_short():
    """Of at most so many tokens, whatever a longer one scores."""
    start = np.array([9.0, 0, 4, 0, 0], np.float32)
    end = np.array([0.0, 0, 0, 4, 9], np.float32)
    assert best_short(start, end, 9) == (0, 4, 18.0)
    assert best_short(start, end, 3) == (2, 4, 13.0)
    assert best_short(start, end, 1)[0] == best_short(start, end, 1)[1]
    assert best_short(start[:1], end[:1], 14) == (0, 0, 9.0)


def labels(yes, no):
    return {"yes": yes, "no": no, "maybe": 1 - yes - no}


def test_a_label_needs_the_network_and_the_words_or_a_very_sure_network():
    """Evidence that denies what is asked means no; where network and words differ, `alone` must be reached."""
    asked, denies, allows = "May the tenant sublet?", "The tenant may not sublet.", "The tenant may sublet."
    assert label_of(labels(0.01, 0.98), asked, denies, 2, 0.9) == "no"
    assert label_of(labels(0.98, 0.01), asked, allows, 2, 0.9) == "yes"
    assert label_of(labels(0.8, 0.1), asked, allows, 2, 0.9) == ""
    assert label_of(labels(0.98, 0.01), asked, denies, 2, 0.9) == ""
    assert label_of(labels(0.98, 0.01), asked, denies, 0.95, 0.9) == "yes"


def test_not_less_than_denies_nothing():
    """ "Not less than 30 days" grants them."""
    asked, evidence = "Is notice required?", "Notice of not less than 30 days is required."
    assert label_of(labels(0.95, 0.01), asked, evidence, 2, 0.9) == "yes"
