"""After any changes, at any door: nothing confidential leaves, nobody is shown what they may not read."""

from __future__ import annotations

import pytest

from sparewheel.rag.answer import chat
from sparewheel.rag.rights import Rights
from sparewheel.rag.types import AnswerRequest

changes = pytest.importorskip("benchmarks.changes")


async def test_nothing_leaks_after_any_changes():
    """Sixteen walks here; thousands in `benchmarks.changes`."""
    counts, leaks = await changes.walked(16, seed=41)
    assert leaks == []
    assert counts["sequences"] == 16
    assert len(counts) > 20


async def test_the_walk_notices_a_right_that_is_not_kept(monkeypatch):
    """Else it would prove nothing."""
    monkeypatch.setattr(Rights, "allow", lambda *_: True)
    _, leaks = await changes.walked(12, seed=41)
    assert any("shown after" in leak for leak in leaks)


async def test_the_walk_notices_what_reaches_the_cloud(monkeypatch):
    """Where neither the order of the answerers nor the call itself looks at the sensitivity."""
    from sparewheel.rag.reliability import failover

    monkeypatch.setattr(AnswerRequest, "may_leave", property(lambda _: True))
    order = failover.order
    monkeypatch.setattr(failover, "order", lambda targets, sensitivity, names: order(targets, "normal", names))
    _, leaks = await changes.walked(12, seed=41)
    assert chat is not None
    assert any("reached the cloud" in leak for leak in leaks)
