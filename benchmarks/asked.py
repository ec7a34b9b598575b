"""The suite `asked` with the built-in readers alone: what the asker got, by strict rules, in both halves.

    python -m benchmarks.asked [--half tuned|untuned|both] [--limit N] [--folder FOLDER] [--save NAME]

Work on the tuned half only; the untuned half is scored and reported as an aggregate, and its cases are written nowhere
that people read. One run a state of the code: stopped, the same command goes on; changed code asks anew. Writes
benchmarks/results/NAME.json, and the cases of the tuned half that were not satisfied to FOLDER/cases.md.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.machine import code_state, describe, save
from sparewheel.app.cli.ingest import progress_bar
from sparewheel.app.evaluation.batch import ask_all, only_local, prepared
from sparewheel.eval.asked.made import half
from sparewheel.eval.runs import Batch, read_records
from sparewheel.eval.score import Row, rows, summary, times
from sparewheel.eval.verdict import VERDICTS, verdict
from sparewheel.rag.settings import Settings, load_settings

HALVES = ("tuned", "untuned")


def asked(settings: Settings, folder: Path, halves: Sequence[str], limit: int | None) -> list[Row]:
    """The scored questions of the halves; what this state of the code has answered already is not asked again."""
    with progress_bar() as show:
        batches = prepared("asked", None, settings, on_progress=show)
    kept: list[Row] = []
    for name in halves:
        chosen = [_half_of(batch, name, limit) for batch in batches]
        out = folder / "runs" / f"{code_state()['code']}-{name}{f'-{limit}' if limit else ''}"
        ask_all("asked", chosen, out, settings)
        kept += rows(read_records(out))
    return kept


def _half_of(batch: Batch, name: str, limit: int | None) -> Batch:
    return replace(batch, questions=[q for q in batch.questions if half(q.id) == name][:limit])


def figures(of: Sequence[Row]) -> dict[str, Any]:
    """Verdict -> count, and the chief measures with their intervals."""
    got = [verdict(row.question, row.record) for row in of]
    measures = summary(of)
    shown = (
        *("right", "wrong_given", "partly", "refused_though_there", "numbers_right", "contains", "strict_f1", "f1"),
        *("label_accuracy", "document_cited", "document_found", "evidence_recall", "refusal_recall", "aurc"),
    )
    return {
        "questions": len(of),
        "verdicts": {name: got.count(name) for name in VERDICTS},
        **{name: measures[name] for name in shown if name in measures},
    }


def by(of: Sequence[Row], key: Callable[[Row], str]) -> dict[str, dict[str, int]]:
    """Group -> verdict -> count."""
    found: dict[str, dict[str, int]] = {}
    for row in of:
        group = found.setdefault(key(row), dict.fromkeys(VERDICTS, 0))
        group[verdict(row.question, row.record)] += 1
    return dict(sorted(found.items()))


def table(found: dict[str, dict[str, int]]) -> str:
    """Markdown: a row a group, counts of the verdicts and the share satisfied."""
    lines = [f"| | n | {' | '.join(VERDICTS)} | satisfied % |", "|---" * (len(VERDICTS) + 3) + "|"]
    for name, counts in found.items():
        n = sum(counts.values())
        lines.append(
            f"| {name} | {n} | {' | '.join(str(counts[v]) for v in VERDICTS)} | {100 * counts['satisfied'] / n:.0f} |"
        )
    return "\n".join(lines)


def write_cases(of: Sequence[Row], path: Path) -> None:
    """What was not satisfied, to read while tuning: the tuned half only."""
    lines = []
    for row in of:
        got = verdict(row.question, row.record)
        if half(row.question.id) != "tuned" or got == "satisfied":
            continue
        q, r = row.question, row.record
        wanted = q.label or " / ".join((*q.parts, *q.documents)) or " / ".join(q.answers[:2]) or "(refusal)"
        cited = ", ".join(dict.fromkeys(c["document_id"] for c in r["citations"]))
        questions = " → ".join((*(earlier for earlier, _ in q.history), q.text))
        lines += [f"- {got} · {q.id} · {q.document_id or ''}", f"  - asked: {questions}", f"  - wanted: {wanted}"]
        lines.append(f"  - got: {r['label']} {r['text'][:300]!r} from {cited} ({r['confidence']:.2f})")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _indexes(folder: Path) -> Path:
    """Where the collections are indexed: anew for each state of the code, for reading files changes with it."""
    mine = folder / f"corpora-{code_state()['code']}"
    for old in folder.glob("corpora*"):
        if old != mine:
            shutil.rmtree(old)
    return mine


def main() -> None:
    """Asks, prints the tables and writes the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--half", choices=(*HALVES, "both"), default="both")
    parser.add_argument("--limit", type=int, help="so many questions of each collection and half")
    parser.add_argument(
        "--folder", type=Path, default=Path("build/asked"), help="indexes, runs and cases are kept here"
    )
    parser.add_argument("--save", default="asked", help="name of the file in benchmarks/results; empty: none")
    given = parser.parse_args()
    settings = only_local(replace(load_settings(), data_folder=str(_indexes(given.folder))))
    started = time.perf_counter()
    halves = HALVES if given.half == "both" else (given.half,)
    found = asked(settings, given.folder, halves, given.limit)
    seconds = round(time.perf_counter() - started)
    parts = {name: [row for row in found if half(row.question.id) == name] for name in halves}
    result: dict[str, Any] = {
        "seconds": seconds,
        "times": times(found),
        "limit": given.limit,
    }
    for name, own in parts.items():
        result[name] = {
            **figures(own),
            "by_language": {code: figures([r for r in own if r.question.language == code]) for code in ("en", "zh")},
        }
        print(f"\n## {name}\n\n{table(by(own, lambda row: row.question.language))}")
    tuned = parts.get("tuned", [])
    if tuned:  # of the other half only the aggregate is shown
        result["tuned"]["by_kind"] = by(tuned, lambda row: row.question.category)
        result["tuned"]["by_collection"] = by(tuned, lambda row: str(row.record["corpus"]))
        print(f"\n{table(result['tuned']['by_kind'])}\n\n{table(result['tuned']['by_collection'])}")
        write_cases(tuned, given.folder / "cases.md")
        print(f"\ncases of the tuned half: {given.folder / 'cases.md'}; {seconds} s; {describe()['code']}")
    if given.save:
        save(given.save, result, models=True)


if __name__ == "__main__":
    main()
