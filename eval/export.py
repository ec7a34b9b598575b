"""Every question of a run in a table, to read, sort and hand on: CSV, .xlsx, JUnit XML, Markdown.

A cell that begins like a formula is text here: what a document says must not run in somebody's Excel.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from sparewheel.eval.asked.made import half
from sparewheel.eval.score import Row
from sparewheel.eval.verdict import verdict
from sparewheel.rag.errors import UsageError

COLUMNS = (
    *("id", "question", "wanted", "verdict", "answer", "documents", "quotes", "confidence"),
    *("right", "numbers_right", "contains", "strict_f1", "f1", "seconds", "answered_by", "error"),
)
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")  # no XML, no Excel may hold them


def to_read(of: Sequence[Row], suite: str) -> list[Row]:
    """The rows that people may look at: of `asked` the tuned half only."""
    return [row for row in of if suite != "asked" or half(row.question.id) == "tuned"]


def wanted(row: Row) -> str:
    """What would have been right, in words."""
    q = row.question
    named = q.label or " + ".join(q.parts) or " / ".join(q.answers) or " + ".join(q.documents)
    if not q.answerable:
        return "(refusal: the documents do not say)"
    return named or f"(a place in {q.document_id})"


def as_cells(row: Row) -> dict[str, str]:
    """Column -> text."""
    record = row.record
    text = ": ".join(part for part in (record["label"], record["text"]) if part)
    values = {name: f"{row.values[name]:.3f}" for name in COLUMNS if name in row.values}
    cells = {
        "id": record["id"],
        "question": " → ".join((*(asked for asked, _ in row.question.history), row.question.text)),
        "wanted": wanted(row),
        "verdict": verdict(row.question, record),
        "answer": text,
        "documents": "; ".join(dict.fromkeys(cited["document_id"] for cited in record["citations"])),
        "quotes": " … ".join(cited["quote"] for cited in record["citations"]),
        "confidence": f"{record['confidence']:.3f}",
        "seconds": f"{record['timings'].get('total', 0.0):.3f}",
        "answered_by": record["answered_by"],
        "error": record["error"],
        **values,
    }
    return {name: _UNREADABLE.sub("\ufffd", cells.get(name, "")) for name in COLUMNS}


def write_table(of: Sequence[Row], suite: str, path: Path) -> Path:
    """Writes the table in the form that the name's end says. Raises UsageError for another one."""
    writers: Mapping[str, Callable[[Sequence[Mapping[str, str]], str], bytes]] = {
        ".csv": _csv, ".xlsx": _xlsx, ".xml": _junit, ".md": _markdown,
    }  # fmt: skip
    write = writers.get(path.suffix.lower())
    if write is None:
        raise UsageError(f"{path}: {path.suffix or 'no suffix'!r} is not written; give one of {', '.join(writers)}")
    path.write_bytes(write([as_cells(row) for row in to_read(of, suite)], suite))
    return path


def _tame(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") and not _number(text) else text


def _number(text: str) -> bool:
    return bool(re.fullmatch(r"-?\d+(\.\d+)?", text))


def _csv(rows: Sequence[Mapping[str, str]], suite: str) -> bytes:
    """With the mark by which Excel knows UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS)
    writer.writeheader()
    writer.writerows({name: _tame(text) for name, text in row.items()} for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(rows: Sequence[Mapping[str, str]], suite: str) -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = re.sub(r"[\[\]:*?/\\]", " ", suite)[:31] or "run"
    sheet.append(COLUMNS)
    for row in rows:
        sheet.append(
            [float(row[name]) if _number(row[name]) and name != "id" else _tame(row[name])[:32_000] for name in COLUMNS]
        )
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = sheet.dimensions
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _junit(rows: Sequence[Mapping[str, str]], suite: str) -> bytes:
    """A test case a question: satisfied passes, an answer lost is an error, everything else a failure."""
    failed = [row["verdict"] == "failed" for row in rows]
    bad = [row["verdict"] not in ("satisfied", "failed") for row in rows]
    root = Element("testsuite", name=suite, tests=str(len(rows)), errors=str(sum(failed)), failures=str(sum(bad)))
    for row, lost, wrong in zip(rows, failed, bad, strict=True):
        case = SubElement(
            root, "testcase", classname=suite, name=f"{row['id']}: {row['question']}", time=row["seconds"]
        )
        if lost or wrong:
            said = f"wanted: {row['wanted']}\nanswer: {row['answer']}\nfrom: {row['documents']}\n{row['error']}"
            SubElement(case, "error" if lost else "failure", message=row["verdict"]).text = said
    page: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return page


def _markdown(rows: Sequence[Mapping[str, str]], suite: str) -> bytes:
    shown = COLUMNS[:7]
    lines = [f"# {suite}", "", f"| {' | '.join(shown)} |", "|---" * len(shown) + "|"]
    lines += [f"| {' | '.join(cell(row[name]) for name in shown)} |" for row in rows]
    return ("\n".join(lines) + "\n").encode()


def cell(text: str) -> str:
    """Text that stays in its place in a Markdown table, whatever a document says."""
    escaped = text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return " ".join(escaped.split())
