"""Questions to begin with, where the corpus holds no sample of ours."""

from __future__ import annotations

from sparewheel.app.ui.ask.examples import MOST, usual


def test_usual_questions_come_from_the_headings_of_contracts() -> None:
    """A question for a clause that the contract has, each of another contract."""
    headings = {
        "Supply Agreement": ["1. Supply", "14.2 GOVERNING LAW", "9. Termination"],
        "Lease": ["7. Insurance", "8. Termination by the Tenant"],
        "Side letter": ["1"],
    }
    assert usual(headings) == [
        "Which law governs the Supply Agreement?",
        "Who may terminate the Lease, and with what notice?",
    ]


def test_no_more_than_a_few_and_none_without_such_clauses() -> None:
    """A long list helps nobody; a question that nobody can answer still less."""
    heads = ["Governing law", "Termination", "Assignment", "Liability", "Insurance", "Audit"]
    assert len(usual({f"Contract {n}": heads for n in range(9)})) == MOST
    assert usual({"Minutes of a meeting": ["Present", "Any other business"]}) == []
