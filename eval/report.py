"""One run as a page to read, in English or Chinese: report.html, complete in one file, and report.md.

Every question with its answer and what was quoted, the worst first; beside another run, what changed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sparewheel.eval.export import cell, to_read, wanted
from sparewheel.eval.plots import plots
from sparewheel.eval.runs import ABOUT, iter_records
from sparewheel.eval.score import Row, rows, score, times
from sparewheel.eval.significance import FEW
from sparewheel.eval.verdict import VERDICTS, verdict
from sparewheel.eval.wordings import MEANINGS_IN, WORDS

WORST = 20  # cases shown first
SHOWN = ("right", "numbers_right", "f1")
TEMPLATE = Path(__file__).with_name("report.html")


def write_report(folder: Path, language: str = "en", against: Path | None = None) -> tuple[Path, Path]:
    """Writes report.html and report.md into the folder of a run; returns their paths.

    language: "en" or "zh" (the page). against: another run of the same questions; the page says what changed since.
    """
    from jinja2 import Environment
    from markupsafe import Markup

    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    every = rows(iter_records(folder))
    figures, took = score(every), times(every)
    of = to_read(every, about["suite"])
    cases = [case(row) for row in worst(of)]
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        TEMPLATE.read_text(encoding="utf-8")
    )
    drawn = {title: Markup(svg) for title, svg in plots(every, figures, WORDS[language]).items()}  # noqa: S704  # our own drawing
    page = template.render(
        about=about, figures=figures, times=took, plots=drawn, cases=cases, language=language, t=WORDS[language],
        meanings=MEANINGS_IN[language], few=FEW, shown=SHOWN, hidden=len(of) < len(every),
        groups={name: [c for row in of if (c := case(row))["verdict"] == name] for name in reversed(VERDICTS)},
        other=against.name if against else "", changes=changes(rows(iter_records(against)), of) if against else [],
    )  # fmt: skip
    html, markdown = folder / "report.html", folder / "report.md"
    html.write_text(page, encoding="utf-8")
    markdown.write_text(as_markdown(about, figures, took, cases), encoding="utf-8")
    return html, markdown


def worst(of: Sequence[Row]) -> list[Row]:
    """What went wrong, first what was said with the most confidence; then what failed or was refused wrongly."""
    wrong = [row for row in of if row.values.get("right") == 0.0]
    return sorted(wrong, key=lambda row: (not row.answered, -row.record["confidence"], row.record["id"]))[:WORST]


def changes(before: Sequence[Row], now: Sequence[Row]) -> list[dict[str, Any]]:
    """The cases whose verdict is another one than in the run before, losses first."""
    known = {row.record["id"]: case(row) for row in before}
    found = []
    for new in map(case, now):
        old = known.get(new["id"])
        if old and old["verdict"] != new["verdict"]:
            found.append({**new, "before": old["said"], "before_verdict": old["verdict"]})
    return sorted(found, key=lambda one: (one["before_verdict"] != "satisfied", one["id"]))


def case(row: Row) -> dict[str, Any]:
    """What a reader needs to judge one case."""
    said = ": ".join(part for part in (row.record["label"], row.record["text"]) if part)
    recall = row.values.get("evidence_recall")
    return {
        "id": row.record["id"],
        "question": " → ".join((*(asked for asked, _ in row.question.history), row.question.text)),
        "wanted": wanted(row),
        "answerable": row.question.answerable,
        "said": said or f"({row.record['outcome']}) {row.record['error']}",
        "verdict": verdict(row.question, row.record),
        "confidence": row.record["confidence"],
        "found": None if recall is None else recall > 0,
        "quotes": [
            {"text": c["quote"], "place": f"{c['document_id']}, {c['start']}–{c['end']}"}
            for c in row.record["citations"]
        ],
    }


def as_markdown(
    about: Mapping[str, Any], figures: Mapping[str, Any], took: Mapping[str, float], cases: Sequence[Mapping[str, Any]]
) -> str:
    """The same as the page, without the plots."""
    lines = [f"# {about['suite']}: {figures['questions']} questions", ""]
    lines += ["| measure | value | 95 % interval | questions |", "|---|---|---|---|"]
    for name, f in figures["overall"].items():
        lines.append(f"| {name} | {f['value']:.3f} | {f['low']:.3f} to {f['high']:.3f} | {f['n']} |")
    lines += ["", f"Median {took['p50_s']:.2f} s, p99 {took['p99_s']:.2f} s, cost {took['cost_usd']:.4f} US dollars."]
    lines += ["", "| category | right | numbers right | token F1 | questions |", "|---|---|---|---|---|"]
    for name, group in figures["by_category"].items():
        cells = [f"{group[key]['value']:.3f}" if key in group else "" for key in SHOWN]
        lines.append(f"| {cell(name)} | {' | '.join(cells)} | {group['answered_share']['n']} |")
    lines += ["", "## Worst cases", ""]
    for item in cases:
        lines.append(f"- **{cell(item['question'])}** ({item['id']})")
        lines += [f"  - wanted: {cell(item['wanted'])}", f"  - said: {cell(item['said'])}"]
    return "\n".join(lines) + "\n"
