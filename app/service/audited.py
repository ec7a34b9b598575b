"""Accesses to documents and corpora go into the audit log, the refused ones too."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from sparewheel.rag import observe
from sparewheel.rag.errors import Forbidden, NeedsRole, SparewheelError

P = ParamSpec("P")
R = TypeVar("R")
RECORDED = (
    "corpus",
    "name",
    "id",
    "document_id",
    "readers",
    "sensitivity",
    "place",
)  # parameters, where a method has them
CALLED = {"name": "corpus", "id": "document", "document_id": "document"}


def audited(event: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Of a method of the service: each call leaves a record `event` with corpus, document, user and outcome, before its
    result is handed out."""

    def decorate(method: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(method)

        @functools.wraps(method)
        def recorded(*args: P.args, **options: P.kwargs) -> R:
            given = signature.bind(*args, **options).arguments
            fields = {CALLED.get(key, key): _text(given[key]) for key in RECORDED if given.get(key) is not None}
            if (user := given.get("user")) is not None:
                fields["user"] = user.name
            try:
                result = method(*args, **options)
            except SparewheelError as error:
                refused = isinstance(error, Forbidden | NeedsRole)
                observe.access(event, **fields, outcome="refused" if refused else "failed")
                raise
            observe.access(event, **fields, outcome="done")
            return result

        return recorded

    return decorate


def _text(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
