"""Where runs are kept: the page's beside the corpora, the terminal's anywhere, with a link to them there."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from sparewheel.rag.settings import Settings

ASKED = "asked.json"  # what a run was started with
FOLDER = ".runs"  # beside the corpora; no corpus can have this name


@dataclass(frozen=True)
class Asked:
    """What to ask. questions: a suite's name, or a file in the run's folder that is asked of `corpus`. limit 0: all."""

    questions: str
    corpus: str = ""
    limit: int = 0
    local: bool = False


def run_name(questions: str) -> str:
    """Of a run that begins now; names sort by time."""
    return f"{datetime.now().astimezone():%Y%m%d-%H%M%S-%f}-{Path(questions).stem}"


def show_on_page(out: Path, questions: str, corpus: str, limit: int, local: bool, settings: Settings) -> None:
    """The run in the folder `out`, which was started at the terminal, is one of the page's from now on."""
    asked = Asked(Path(questions).name if corpus else questions, corpus, limit, local)
    out.mkdir(parents=True, exist_ok=True)
    if corpus and not (out / asked.questions).exists():
        shutil.copyfile(questions, out / asked.questions)
    (out / ASKED).write_text(json.dumps(asdict(asked), ensure_ascii=False), encoding="utf-8")
    runs = settings.corpora_folder / FOLDER
    runs.mkdir(parents=True, exist_ok=True)
    target = out.resolve()
    if target.parent == runs.resolve() or any(
        link.is_symlink() and link.resolve() == target for link in runs.iterdir()
    ):
        return
    try:
        (runs / run_name(questions)).symlink_to(target, target_is_directory=True)
    except (
        OSError
    ):  # a file system, or a Windows account, without links: the run is where it was asked for all the same
        return
