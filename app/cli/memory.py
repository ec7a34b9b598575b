"""`sparewheel memory`: the answers that are kept for an outage."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparewheel.app.cli.common import console, print_json, settings_of, shorten, the_corpus
from sparewheel.rag.errors import NotFound, UsageError

if TYPE_CHECKING:
    from sparewheel.rag.memory.kept import Kept
    from sparewheel.rag.memory.memory import Memory

CORPUS = click.option("--corpus", help="Whose answers; not needed where there is only one corpus.")


@click.group()
def memory() -> None:
    """Answers kept for an outage: list, forget, export.

    What a fuller model than the built-in reader answered, and what people
    corrected, is kept with the passages that it rests on (setting answer.memory).
    """


@memory.command("list")
@CORPUS
@click.option("--containing", default="", metavar="TEXT", help="Only those whose question or answer has this text.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many, newest first.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def list_(ctx: click.Context, corpus: str | None, containing: str, limit: int, as_json: bool) -> None:
    """List what is kept, the newest first."""
    found = chosen(memory_of(ctx, corpus), containing)
    if as_json:
        print_json([shown(kept) for kept in found[:limit]])
        return
    to = console()
    if not found:
        to.print("nothing is kept; sparewheel prepare asks ahead", markup=False)
        return
    from rich.text import Text

    for kept in found[:limit]:
        to.print(Text.assemble((f"{kept.id:>5}  ", "cyan"), kept.question))
        to.print(Text(f"       {shorten(' '.join(kept.text.split()), 200)}"))
        to.print(Text(f"       {who(kept)} · {kept.at[:10]} · {'; '.join(dict.fromkeys(documents_of(kept)))}", "dim"))
    if len(found) > limit:
        to.print(f"{len(found) - limit} more; give --limit", style="dim")


@memory.command()
@CORPUS
@click.argument("ids", nargs=-1, type=int, metavar="[ID]...")
@click.option("--document", "documents", multiple=True, metavar="ID", help="All that rest on this document; repeat.")
@click.option("--before", metavar="DATE", help="All older than this day, 2026-11-01.")
@click.option("--all", "everything", is_flag=True, help="All of them, and what was asked.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def forget(
    ctx: click.Context,
    corpus: str | None,
    ids: tuple[int, ...],
    documents: tuple[str, ...],
    before: str | None,
    everything: bool,
    yes: bool,
) -> None:
    """Forget answers: by number, document, age, or all of them."""
    if not (ids or documents or before or everything):
        raise UsageError("say what to forget: numbers (sparewheel memory list), --document, --before or --all")
    kept = memory_of(ctx, corpus)
    known = kept.store.ids()
    gone = set(known) if everything else set(ids)
    if strange := sorted(set(ids) - set(known)):
        raise NotFound(f"no kept answer {strange[0]}; sparewheel memory list shows their numbers")
    if documents:
        gone |= set(kept.store.resting_on(documents))
    if before:
        day = day_of(before)
        gone |= {one.id for one in kept.store.answers(known) if one.at[:10] < day}
    if gone and not yes:
        click.confirm(f"Forget {len(gone)} of {len(known)} answers?", abort=True, err=True)
    count = kept.store.forget(gone)
    if everything:
        kept.store.forget_questions()
    console().print(f"forgotten: {count}", markup=False)


@memory.command()
@CORPUS
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="JSON Lines; default: standard output.")
@click.pass_context
def export(ctx: click.Context, corpus: str | None, out: Path | None) -> None:
    """Write all that is kept, a JSON record on each line."""
    lines = [json.dumps(shown(kept), ensure_ascii=False) for kept in chosen(memory_of(ctx, corpus), "")]
    text = "".join(f"{line}\n" for line in lines)
    if out is None:
        click.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8")
    console().print(f"{len(lines)} answers written: {out}", markup=False, soft_wrap=True)


def memory_of(ctx: click.Context, corpus: str | None) -> Memory:
    """The memory of a corpus, by default of the only one."""
    from sparewheel.rag.assemble import open_memory
    from sparewheel.rag.places import place_of

    settings = settings_of(ctx)
    return open_memory(place_of(settings).store(the_corpus(settings, corpus)), settings)


def chosen(memory: Memory, containing: str) -> list[Kept]:
    """What is kept, the newest first."""
    found = memory.store.answers(memory.store.ids())
    text = containing.casefold()
    return [kept for kept in found if text in f"{kept.question}\n{kept.text}".casefold()]


def shown(kept: Kept) -> dict[str, object]:
    """As JSON types, without the vector and without paths of this machine."""
    citations = [
        {"document": c.document_id, "start": c.start, "end": c.end, "page": c.page, "quote": c.quote}
        for c in kept.citations
    ]
    passages = [{"document": p.document_id, "start": p.start, "end": p.end, "sha256": p.sha256} for p in kept.passages]
    plain = ("id", "question", "language", "text", "label", "answered_by", "model", "person", "at", "cost_usd")
    fields = {name: getattr(kept, name) for name in plain}
    return {**fields, "asked_of": list(kept.documents), "citations": citations, "passages": passages}


def who(kept: Kept) -> str:
    """Who answered, as a reader knows them."""
    from sparewheel.app.view import answerer

    return kept.person or answerer(kept.answered_by, "en", kept.model)


def documents_of(kept: Kept) -> list[str]:
    return [passage.document_id for passage in kept.passages]


def day_of(text: str) -> str:
    """Raises UsageError for what is no day."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError(f"--before {text!r} is no day; write it as 2026-11-01") from None
