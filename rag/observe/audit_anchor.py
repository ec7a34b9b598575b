"""The newest hash of the audit log, copied to where its writers cannot change it: a file elsewhere, or the syslog."""

from __future__ import annotations

import json
import logging
import logging.handlers
import time
from collections.abc import Callable
from pathlib import Path

EVERY_S = 60.0  # between two anchors; what is written in between can be cut off unnoticed until the next one
SYSLOG = "syslog"

log = logging.getLogger(__name__)


class Anchor:
    """Give `put` to an AuditLog. Writes every minute at most, and the rest at the end. clock: monotonic, seconds."""

    def __init__(self, where: str, clock: Callable[[], float] = time.monotonic) -> None:
        """where: a file that is appended to, or "syslog"."""
        self._where = where
        self._clock = clock
        self._next = clock()
        self._left: tuple[int, str] | None = None
        self._syslog: logging.Logger | None = None

    def put(self, number: int, hash: str) -> None:
        self._left = (number, hash)
        if self._clock() >= self._next:
            self.close()
            self._next = self._clock() + EVERY_S

    def close(self) -> None:
        """Writes what was not written yet. An anchor that cannot be written is logged; the log itself goes on."""
        if self._left is None:
            return
        line = json.dumps({"n": self._left[0], "hash": self._left[1]})
        try:
            if self._where == SYSLOG:
                self._to_syslog(line)
            else:
                with Path(self._where).expanduser().open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
            self._left = None
        except OSError as error:
            log.error("the anchor of the audit log cannot be written to %s: %s", self._where, error)

    def _to_syslog(self, line: str) -> None:
        if self._syslog is None:
            self._syslog = logging.Logger("sparewheel-audit")
            self._syslog.addHandler(logging.handlers.SysLogHandler("/dev/log"))
        self._syslog.info("sparewheel audit head %s", line)


def anchored(where: str) -> list[str]:
    """The newest hash in the anchor file; [] where there is none yet, or the anchors are in the system's log."""
    path = Path(where).expanduser()
    if not where or where == SYSLOG or not path.exists():
        return []
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [str(json.loads(lines[-1])["hash"])] if lines else []
