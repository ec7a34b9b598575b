"""How charged the spare wheel is: what share of what people asked lately would be answered from memory in an outage."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from sparewheel.app.doctor.check import Check
from sparewheel.app.service.preparing import LAST_DAYS, charge
from sparewheel.rag.assemble import open_memory, open_pipeline
from sparewheel.rag.errors import SparewheelError
from sparewheel.rag.places import place_of
from sparewheel.rag.settings import Settings

ENOUGH = 0.5  # of the questions
CALLED = "spare wheel"  # before the name of the corpus


def spare_wheel(settings: Settings) -> Iterator[Check]:
    """A line for each corpus that a cloud model may answer; none where no fuller model than the reader is set up."""
    if not settings.endpoint:
        return
    if settings.answer.memory == "off":
        cure = 'answer.memory = "when_down" keeps what the cloud answers'
        yield Check(CALLED, "warn", "no answers are kept for an outage (answer.memory is off)", cure)
        return
    place = place_of(settings)
    for name in place.names():
        if place.config(name).sensitivity == "normal":
            yield from _of(name, settings)


def _of(name: str, settings: Settings) -> Iterator[Check]:
    called = f"{CALLED} {name}"
    try:
        memory = open_memory(place_of(settings).store(name), settings)
        with open_pipeline(name, settings) as pipeline:
            found = charge(pipeline, memory)
    except SparewheelError:  # the corpus' own line says it
        return
    except sqlite3.Error as error:
        yield Check(called, "warn", f"its kept answers cannot be read: {error}", "look at the disk; or remove the file")
        return
    cure = f"sparewheel prepare --corpus {name} asks ahead what is missing"
    if not found.questions:
        what = f"{found.kept} answers kept; nobody asked in the last {LAST_DAYS} days"
        yield Check(called, "pass" if found.kept else "warn", what, "" if found.kept else f"{cure} (--set contracts)")
        return
    what = f"{found.share:.0%} of the last {LAST_DAYS} days' questions would be answered from memory"
    enough = found.share >= ENOUGH
    what = f"{what} ({found.kept} answers kept)"
    yield Check(called, "pass" if enough else "warn", what, "" if enough else cure, found.share)
