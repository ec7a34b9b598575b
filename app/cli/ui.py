"""`sparewheel ui`: the analyst's page."""

from __future__ import annotations

import logging
import socket
from dataclasses import replace
from pathlib import Path

import click

from sparewheel.app.cli.common import settings_of
from sparewheel.rag.errors import UsageError, install
from sparewheel.rag.settings import Settings


@click.command()
@click.option("--host", help="Address to listen on (setting page.host: 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port (setting page.port: 8501); 0: any free one.")
@click.option("--data", "data_folder", help="Folder of the corpora (setting data_folder).")
@click.pass_context
def ui(ctx: click.Context, host: str | None, port: int | None, data_folder: str | None) -> None:
    """Open the analyst's page: ask, documents, evaluation, health, advice.

    Listens on this machine only; beyond it, page.sign_in must ask who is there
    (docs/page.md). Nothing is fetched from elsewhere, and no usage is reported.
    """
    settings = settings_of(ctx)
    page = replace(settings.page, host=host or settings.page.host, port=settings.page.port if port is None else port)
    settings = replace(settings, page=page, data_folder=data_folder or settings.data_folder)
    given = ctx.find_root().obj
    serve(settings, Path(given) if given else None)


def serve(settings: Settings, file: Path | None = None) -> None:
    """Serves until stopped. Raises UsageError without the extra `ui`, for a taken port, or an open door."""
    try:
        import streamlit  # noqa: F401
    except ModuleNotFoundError as error:
        raise UsageError(f"the page needs the extra 'ui' ({error.name} is missing); {install('ui')}") from None
    from sparewheel.app.ui.server import application, check, streamlit_config
    from sparewheel.rag import observe

    check(settings)
    settings = replace(settings, page=replace(settings.page, port=free_port(settings.page.host, settings.page.port)))
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)  # questions are no log lines
    observe.start(settings, port=settings.observe.metrics_port)
    host = "localhost" if settings.page.host == "127.0.0.1" else settings.page.host
    click.echo(f"Sparewheel is at http://{host}:{settings.page.port}{settings.page.root} (stop with Ctrl-C)")
    application(settings, file).run(config=streamlit_config(settings))


def free_port(host: str, port: int) -> int:
    """The port itself, or any free one for 0. Raises UsageError when it is taken, or the address another machine's."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise UsageError(
                f"cannot listen on {host} port {port} ({error.strerror}); give another with --port, or 0 for any"
            ) from error
        found: int = probe.getsockname()[1]
        return found
