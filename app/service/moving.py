"""A corpus moved from one place to another: copied, compared, and only then removed where it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sparewheel.app.service.originals import copy_originals, originals_of
from sparewheel.rag.assemble import searches
from sparewheel.rag.copying import checksum, copy_corpus, differing, questions
from sparewheel.rag.errors import StoreError
from sparewheel.rag.ingest.report import Progress
from sparewheel.rag.ingest.store import FolderPlace
from sparewheel.rag.ingest.stores import CorpusStore, Place
from sparewheel.rag.places import cells_of, memory_of, place_of
from sparewheel.rag.settings import Settings

AGAIN = 3  # times that a corpus which changes while it is copied is copied anew
QUESTIONS = 100


@dataclass(frozen=True)
class Moved:
    """What came of it. questions: that both rank alike. name_it: the setting."""

    where: str
    documents: int
    chunks: int
    questions: int
    name_it: str


def move(
    settings: Settings,
    corpus: str,
    place: Place,
    *,
    keep: bool = False,
    on_progress: Callable[[Progress], None] = lambda progress: None,
) -> Moved:
    """The corpus is in `place`. Raises StoreError where what arrived is not what was there, and keeps both then."""
    source = place_of(settings).store(corpus)
    target = copy_corpus(source, place, on_progress)
    for _ in range(AGAIN):
        number = source.current()
        target = copy_corpus(source, place, on_progress)
        moved = compared(source, target, settings, place)
        if source.current() == number:
            break
    else:
        raise StoreError(f"corpus {corpus!r} is being changed all the time; stop who writes it, and move it again")
    cells_of(source).copy(cells_of(target))
    memory_of(source).copy(memory_of(target))
    if not keep:
        source.destroy(wait=True)
    return moved


def compared(source: CorpusStore, target: CorpusStore, settings: Settings, place: Place) -> Moved:
    """Both hold the same and find the same. Raises StoreError."""
    with source.open() as before, target.open() as after:
        if checksum(before) != checksum(after):
            raise StoreError(f"what arrived in {target.where} is not what is in {source.where}; both are kept")
        other = differing((before, searches(before)[0]), (after, searches(after)[0]), QUESTIONS)
        if other:
            raise StoreError(
                f"{len(other)} questions find other passages in {target.where} than in {source.where}, as"
                f" {other[0]!r}; both are kept"
            )
        asked = len(questions(before, QUESTIONS))
        documents = [before.document(info.id, layout=False) for info in before.documents()]
        copy_originals(originals_of(source, settings), originals_of(target, settings), documents)
        counts = after.manifest.documents, after.manifest.chunks
    if isinstance(place, FolderPlace):
        here = place.folder.resolve() == settings.corpora_folder.resolve()
        named = 'store = ""' if here else f'store = "", data_folder = "{place.folder}"'
    else:
        named = f'store = "{target.where}" (with user and password)'
    return Moved(target.where, *counts, asked, named)
