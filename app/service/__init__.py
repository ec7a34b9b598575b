"""Corpora, questions and uploads for many users at once: the one thing behind the page and the HTTP API."""

from __future__ import annotations

from app.service.info import CorpusInfo
from app.service.intake import Upload
from app.service.jobs import FileResult, Job
from app.service.service import Service

__all__ = ["CorpusInfo", "FileResult", "Job", "Service", "Upload"]
