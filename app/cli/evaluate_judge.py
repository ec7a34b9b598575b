"""`sparewheel eval judge`: a chat model's opinion of a run, beside the rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from sparewheel.app.cli.common import console, needed, print_json, settings_of


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--endpoint", default="", help="The chat model that judges, by its name in the settings (default: first)."
)
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
@click.pass_context
def judge(ctx: click.Context, folder: Path, endpoint: str, as_json: bool) -> int:
    """Let a chat model judge the answers of the run in FOLDER.

    It first judges 100 answers that people have labelled: its agreement with them
    says what its opinion is worth. Model, prompt and every reply are kept in FOLDER
    (judge.json, judge.jsonl). Corpora that must not leave this machine are judged
    by a model of this machine only. The other figures stay as the rules say.
    """
    from rich.progress import Progress

    from sparewheel.app.evaluation.judging import judged

    needed("eval", "scipy")
    to = console(err=True)
    with Progress(console=to, transient=True, disable=not to.is_terminal) as bar:
        task = bar.add_task("Judging", total=None)
        found = judged(
            folder,
            settings_of(ctx),
            endpoint,
            begun=lambda total: bar.update(task, total=total),
            told=lambda: bar.advance(task),
        )
    if as_json:
        print_json(found)
    else:
        print_opinion(found)
    return int(found["missing"] > 0)


def print_opinion(found: dict[str, Any]) -> None:
    """What it says of the run, and what that is worth."""
    out = console()
    hand, run = found["by_hand"], found["run"]
    lines = [f"judge: {found['model']} ({found['endpoint']})"]
    if hand["judged"]:
        lines.append(f"agrees with people: {_spoken(hand['agreement'])} of {hand['judged']}, kappa {hand['kappa']:.2f}")
    if run["judged"]:
        lines.append(f"calls right: {_spoken(run['right'])} of {run['judged']} answers")
        lines.append(f"the rules: {_spoken(run['known_right'])}; they agree on {_spoken(run['agreement'])}")
    undecided = hand.get("undecided", 0) + run.get("undecided", 0)
    if undecided:
        lines.append(f"{undecided} replies say neither RIGHT nor WRONG; they count as disagreement")
    for line in lines:
        out.print(line, markup=False, highlight=False)
    if hand["judged"] and hand["kappa"] < TRUSTED:
        out.print(f"kappa under {TRUSTED:g}: this model is no judge of such answers", style="yellow")
    if found["missing"]:
        note = f"{found['missing']} were not judged, the model did not answer; the same command goes on"
        out.print(note, style="yellow")


TRUSTED = 0.6  # "substantial" from here on (Landis & Koch 1977)


def _spoken(share: dict[str, float]) -> str:
    return f"{share['value']:.3f} ({share['low']:.3f} to {share['high']:.3f})"
