"""The machine: disk, memory, OCR, clock."""

from __future__ import annotations

import ctypes
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from sparewheel.app.advise.machine import machine
from sparewheel.app.doctor.check import Check
from sparewheel.app.doctor.on_disk import bytes_of
from sparewheel.rag.errors import SparewheelError
from sparewheel.rag.ingest.formats import ocr as engines
from sparewheel.rag.ingest.manifest import read_manifest
from sparewheel.rag.ingest.store import corpus_names
from sparewheel.rag.settings import Settings
from sparewheel.rag.weights import built_in

LEAST_DISK_GB = 0.2
ENOUGH_DISK_GB = 2.0
LEAST_MEMORY_GB = 0.4
UNSYNCHRONISED = 0x0040  # STA_UNSYNC of <sys/timex.h>
RELEASED = datetime(2026, 11, 1, tzinfo=UTC)


def disk(settings: Settings) -> Iterator[Check]:
    """Room for the next snapshot of the largest corpus: a writer builds it beside the old one."""
    folder = settings.corpora_folder
    place = next(path for path in (folder, *folder.resolve().parents) if path.exists())
    largest_gb = max((bytes_of(folder / name) for name in corpus_names(folder)), default=0) / 1e9
    yield room(place, shutil.disk_usage(place).free / 1e9, largest_gb)


def room(place: Path, free_gb: float, largest_gb: float) -> Check:
    """`free_gb` at `place` against what the largest corpus takes."""
    what = f"{free_gb:.1f} GB free at {place}, the largest corpus takes {largest_gb:.1f} GB"
    cure = f"free {max(ENOUGH_DISK_GB, largest_gb) - free_gb:.1f} GB, or move data_folder to a larger disk"
    if free_gb < max(LEAST_DISK_GB, largest_gb * 0.1):
        return Check("disk", "fail", what, cure)
    if free_gb < max(ENOUGH_DISK_GB, largest_gb):
        return Check("disk", "warn", what, cure)
    return Check("disk", "pass", what)


def memory(settings: Settings) -> Iterator[Check]:
    """Room for the built-in models; the local chat model has a line of its own."""
    needed_gb = sum(model.memory_mb for model in built_in() if not model.trouble) / 1e3
    here = machine()
    yield space(here.free_gb, here.memory_gb, max(LEAST_MEMORY_GB, needed_gb))


def space(free_gb: float, total_gb: float, needed_gb: float) -> Check:
    """Free memory against what one process needs with every built-in model loaded."""
    what = f"{free_gb:.1f} of {total_gb:.1f} GB free, all built-in models together need {needed_gb:.1f} GB"
    cure = "end other programs, or raise the container's limit"
    if total_gb < needed_gb:
        return Check("memory", "fail", what, cure)
    return Check("memory", "warn" if free_gb < needed_gb else "pass", what, cure if free_gb < needed_gb else "")


def ocr(settings: Settings) -> Iterator[Check]:
    """An engine for scanned pages, unless the settings do without."""
    if settings.ingest.ocr == "off":
        yield Check("OCR", "pass", "off by setting ingest.ocr: scanned pages are reported, not read")
    elif engines.engine() is None:
        yield Check("OCR", "warn", "no OCR engine: scanned pages cannot be read", engines.CURE)
    else:
        yield Check("OCR", "pass", "scanned pages are read")


def clock(settings: Settings) -> Iterator[Check]:
    """The clock is kept by the network, later than this release, and no corpus comes from the future."""
    yield time_of_day(datetime.now(UTC), newest(settings.corpora_folder), synchronised())


def time_of_day(now: datetime, published: datetime | None, kept: bool) -> Check:
    """published: the newest snapshot's date; kept: the kernel says that a time service disciplines the clock."""
    cure = "set the clock: timedatectl set-ntp true (or start chrony); certificates and prices depend on it"
    if now < RELEASED:
        return Check("clock", "fail", f"it is {now:%Y-%m-%d} here, before this release was made", cure)
    if published is not None and published > now:
        ahead_s = (published - now).total_seconds()
        return Check(
            "clock", "fail", f"a corpus was published {ahead_s:.0f} s in the future: the clock went back", cure
        )
    if not kept:
        return Check("clock", "warn", f"{now:%Y-%m-%d %H:%M} UTC, but no time service keeps it", cure)
    return Check("clock", "pass", f"{now:%Y-%m-%d %H:%M} UTC, kept by a time service")


def newest(folder: Path) -> datetime | None:
    """When the newest snapshot of any corpus was published, None without one."""
    dates = []
    for name in corpus_names(folder):
        for snapshot in (folder / name / "snapshots").glob("[0-9]*"):
            try:
                dates.append(datetime.fromisoformat(read_manifest(snapshot).published))
            except (OSError, ValueError, SparewheelError):  # told by the corpus' own line
                continue
    return max(dates, default=None)


def synchronised() -> bool:
    """What the kernel knows (adjtimex); True where it cannot be asked."""
    timex = (ctypes.c_long * 64)()  # modes = 0: only read; struct timex is shorter
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(timex)
    except (OSError, AttributeError):
        return True
    status = ctypes.c_int.from_buffer(timex, 5 * ctypes.sizeof(ctypes.c_long)).value
    return state < 0 or not status & UNSYNCHRONISED
