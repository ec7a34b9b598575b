"""One run as a page to read: report.html, complete in one file, and report.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sparewheel.eval.meanings import MEANINGS
from sparewheel.eval.plots import plots
from sparewheel.eval.runs import ABOUT, read_records
from sparewheel.eval.score import Row, rows, score, times

WORST = 20  # cases shown
TEMPLATE = Path(__file__).with_name("report.html")


def write_report(folder: Path) -> tuple[Path, Path]:
    """Writes report.html and report.md into the folder of a run; returns their paths."""
    from jinja2 import Environment
    from markupsafe import Markup

    of = rows(read_records(folder))
    figures, took = score(of), times(of)
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    cases = [case(row) for row in worst(of)]
    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        TEMPLATE.read_text(encoding="utf-8")
    )
    drawn = {title: Markup(svg) for title, svg in plots(of, figures).items()}  # noqa: S704  # our own drawing
    page = template.render(about=about, figures=figures, times=took, plots=drawn, cases=cases, meanings=MEANINGS)
    html, markdown = folder / "report.html", folder / "report.md"
    html.write_text(page, encoding="utf-8")
    markdown.write_text(as_markdown(about, figures, took, cases), encoding="utf-8")
    return html, markdown


def worst(of: Sequence[Row]) -> list[Row]:
    """What went wrong, first what was said with the most confidence; then what failed or was refused wrongly."""
    wrong = [row for row in of if row.values.get("right") == 0.0]
    return sorted(wrong, key=lambda row: (not row.answered, -row.record["confidence"], row.record["id"]))[:WORST]


def case(row: Row) -> dict[str, Any]:
    """What a reader needs to judge one case."""
    wanted = row.question.label or " / ".join(row.question.answers) or "(refusal: the documents do not say)"
    said = ": ".join(part for part in (row.record["label"], row.record["text"]) if part)
    return {
        "id": row.record["id"],
        "question": row.question.text,
        "wanted": wanted,
        "said": said or f"({row.record['outcome']}) {row.record['error']}",
        "outcome": row.record["outcome"],
        "confidence": row.record["confidence"],
        "found": bool(row.values.get("evidence_recall", 0.0)),
        "cited": [f"{c['document_id']}, characters {c['start']}-{c['end']}" for c in row.record["citations"]],
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
    lines += ["", "| category | token F1 | right | questions |", "|---|---|---|---|"]
    for name, group in figures["by_category"].items():
        cells = [f"{group[key]['value']:.3f}" if key in group else "" for key in ("f1", "right")]
        lines.append(f"| {_cell(name)} | {' | '.join(cells)} | {group['answered_share']['n']} |")
    lines += ["", "## Worst cases", ""]
    for item in cases:
        lines.append(f"- **{_cell(item['question'])}** ({item['id']})")
        lines += [f"  - wanted: {_cell(item['wanted'])}", f"  - said: {_cell(item['said'])}"]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Text that stays in its place, whatever a document says."""
    escaped = text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;")
    return " ".join(escaped.split())
