"""`sparewheel completion`: the shell completion script."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the completion script of SHELL; for bash: eval "$(sparewheel completion bash)"."""
    from sparewheel.app.cli import cli

    complete = get_completion_class(shell)
    assert complete is not None  # the choices are click's own
    click.echo(complete(cli, {}, "sparewheel", "_SPAREWHEEL_COMPLETE").source())
