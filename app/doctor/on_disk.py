"""The corpora on disk: are they whole, searchable with these settings, and closed to others?"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sparewheel.app.doctor.check import Check, Status
from sparewheel.app.doctor.rights import open_to_others
from sparewheel.rag.assemble import open_view
from sparewheel.rag.errors import NotFound, SparewheelError
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.ingest.stores import Place
from sparewheel.rag.places import place_of
from sparewheel.rag.settings import Settings


def data_folder(settings: Settings) -> Iterator[Check]:
    """The folder of the corpora exists and can be written."""
    folder = settings.corpora_folder
    if not folder.is_dir():
        cure = "sparewheel ingest PATH --corpus NAME makes it; or set data_folder"
        yield Check("data folder", "warn", f"{folder} does not exist yet", cure)
        return
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        cure = "give this account the right to write, or mount it so; reading alone needs none"
        yield Check("data folder", "warn", f"{folder} cannot be written: {error.strerror}", cure)
        return
    yield Check("data folder", "pass", f"{folder} can be written")


def corpora(settings: Settings) -> Iterator[Check]:
    """One line a corpus: every byte as it was written, indexes of today's models, complete, not readable by others."""
    place = place_of(settings)
    try:
        names = place.names()
    except SparewheelError as error:
        cure = "start it, mend the setting store, or ask its administrator; corpora with a copy here answer meanwhile"
        yield Check("database", "fail", str(error), cure)
        return
    if not names:
        yield Check("corpora", "warn", "no corpus yet", "sparewheel ingest PATH --corpus NAME")
    for name in names:
        yield corpus(place, name, settings)


def corpus(place: Place, name: str, settings: Settings) -> Check:
    """The corpus of this name. Every file of its snapshot is read."""
    called = f"corpus {name}"
    try:
        store = place.store(name)
        with store.open() as snapshot:
            snapshot.verify()
            notes = open_view(snapshot, store.config, settings).notes
            counts = f"{snapshot.manifest.documents:,} documents, {snapshot.manifest.chunks:,} chunks"
    except NotFound as error:
        return Check(called, "warn", str(error), f"sparewheel ingest PATH --corpus {name}")
    except (SparewheelError, OSError, ValueError) as error:
        return Check(called, "fail", str(error), "restore its folder from the backup, or ingest again")
    if isinstance(store, Store) and open_to_others(store.folder):
        status: Status = "fail" if store.config.sensitivity == "high" else "warn"
        what = f"every account of this machine can read {store.folder} (sensitivity {store.config.sensitivity})"
        return Check(called, status, what, f"chmod -R o-rwx {store.folder}")
    if notes:
        return Check(called, "warn", f"{counts}; {'; '.join(notes)}", f"sparewheel reindex --corpus {name}")
    return Check(called, "pass", f"{counts}; every file is as it was written")


def bytes_of(folder: Path) -> int:
    """What the files below `folder` take on disk; a file linked from several snapshots counts once."""
    seen: dict[tuple[int, int], int] = {}
    for root, _, files in os.walk(folder):
        for file in files:
            try:
                status = os.stat(os.path.join(root, file), follow_symlinks=False)
            except FileNotFoundError:  # a writer is just cleaning up
                continue
            seen[status.st_dev, status.st_ino] = status.st_size
    return sum(seen.values())
