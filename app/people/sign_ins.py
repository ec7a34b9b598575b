"""Sign-ins that were tried and sessions that were ended, kept where every process and every server knows of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sparewheel.app.kept.rows import kept_by
from sparewheel.rag.settings import Settings
from sparewheel.rag.sql import InFile, Rows, Tables

FORGET_S = 24 * 3600.0  # a wrong password is forgotten after so long
_SCHEMA = """
CREATE TABLE IF NOT EXISTS tries (kind TEXT, who TEXT, count INTEGER, last REAL, PRIMARY KEY (kind, who));
CREATE TABLE IF NOT EXISTS ended (session TEXT PRIMARY KEY, until REAL);
"""


@dataclass(frozen=True)
class Rule:
    """After `free` tries in a row a further one waits 2 s, 4 s, ... up to `longest_s`."""

    free: int
    longest_s: float

    def pause_s(self, count: int) -> float:
        return 0.0 if count < self.free else min(self.longest_s, 2.0 ** min(count - self.free + 1, 20))


# A name from one address is slowed down most. One address may be an office behind one router, so it has more tries; a
# name from everywhere is only held up for seconds, since otherwise anybody could keep its owner out.
RULES = {"pair": Rule(5, 300.0), "address": Rule(30, 60.0), "name": Rule(60, 5.0)}


class SignIns:
    """Safe to share between threads and processes. clock: wall time, seconds."""

    def __init__(self, kept: Path | Tables, clock: Callable[[], float] = time.time) -> None:
        """kept: a file, or where `kept_by` says."""
        self._kept: Tables = InFile(kept, _SCHEMA) if isinstance(kept, Path) else kept
        self._clock = clock

    @classmethod
    def of(cls, settings: Settings) -> SignIns:
        """Those of this installation."""
        return cls(kept_by(settings, "sign_ins.sqlite", _SCHEMA))

    def reserve(self, name: str, address: str) -> float:
        """0 when the password may be tried now, else the seconds to wait. The try counts as a wrong one until
        `succeeded` takes it back: of many at once only the free ones are hashed."""
        now = self._clock()
        keys = _keys(name, address)
        with self._kept.transaction() as db:
            db.execute("DELETE FROM tries WHERE last < ?", (now - FORGET_S,))
            wait_s = max(_wait_s(db, kind, who, now) for kind, who in keys.items())
            if wait_s > 0:
                return wait_s
            for kind, who in keys.items():
                db.execute(
                    "INSERT INTO tries VALUES (?, ?, 1, ?)"
                    " ON CONFLICT (kind, who) DO UPDATE SET count = tries.count + 1, last = ?",
                    (kind, who, now, now),
                )
        return 0.0

    def succeeded(self, name: str, address: str) -> None:
        """The password was right: the wrong ones of this name from this address are forgotten, the reserved try too."""
        keys = _keys(name, address)
        with self._kept.transaction() as db:
            db.execute("DELETE FROM tries WHERE kind = 'pair' AND who = ?", (keys["pair"],))
            for kind in ("address", "name"):
                fewer = "UPDATE tries SET count = CASE WHEN count > 0 THEN count - 1 ELSE 0 END"
                db.execute(f"{fewer} WHERE kind = ? AND who = ?", (kind, keys[kind]))

    def end(self, session: str, until: float) -> None:
        """The session opens nothing from now on. until: when it would have ended by itself, wall time."""
        with self._kept.transaction() as db:
            db.execute("DELETE FROM ended WHERE until < ?", (self._clock(),))
            db.execute(
                "INSERT INTO ended VALUES (?, ?) ON CONFLICT (session) DO UPDATE SET until = excluded.until",
                (session, until),
            )

    def ended(self, session: str) -> bool:
        """Was it signed out?"""
        with self._kept.transaction(write=False) as db:
            return db.execute("SELECT 1 FROM ended WHERE session = ?", (session,)).fetchone() is not None


def _wait_s(db: Rows, kind: str, who: str, now: float) -> float:
    """Seconds that a rule still holds somebody up."""
    found = db.execute("SELECT count, last FROM tries WHERE kind = ? AND who = ?", (kind, who)).fetchone()
    return max(0.0, found[1] + RULES[kind].pause_s(found[0]) - now) if found else 0.0


def _keys(name: str, address: str) -> dict[str, str]:
    """Whom each rule counts. Names are the caller's choice: long ones are cut."""
    name = name.casefold()[:200]
    return {"pair": f"{name}\n{address}", "address": address, "name": name}
