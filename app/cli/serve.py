"""`sparewheel serve`: the HTTP API."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from sparewheel.app.cli.common import extra, settings_of
from sparewheel.rag.settings import Settings


@click.command()
@click.option("--host", help="Address to listen on (setting api.host: 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port (setting api.port: 8080); 0: any free one.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes (setting api.workers: 1).")
@click.option("--data", "data_folder", type=click.Path(path_type=Path), help="Where corpora are (setting data_folder).")
@click.pass_context
def serve(ctx: click.Context, host: str | None, port: int | None, workers: int | None, data_folder: Path | None) -> int:
    """Serve the HTTP API: questions, documents, and OpenAI's chat protocol.

    Listens on this machine only, unless somebody has a key (sparewheel users).
    Ctrl-C or SIGTERM: answers in flight end first. SIGHUP: settings and keys
    are read again. What can be asked is at /docs. Several workers share one port
    and one copy of the models.
    """
    with extra("serve"):
        from sparewheel.app.api import server
        from sparewheel.app.api import workers as several

    def changed(settings: Settings) -> Settings:
        """The command's own options stay in force over what is read again."""
        api = replace(settings.api, host=host or settings.api.host, port=settings.api.port if port is None else port)
        folder = str(data_folder.absolute()) if data_folder else settings.data_folder
        return replace(settings, api=api, data_folder=folder)

    read = partial(settings_of, ctx)
    settings = changed(read())
    count = workers or settings.api.workers

    def told(url: str) -> None:
        by = f", {count} workers" if count > 1 else ""
        click.echo(f"API at {url}, its pages at {url}/docs{by}")

    if count > 1:
        return several.run(settings, lambda: changed(read()), told, count)
    server.run(settings, lambda: changed(read()), told)
    return 0
