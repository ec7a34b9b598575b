"""Corpora, questions and uploads for many users at once: the one thing behind the page and the HTTP API."""

from __future__ import annotations

from sparewheel.app.service.info import CorpusInfo
from sparewheel.app.service.intake import Upload
from sparewheel.app.service.jobs import FileResult, Job
from sparewheel.app.service.service import Service

__all__ = ["CorpusInfo", "FileResult", "Job", "Service", "Upload"]
