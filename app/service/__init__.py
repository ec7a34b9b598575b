"""Corpora, questions and uploads for many users at once: the one thing behind the page and the HTTP API. Nothing loads
until it is named: a list of corpora needs no answering."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparewheel.app.service.info import CorpusInfo
    from sparewheel.app.service.intake import Upload
    from sparewheel.app.service.jobs import FileResult, Job
    from sparewheel.app.service.service import Service

_HOMES = {"CorpusInfo": "info", "FileResult": "jobs", "Job": "jobs", "Service": "service", "Upload": "intake"}

__all__ = ["CorpusInfo", "FileResult", "Job", "Service", "Upload"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sparewheel.app.service' has no attribute {name!r}")
    return getattr(import_module(f"sparewheel.app.service.{_HOMES[name]}"), name)
