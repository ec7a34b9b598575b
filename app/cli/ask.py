"""`sparewheel ask`: one question, one answer, with the places it was read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparewheel.app.cli.answers import print_answer
from sparewheel.app.cli.common import EXIT, console, print_json, settings_of, the_corpus
from sparewheel.app.cli.conversation import Conversation
from sparewheel.rag.errors import UsageError
from sparewheel.rag.text import language_of

if TYPE_CHECKING:
    from sparewheel.rag.walk import SearchOptions


@click.command()
@click.argument("question")
@click.option("--corpus", help="Name of the corpus to read (default: the only one).")
@click.option("--k", type=click.IntRange(1, 100), help="Passages given to the model (setting retrieve.evidence_k).")
@click.option(
    "--filter", "filters", multiple=True, metavar="KEY=VALUE", help="Only documents with this metadata; repeatable."
)
@click.option(
    "--timeout", "--within", "within_s", type=click.FloatRange(min=0.1), metavar="SECONDS", help="Total time allowed."
)
@click.option(
    "--history",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep the conversation in this file: what was asked before counts, this question is added.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the whole answer record as JSON.")
@click.pass_context
def ask(
    ctx: click.Context,
    question: str,
    corpus: str | None,
    k: int | None,
    filters: tuple[str, ...],
    within_s: float | None,
    history: Path | None,
    as_json: bool,
) -> int:
    """Answer QUESTION from a corpus, with citations.

    Exit code: 0 answered, 3 refused ("not in these documents"), 2 usage, 1 failure.
    """
    from sparewheel.rag.assemble import open_pipeline

    settings = settings_of(ctx)
    corpus = the_corpus(settings, corpus)
    said = Conversation.opened(corpus, history)
    options: SearchOptions = {"k": k, "filter": read_filters(filters)}
    with open_pipeline(corpus, settings=settings) as pipeline:
        answer = pipeline.ask(question, history=said.history, history_is_ours=True, within_s=within_s, **options)
        said.add(answer)
        if as_json:
            print_json(answer)
        else:
            disclaimer = pipeline.profile.disclaimer.get(language_of(question), "")
            print_answer(answer, console(), disclaimer=disclaimer, settings=settings)
    return EXIT[answer.outcome]


def read_filters(filters: tuple[str, ...]) -> dict[str, list[str]]:
    """KEY=VALUE texts as a filter; the same key twice means either value."""
    read: dict[str, list[str]] = {}
    for text in filters:
        key, equals, value = text.partition("=")
        if not (key and equals):
            raise UsageError(f"--filter {text!r} is not KEY=VALUE; for example --filter document=lease.pdf")
        read.setdefault(key, []).append(value)
    return read
