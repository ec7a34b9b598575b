"""`sparewheel corpora move` and `pin`: a corpus into a database and back, and a copy of it on this machine."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparewheel.app.cli.common import console, settings_of
from sparewheel.rag.errors import UsageError

if TYPE_CHECKING:
    from sparewheel.rag.ingest.stores import Place
    from sparewheel.rag.settings import Settings


@click.command()
@click.argument("corpus")
@click.option(
    "--to", "target", required=True, metavar="PLACE",
    help="postgresql://HOST/DATABASE, a folder, or the word 'folder' for the data folder.",
)  # fmt: skip
@click.option("--keep", is_flag=True, help="Keep the corpus where it was, too.")
@click.pass_context
def move(ctx: click.Context, corpus: str, target: str, keep: bool) -> int:
    """Move CORPUS into a database, or out of it into a folder.

    Documents, vectors and rights come along; nothing is read or embedded anew.
    What arrived is compared with what was there: every document by checksum,
    and 100 questions by what they find. Only then the old one is removed.
    Stopped at any moment, the same command goes on where it was.
    """
    from sparewheel.app.cli.ingest import progress_bar
    from sparewheel.app.service.moving import move as moved

    settings = settings_of(ctx)
    there = _place(settings, target)
    with progress_bar() as show:
        done = moved(settings, corpus, there, keep=keep, on_progress=show)
    out = console()
    out.print(f"{corpus}: {done.documents:,} documents, {done.chunks:,} passages, now in {done.where}", soft_wrap=True)
    out.print(f"compared: every document is the same, and {done.questions} questions find the same passages")
    if done.name_it:
        out.print(f"From now on the settings name it: {done.name_it}", markup=False, soft_wrap=True)
    return 0


@click.command()
@click.argument("corpus")
@click.option("--remove", is_flag=True, help="Remove the copy.")
@click.pass_context
def pin(ctx: click.Context, corpus: str, remove: bool) -> int:
    """Keep a copy of CORPUS on this machine, for when its database cannot be reached.

    Answers from the copy say that they may be out of date, and nothing of it
    leaves the machine. The copy is as the corpus was when this command last
    ran: run it as often as the copy shall be renewed. What did not change is
    not copied again.
    """
    from sparewheel.app.cli.ingest import progress_bar
    from sparewheel.rag.copying import copy_corpus
    from sparewheel.rag.pinned import PinnedPlace
    from sparewheel.rag.places import place_of

    place = place_of(settings_of(ctx))
    if not isinstance(place, PinnedPlace):
        raise UsageError("the corpora are in a folder of this machine already; a copy is for those in a database")
    if remove:
        place.copies.store(corpus).destroy()
        console().print(f"the copy of {corpus} is removed")
        return 0
    with progress_bar() as show:
        copy = copy_corpus(place.store(corpus), place.copies, show)
    with copy.open() as snapshot:
        counts = f"{snapshot.manifest.documents:,} documents, {snapshot.manifest.chunks:,} passages"
    console().print(f"{corpus}: {counts} copied to {copy.where}", soft_wrap=True)
    return 0


def _place(settings: Settings, target: str) -> Place:
    """Raises UsageError for the place where the corpora are."""
    from sparewheel.rag.ingest.store import FolderPlace
    from sparewheel.rag.places import place_of

    if "://" in target:
        if target == settings.store:
            raise UsageError("it is there already; name another place")
        return place_of(replace(settings, store=target))
    folder = settings.corpora_folder if target == "folder" else Path(target).expanduser()
    if not settings.store and folder.resolve() == settings.corpora_folder.resolve():
        raise UsageError(f"it is in {folder} already; name another place, or the database that it is in with --store")
    return FolderPlace(folder)
