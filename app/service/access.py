"""Changes of who may read which document, as the command line says them."""

from __future__ import annotations

from collections.abc import Sequence

from sparewheel.rag.errors import NotFound, UsageError, suggest
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.observe.audit import access
from sparewheel.rag.observe.running import open_log
from sparewheel.rag.rights import WHOLE, Readers, checked_rules
from sparewheel.rag.settings import Settings


def changed(
    store: CorpusStore, settings: Settings, rules: Sequence[str], removed: Sequence[str], *, forget_found: bool = False
) -> list[str]:
    """Makes the rules ("hr/=group:hr, anna"), removes those of the places `removed`; both go into the audit log. The
    places of new rules at which no document is yet. Raises UsageError, NotFound for a rule that is not there."""
    new = rules_of(rules)
    known = store.config.access
    for place in removed:
        if place not in known:
            raise NotFound(f"no rule for {place!r}{suggest(place, known)}")
    if not (new or removed or forget_found):
        return []
    forgotten: dict[str, dict[str, Readers]] = {"access_found": {}} if forget_found else {}
    store.revise(
        lambda config: {
            "access": {**{place: kept for place, kept in config.access.items() if place not in removed}, **new},
            **forgotten,
        }
    )
    if settings.observe.audit:
        with open_log(settings) as log:
            for place in (*new, *removed):
                said = ", ".join(new.get(place, ()))
                log.write(access("access_changed", corpus=store.config.name, place=place, readers=said))
    return [place for place in new if not _is_there(store, place)]


def rules_of(lines: Sequence[str]) -> dict[str, Readers]:
    """Lines "PLACE = READER, READER" as rules; the last "=" parts them. Raises UsageError."""
    said = {}
    for line in lines:
        place, parts, readers = line.rpartition("=")
        if not parts:
            raise UsageError(f"{line!r} says no readers; write it as hr/=group:hr,anna")
        said[place.strip()] = [name for name in readers.replace(";", ",").split(",") if name.strip()]
    return checked_rules(said)


def lines_of(rules: dict[str, Readers]) -> str:
    """Rules as lines that `rules_of` reads."""
    return "\n".join(f"{place} = {', '.join(readers)}" for place, readers in sorted(rules.items()))


def _is_there(store: CorpusStore, place: str) -> bool:
    """Whether a document is at the place or lies in it."""
    if place == WHOLE or not store.current():
        return place == WHOLE
    with store.open() as snapshot:
        ids = [info.id for info in snapshot.documents()]
    return any(id == place or (place.endswith("/") and id.startswith(place)) for id in ids)
