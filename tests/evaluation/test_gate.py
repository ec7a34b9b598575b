"""The gate closes on a loss beyond chance on the same questions, and on many small losses."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparewheel.corpora import Question
from sparewheel.eval.gate import BASELINE, HIGHER_IS_BETTER, LOWER_IS_BETTER, check, release, released
from sparewheel.eval.score import Row
from sparewheel.rag.errors import NotFound

COUNT = 40


def run(right: int, wrong: int = 0) -> list[Row]:
    """Forty questions, the first `right` of them right, the last `wrong` answered wrongly."""
    return [
        Row(
            {"id": f"{number:02}", "outcome": "answered", "confidence": 0.5, "label": ""},
            Question(f"{number:02}", "?", ("x",)),
            {"right": float(number < right), "wrong_given": float(number >= COUNT - wrong)},
        )
        for number in range(COUNT)
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "holds"),
    [
        (30, 5, {"right": True, "wrong_given": True}),
        (28, 5, {"right": True, "wrong_given": True}),  # two questions: chance
        (20, 5, {"right": False, "wrong_given": True}),  # ten of forty lost, none gained
        (30, 15, {"right": True, "wrong_given": False}),  # lower is better
        (40, 0, {"right": True, "wrong_given": True}),
    ],
)
def test_a_loss_on_the_same_questions_closes_the_gate(
    tmp_path: Path, right: int, wrong: int, holds: dict[str, bool]
) -> None:
    """Paired: what was right and is not any more."""
    path = tmp_path / "baseline.json"
    release(run(30, 5), path)
    assert {c.measure: c.holds for c in check(run(right, wrong), released(path))} == holds


def test_small_losses_do_not_add_up_unseen(tmp_path: Path) -> None:
    """Each release is two questions worse than the one before, which is chance; the floor stays and closes the gate."""
    path = tmp_path / "baseline.json"
    release(run(30), path)
    floor = released(path)["floor"]["right"]
    for right in (28, 26, 24):
        release(run(right), path)
        assert released(path)["floor"]["right"] == floor
    (row,) = (c for c in check(run(22), released(path)) if c.measure == "right")
    assert (row.holds, row.p > 0.05, row.value < row.floor) == (False, True, True)


def test_a_measure_that_is_gone_does_not_hold(tmp_path: Path) -> None:
    """And where nothing was kept the message gives the cure."""
    path = tmp_path / "baseline.json"
    with pytest.raises(NotFound, match="eval gate --update"):
        released(path)
    release(run(30), path)
    other = [Row({**row.record, "id": "x" + row.record["id"]}, row.question, row.values) for row in run(30)]
    assert [c.holds for c in check(other, released(path))] == [False, False]


def test_the_committed_figures_are_gated_ones() -> None:
    """Every floor has a known better side, and every question of the release is one of the samples."""
    kept = released(BASELINE)
    assert set(kept["floor"]) <= {*HIGHER_IS_BETTER, *LOWER_IS_BETTER}
    assert len(kept["values"]) == 172
