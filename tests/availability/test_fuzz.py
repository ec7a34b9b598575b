"""A small slice of the fuzzed behaviours; benchmarks/availability_fuzz.py plays ten thousand."""

from sparewheel.eval.availability.fuzz import draw, fuzz
from sparewheel.rag.reliability.deadline import Budgets


async def test_no_behaviour_of_an_endpoint_costs_an_answer() -> None:
    """Whole answers are given however they are wrapped, the reader's otherwise; nothing is raised and nothing hangs.
    Stalls are left to the bench: they end by the clock."""
    numbers = [number for number in range(260) if draw(number).end != "stall"]
    report = await fuzz(numbers, budgets=Budgets(first_token_s=60, between_tokens_s=60, total_s=60))
    assert (report.lost, report.raised, report.hung, report.wrong) == ([], [], [], [])
    assert report.right == len(numbers)


def test_a_behaviour_is_the_same_every_time() -> None:
    """What a bench found can be played again by its number."""
    assert draw(7) == draw(7)
    assert draw(7) != draw(8)
