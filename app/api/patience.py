"""The server's HTTP protocol, with a limit on how long the headers of a request may take.

Without one a connection that sends a header every minute is kept for ever: uvicorn counts only whole requests.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.auto import AutoHTTPProtocol

HEADERS_WITHIN_S = 20.0


class PatientProtocol(AutoHTTPProtocol):  # type: ignore[misc,valid-type]
    """Closes a connection whose request has not begun `HEADERS_WITHIN_S` after its first byte, or after connecting."""

    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._begun():
            self._done()
        elif self._due is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._done()
        super().connection_lost(exc)

    def _begun(self) -> bool:
        """Is a request being answered?"""
        return self.cycle is not None and not self.cycle.response_complete

    def _wait(self) -> None:
        self._due = self.loop.call_later(HEADERS_WITHIN_S, self._give_up)

    def _done(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _give_up(self) -> None:
        self._due = None
        if not self._begun() and not self.transport.is_closing():
            self.transport.close()
