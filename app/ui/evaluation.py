"""Runs of the page Evaluate: each asks in a thread of its own, and is a folder that a later start goes on with."""

from __future__ import annotations

import json
import logging
import shutil
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from sparewheel.app.evaluation.batch import answered, ask_all, only_local, prepared
from sparewheel.app.evaluation.kept import ASKED, FOLDER, Asked, run_name
from sparewheel.app.people.access import User, readable, require_role
from sparewheel.eval.runs import ABOUT
from sparewheel.eval.score import score_folder
from sparewheel.rag.errors import SparewheelError, UsageError
from sparewheel.rag.places import place_of
from sparewheel.rag.settings import Settings

State = Literal["preparing", "running", "stopped", "failed", "done"]
CONCURRENCY = 4

log = logging.getLogger(__name__)


class _Stop(Exception):
    """Somebody pressed Stop."""


@dataclass
class Run:
    """One run as it stands. total is 0 until the questions are read."""

    name: str
    folder: Path
    asked: Asked
    state: State
    done: int = 0
    total: int = 0
    why: str = ""
    stop: threading.Event = field(default_factory=threading.Event, repr=False)


class Evaluations:
    """One per process, shared by all sessions. settings: those in force, asked for with every run."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._active: dict[str, Run] = {}
        self._failed: dict[str, str] = {}  # name -> why it ended, until it goes on
        self._lock = threading.Lock()
        self._preparing = threading.Lock()  # two runs of one suite must not make its corpora at once

    @property
    def folder(self) -> Path:
        return self._settings().corpora_folder / FOLDER

    def runs(self, user: User | None = None) -> list[Run]:
        """The runs of corpora that the user may all read, the newest first."""
        mine = {config.name for config in readable(place_of(self._settings()), user)}
        found = [self._run(path.parent) for path in sorted(self.folder.glob(f"*/{ASKED}"), reverse=True)]
        return [run for run in found if self._corpora(run) <= mine]

    def start(self, asked: Asked, user: User | None = None, file: bytes = b"") -> Run:
        """A new run, asking already. file: the questions, where they are no suite."""
        require_role(user, "analyst", "evaluate")
        folder = self.folder / run_name(asked.questions)
        folder.mkdir(parents=True)
        try:
            if file:
                (folder / asked.questions).write_bytes(file)
            (folder / ASKED).write_text(json.dumps(asdict(asked), ensure_ascii=False), encoding="utf-8")
            return self.go_on(folder.name, user)
        except BaseException:
            shutil.rmtree(folder)
            raise

    def go_on(self, name: str, user: User | None = None) -> Run:
        """Asks what is not answered yet. Raises UsageError while it is asking."""
        require_role(user, "analyst", "evaluate")
        run = self._run(self.folder / name)
        with self._lock:
            if name in self._active:
                raise UsageError(f"the run {name!r} is asking already")
            run.state, run.why = "preparing", ""
            self._failed.pop(name, None)
            self._active[name] = run
        threading.Thread(target=self._work, args=(run, user), name=f"evaluate-{name}", daemon=True).start()
        return run

    def stop(self, name: str, user: User | None = None) -> None:
        """Ends after the questions being asked; nothing that is answered is lost."""
        require_role(user, "analyst", "evaluate")
        if run := self._active.get(name):
            run.stop.set()

    def _work(self, run: Run, user: User | None) -> None:
        try:
            settings = only_local(self._settings()) if run.asked.local else self._settings()
            questions, corpus = run.asked.questions, run.asked.corpus
            if corpus:
                questions = str(run.folder / questions)
            with self._preparing:
                batches = prepared(questions, corpus or None, settings, run.asked.limit or None, user=user)
            run.total, run.done, run.state = sum(len(b.questions) for b in batches), answered(run.folder), "running"

            def told(record: dict[str, Any]) -> None:
                run.done += record["outcome"] != "failed"
                if run.stop.is_set():
                    raise _Stop

            ask_all(run.asked.questions, batches, run.folder, settings, concurrency=CONCURRENCY, user=user, told=told)
            score_folder(run.folder)
        except* _Stop:
            pass
        except* (SparewheelError, OSError) as group:
            self._failed[run.name] = "; ".join(map(str, group.exceptions))
        except* Exception as group:
            log.exception("the run %s", run.name)
            self._failed[run.name] = "; ".join(f"{type(e).__name__}: {e}" for e in group.exceptions)
        finally:
            with self._lock:
                del self._active[run.name]

    def _run(self, folder: Path) -> Run:
        """As it is being asked, or as its folder says."""
        if active := self._active.get(folder.name):
            return active
        asked = Asked(**json.loads((folder / ASKED).read_text(encoding="utf-8")))
        about = folder / ABOUT
        total = json.loads(about.read_text(encoding="utf-8"))["questions"] if about.exists() else 0
        run = Run(folder.name, folder, asked, "stopped", answered(folder), total)
        if run.name in self._failed:
            run.state, run.why = "failed", self._failed[run.name]
        elif (folder / "scores.json").exists():
            run.state = "done"
        return run

    def _corpora(self, run: Run) -> set[str]:
        """What its questions and answers are taken from."""
        if run.asked.corpus:
            return {run.asked.corpus}
        from sparewheel.eval.suites import suite

        return {part.corpus for part in suite(run.asked.questions).parts} if (run.folder / ABOUT).exists() else set()
