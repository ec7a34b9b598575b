"""`sparewheel edge`: a corpus in one file, for a small machine without a network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparewheel.app.cli.answers import print_answer
from sparewheel.app.cli.common import EXIT, console, print_json, settings_of
from sparewheel.rag.errors import UsageError
from sparewheel.rag.text import language_of

if TYPE_CHECKING:
    from sparewheel.app.edge.contents import Contents

FILE = click.argument("file", type=click.Path(path_type=Path), metavar="FILE")
CACHE = click.option("--cache", type=click.Path(path_type=Path), help="Where to unpack it (default: the user's cache).")


@click.group()
def edge() -> None:
    """A corpus in one file, for a small machine without a network."""


@edge.command()
@click.argument("corpus")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="FILE", help="The file to write.")
@click.option(
    "--profile",
    type=click.Choice(["small", "medium", "full"]),
    default="small",
    help="small: one core; medium: one core with VNNI; full: as on a server (docs/edge.md).",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was packed as JSON.")
@click.pass_context
def pack(ctx: click.Context, corpus: str, out: Path, profile: str, as_json: bool) -> None:
    """Make one file of CORPUS, the models it needs, and settings for one core.

    The same corpus gives the same bytes. Whoever holds the file can read the
    documents; a document with a private key or an API key in it is refused.
    """
    from sparewheel.app.edge.pack import in_folder
    from sparewheel.app.edge.pack import pack as write
    from sparewheel.rag.places import place_of

    settings = settings_of(ctx)
    store = in_folder(place_of(settings).store(corpus))
    contents = write(store, out, settings, profile)
    if as_json:
        print_json({**_facts(contents), "file": str(out)})
        return
    _print(contents, f"packed in {out}")
    if store.config.sensitivity == "high" or store.config.readers:
        console(err=True).print("Note: the corpus is restricted; whoever holds this file can read it.", style="yellow")


@edge.command()
@FILE
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def verify(file: Path, as_json: bool) -> None:
    """Read FILE whole and check every byte. Exit code 1 when it is not sound."""
    from sparewheel.app.edge.unpack import verify as check

    contents = check(file)
    if as_json:
        print_json(_facts(contents))
    else:
        _print(contents, "every file is as it was packed")


@edge.command()
@FILE
@click.argument("question", required=False)
@CACHE
@click.option("--json", "as_json", is_flag=True, help="Print whole answer records, one JSON document each.")
def run(file: Path, question: str | None, cache: Path | None, as_json: bool) -> int:
    """Answer QUESTION from FILE; without one, ask until the input ends.

    The first run checks FILE and unpacks it; later ones start at once. Only the
    pack's own settings count, and nothing uses a network.

    Exit code, of the last question: 0 answered, 3 refused, 2 usage, 1 failure.
    """
    from sparewheel.app.edge.pipeline import open_edge
    from sparewheel.app.edge.unpack import unpack

    contents, folder = unpack(file, cache or default_cache())
    code = 0
    with open_edge(contents, folder) as pipeline:
        for asked in [question] if question is not None else _typed(contents):
            try:
                answer = pipeline.ask(asked)
            except UsageError as error:
                if question is not None:
                    raise
                click.echo(f"sparewheel: {error}", err=True)
                continue
            if as_json:
                print_json(answer)
            else:
                print_answer(answer, console(), disclaimer=pipeline.profile.disclaimer.get(language_of(asked), ""))
            code = EXIT[answer.outcome]
    return code


def default_cache() -> Path:
    """Where packs are unpacked."""
    import platformdirs

    return Path(platformdirs.user_cache_dir("sparewheel")) / "edge"


def _typed(contents: Contents) -> Iterator[str]:
    """Questions by line, with a prompt where a person types."""
    person = sys.stdin.isatty()
    if person:
        click.echo(f"{contents.corpus}: {contents.documents} documents. Ask; Ctrl-D ends.")
    while True:
        if person:
            click.echo("? ", nl=False)
        line = sys.stdin.readline()
        if not line:
            return
        if line.strip():
            yield line.strip()


def _facts(contents: Contents) -> dict[str, object]:
    """What a person wants to know of a pack."""
    facts = {name: getattr(contents, name) for name in ("corpus", "domain", "sensitivity", "documents", "chunks")}
    more = {name: getattr(contents, name) for name in ("published", "profile", "models", "made_by", "fingerprint")}
    return {**facts, **more, "mb": round(contents.total_bytes / 1e6, 1)}


def _print(contents: Contents, last: str) -> None:
    out = console()
    for name, value in _facts(contents).items():
        said = ", ".join(value) if isinstance(value, tuple) else value
        out.print(f"{name.replace('_', ' '):>12}  {said}", soft_wrap=True, markup=False)
    out.print(last, soft_wrap=True, markup=False)
