"""Who signed in, kept in a cookie that nobody can forge."""

from __future__ import annotations

import base64
import binascii
import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import Signer

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
    """Signed tokens `name.session.expires.mac`. The mac covers the account's stamp too (it changes with the password),
    so that a new password ends every sign-in made with the old one. ended: was a session signed out? The clock is wall
    time in seconds."""

    secret: bytes
    valid_s: float
    clock: Clock = time.time
    ended: Callable[[str], bool] = lambda session: False

    def issue(self, name: str, stamp: str) -> str:
        """A token that is good for `valid_s`."""
        encoded, session = base64.urlsafe_b64encode(name.encode()).decode(), secrets.token_urlsafe(12)
        body = f"{encoded}.{session}.{int(self.clock() + self.valid_s)}"
        return self._signer(stamp).sign(body).decode()

    def name(self, token: str, stamp_of: Callable[[str], str | None]) -> str | None:
        """Whose token it is; None when it is forged, over, or of an account whose password changed or that is gone."""
        try:
            encoded, session, expires, _ = token.split(".")
            name = base64.urlsafe_b64decode(encoded).decode()
            until = int(expires)
        except (ValueError, binascii.Error):
            return None
        stamp = stamp_of(name)
        if stamp is None or until < self.clock():
            return None
        return name if self._signer(stamp).validate(token) and not self.ended(session) else None

    @staticmethod
    def session(token: str) -> tuple[str, float]:
        """The session of a token that `name` found good, and when it ends by itself."""
        _, session, expires, _ = token.split(".")
        return session, float(expires)

    def _signer(self, stamp: str) -> Signer:
        return Signer(self.secret, f"sign-in {stamp}", key_derivation="hmac", digest_method=hashlib.sha256)
