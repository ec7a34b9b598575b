"""Values of a file or the environment, read by the types and bounds of the sections."""

from __future__ import annotations

import logging
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, Literal

from sparewheel.rag.errors import SettingsError, suggest

log = logging.getLogger(__name__)


def build(cls: Any, values: Mapping[str, Any], where: str, path: str, base: Any = None) -> Any:
    """An instance of the dataclass `cls` with `values` over `base` (or over the defaults)."""
    hints = typing.get_type_hints(cls)
    known = {f.name: f for f in fields(cls)}
    older = {f.metadata["was"]: f.name for f in fields(cls) if f.metadata.get("was")}
    given: dict[str, Any] = {}
    for written, value in values.items():
        name = older.get(written, written)
        full = f"{path}{name}"
        if written in older:
            log.warning("%s: setting '%s%s' is now called '%s'; please rename it", where, path, written, full)
        if name not in known:
            raise SettingsError(f"{where}: unknown setting {full!r}{suggest(name, known)}")
        before = getattr(base, name) if base is not None else None
        given[name] = _value(hints[name], known[name], value, where, full, before)
    return replace(base, **given) if base is not None else cls(**given)


def _value(hint: Any, spec: Any, value: Any, where: str, full: str, before: Any) -> Any:
    origin = typing.get_origin(hint)
    if is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise SettingsError(f"{where}: {full!r} is a section, not a value: write [{full}] and its keys")
        return build(hint, value, where, f"{full}.", before)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise SettingsError(f"{where}: {full!r} needs named sections: write [{full}.NAME] and its keys")
        item = typing.get_args(hint)[1]
        old = before or {}
        return {**old, **{k: build(item, v, where, f"{full}.{k}.", old.get(k)) for k, v in value.items()}}
    if origin is Literal:
        allowed = typing.get_args(hint)
        if value not in allowed:
            choices = ", ".join(map(repr, allowed))
            raise SettingsError(f"{where}: {full} = {value!r} is not one of {choices}{suggest(str(value), allowed)}")
        return value
    if origin is tuple:
        items = [v.strip() for v in value.split(",") if v.strip()] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(v, str) for v in items):
            raise SettingsError(f"{where}: {full} = {value!r} is not a list of names")
        return tuple(items)
    return _scalar(hint, spec.metadata, value, where, full)


def _scalar(hint: type, bounds: Mapping[str, Any], value: Any, where: str, full: str) -> Any:
    """A bool, int, float or str within its bounds; text (from the environment) is read as the key's type."""
    wrong = SettingsError(f"{where}: {full} = {value!r} is not {'an' if hint is int else 'a'} {hint.__name__}")
    if hint is bool:
        truth = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        read = value if isinstance(value, bool) else truth.get(str(value).lower())
        if read is None:
            raise SettingsError(f"{where}: {full} = {value!r} is not true or false")
        return read
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise wrong
    if hint is str:
        if not isinstance(value, str):
            raise wrong
        return value
    try:
        number = hint(value) if isinstance(value, str) or hint is float else value
    except ValueError:
        raise wrong from None
    if hint is int and not isinstance(number, int):
        raise wrong
    low, high = bounds["low"], bounds["high"]
    if (low is not None and number < low) or (high is not None and number > high):
        allowed = f"must be at least {low:g}" if high is None else f"is out of range {low:g} to {high:g}"
        raise SettingsError(f"{where}: {full} = {value!r} {allowed}")
    return number
