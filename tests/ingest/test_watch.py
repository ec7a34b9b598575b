"""rag/ingest/watch: when a watcher brings in, without a real clock."""

from __future__ import annotations

import threading

from sparewheel.rag.ingest.store import CorpusConfig, Store
from sparewheel.rag.ingest.watch import WatchState, look, read_state, watch, write_state


class Played:
    """Looks that were written down, a clock that only `wait` moves, and what was brought in when."""

    def __init__(self, *looks: str | None, fail: int = 0) -> None:
        self._looks = list(looks)
        self._fail = fail
        self.now = 0.0
        self.stop = threading.Event()
        self.brought: list[float] = []

    def look(self):
        if len(self._looks) == 1:
            self.stop.set()
        seen = self._looks.pop(0)
        return None if seen is None else frozenset({(seen, 0, 0, 0)})

    def bring_in(self) -> bool:
        self.brought.append(self.now)
        self._fail -= 1
        return self._fail < 0

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def run(self) -> list[float]:
        watch(
            self.look,
            self.bring_in,
            stop=self.stop,
            wait=self.wait,
            clock=lambda: self.now,
            every_s=30.0,
            settle_s=2.0,
            most_settle_s=10.0,
        )
        return self.brought


def test_it_brings_in_at_the_start_and_when_a_change_has_settled():
    """At once first; then after two looks alike, and not while nothing changes."""
    assert Played("a", "a", "b", "c", "c", "c", "end").run() == [0.0, 64.0]


def test_a_folder_that_never_settles_is_brought_in_all_the_same():
    """After most_settle_s."""
    assert Played("a", "b", "c", "d", "e", "f", "g", "g", "end").run() == [0.0, 40.0]


def test_what_failed_is_tried_again():
    """After every_s, though nothing changed."""
    assert Played("a", "a", "a", "end", fail=1).run() == [0.0, 30.0]


def test_a_folder_that_is_gone_is_waited_for():
    """A share that is not mounted is no change."""
    assert Played("a", None, None, "a", "end").run() == [0.0]


def test_a_look_sees_files_change(tmp_path):
    """New content is another look; a folder that is not there is None."""
    (tmp_path / "a.txt").write_text("one")
    first = look([tmp_path])
    (tmp_path / "a.txt").write_text("two.")
    assert first is not None
    assert (look([tmp_path]) == first, look([tmp_path / "gone"])) == (False, None)


def test_the_state_is_kept_for_the_page(tmp_path):
    """What was written is read; nothing, or damage, is None."""
    state = WatchState(("/srv/合同",), "2026-01-01T00:00:00+00:00", 30.0, 7, "not mounted")
    store = Store.create(tmp_path, CorpusConfig("c"))
    write_state(store, state)
    assert read_state(store) == state
    (tmp_path / "watch.json").write_text("{")
    assert read_state(store) is None
