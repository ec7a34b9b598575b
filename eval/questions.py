"""The questions of a user's own file, JSONL or CSV, as the records that the suites use.

JSONL, one object a line; CSV with these names as its head (several answers in one cell are parted by " | "):

    question    what is asked                                                     the only field that must be there
    id          default: the line number
    answers     every right wording, the first preferred
    answerable  false: the documents do not answer it, and refusing is right
    document    the document (its path within the ingested folder) that answers it
    evidence    the words of that document that answer it, white space aside
    label       yes, no or maybe
    category, language ("en" or "zh"; default: what the question is written in)
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sparewheel.corpora import Question
from sparewheel.rag.errors import NotFound, UsageError, suggest
from sparewheel.rag.text import language_of

FIELDS = ("question", "id", "answers", "answerable", "document", "evidence", "label", "category", "language")
_TRUTH = {"true": True, "yes": True, "1": True, "": True, "false": False, "no": False, "0": False}
_CHOICES = {"label": ("", "yes", "no", "maybe"), "language": ("", "en", "zh")}


def read_questions(path: Path) -> list[Question]:
    """The questions in file order. Raises UsageError that names file, line, column and cure of the first wrong row."""
    if not path.is_file():
        raise NotFound(f"no file {str(path)!r}; give a .jsonl or .csv file of questions, or the name of a suite")
    rows = {".jsonl": _jsonl, ".csv": _csv}.get(path.suffix.lower())
    if rows is None:
        raise UsageError(f"{path}: {path.suffix or 'no suffix'!r} is not read; write the questions as .jsonl or .csv")
    found: dict[str, Question] = {}
    for line, row in rows(path):
        question = _question(row, f"{path}, line {line}", line)
        if question.id in found:
            raise UsageError(f"{path}, line {line}, column id: {question.id!r} was there before; give every id once")
        found[question.id] = question
    if not found:
        cure = "one object a line" if path.suffix.lower() == ".jsonl" else "one row each below the first line"
        raise UsageError(f"{path} holds no question; write {cure}, with the field question")
    return list(found.values())


def _jsonl(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, text in enumerate(_text(path).split("\n"), 1):
        if not text.strip():
            continue
        try:
            row = json.loads(text)
        except json.JSONDecodeError as error:
            where = f"{path}, line {line}, character {error.colno}"
            raise UsageError(f'{where}: {error.msg}; write one JSON object a line, {{"question": "..."}}') from None
        if not isinstance(row, dict):
            raise UsageError(f'{path}, line {line}: {text[:40]!r} is no object; write {{"question": "..."}}')
        yield line, row


def _csv(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    reader = csv.DictReader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        names = list(reader.fieldnames or ())
        if "question" not in names:
            cure = "part the columns by commas" if ";" in "".join(names) else "name it in the first line"
            raise UsageError(f"{path}, line 1: no column question in {', '.join(names)!r}; {cure}")
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise UsageError(f"{path}, line 1, column {twice}: there twice; give every column once")
        for row in reader:
            if None in row:
                raise UsageError(f'{path}, line {reader.line_num}: more cells than columns; put "..." round a comma')
            answers = [part.strip() for part in (row.get("answers") or "").split(" | ") if part.strip()]
            yield reader.line_num, {**row, "answers": answers}
    except csv.Error as error:
        line = reader.line_num + 1  # the row that could not be read begins after the last one that could
        raise UsageError(f"{path}, line {line}: {error}; double every quote inside a quoted cell") from None


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = path.read_bytes()[: error.start].count(b"\n") + 1
        raise UsageError(f"{path}, line {line}: not UTF-8; save the file as UTF-8") from None


def _question(row: Mapping[str, Any], where: str, line: int) -> Question:
    for name in row:
        if name not in FIELDS:
            raise UsageError(f"{where}, column {name}: unknown{suggest(str(name), FIELDS)}; known: {', '.join(FIELDS)}")
    texts = {name: _text_of(row, name, where) for name in FIELDS if name not in ("answers", "answerable")}
    for name, choices in _CHOICES.items():
        if texts[name] not in choices:
            known = ", ".join(choices[1:])
            raise UsageError(f"{where}, column {name}: {texts[name]!r} is not one of {known}; or leave it out")
    if not texts["question"]:
        raise UsageError(f"{where}, column question: empty; ask something in words")
    if texts["evidence"] and not texts["document"]:
        raise UsageError(f"{where}, column evidence: without a document; name the one it stands in")
    answers = _answers(row.get("answers"), where)
    answerable = _TRUTH.get(str("" if row.get("answerable") is None else row["answerable"]).strip().lower())
    if answerable is None:
        raise UsageError(f"{where}, column answerable: {row['answerable']!r} is not true or false")
    if not answerable and (answers or texts["document"] or texts["label"]):
        raise UsageError(f"{where}, column answerable: false, yet an answer is given; take one of them out")
    return Question(
        id=texts["id"] or str(line),
        text=texts["question"],
        answers=answers,
        document_id=texts["document"] or None,
        answerable=answerable,
        label=texts["label"],  # type: ignore[arg-type]  # held by _CHOICES
        category=texts["category"],
        language=texts["language"] or language_of(texts["question"]),
        evidence=texts["evidence"],
    )


def _text_of(row: Mapping[str, Any], name: str, where: str) -> str:
    value = row.get(name)
    if (value is not None and not isinstance(value, str | int)) or isinstance(value, bool):
        raise UsageError(f"{where}, column {name}: {value!r} is no text; put it in quotes")
    return "" if value is None else str(value).strip()


def _answers(value: Any, where: str) -> tuple[str, ...]:
    given = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(item, str) and item.strip() for item in given):
        raise UsageError(f'{where}, column answers: {value!r} is no list of texts; write ["...", "..."]')
    return tuple(given)
