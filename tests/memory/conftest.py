"""What the tests of the answer memory share."""

from __future__ import annotations

import pytest

from sparewheel.rag import recalling


@pytest.fixture(autouse=True)
def kept_before_the_answer_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is: an answer waits until it is kept."""
    monkeypatch.setattr(recalling, "KEPT_WITHIN_S", 600.0)
