"""What the sub-commands share: the settings in force, the console, and how an answer is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from sparewheel.rag.errors import UsageError, install
from sparewheel.rag.records import plain
from sparewheel.rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from rich.console import Console

EXIT = {"answered": 0, "failed": 1, "refused": 3}


def settings_of(ctx: click.Context) -> Settings:
    """The settings, read from --config where it was given, with --store over them."""
    root = ctx.find_root()
    settings = load_settings(root.obj)
    return replace(settings, store=store) if (store := root.params.get("store")) else settings


def the_corpus(settings: Settings, named: str | None) -> str:
    """The corpus that was named, else the only one there is. Raises UsageError where that leaves a choice, or none."""
    from sparewheel.rag.places import place_of

    if named:
        return named
    there = place_of(settings).names()
    if not there:
        raise UsageError("there is no corpus yet; make one: sparewheel ingest FOLDER --corpus NAME")
    if len(there) > 1:
        raise UsageError(f"which corpus? name it by --corpus; there are {', '.join(there)}")
    return there[0]


@contextmanager
def extra(name: str) -> Iterator[None]:
    """Imports inside are of the extra `name`. Raises UsageError, with the cure, where it is not installed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise UsageError(f"this needs the extra {name!r} ({error.name} is missing); {install(name)}") from None


def needed(extra: str, *modules: str) -> None:
    """Raises UsageError, with the cure, where one of the modules of an extra is missing: before any work is done."""
    from importlib.util import find_spec

    if missing := [name for name in modules if find_spec(name) is None]:
        raise UsageError(f"this needs the extra {extra!r} ({', '.join(missing)} missing); {install(extra)}")


def console(*, err: bool = False) -> Console:
    """A console as wide as the terminal, 80 columns where there is none."""
    from sparewheel.app.cli.safe_console import SafeConsole

    file = sys.stderr if err else sys.stdout
    return SafeConsole(file, None if file.isatty() else 80)


def print_json(value: Any) -> None:
    """One JSON document on standard output, Chinese readable."""
    text = json.dumps(plain(value), ensure_ascii=False, indent=2)
    click.echo(text.encode("utf-8", "replace").decode())  # a name that is no text must not break the document


def shorten(text: str, chars: int) -> str:
    """At most `chars` characters, cut at a space, with an ellipsis where something was cut."""
    if len(text) <= chars:
        return text
    return text[:chars].rsplit(" ", 1)[0] + " …"
