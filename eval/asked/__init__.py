"""Made collections of look-alikes, and questions on them as people ask: the suite `asked`.

Every document of a collection is written on one template and differs in its values; the names stand in the opening only,
and the file names say nothing. All names and values are invented, by rule and without chance: the same text each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sparewheel.corpora import Question
from sparewheel.eval.asked import contracts_zh, leaflets, leaflets_zh, ndas
from sparewheel.eval.asked.made import Made
from sparewheel.eval.asked.on_samples import questions_on_samples

_MAKERS: Mapping[str, Callable[[], Made]] = {
    "ndas": ndas.make,
    "leaflets": leaflets.make,
    "contracts-zh": contracts_zh.make,
    "leaflets-zh": leaflets_zh.make,
}
COLLECTIONS = tuple(_MAKERS)


def made(name: str) -> Made:
    """The collection: its files and its questions."""
    return _MAKERS[name]()


def write_files(name: str, folder: Path) -> Path:
    """The files of a collection in `folder`, those that are the same left untouched; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in made(name).files.items():
        path = folder / file
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return folder


def asked_questions(name: str) -> list[Question]:
    """The questions on a made collection, or ("legal", "medical") on our sample documents."""
    return questions_on_samples(name) if name in ("legal", "medical") else list(made(name).questions)
