"""A record of the library as JSON types and back: what the API sends, what the history of the page keeps."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, cast

T = TypeVar("T")


def plain(value: Any) -> Any:
    """A record as JSON types; passages and arrays included, layout left out."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.name != "layout"}
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return value


def record(cls: type[T], value: Mapping[str, Any]) -> T:
    """The `cls` that `plain` made `value` of. A key that `cls` does not know is left out, so that a record kept by
    a newer program can be read; a missing key has its default. Raises TypeError where one without default is missing.
    """
    hints = _hints(cast(Any, cls))
    return cls(**{name: _read(hints[name], item) for name, item in value.items() if name in hints})


@cache
def _hints(cls: Any) -> dict[str, Any]:
    """Reading them anew costs a millisecond a record."""
    return typing.get_type_hints(cls)


def _read(hint: Any, value: Any) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        return record(hint, value)
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        kinds = inner[:1] * len(value) if inner[1:] == (...,) else inner
        return tuple(_read(kind, item) for kind, item in zip(kinds, value, strict=True))
    if origin in (types.UnionType, typing.Union) and value is not None:
        return _read(next(kind for kind in inner if kind is not type(None)), value)
    return value
