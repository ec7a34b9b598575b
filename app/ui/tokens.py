"""Who signed in, kept in a cookie that nobody can forge; and how often a password may be tried."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import hmac
import os
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

Clock = Callable[[], float]


def secret_of(folder: Path) -> bytes:
    """32 random bytes kept in `folder`, made when first asked for; sign-ins survive a restart of the page."""
    path = folder / "page.secret"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = folder / f".page.secret.{os.getpid()}"
        made.touch(0o600)
        made.write_bytes(secrets.token_bytes(32))
        with contextlib.suppress(FileExistsError):  # another process was first: its secret counts
            os.link(made, path)
        made.unlink()
    return path.read_bytes()


@dataclass(frozen=True)
class Tokens:
    """Signed tokens `name.expires.mac`. The mac covers the account's stamp too (it changes with the password), so that
    a new password ends every sign-in made with the old one. The clock is wall time in seconds."""

    secret: bytes
    valid_s: float
    clock: Clock = time.time

    def issue(self, name: str, stamp: str) -> str:
        """A token that is good for `valid_s`."""
        return self._signed(name, int(self.clock() + self.valid_s), stamp)

    def name(self, token: str, stamp_of: Callable[[str], str | None]) -> str | None:
        """Whose token it is; None when it is forged, over, or of an account whose password changed or that is gone."""
        try:
            encoded, expires, _ = token.split(".")
            name = base64.urlsafe_b64decode(encoded).decode()
            until = int(expires)
        except (ValueError, binascii.Error):
            return None
        stamp = stamp_of(name)
        if stamp is None or until < self.clock():
            return None
        return name if hmac.compare_digest(token.encode(), self._signed(name, until, stamp).encode()) else None

    def _signed(self, name: str, expires: int, stamp: str) -> str:
        body = f"{base64.urlsafe_b64encode(name.encode()).decode()}.{expires}"
        mac = hmac.new(self.secret, f"{body}.{stamp}".encode(), hashlib.sha256).hexdigest()
        return f"{body}.{mac}"


@dataclass
class Throttle:
    """After `free` wrong passwords for one name a further try waits: 2 s, 4 s, ... up to `longest_s`."""

    free: int = 5
    longest_s: float = 300.0
    clock: Clock = time.monotonic
    _failed: dict[str, tuple[int, float]] = field(default_factory=dict)  # name -> (failures in a row, time of the last)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def wait_s(self, name: str) -> float:
        """Seconds until this name may be tried again; 0 now."""
        with self._lock:
            count, last = self._failed.get(name, (0, 0.0))
        if count < self.free:
            return 0.0
        pause = min(self.longest_s, 2.0 ** min(count - self.free + 1, 20))
        return max(0.0, last + pause - self.clock())

    def failed(self, name: str) -> None:
        """A wrong password was given."""
        with self._lock:
            now = self.clock()
            count = self._failed.get(name, (0, 0.0))[0]
            self._failed[name] = (count + 1, now)
            if len(self._failed) > 10_000:  # names are the caller's choice: forget those that wait no longer
                self._failed = {n: v for n, v in self._failed.items() if now - v[1] < self.longest_s}

    def succeeded(self, name: str) -> None:
        """The right password was given: earlier failures are forgotten."""
        with self._lock:
            self._failed.pop(name, None)
