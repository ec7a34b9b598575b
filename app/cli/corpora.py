"""`sparewheel corpora`: what is indexed, and the public data sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from sparewheel.app.cli.common import console, print_json, settings_of
from sparewheel.app.cli.move import move, pin
from sparewheel.rag.errors import UsageError
from sparewheel.rag.types import ABOUT, named

if TYPE_CHECKING:
    from sparewheel.rag.ingest.stores import CorpusStore

_HEADS = {"embedded_share": "embedded", "mb": "MB on disk", "embedding": "embedding model"}


@click.group()
def corpora() -> None:
    """List, inspect, remove and fetch corpora."""


corpora.add_command(move)
corpora.add_command(pin)


@corpora.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> int:
    """The corpora on this machine."""
    from rich.table import Table

    from sparewheel.rag.places import place_of

    place = place_of(settings_of(ctx))
    rows = [describe(place.store(name)) for name in place.names()]
    if as_json:
        print_json(rows)
        return 0
    if not rows:
        console().print("no corpora yet; make one with: sparewheel ingest PATH --corpus NAME")
        return 0
    table = Table("corpus", "domain", expand=True)
    for head in ("documents", "chunks", "embedded", "MB", "sensitivity"):
        table.add_column(head, justify="right")
    for row in rows:
        numbers = f"{row['documents']:,}", f"{row['chunks']:,}", f"{row['embedded_share']:.0%}", f"{row['mb']:.1f}"
        table.add_row(row["corpus"], row["domain"], *numbers, row["sensitivity"])
        if row["trouble"]:
            table.add_row("", row["trouble"])
    console().print(table)
    return 0


@corpora.command()
@click.argument("corpus")
@click.option("--documents", is_flag=True, help="List the documents too.")
@click.option("--verify", is_flag=True, help="Read every file of the index and check it, byte for byte.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON, with the documents.")
@click.pass_context
def info(ctx: click.Context, corpus: str, documents: bool, verify: bool, as_json: bool) -> int:
    """What CORPUS holds and how it was built."""
    from rich.table import Table

    store = _store(ctx, corpus)
    with store.open() as snapshot:
        if verify:
            snapshot.verify()
        facts = {**describe(store), "snapshot": snapshot.manifest.number, "published": snapshot.manifest.published}
        facts["characters"] = snapshot.manifest.chars
        facts["split_by"] = list(snapshot.manifest.splitters)
        facts["indexes"] = {name: state.version for name, state in snapshot.manifest.indexes.items()}
        listed = snapshot.documents()
    if as_json:
        print_json({**facts, "listed": listed})
        return 0
    out = console()
    shown = facts | {"embedded_share": f"{facts['embedded_share']:.0%}", "mb": f"{facts['mb']:,.1f}"}
    for key, value in shown.items():
        if value not in ("", None, []):
            out.print(f"{_HEADS.get(key, key.replace('_', ' ')):>15}  {_said(value)}")
    if documents:
        table = Table("document", "title", "about", "language", "pages", "chunks", expand=True)
        for each in listed:
            table.add_row(
                each.id, each.title, _about(each.metadata), each.language, str(each.pages or ""), str(each.chunks)
            )
        out.print(table)
    if verify:
        out.print("every file is as it was written")
    return 0


@corpora.command()
@click.argument("documents", nargs=-1, metavar="DOCUMENT...")
@click.option("--corpus", required=True, help="Name of the corpus.")
@click.option("--all", "whole", is_flag=True, help="Remove the corpus itself and all its documents.")
@click.option("--yes", is_flag=True, help="With --all: do not ask for confirmation.")
@click.option("--wait", is_flag=True, help="Wait until another process has finished writing the corpus.")
@click.pass_context
def remove(ctx: click.Context, documents: tuple[str, ...], corpus: str, whole: bool, yes: bool, wait: bool) -> int:
    """Remove documents from a corpus. Their source files stay."""
    from sparewheel.app.service.work import take_out

    if whole == bool(documents):
        raise UsageError("name the documents to remove, or say --all for the corpus itself")
    store = _store(ctx, corpus)
    if whole:
        if not yes:
            click.confirm(f"Remove corpus {corpus!r} in {store.where}?", abort=True)
        store.destroy(wait=wait)
        console().print(f"removed corpus {corpus}")
        return 0
    take_out(store, documents, settings_of(ctx), wait=wait)
    console().print(f"removed {', '.join(documents)}")
    return 0


@corpora.command()
@click.argument("corpus")
@click.option(
    "--set", "rules", multiple=True, metavar="PLACE=READERS",
    help="PLACE: a document, or a folder with / at its end. READERS: user names and group:NAME with commas between;"
    " '*' is everybody, '!' nobody. Repeatable.",
)  # fmt: skip
@click.option("--remove", "places", multiple=True, metavar="PLACE", help="Remove the rule of PLACE; repeatable.")
@click.option("--forget-found", is_flag=True, help="Forget the rules of .access files until the next ingest.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def access(
    ctx: click.Context, corpus: str, rules: tuple[str, ...], places: tuple[str, ...], forget_found: bool, as_json: bool
) -> int:
    """Who may read which documents of CORPUS; with --set and --remove, change that.

    The nearest rule counts: of the document, else of its folder, else of the
    one above; / is the whole corpus. A rule may be made before its documents
    are there. It holds from the next question on.
    """
    from rich.table import Table

    from sparewheel.app.service.access import changed

    store = _store(ctx, corpus)
    unknown = changed(store, settings_of(ctx), rules, places, forget_found=forget_found)
    config = store.again().config
    if as_json:
        print_json({"rules": config.access, "found": config.access_found})
        return 0
    out = console()
    for place in unknown:
        out.print(f"no document is at {place} yet; the rule holds for what comes there", style="yellow")
    if not config.access and not config.access_found:
        out.print("no rules: whoever may read the corpus may read all its documents")
        return 0
    table = Table("place", "who may read", "said by", expand=True)
    for by, said in (("an administrator", config.access), *config.access_found.items()):
        for place, readers in sorted(said.items()):
            table.add_row(place, ", ".join(readers), by if said is config.access else f"files in {by}")
    out.print(table)
    return 0


@corpora.command()
@click.argument("document")
@click.option("--corpus", required=True, help="Name of the corpus.")
@click.option(
    "--set", "changes", multiple=True, required=True, metavar="KEY=VALUE",
    help="title, kind, parties, drug, subject, matter, date or aliases; several values with ';' between; repeatable.",
)  # fmt: skip
@click.option("--wait", is_flag=True, help="Wait until another process has finished writing the corpus.")
@click.pass_context
def edit(ctx: click.Context, document: str, corpus: str, changes: tuple[str, ...], wait: bool) -> int:
    """Correct what is known of a DOCUMENT: its title, parties, drug and so on. Later readings keep it."""
    from sparewheel.app.service import work

    given = dict(change.partition("=")[::2] for change in changes)
    store, settings = _store(ctx, corpus), settings_of(ctx)
    made = work.edit(store, document, given, settings, wait=wait)
    if work.dense_of(store, settings):  # the passages bear the names of their document: embedded anew
        work.embed(store, settings)
    console().print(named(made.id, made.title, made.metadata))
    return 0


@corpora.command()
@click.argument("name", required=False)
@click.option("--from", "source", help="A folder that holds the data set, or the address of an archive of it.")
@click.pass_context
def fetch(ctx: click.Context, name: str | None, source: str | None) -> int:
    """Bring the public data set NAME into the folder of the setting public_data; without NAME, list them."""
    from rich.table import Table

    from sparewheel import corpora as registry

    if name is None:
        table = Table("data set", "language", "licence", expand=True)
        for known in registry.entries().values():
            table.add_row(known.name, known.language, known.licence)
        console().print(table)
        return 0
    folder = registry.fetch(name, root=settings_of(ctx).public_data or None, source=source)
    console().print(f"{name} is in {folder}", soft_wrap=True)
    return 0


def describe(store: CorpusStore) -> dict[str, Any]:
    """What a list of corpora shows of one. trouble: why it cannot be opened, "" when it can."""
    from sparewheel.app.service.info import corpus_info

    info = corpus_info(store)
    return {
        "corpus": info.name,
        "domain": info.domain,
        "sensitivity": info.sensitivity,
        "readers": list(info.readers),
        "embedding": info.embedding,
        "documents": info.documents,
        "chunks": info.chunks,
        "embedded_share": info.dense_share,
        "mb": info.mb,
        "folder": store.where,
        "trouble": info.trouble,
    }


def _store(ctx: click.Context, name: str) -> CorpusStore:
    from sparewheel.rag.places import place_of

    return place_of(settings_of(ctx)).store(name)


def _about(metadata: Mapping[str, str]) -> str:
    """Parties, drug, matter and date of a document on a line."""
    return " · ".join(metadata[key] for key in (*ABOUT, "date") if metadata.get(key))


def _said(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {item}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(value)
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
