"""What the sub-commands share: the settings in force, the console, and how an answer is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from sparewheel.app.view import heading, probability, provenance, similar
from sparewheel.app.words.answers import letters
from sparewheel.rag.answer.unread import CATALOGUE
from sparewheel.rag.errors import UsageError, install
from sparewheel.rag.records import plain
from sparewheel.rag.settings import Settings, load_settings
from sparewheel.rag.types import Answer, Citation

if TYPE_CHECKING:
    from rich.console import Console

EXIT = {"answered": 0, "failed": 1, "refused": 3}


def settings_of(ctx: click.Context) -> Settings:
    """The settings, read from --config where it was given, with --store over them."""
    root = ctx.find_root()
    settings = load_settings(root.obj)
    return replace(settings, store=store) if (store := root.params.get("store")) else settings


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


def print_answer(
    answer: Answer, to: Console, *, disclaimer: str = "", settings: Settings | None = None, said: str = ""
) -> None:
    """The answer, who gave it, and where each citation was read. settings: those it was asked with, to tell why an
    endpoint did not answer and what to do. said: what was shown of its text already."""
    from rich.padding import Padding
    from rich.text import Text

    from sparewheel.app.cli.trouble import troubles

    style = {"answered": "bold", "refused": "yellow", "failed": "red"}[answer.outcome]
    text = f"{answer.label.capitalize()}. {answer.text}" if answer.label else answer.text
    for line in heading(answer, "en"):
        to.print(Text(line, style="dim"))
    if not said or said.split() != text.split():
        to.print(Text(text or "No answer: " + "; ".join(answer.notes), style=style))
    for citation in answer.citations:
        to.print(Padding(Text.assemble((f"[{citation.marker}] ", "cyan"), place(citation)), (0, 0, 0, 2)))
        quote = " ".join(citation.quote.split())
        if quote != " ".join(answer.text.split()):
            to.print(Padding(Text(f"“{shorten(quote, 300)}”", style="italic"), (0, 0, 0, 6)))
    to.print(Text(byline(answer), style="dim"))
    for trouble in troubles(answer, settings) if settings is not None else ():
        to.print(Text(trouble, style="yellow"))
    for note in (*answer.notes, similar(answer, "en")):
        if note:
            to.print(Text(f"Note: {note}", style="yellow"))
    if disclaimer and answer.outcome == "answered":
        to.print(Text(disclaimer, style="dim"))


def place(citation: Citation) -> str:
    """Where a citation was read: title, unless it says no more than the file's name, file, page, heading."""
    parts = [citation.document_id]
    if citation.title and letters(citation.title) not in letters(citation.document_id):
        parts.insert(0, citation.title)
    if citation.page:
        parts.append(f"page {citation.page}")
    if citation.headings:
        parts.append(citation.headings[-1])
    return ", ".join(parts) + f" (characters {citation.start}-{citation.end})"


def byline(answer: Answer) -> str:
    """Who answered, how sure, how long; and why not the one that should have."""
    by = f"memory: {provenance(answer.remembered, 'en')}" if answer.remembered else answer.answered_by
    parts = [f"answered by {by or ('nobody' if answer.reason else 'nobody: no passage was close enough')}"]
    if answer.outcome == "answered" and answer.answered_by != CATALOGUE:
        sure = probability(answer)
        parts.append("written by a model" if sure is None else f"confidence {sure:.0%}")
    parts.append(f"{answer.timings.get('total', 0.0):.2f} s")
    if answer.degraded:
        failed = [f"{a.answerer}: {a.reason}" for a in answer.attempts if a.outcome in ("failed", "skipped")]
        parts.append("degraded (" + ", ".join(failed) + ")")
    return " · ".join(parts)


def shorten(text: str, chars: int) -> str:
    """At most `chars` characters, cut at a space, with an ellipsis where something was cut."""
    if len(text) <= chars:
        return text
    return text[:chars].rsplit(" ", 1)[0] + " …"
