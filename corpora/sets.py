"""Sets of questions for review tables: `corpora/<domain>/sets/<name>.toml`, in our own words. Apache-2.0.

A file:
    language = "en"                     of its questions, and of the documents that they fit
    title = "Leases"                    what it is for, in both languages
    title_zh = "租约（英文）"
    [[question]]
    name = "Rent"                       what heads its column, in both languages
    name_zh = "租金"
    ask = "How much is the rent?"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sparewheel.rag.errors import NotFound, UsageError, suggest

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class SetQuestion:
    """A question with the words that head its column."""

    name: str
    name_zh: str
    ask: str

    def head(self, language: str) -> str:
        """ "en" or "zh": of the one who reads the table."""
        return self.name_zh if language == "zh" else self.name


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """name: what `--set` takes. language: of the questions."""

    name: str
    domain: str
    language: str
    title: str
    title_zh: str
    questions: tuple[SetQuestion, ...]


@cache
def question_sets() -> dict[str, QuestionSet]:
    """All that come with the program, by name."""
    files = sorted(_HERE.glob("*/sets/*.toml"))
    return {file.stem: read_set(file, file.parent.parent.name) for file in files}


def question_set(name: str) -> QuestionSet:
    """One that comes with the program, or a file of one's own (NAME.toml). Raises NotFound, UsageError."""
    if name.endswith(".toml"):
        file = Path(name).expanduser()
        if not file.is_file():
            raise NotFound(f"no file {name!r}; a set is a TOML file with [[question]] tables, or one of "
                           f"{', '.join(question_sets())}")  # fmt: skip
        return read_set(file)
    known = question_sets()
    if name not in known:
        raise NotFound(f"no set {name!r}{suggest(name, known)}; there are {', '.join(known)}, or give a .toml file")
    return known[name]


def read_set(file: Path, domain: str = "") -> QuestionSet:
    """Raises UsageError, naming file and place, where it is no set of questions."""
    try:
        row = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read as TOML: {error}") from error
    questions = row.get("question", [])
    if not isinstance(questions, list) or not questions:
        raise UsageError(f'{file} has no [[question]]; give each question as [[question]] with ask = "..."')
    made = []
    for number, one in enumerate(questions, 1):
        ask = one.get("ask") if isinstance(one, dict) else None
        if not isinstance(ask, str) or not ask.strip():
            raise UsageError(f'{file}: question {number} has no ask = "..."')
        name = str(one.get("name", "")) or ask
        made.append(SetQuestion(name, str(one.get("name_zh", "")) or name, ask.strip()))
    title = str(row.get("title", file.stem))
    language = str(row.get("language", "en"))
    return QuestionSet(file.stem, domain, language, title, str(row.get("title_zh", title)), tuple(made))
