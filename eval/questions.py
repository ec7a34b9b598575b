"""The questions of a user's own file, as the records that the suites use: JSONL, JSON, YAML, CSV or .xlsx.

    question    what is asked                                                     the only field that must be there
    id          default: the row
    answers     every right wording, the first preferred; several in one cell are parted by " | "
    answerable  false: the documents do not answer it, and refusing is right
    document    the document (its path within the ingested folder) that answers it
    within      true: only that document is asked
    evidence    the words of that document that answer it, white space aside
    label       yes, no or maybe
    category, language ("en" or "zh"; default: what the question is written in)
    parts       (JSON) a list is asked for, and each of these must be said
    history     (JSON) [[question, answer], ...]: what was asked before

Names of other tools and Chinese ones are understood (`NAMES`): ragas' user_input and reference, promptfoo's tests,
SQuAD's nested form, BEIR's queries, 问题 and 答案. Columns of other names are left out and reported.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sparewheel.corpora import Question
from sparewheel.eval.sheets import decoded, read_sheet
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.text import language_of

NAMES: Mapping[str, tuple[str, ...]] = {  # field -> how else it is called, case, blanks and underscores aside
    "question": ("query", "user input", "prompt", "问题", "提问", "问"),
    "id": ("qid", "query id", "question id", "编号", "序号", "题号"),
    "answers": ("answer", "reference", "ground truth", "ground truths", "expected", "expected answer",
                "expected output", "reference answer", "答案", "参考答案", "标准答案", "回答"),
    "answerable": ("可回答", "有答案", "能否回答"),
    "document": ("document id", "doc", "file", "文档", "文件", "文件名"),
    "within": ("within document", "限定文档", "仅此文档"),
    "evidence": ("quote", "依据", "原文"),
    "label": ("标签", "是否", "判断"),
    "category": ("topic", "类别", "分类"),
    "language": ("lang", "语言"),
    "parts": ("要点",),
    "history": ("chat history",),
}  # fmt: skip
FIELDS = tuple(NAMES)
SUFFIXES = (".jsonl", ".json", ".yaml", ".yml", ".csv", ".tsv", ".xlsx")
_LISTS = ("answers", "parts", "history")
_TRUTH = {
    **dict.fromkeys(("true", "yes", "y", "1", "", "是", "对", "真", "有", "wahr", "ja"), True),
    **dict.fromkeys(("false", "no", "n", "0", "否", "错", "假", "无", "falsch", "nein"), False),
}
_LABELS = {"是": "yes", "对": "yes", "否": "no", "不是": "no", "不确定": "maybe", "true": "yes", "false": "no"}
_CHOICES = {"label": ("", "yes", "no", "maybe"), "language": ("", "en", "zh")}


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().replace("_", " ").replace("-", " ").split())


SLIP = 0.8  # as near as "answerz" is to "answers": a slip; "comment" is no document
_FIELD_OF = {_plain(name): field for field, others in NAMES.items() for name in (field, *others)}
Note = Callable[[str], None]


def read_questions(path: Path, note: Note = lambda text: None) -> list[Question]:
    """The questions in file order. Raises UsageError that names file, row, column and cure of the first wrong row.

    note: is given what was read in another way than might be thought: columns left out, questions asked twice.
    """
    if not path.is_file():
        raise NotFound(
            f"no file {str(path)!r}; give a file of questions ({', '.join(SUFFIXES)}), or the name of a suite"
        )
    if path.suffix.lower() not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise UsageError(f"{path}: {path.suffix or 'no suffix'!r} is not read; write the questions as one of {known}")
    found: dict[str, Question] = {}
    asked: dict[tuple[str, ...], str] = {}
    place = "line" if path.suffix.lower() == ".jsonl" else "row"
    for number, row in _rows(path, note):
        where = f"{path}, {place} {number}"
        question = _question(row, where, number)
        if question.id in found:
            raise UsageError(f"{where}, column id: {question.id!r} was there before; give every id once")
        found[question.id] = question
        same = (_plain(question.text), question.document_id or "", str(question.history))
        if same in asked:
            note(f"{where}: asks what {asked[same]!r} asks; the figures count it twice, their intervals are too narrow")
        asked.setdefault(same, question.id)
    if not found:
        cure = "one row each below the first row" if place == "row" else "one object a line"
        raise UsageError(f"{path} holds no question; write {cure}, with the field question")
    return list(found.values())


def _rows(path: Path, note: Note) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """(row number, field -> value) with our names."""
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", ".xlsx"):
        yield from _sheet(path, note)
        return
    told: set[str] = set()
    for number, row in _lines(path) if suffix == ".jsonl" else enumerate(_json(path), 1):
        fields: dict[str, Any] = {}
        for name, value in row.items():
            field = _field(str(name), row)
            if field is None:
                _unknown(str(name), f"{path}, {'line' if suffix == '.jsonl' else 'row'} {number}", told, note)
            elif field in fields:
                raise UsageError(f"{path}, row {number}, column {name}: {field} is there twice; give every field once")
            else:
                fields[field] = value
        if row.get("is_impossible") is True:
            fields["answerable"] = False
        yield number, fields


def _field(name: str, row: Mapping[str, Any]) -> str | None:
    """Our name of a field; BEIR's `_id` and `text` where no question stands beside them."""
    if name == "_id":
        return "id"
    if name == "text" and "_id" in row:
        return "question"
    return _FIELD_OF.get(_plain(name))


def _unknown(name: str, where: str, told: set[str], note: Note) -> None:
    """A column of another name is the user's own; one that is nearly ours is a slip."""
    if name == "is_impossible" or not name or name in told:
        return
    if near := get_close_matches(_plain(name), FIELDS, n=1, cutoff=SLIP):
        raise UsageError(f"{where}, column {name}: unknown; did you mean {near[0]!r}?; known: {', '.join(FIELDS)}")
    told.add(name)
    note(f"{where}, column {name}: not used (used are {', '.join(FIELDS)})")


def _lines(path: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for line, text in enumerate(decoded(path).split("\n"), 1):
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


def _json(path: Path) -> Iterator[Mapping[str, Any]]:
    """A list of objects, or the form of SQuAD ("data"), promptfoo ("tests") or ragas (columns of lists)."""
    whole = _loaded(path)
    if isinstance(whole, dict) and isinstance(whole.get("data"), list):
        whole = list(_squad(whole["data"]))
    elif isinstance(whole, dict) and isinstance(whole.get("tests"), list):
        whole = [_promptfoo(test) for test in whole["tests"]]
    elif isinstance(whole, dict) and whole and all(isinstance(column, list) for column in whole.values()):
        whole = [dict(zip(whole, cells, strict=False)) for cells in zip(*whole.values(), strict=False)]
    if not isinstance(whole, list) or not all(isinstance(row, dict) for row in whole):
        raise UsageError(f'{path}: no list of questions; write [{{"question": "...", "answers": ["..."]}}, ...]')
    yield from whole


def _loaded(path: Path) -> Any:
    if path.suffix.lower() == ".json":
        try:
            return json.loads(decoded(path))
        except json.JSONDecodeError as error:
            where = f"{path}, line {error.lineno}, character {error.colno}"
            raise UsageError(f"{where}: {error.msg}; is it JSON?") from None
    import yaml

    try:
        return yaml.safe_load(decoded(path))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}, line {mark.line + 1}" if mark else str(path)
        raise UsageError(f"{where}: {getattr(error, 'problem', None) or error}; is it YAML?") from None


def _squad(data: list[Any]) -> Iterator[Mapping[str, Any]]:
    """SQuAD 1.1 and 2.0; the title is the category, for nobody knows which file of the user's it is."""
    for article in data:
        for paragraph in article.get("paragraphs", ()):
            for asked in paragraph.get("qas", ()):
                answers = list(
                    dict.fromkeys(answer["text"] for answer in asked.get("answers", ()) if answer.get("text"))
                )
                yield {
                    "question": asked["question"],
                    "id": asked.get("id", ""),
                    "answers": answers,
                    "answerable": not asked.get("is_impossible", False),
                    "category": article.get("title", ""),
                }


_SAYS = ("equals", "contains", "icontains", "similar", "factuality")  # what promptfoo's assertions expect to be said
_ASSERTED = re.compile(rf"\s*(?:{'|'.join(_SAYS)})(?:\([\d.]+\))?:\s*")


def _promptfoo(test: Any) -> Mapping[str, Any]:
    """A test's variable question (or query, prompt), and what its assertions expect the answer to be or to hold."""
    given, answers, parts = (test.get("vars", {}) if isinstance(test, dict) else {}), list[str](), list[str]()
    for asserted in test.get("assert", ()):
        kind, value = asserted.get("type", ""), asserted.get("value")
        values = [str(v) for v in value] if isinstance(value, list) else [str(value)]
        if kind in (*_SAYS, "contains-any", "icontains-any"):
            answers += values
        elif kind in ("contains-all", "icontains-all"):
            parts += values
    row = {name: value for name, value in given.items() if _FIELD_OF.get(_plain(name))}
    found = {"answers": answers, "parts": parts, "category": test.get("description", "")}
    return {**row, **{name: value for name, value in found.items() if value}}


def _sheet(path: Path, note: Note) -> Iterator[tuple[int, Mapping[str, Any]]]:
    rows = read_sheet(path, lambda cells: "question" in map(_FIELD_OF.get, map(_plain, cells)))
    head_row, head = next(rows, (1, []))
    fields = [_FIELD_OF.get(_plain(name)) for name in head]
    if "question" not in fields:
        known = ", ".join(("question", *NAMES["question"]))
        raise UsageError(
            f"{path}, row {head_row}: no column question in {', '.join(head)!r}; name it in the first row ({known})"
        )
    if twice := next((f for f in fields if f and fields.count(f) > 1), None):
        raise UsageError(f"{path}, row {head_row}, column {twice}: there twice; give every column once")
    expected = "__expected" in head  # promptfoo's column: "contains: English law"
    told: set[str] = set()
    for name, field in zip(head, fields, strict=True):
        if field is None:
            _unknown(name, f"{path}, row {head_row}", told, note)
    for number, cells in rows:
        if any(cells[len(head) :]):
            raise UsageError(
                f'{path}, row {number}: more cells than columns; put "..." round a cell with the separator'
            )
        row: dict[str, Any] = {field: cell for field, cell in zip(fields, cells, strict=False) if field}
        for name in ("answers", "parts"):
            row[name] = [part.strip() for part in row.get(name, "").split(" | ") if part.strip()]
        if expected:
            row["answers"] = [_ASSERTED.sub("", answer, count=1) for answer in row["answers"]]
        yield number, row


def _question(row: Mapping[str, Any], where: str, number: int) -> Question:
    texts = {name: _text_of(row, name, where) for name in FIELDS if name not in (*_LISTS, "answerable", "within")}
    texts["label"] = _LABELS.get(texts["label"].casefold(), texts["label"].casefold())
    texts["language"] = texts["language"].casefold().partition("-")[0]
    for name, choices in _CHOICES.items():
        if texts[name] not in choices:
            known = ", ".join(choices[1:])
            raise UsageError(f"{where}, column {name}: {texts[name]!r} is not one of {known}; or leave it out")
    if not texts["question"]:
        raise UsageError(f"{where}, column question: empty; ask something in words")
    within = bool(row.get("within")) and _truth(row, "within", where)
    for name, given in (("evidence", texts["evidence"]), ("within", within)):
        if given and not texts["document"]:
            raise UsageError(f"{where}, column {name}: without a document; name the one it stands in")
    answers, parts = (_texts(row.get(name), name, where) for name in ("answers", "parts"))
    answerable = _truth(row, "answerable", where)
    if not answerable and (answers or parts or texts["label"]):
        raise UsageError(f"{where}, column answerable: false, yet an answer is given; take one of them out")
    return Question(
        id=texts["id"] or str(number),
        text=texts["question"],
        answers=answers,
        document_id=texts["document"] or None,
        answerable=answerable,
        label=texts["label"],  # type: ignore[arg-type]  # held by _CHOICES
        category=texts["category"],
        language=texts["language"] or language_of(texts["question"]),
        evidence=texts["evidence"],
        parts=parts,
        history=_history(row.get("history"), where),
        within=within,
    )


def _truth(row: Mapping[str, Any], name: str, where: str) -> bool:
    """True for an empty cell, too."""
    value = "" if row.get(name) is None else str(row[name])
    found = _TRUTH.get(value.strip().casefold())
    if found is None:
        raise UsageError(f"{where}, column {name}: {row[name]!r} is not true or false")
    return found


def _text_of(row: Mapping[str, Any], name: str, where: str) -> str:
    value = row.get(name)
    if (value is not None and not isinstance(value, str | int)) or isinstance(value, bool):
        raise UsageError(f"{where}, column {name}: {value!r} is no text; put it in quotes")
    return "" if value is None else str(value).strip()


def _texts(value: Any, name: str, where: str) -> tuple[str, ...]:
    given = [] if value is None or value == "" else value if isinstance(value, list) else [value]
    texts = [str(item) if isinstance(item, int | float) and not isinstance(item, bool) else item for item in given]
    if not all(isinstance(item, str) and item.strip() for item in texts):
        raise UsageError(f'{where}, column {name}: {value!r} is no list of texts; write ["...", "..."]')
    return tuple(texts)


def _history(value: Any, where: str) -> tuple[tuple[str, str], ...]:
    turns = value or []
    if not isinstance(turns, list) or not all(
        isinstance(turn, list) and len(turn) == 2 and all(isinstance(said, str) for said in turn) for turn in turns
    ):
        raise UsageError(f'{where}, column history: {value!r} is no list of turns; write [["question", "answer"], ...]')
    return tuple((asked, said) for asked, said in turns)
