"""What the library tells of itself: metrics, traces, logs, the audit log and the last questions.

    start(settings, port=0)  from now on every question of this process is observed; port: /metrics is served there
    asked_by(user, id)       whose question it is, for the audit log and the log lines
    metrics.exposition()     the body of /metrics        recent.recent()    the last questions, for the health page

Before `start` nothing of this is imported and a question costs nothing more.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sparewheel.rag.observe.hooks import address, asker, request_id

if TYPE_CHECKING:
    from sparewheel.rag.observe.running import Running
    from sparewheel.rag.settings import Settings

__all__ = ["access", "address", "asked_by", "asker", "request_id", "start", "stop"]

_lock = threading.Lock()
_running: Running | None = None


def start(settings: Settings, port: int = 0) -> None:
    """Observe as `settings.observe` says. Called again: nothing where all is the same, else begun anew.

    Raises SettingsError for an audit folder or a port that cannot be used.
    """
    global _running
    from sparewheel.rag.observe.running import Running

    with _lock:
        if _running is not None:
            if (_running.settings, _running.port) == (settings, port):
                return
            _running.close()
            _running = None
        _running = Running(settings, port)
        atexit.register(stop)


def stop() -> None:
    """Nothing is observed any more; what was told until now is written."""
    global _running
    with _lock:
        if _running is not None:
            _running.close()
        _running = None
        atexit.unregister(stop)


def access(event: str, **fields: str) -> None:
    """An access goes into the audit log, where one is kept: event "document_read", "sign_in", ...; fields: corpus,
    document, outcome. It is on the disk when this returns, so call it beside an event loop, never on it."""
    running = _running
    if running is not None and running.audit is not None:
        from sparewheel.rag.observe import audit

        running.audit.write(audit.access(event, **fields))


@contextmanager
def asked_by(user: str, id: str = "") -> Iterator[None]:
    """Questions asked inside are of `user` ("": the local owner), under the request id `id`."""
    user_token, id_token = asker.set(user), request_id.set(id)
    try:
        yield
    finally:
        asker.reset(user_token)
        request_id.reset(id_token)
