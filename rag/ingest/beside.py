"""Access rules that lie beside the documents of a folder that is ingested: who may read it, and what lies below it.

    hr/.access             a reader a line ("anna", "group:hr"; "#" begins a remark): for the folder and all below it
    hr/pay.xlsx.access     the same for one file

They are read with every ingest, also where no document changed. One that names nobody, or cannot be read, closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from sparewheel.rag.errors import UsageError
from sparewheel.rag.ingest.names import shown
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.ingest.walk import Found
from sparewheel.rag.rights import NOBODY, Readers, checked_readers

SUFFIX = ".access"
_MOST_BYTES = 64_000


def keep_rules(store: CorpusStore, paths: Sequence[Path], files: Sequence[Found]) -> None:
    """The corpus knows the rules beside these files, before any of them can be found. paths: what is ingested; what a
    folder among them had and has no more is forgotten."""
    found = rules_beside(files)
    whole = {shown(Path(path).absolute()) for path in paths if Path(path).is_dir()}
    before = store.config.access_found
    if not found and not whole & before.keys():
        return

    def change(now: dict[str, dict[str, Readers]]) -> dict[str, dict[str, Readers]]:
        kept = {root: rules for root, rules in now.items() if root not in whole}
        for root, rules in found.items():
            kept[root] = {**kept.get(root, {}), **rules}
        return kept

    store.revise(lambda config: {"access_found": change({root: dict(r) for root, r in config.access_found.items()})})


def rules_beside(files: Iterable[Found]) -> dict[str, dict[str, Readers]]:
    """Folder that is ingested -> its rules: one a folder where the documents are called by their path in it, else one a
    document."""
    found: dict[str, dict[str, Readers]] = {}
    of_folder = cache(_of_folder)
    for file in files:
        own = _read(file.path.with_name(file.path.name + SUFFIX))
        folder, readers = of_folder(file.path.parent, file.root)
        if own:
            place, readers = file.id, own
        elif not readers:
            continue
        else:
            within = shown(folder.relative_to(file.root).as_posix())
            called_so = within != "." and file.id == shown(file.path.relative_to(file.root).as_posix())
            place = f"{within}/" if called_so else file.id
        found.setdefault(shown(file.root), {})[place] = readers
    return found


def _of_folder(folder: Path, root: Path) -> tuple[Path, Readers]:
    """The nearest folder on the way up to `root` that has a rule, and its readers; () where none has."""
    for each in (folder, *folder.parents):
        if readers := _read(each / SUFFIX):
            return each, readers
        if each == root:
            break
    return folder, ()


def _read(file: Path) -> Readers:
    """The readers in the file; nobody where it names nobody or cannot be read; () where there is no such file."""
    try:
        with file.open("rb") as opened:
            text = opened.read(_MOST_BYTES + 1).decode("utf-8-sig")
        if len(text) > _MOST_BYTES:
            return (NOBODY,)
        return checked_readers([name for line in text.splitlines() if (name := line.partition("#")[0].strip())])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, UsageError):
        return (NOBODY,)
