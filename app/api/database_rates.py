"""Requests of a caller, counted by all servers of a database together."""

from __future__ import annotations

from sparewheel.app.api.rates import Limits, most_at_once
from sparewheel.rag.errors import Unavailable
from sparewheel.rag.postgres.shared import Shared, shared_of
from sparewheel.rag.settings import Settings


class DatabaseRates:
    """Of all servers, by the database's clock. While it is away, each server counts by itself."""

    def __init__(self, shared: Shared, alone: Limits) -> None:
        self._shared = shared
        self._alone = alone

    def take(self, caller: bytes, per_minute: int, now: float) -> float:
        """As `Limits`; `now` counts only while the database is away."""
        if not per_minute:
            return 0.0
        bucket = (caller, most_at_once(per_minute), per_minute / 60)
        try:
            with self._shared.transaction(in_turn=False) as rows:
                row = rows.execute("SELECT take_request(?, ?, ?)", bucket).fetchone()
        except Unavailable:
            return self._alone.take(caller, per_minute, now)
        return float(row[0]) if row else 0.0


def limits_of(settings: Settings, alone: Limits) -> Limits:
    """What counts requests: the database that the settings name, or `alone`, of this machine."""
    shared = shared_of(settings)
    return DatabaseRates(shared, alone) if shared is not None else alone
