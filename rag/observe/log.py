"""Log lines on standard error, as text or JSON, each with its request id and without secrets, questions or documents.

A JSON line: time (ISO 8601, UTC), level, logger, message, request_id; for a question also outcome, corpus, domain,
answered_by, degraded, seconds, first_token_s, attempts ("name: reason"), cost_usd; for an exception its traceback.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import IO, Any, Literal

from sparewheel.rag.observe.hooks import Asked, request_id
from sparewheel.rag.observe.redact import Redactor

OURS = ("rag", "app", "sparewheel")  # loggers whose INFO lines are shown; of others, warnings
_questions = logging.getLogger("sparewheel.questions")


class Line(logging.Formatter):
    """A record as one line of JSON or, for people, of text."""

    def __init__(self, redact: Redactor, form: Literal["json", "text"]) -> None:
        super().__init__()
        self._redact = redact
        self._form = form

    def format(self, record: logging.LogRecord) -> str:
        fields: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": getattr(record, "request_id", "") or request_id.get(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        fields = self._redact.deep(fields)
        if self._form == "json":
            return json.dumps(fields, ensure_ascii=False, default=str)
        line = f"{fields['time']} {fields['level']:7} {fields['logger']}: {fields['message']}"
        line += f" [{fields['request_id']}]" if fields["request_id"] else ""
        return "\n".join(part for part in (line, fields.get("traceback", "")) if part)


class Log:
    """Writes until `close`. `asked` is a slow listener: a line for each question."""

    def __init__(self, redact: Redactor, form: Literal["json", "text"], stream: IO[str] | None = None) -> None:
        self._handler = logging.StreamHandler(stream or sys.stderr)
        self._handler.setFormatter(Line(redact, form))
        self._handler.addFilter(lambda record: record.levelno >= logging.WARNING or record.name.split(".")[0] in OURS)
        logging.getLogger().addHandler(self._handler)
        self._levels = {name: logging.getLogger(name).level for name in OURS}
        for name in OURS:
            logging.getLogger(name).setLevel(logging.INFO)

    def asked(self, asked: Asked) -> None:
        answer = asked.answer
        attempts = [f"{one.answerer}: {one.reason or one.outcome}" for one in answer.attempts]
        fields = {
            "outcome": asked.outcome,
            "corpus": answer.corpus,
            "domain": asked.domain,
            "answered_by": answer.answered_by,
            "degraded": answer.degraded,
            "seconds": round(asked.seconds, 4),
            "first_token_s": None if asked.first_token_s is None else round(asked.first_token_s, 4),
            "attempts": attempts,
            "cost_usd": answer.usage.cost_usd,
            "error": asked.error,
        }
        by = f" by {answer.answered_by}" if answer.answered_by else ""
        tried = f" ({', '.join(attempts)})" if len(attempts) > 1 or (attempts and not by) else ""
        level = logging.WARNING if asked.outcome == "failed" else logging.INFO
        told = f"question {asked.outcome}{by} in {asked.seconds:.2f} s{tried}"
        _questions.log(level, "%s", told, extra={"fields": fields, "request_id": asked.request_id})

    def close(self) -> None:
        logging.getLogger().removeHandler(self._handler)
        for name, level in self._levels.items():
            logging.getLogger(name).setLevel(level)
