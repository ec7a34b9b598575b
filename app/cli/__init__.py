"""The command `sparewheel`. Each sub-command lives in its own file and is imported when it is called.

Exit codes: 0 answered or done, 1 failure, 2 usage, 3 refused ("not in these documents").
"""

from __future__ import annotations

import errno
import importlib
import sqlite3
import sys
from typing import Any

import click

from sparewheel.app.cli.printable import printable
from sparewheel.rag.errors import SparewheelError, UsageError, suggest

# name -> (module, attribute, one line for --help without importing the module)
COMMANDS = {
    "advise": ("sparewheel.app.cli.advise", "advise", "Which set-up to choose, why, and what each costs."),
    "ask": ("sparewheel.app.cli.ask", "ask", "Answer a question from a corpus, with citations."),
    "audit": ("sparewheel.app.cli.audit", "audit", "Check and show the audit log."),
    "chat": ("sparewheel.app.cli.chat", "chat", "Ask one question after the other; each knows what was said."),
    "corpora": ("sparewheel.app.cli.corpora", "corpora", "List, inspect, remove and fetch corpora."),
    "completion": ("sparewheel.app.cli.completion", "completion", "Print the shell completion script."),
    "demo": ("sparewheel.app.cli.demo", "demo", "Index the sample corpora and answer three questions."),
    "doctor": ("sparewheel.app.cli.doctor", "doctor", "Check this set-up, each line with its cure."),
    "edge": ("sparewheel.app.cli.edge", "edge", "A corpus in one file, for a small machine without a network."),
    "eval": ("sparewheel.app.cli.evaluate", "evaluate", "Batch evaluation: run, score, compare, report, availability."),
    "ingest": ("sparewheel.app.cli.ingest", "ingest", "Index files or folders into a corpus."),
    "init": ("sparewheel.app.cli.init", "init", "Set up in three questions: documents, domain, who answers."),
    "mcp": ("sparewheel.app.cli.mcp", "mcp", "Serve the corpora as tools of an assistant (MCP)."),
    "memory": ("sparewheel.app.cli.memory", "memory", "Answers kept for an outage: list, forget, export."),
    "models": ("sparewheel.app.cli.models", "models", "The built-in models and a catalogue of open ones."),
    "prepare": ("sparewheel.app.cli.prepare", "prepare", "Ask now what an outage should find answered."),
    "reindex": ("sparewheel.app.cli.ingest", "reindex", "Bring an index up to date with today's models and rules."),
    "review": ("sparewheel.app.cli.review", "review", "Ask the same questions of many documents, as a table."),
    "serve": ("sparewheel.app.cli.serve", "serve", "Serve the HTTP API: questions, documents, OpenAI's chat protocol."),
    "settings": ("sparewheel.app.cli.settings", "settings", "Show the settings in force and what each key means."),
    "ui": ("sparewheel.app.cli.ui", "ui", "Open the analyst's page in a browser."),
    "users": ("sparewheel.app.cli.users", "users", "Accounts of the page and keys of the API."),
    "watch": ("sparewheel.app.cli.watch", "watch", "Keep a corpus in step with folders."),
}


class LazyGroup(click.Group):
    """A group that imports a sub-command when it is used, so `sparewheel ask` never pays for `ingest`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"no such command {args[0]!r}{suggest(args[0], COMMANDS)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name][2]) for name in sorted(COMMANDS)])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80})
@click.version_option(package_name="sparewheel")
@click.option("--config", type=click.Path(), help="Settings file (default: sparewheel.toml, if there is one).")
@click.option("--store", metavar="URL", help="Database of the corpora (setting store): postgresql://HOST/DATABASE.")
@click.pass_context
def cli(ctx: click.Context, config: str | None, store: str | None) -> None:
    """Legal and medical question answering over your own documents, that keeps
    answering when DeepSeek is busy."""
    ctx.obj = config


def main(argv: list[str] | None = None) -> None:
    """Run the command; errors of ours end in one line on standard error and an exit code, never in a traceback."""
    try:
        result: Any = cli.main(args=argv, prog_name="sparewheel", standalone_mode=False)
        sys.exit(result if isinstance(result, int) else 0)
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except UsageError as error:
        click.echo(printable(f"sparewheel: {error}"), err=True)
        sys.exit(2)
    except SparewheelError as error:
        click.echo(printable(f"sparewheel: {error}"), err=True)
        sys.exit(1)
    except (OSError, sqlite3.OperationalError) as error:
        if not (reason := _disk_trouble(error)):
            raise
        click.echo(printable(f"sparewheel: {reason}"), err=True)
        sys.exit(1)


def _disk_trouble(error: OSError | sqlite3.OperationalError) -> str:
    """The message for a disk that is full or read-only; "" for another error."""
    message = str(error).casefold()
    number = error.errno if isinstance(error, OSError) else None
    place = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
    if number in (errno.ENOSPC, errno.EDQUOT) or "database or disk is full" in message:
        return (
            f"the disk of the data folder is full{place}; what was read so far stays searchable:"
            " free some room and run the command again"
        )
    if number in (errno.EROFS, errno.EACCES, errno.EPERM) or "readonly database" in message:
        return f"the data folder cannot be written{place}; check its rights, or name another (SPAREWHEEL_DATA_FOLDER)"
    return ""
