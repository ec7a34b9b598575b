"""The doctor: is this set-up fit to be relied on? Each check is one line, pass, warn or fail, with its cure.

    for check in checks(load_settings()): print(check.status, check.name, check.what, check.cure)

Nothing is changed, and no other machine is contacted unless calls are allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sparewheel.app.doctor.answerers import models
from sparewheel.app.doctor.check import Check, Status, healthy
from sparewheel.app.doctor.local_models import built_in
from sparewheel.app.doctor.machine import clock, disk, memory, ocr
from sparewheel.app.doctor.on_disk import corpora, data_folder
from sparewheel.app.doctor.rights import secrets
from sparewheel.app.doctor.rule import three_two_one
from sparewheel.app.doctor.service import audit, listening
from sparewheel.app.doctor.spare_wheel import spare_wheel
from sparewheel.app.doctor.watching import monitoring
from sparewheel.rag.errors import SparewheelError
from sparewheel.rag.settings import Settings
from sparewheel.rag.weights import weights

__all__ = ["Check", "Status", "checks", "healthy"]


def checks(settings: Settings, allow_calls: bool = False) -> list[Check]:
    """Every check, the answerers first, the 3-2-1 rule last.

    allow_calls: each cloud endpoint is asked for one token (it costs a fraction of a cent), and the monitoring is
    looked for. A check that cannot be made is a fail with the reason, so that the others are still seen.
    """
    found: list[Check] = []

    def add(name: str, make: Callable[[], Iterable[Check]]) -> None:
        try:
            found.extend(make())
        except (SparewheelError, OSError) as error:
            found.append(Check(name, "fail", f"could not be checked: {error}", "mend what the message names"))

    answerers = []
    try:
        answerers = models(settings, allow_calls)
    except SparewheelError as error:
        found.append(Check("answerers", "fail", str(error), "sparewheel settings shows what is in force"))
    found.extend(model.check for model in answerers)
    add("built-in models", lambda: built_in(weights(settings)))
    add("data folder", lambda: data_folder(settings))
    add("corpora", lambda: corpora(settings))
    add("spare wheel", lambda: spare_wheel(settings))
    add("secret files", lambda: secrets(settings))
    add("listening", lambda: listening(settings))
    add("audit log", lambda: audit(settings))
    add("disk", lambda: disk(settings))
    add("memory", lambda: memory(settings))
    add("OCR", lambda: ocr(settings))
    add("clock", lambda: clock(settings))
    watched = monitoring(settings, allow_calls)
    found.extend(watched)
    add("3-2-1", lambda: three_two_one(settings, answerers, watched))
    return found
