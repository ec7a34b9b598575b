"""Which answerers a question may meet, and in what order. Privacy is decided here and nowhere later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from sparewheel.rag.errors import SettingsError, UsageError, suggest
from sparewheel.rag.types import Sensitivity


class Routed(Protocol):
    """What the policy must know of an answerer. last_resort: always in the list, at its end unless named earlier.
    memory: its place unless named: "always" first of all, "when_down" before the last resort; "" for another answerer.
    """

    @property
    def name(self) -> str: ...
    @property
    def local(self) -> bool: ...
    @property
    def last_resort(self) -> bool: ...
    @property
    def memory(self) -> str: ...


R = TypeVar("R", bound=Routed)


def order(targets: Sequence[R], sensitivity: Sensitivity, names: Sequence[str] = ()) -> tuple[R, ...]:
    """The answerers to try, best first; with sensitivity "high" only those on this machine.

    names: the configured order; empty: cloud ones as given, then local ones as given. The last resort is appended.
    Raises SettingsError for a name that no answerer has, UsageError when no answerer may see the question.
    """
    by_name = {target.name: target for target in targets}
    for name in names:
        if name not in by_name:
            known = ", ".join(by_name) or "none"
            raise SettingsError(f"answer.order names {name!r}{suggest(name, by_name)}; the answerers are {known}")
    if names:
        chosen = [by_name[name] for name in dict.fromkeys(names)]
    else:
        others = (target for target in targets if not (target.last_resort or target.memory))
        chosen = sorted(others, key=lambda target: target.local)
    chosen += [target for target in targets if target.last_resort and target not in chosen]
    for target in targets:
        if target.memory and target not in chosen:
            chosen.insert(0 if target.memory == "always" else _before_last_resorts(chosen), target)
    allowed = tuple(target for target in chosen if target.local or sensitivity == "normal")
    if not allowed:
        raise UsageError(
            f"no answerer may see a question of sensitivity {sensitivity!r}; "
            "add a local one to answer.order, or install the built-in reader"
        )
    return allowed


def _before_last_resorts(chosen: Sequence[Routed]) -> int:
    """Where the last resorts at the end begin."""
    at = len(chosen)
    while at and chosen[at - 1].last_resort:
        at -= 1
    return at
