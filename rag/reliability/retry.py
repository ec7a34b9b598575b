"""A token bucket against retry storms: the extra calls that one failing endpoint may bring upon the next."""

from __future__ import annotations

import threading


class RetryBudget:
    """Every question pays in `share` tokens, every extra cloud call takes one; at most `burst` tokens are kept.

    So in the long run at most `share` extra calls per question fall on the cloud; what is refused goes to a local one.
    """

    def __init__(self, share: float = 0.2, burst: float = 300.0) -> None:
        self._share = share
        self._burst = burst
        self._tokens = burst
        self._lock = threading.Lock()

    @property
    def tokens(self) -> float:
        return self._tokens

    def pay_in(self) -> None:
        """One question came."""
        with self._lock:
            self._tokens = min(self._burst, self._tokens + self._share)

    def take(self) -> bool:
        """True when one extra call may be made."""
        with self._lock:
            if self._tokens < 1.0:
                return False
            self._tokens -= 1.0
            return True
