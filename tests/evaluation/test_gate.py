"""The gate closes on a loss beyond chance, and on nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from sparewheel.eval.gate import BASELINE, HIGHER_IS_BETTER, LOWER_IS_BETTER, check, release, released
from sparewheel.rag.errors import NotFound

NOW = {
    "f1": {"value": 0.5, "low": 0.4, "high": 0.6, "n": 100},
    "aurc": {"value": 0.3, "low": 0.2, "high": 0.4, "n": 100},
}


@pytest.mark.parametrize(
    ("before", "holds"),
    [
        ({"f1": 0.6}, True),  # within the interval
        ({"f1": 0.61}, False),
        ({"f1": 0.1}, True),  # better than released
        ({"aurc": 0.2}, True),
        ({"aurc": 0.19}, False),  # lower is better
        ({"aurc": 0.9}, True),
        ({"em": 0.1}, False),  # gone
    ],
)
def test_a_loss_beyond_the_interval_closes_the_gate(before: dict[str, float], holds: bool) -> None:
    """The released value may not lie on the better side of today's interval."""
    assert [c.holds for c in check(NOW, before)] == [holds]


def test_released_figures_come_back(tmp_path: Path) -> None:
    """What was kept is read; where nothing was kept the cure is told."""
    path = tmp_path / "baseline.json"
    with pytest.raises(NotFound, match="eval gate --update"):
        released(path)
    release(NOW, path)
    assert released(path) == {"f1": 0.5, "aurc": 0.3}


def test_the_committed_figures_are_gated_ones() -> None:
    """Every committed figure has a known better side."""
    assert set(released(BASELINE)) <= {*HIGHER_IS_BETTER, *LOWER_IS_BETTER}
