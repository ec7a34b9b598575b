"""Runs the API. Told to stop, it first says so at /readyz, then closes its door, then ends what is in flight.

SIGTERM or Ctrl-C: stop; a second one: at once. SIGHUP: settings, endpoints and keys are read again.
"""

from __future__ import annotations

import asyncio
import logging
import math
import signal
import socket
import time
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from sparewheel.app.api.crew import Crew
from sparewheel.app.api.main import create_app
from sparewheel.app.api.patience import PatientProtocol
from sparewheel.app.api.rates import Limits
from sparewheel.app.api.who import check_open
from sparewheel.app.people.auth import Accounts, accounts_of
from sparewheel.app.service import Service
from sparewheel.rag import observe
from sparewheel.rag.errors import SettingsError, UsageError
from sparewheel.rag.settings import Api, Settings

log = logging.getLogger(__name__)


class Server(uvicorn.Server):
    """uvicorn's, with a notice before the door closes, and an exit code of 0 after a whole stop."""

    def __init__(self, app: FastAPI, config: uvicorn.Config, api: Api) -> None:
        super().__init__(config)
        self._app = app
        self._notice_s = api.shutdown_delay_s
        self._within_s = api.shutdown_delay_s + api.drain_s
        self._ends = math.inf  # on the monotonic clock: when the stop must be over

    @property
    def left_s(self) -> float:
        """Of the time that a stop may take."""
        return min(self._within_s, max(0.0, self._ends - time.monotonic()))

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, loop.run_in_executor, None, _reload, self._app.state.service)
        self._loop = loop
        await super().serve(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Once: the notice, then the door. Twice: now, whatever is in flight."""
        if self._app.state.stopping.is_set():
            self.should_exit = self.force_exit = True
            return
        self._app.state.stopping.set()
        self._ends = time.monotonic() + self._within_s
        self._loop.call_soon_threadsafe(self._loop.call_later, self._notice_s, self._close_door)

    def _close_door(self) -> None:
        self.should_exit = True


def run(settings: Settings, read: Callable[[], Settings], told: Callable[[str], None]) -> None:
    """Serves until it is asked to stop. read: where the settings are read again. told: its address, once it listens.

    Raises UsageError when it would be open to others without a key, or its address cannot be listened on.
    """
    accounts = accounts_of(settings)
    check_open(settings, accounts)
    listener = listen(settings.api.host, settings.api.port)
    serve(Service(settings, read), accounts, [listener], ready=lambda: told(url_of(listener)))


def serve(
    service: Service,
    accounts: Accounts,
    listeners: list[socket.socket],
    *,
    crew: Crew | None = None,
    rates: Limits | None = None,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serves in this process until asked to stop, then closes the service. crew, rates: where others serve the same
    address. ready: called before the first request."""
    settings = service.settings
    observe.start(settings)
    app = create_app(service, accounts, crew, rates)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # the edge writes a line without the path
        server_header=False,
        proxy_headers=False,
        http=PatientProtocol,
        timeout_graceful_shutdown=max(1, round(settings.api.drain_s)),
    )
    server = Server(app, config, settings.api)
    ready()
    try:
        server.run(listeners)
    finally:
        service.close(server.left_s)  # uploads may end in what is left of the time
        observe.stop()


def listen(host: str, port: int) -> socket.socket:
    """A socket that takes connections; from here on none is lost. Raises UsageError where that cannot be."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except OSError as error:
        raise UsageError(
            f"cannot listen on {host} port {port} ({error.strerror}); give another with --port, or 0 for any free one"
        ) from error


def url_of(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _reload(service: Service) -> None:
    try:
        service.reload()
        observe.start(service.settings)
        log.info("settings read again")
    except SettingsError as error:
        log.error("the settings stay as they were: %s", error)
