"""`sparewheel chat`: questions one after the other, each told what was said before."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparewheel.app.cli.answers import print_answer
from sparewheel.app.cli.common import EXIT, console, settings_of, the_corpus
from sparewheel.app.cli.conversation import Conversation
from sparewheel.app.words import terminal as words
from sparewheel.app.words.terminal import told
from sparewheel.rag.errors import UsageError
from sparewheel.rag.events import Done, Replace, Token
from sparewheel.rag.text import language_of

if TYPE_CHECKING:
    from sparewheel.rag.chain import Pipeline
    from sparewheel.rag.settings import Settings
    from sparewheel.rag.types import Answer


@click.command()
@click.option("--corpus", help="Name of the corpus to ask (default: the only one).")
@click.option(
    "--history",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the conversation in this file, and go on with what is in it.",
)
@click.pass_context
def chat(ctx: click.Context, corpus: str | None, history: Path | None) -> int:
    """Ask one question after the other; each may take up what was said before.

    At a terminal the text comes as it is written. Questions can also be piped
    in, one a line. Exit code: that of the last question, as `ask` has it.
    """
    from sparewheel.rag.assemble import open_pipeline

    settings = settings_of(ctx)
    corpus = the_corpus(settings, corpus)
    said = Conversation.opened(corpus, history)
    with open_pipeline(corpus, settings=settings) as pipeline:
        talk = Talk(pipeline, said, settings)
        if sys.stdin.isatty():
            click.echo(told(words.GREETING, corpus=corpus, count=len(titles(settings, corpus))))
            if said.turns:
                click.echo(told(words.GOING_ON, count=len(said.turns)))
        for line in lines():
            with contextlib.suppress(KeyboardInterrupt):
                if not talk.take(line):
                    break
    return talk.code


class Talk:
    """What is done with each line. code: exit code of the last question."""

    def __init__(self, pipeline: Pipeline, said: Conversation, settings: Settings) -> None:
        self.code = 0
        self._pipeline = pipeline
        self._said = said
        self._settings = settings
        self._last: Answer | None = None

    def take(self, line: str) -> bool:
        """False where the talk is over."""
        line = line.strip()
        if line in ("/quit", "/exit", "/q"):
            return False
        if line.startswith("/"):
            click.echo(self._command(line))
        elif line:
            self._ask(line)
        return True

    def _command(self, line: str) -> str:
        if line == "/new":
            self._said.forget()
            return told(words.ANEW)
        if line == "/documents":
            return "\n".join(titles(self._settings, self._said.corpus))
        if line == "/sources":
            hits = self._last.evidence if self._last else ()
            read = [f"{hit.chunk.document_name}: {hit.chunk.text.strip()}" for hit in hits]
            return "\n\n".join(read) or told(words.NONE_YET)
        help = told(words.HELP)
        return help if line == "/help" else f"{told(words.NO_COMMAND, name=line.split()[0])}\n{help}"

    def _ask(self, question: str) -> None:
        """Streams the answer, then tells where it was read. A mistake of the asker's ends nothing."""
        to, shown = console(), ""
        if self._last is not None and not to.is_terminal:
            to.print()  # between the answers of questions that were piped in
        try:
            for event in self._pipeline.iterate(question, history=self._said.history, history_is_ours=True):
                if isinstance(event, Token | Replace) and to.is_terminal:
                    if isinstance(event, Replace) and shown:
                        to.print(f"\n{told(words.STARTS_AGAIN)}", markup=False, style="yellow")
                        shown = ""
                    shown += event.text
                    to.print(event.text, end="", markup=False, soft_wrap=True)
                elif isinstance(event, Done):
                    self._last = event.answer
        except UsageError as error:
            click.echo(f"{error}", err=True)
            self.code = 2
            return
        answer = self._last
        assert answer is not None
        if shown:
            to.print()
        disclaimer = self._pipeline.profile.disclaimer.get(language_of(question), "") if not self._said.turns else ""
        print_answer(answer, to, disclaimer=disclaimer, settings=self._settings, said=shown)
        self._said.add(answer)
        self.code = EXIT[answer.outcome]


def lines() -> Iterator[str]:
    """What is typed, or piped in, line by line; at a terminal with editing and recall of earlier lines."""
    if not sys.stdin.isatty():
        yield from sys.stdin
        return
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401
    while True:
        try:
            yield input("\n> ")
        except EOFError:
            click.echo()
            return
        except KeyboardInterrupt:
            click.echo(f"\n{told(words.LEAVES)}")


def titles(settings: Settings, corpus: str) -> list[str]:
    """How their readers know the documents."""
    from sparewheel.rag.places import place_of
    from sparewheel.rag.types import named

    with place_of(settings).store(corpus).open() as snapshot:
        return [named(info.id, info.title, info.metadata) for info in snapshot.documents()]
