"""The 3-2-1 rule: 3 models (a main one and two backups), 2 ways of deployment (cloud and local), 1 monitoring."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence

from sparewheel.app.doctor.answerers import Model
from sparewheel.app.doctor.check import Check
from sparewheel.rag.errors import SparewheelError
from sparewheel.rag.ingest.stores import Place
from sparewheel.rag.places import place_of
from sparewheel.rag.settings import Settings

MODELS = 3
SECOND = "add a second provider: set PRIMARY_ENDPOINT and SECONDARY_ENDPOINT, or two [endpoint.NAME] in the settings"
LOCAL = "add a chat model on this machine: local_chat.model (sparewheel models list --fits)"


def three_two_one(settings: Settings, models: Sequence[Model], watched: Sequence[Check]) -> Iterator[Check]:
    """One line for each number, and one for corpora whose questions may meet local models only."""
    yield three_models(models)
    yield two_ways(models)
    yield one_monitoring(watched)
    if sensitive := sensitive_corpora(place_of(settings)):
        yield local_models(sensitive, models)


def sensitive_corpora(place: Place) -> list[str]:
    """Names of the corpora of sensitivity "high"; one that cannot be read has its own line."""
    found = []
    for name in place.names():
        with contextlib.suppress(SparewheelError):
            if place.config(name).sensitivity == "high":
                found.append(name)
    return found


def three_models(models: Sequence[Model]) -> Check:
    """pass: three usable ones; those of one provider fail together, so all cloud ones at one host are a warning."""
    usable = {(model.place, model.model): model for model in models if model.usable}
    main, *backups = [model.name for model in usable.values()] or [""]
    what = f"{len(usable)} usable: {main} with {' and '.join(backups) or 'no backup'}" if usable else "none is usable"
    if unproven := [model.name for model in models if not model.proven]:
        what += f"; not counted: {', '.join(unproven)}"
    if len(usable) < MODELS:
        return Check("3 models", "fail" if not usable else "warn", what, f"{SECOND}; {LOCAL}")
    hosts = Counter(model.place for model in usable.values() if model.where == "cloud")
    if len(hosts) == 1 and hosts.total() > 1:
        return Check("3 models", "warn", f"{what}; the cloud ones, all at {next(iter(hosts))}, fail together", SECOND)
    return Check("3 models", "pass", what)


def two_ways(models: Sequence[Model]) -> Check:
    """pass: a usable model in the cloud and one on this machine."""
    ways = {where: [m.name for m in models if m.usable and m.where == where] for where in ("cloud", "local")}
    what = "; ".join(f"{where}: {', '.join(names) or 'none'}" for where, names in ways.items())
    if not ways["local"]:
        return Check("2 ways", "fail", what, "reinstall sparewheel: the built-in reader is the local way")
    if not ways["cloud"]:
        return Check("2 ways", "warn", what, "without a cloud endpoint answers are extracts; see docs/choosing.md")
    return Check("2 ways", "pass", what)


def one_monitoring(watched: Sequence[Check]) -> Check:
    """pass: every monitoring line passes. Else the cure of the first one that fails, or that warns."""
    if watched and all(check.status == "pass" for check in watched):
        return Check("1 monitoring", "pass", "someone is told when it fails")
    worst = sorted(watched, key=lambda check: ("fail", "warn", "pass").index(check.status))
    cure = worst[0].cure if worst else "see docs/operations.md"
    return Check("1 monitoring", "warn", "nobody is told when it fails", cure)


def local_models(sensitive: Sequence[str], models: Sequence[Model]) -> Check:
    """pass: a corpus of sensitivity "high" still has a main model and a backup, both on this machine."""
    usable = [model.name for model in models if model.usable and model.where == "local"]
    what = f"{', '.join(sensitive)} may be read by local models only: {', '.join(usable) or 'none'}"
    return Check("sensitive corpora", "pass" if len(usable) > 1 else "warn", what, "" if len(usable) > 1 else LOCAL)
