"""`sparewheel eval`: batch answering and its figures."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparewheel.app.cli.availability import availability
from sparewheel.app.cli.common import console, needed, print_json, settings_of
from sparewheel.app.cli.evaluate_judge import judge
from sparewheel.app.cli.evaluate_retrieval import retrieval
from sparewheel.app.cli.ingest import connected, progress_bar
from sparewheel.app.evaluation.batch import answered, ask_all, only_local, prepared
from sparewheel.app.evaluation.kept import show_on_page
from sparewheel.rag.errors import UsageError
from sparewheel.rag.settings import Settings

if TYPE_CHECKING:
    from rich.table import Table

    from sparewheel.eval.runs import Batch, Record
    from sparewheel.rag.cluster import Cluster

FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group("eval")
def evaluate() -> None:
    """Answer many questions, and tell how good the answers are."""


evaluate.add_command(availability)
evaluate.add_command(judge)
evaluate.add_command(retrieval)


@evaluate.command()
@click.argument("questions", metavar="SUITE|FILE")
@click.option(
    "--corpus", help="What to ask the questions of a FILE (.jsonl, .json, .csv, .xlsx) of; a SUITE has its own."
)
@click.option("--out", type=FOLDER, help="Folder of the run (default: runs/NAME); one that was stopped goes on.")
@click.option("--concurrency", type=click.IntRange(1, 256), default=4, show_default=True, help="Questions at a time.")
@click.option("--limit", type=click.IntRange(min=1), help="So many of each corpus: a sample, always the same.")
@click.option("--baseline", is_flag=True, help="LangChain's BM25 + FAISS ensemble finds the passages, for comparison.")
@click.option("--local", is_flag=True, help="Only the built-in reader: no endpoint, no chat model.")
@click.option("--ray", "ray_at", metavar="ADDRESS", help="Answer on a Ray cluster: HOST:PORT, auto, local.")
@click.option("--fail-under", multiple=True, metavar="MEASURE=VALUE", help="Exit code 1 below it: right=0.8; repeat.")
@click.option("--all", "every", is_flag=True, help="Show every figure, not only those that are read first.")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
@click.pass_context
def run(
    ctx: click.Context,
    questions: str,
    corpus: str | None,
    out: Path | None,
    concurrency: int,
    limit: int | None,
    baseline: bool,
    local: bool,
    ray_at: str | None,
    fail_under: tuple[str, ...],
    every: bool,
    as_json: bool,
) -> int:
    """Answer the questions of a suite or a file, then score.

    Suites: samples, asked, legal, medical, legal-zh; the last three read public data
    sets (setting public_data). A stopped run goes on with the same command, and
    what is answered is not asked again. Exit code 1 when a question failed.
    """
    from sparewheel.eval.thresholds import missed, thresholds

    floors = thresholds(fail_under)
    if baseline and ray_at:
        raise UsageError("--baseline is asked here; leave --ray out")
    settings = settings_of(ctx)
    if local:
        settings = only_local(settings)
    out = out or Path("runs") / Path(questions).stem
    if baseline:
        needed("langchain", "langchain_classic", "langchain_community", "rank_bm25")
    with progress_bar() as show:
        batches = prepared(questions, corpus, settings, limit, on_progress=show, note=noted)
    if not baseline:
        show_on_page(out, questions, corpus or "", limit or 0, local, settings)
    with connected(ray_at, settings) as cluster:
        found = run_batches(questions, batches, out, settings, concurrency, baseline, cluster)
    if as_json:
        print_json({"folder": str(out), **found})
    else:
        print_scores(found, every)
        shown = "" if baseline else "; the page shows them too (sparewheel ui, Evaluate)"
        console().print(f"records and scores are in {out}{shown}", markup=False, style="dim")
    short = missed(found["overall"], floors)
    for line in short:
        noted(line)
    return int(bool(short) or found["overall"].get("failed_share", {}).get("value", 0) > 0)


@evaluate.command("make")
@click.option("--corpus", required=True, help="Whose documents the questions are made from.")
@click.option("--n", "count", type=click.IntRange(1, 5000), default=50, show_default=True, help="At most so many.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("questions.jsonl"),
    show_default=True,
    help="A new file (.jsonl).",
)
@click.option("--seed", type=int, default=7, show_default=True, help="Another number draws other questions.")
@click.option("--local", is_flag=True, help="By rules only: no endpoint, no chat model.")
@click.pass_context
def make_questions(ctx: click.Context, corpus: str, count: int, out: Path, seed: int, local: bool) -> int:
    """Make questions from your own documents, with their answers.

    By rules, from clauses, tables, figures and headings; where the settings have a
    chat model and the corpus allows it, most are written by that model. One in five
    has no answer in the documents. Read the file and correct it, then give it to
    `sparewheel eval run`.
    """
    from rich.progress import Progress

    from sparewheel.app.evaluation.batch import made_questions
    from sparewheel.eval.making.make import ready_for, write_questions

    settings = settings_of(ctx)
    ready_for(out)
    to = console(err=True)
    with Progress(console=to, transient=True, disable=not to.is_terminal) as bar:
        task = bar.add_task("Making questions", total=count)
        made = made_questions(
            corpus, count, only_local(settings) if local else settings, seed=seed, told=lambda _: bar.advance(task)
        )
    write_questions(out, made.questions)
    silent = sum(not question.answerable for question in made.questions)
    click.echo(f"{len(made.questions)} questions in {out}, {silent} of them without an answer in the documents")
    kinds = Counter(question.category for question in made.questions)
    click.echo("kinds: " + ", ".join(f"{number} {kind}" for kind, number in kinds.most_common()))
    for reason, number in made.dropped.items():
        click.echo(f"dropped {number}: {reason}")
    if len(made.questions) < count:
        noted(f"{count} were wanted; these documents yield no further ones (a chat model would write others)")
    click.echo(f"next: sparewheel eval run {out} --corpus {corpus}")
    return 0


def run_batches(
    name: str,
    batches: list[Batch],
    out: Path,
    settings: Settings,
    concurrency: int,
    baseline: bool = False,
    cluster: Cluster | None = None,
) -> dict[str, Any]:
    """Asks what is not answered yet, a bar on standard error; then the figures."""
    from rich.progress import Progress

    from sparewheel.eval.score import score_folder

    to = console(err=True)
    with Progress(console=to, transient=True, disable=not to.is_terminal) as bar:
        task = bar.add_task("Answering", total=sum(len(b.questions) for b in batches), completed=answered(out))

        def told(record: Record) -> None:
            bar.advance(task)

        ask_all(
            name,
            batches,
            out,
            settings,
            concurrency=concurrency,
            baseline=baseline,
            cluster=cluster,
            told=told,
            note=noted,
        )
    return score_folder(out)


def noted(note: str) -> None:
    """What the person who runs it must know, on standard error."""
    console(err=True).print(note, markup=False, style="yellow")


@evaluate.command()
@click.argument("folder", type=FOLDER)
@click.option("--fail-under", multiple=True, metavar="MEASURE=VALUE", help="Exit code 1 below it: right=0.8; repeat.")
@click.option("--all", "every", is_flag=True, help="Show every figure, not only those that are read first.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, by category too.")
def score(folder: Path, fail_under: tuple[str, ...], every: bool, as_json: bool) -> int:
    """The figures of the run in FOLDER, from its records: no model is called.

    Writes scores.json (equal for equal answers, byte by byte) and times.json.
    """
    needed("eval", "ir_measures", "scipy")
    from sparewheel.eval.score import score_folder
    from sparewheel.eval.thresholds import missed, thresholds

    floors = thresholds(fail_under)
    found = score_folder(folder)
    if as_json:
        print_json(found)
    else:
        print_scores(found, every)
    short = missed(found["overall"], floors)
    for line in short:
        noted(line)
    return int(bool(short))


@evaluate.command()
@click.argument("first", metavar="A", type=FOLDER)
@click.argument("second", metavar="B", type=FOLDER)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def compare(first: Path, second: Path, as_json: bool) -> int:
    """What run B does better or worse than run A, question by question.

    p: how often chance alone would make a mean difference as large.
    """
    needed("eval", "ir_measures", "scipy")
    from sparewheel.eval.compare import compare as compared
    from sparewheel.eval.runs import iter_records
    from sparewheel.eval.score import rows

    found = compared(rows(iter_records(first)), rows(iter_records(second)))
    if as_json:
        print_json(found)
        return 0
    table = figures_table("measure", "A", "B", "B - A", "95 % interval", "p", "n")
    for name, d in found.items():
        bounds = f"{d['low']:+.3f} to {d['high']:+.3f}"
        values = (f"{d['a']:.3f}", f"{d['b']:.3f}", f"{d['difference']:+.3f}", bounds, f"{d['p']:.4f}", str(d["n"]))
        table.add_row(name.replace("_", " "), *values)
    console().print(table)
    return 0


@evaluate.command()
@click.argument("folder", type=FOLDER)
@click.option("--language", type=click.Choice(("en", "zh")), default="en", show_default=True, help="Of the page.")
@click.option("--against", type=FOLDER, help="Another run of the same questions: what changed since.")
def report(folder: Path, language: str, against: Path | None) -> int:
    """Write report.html and report.md of the run in FOLDER.

    Tables, plots and every question with its evidence, the worst first; the page
    is complete in one file.
    """
    needed("eval", "ir_measures", "scipy", "jinja2", "matplotlib")
    from sparewheel.eval.report import write_report

    for path in write_report(folder, language, against):
        click.echo(str(path))
    return 0


@evaluate.command()
@click.argument("folder", type=FOLDER)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(folder: Path, file: Path) -> int:
    """Write every question of the run in FOLDER as a table.

    FILE ends in .csv, .xlsx, .xml (JUnit, for a build server) or .md.
    """
    needed("eval", "ir_measures", "scipy")
    from sparewheel.eval.export import write_table
    from sparewheel.eval.runs import ABOUT, iter_records
    from sparewheel.eval.score import rows

    scored = rows(iter_records(folder))
    suite = json.loads((folder / ABOUT).read_text(encoding="utf-8"))["suite"]
    click.echo(str(write_table(scored, suite, file)))
    return 0


@evaluate.command()
@click.argument("folder", type=FOLDER, required=False)
@click.option("--update", is_flag=True, help="Keep the figures as those of the release.")
@click.pass_context
def gate(ctx: click.Context, folder: Path | None, update: bool) -> int:
    """Are the samples answered as well as in the last release?

    Runs the suite `samples` with the built-in reader, or takes the run in FOLDER.
    Exit code 1 when they are worse on the same questions beyond chance, or below
    the floor that the best release set.
    """
    needed("eval", "ir_measures", "scipy")
    from sparewheel.eval.gate import check, release, released
    from sparewheel.eval.runs import iter_records
    from sparewheel.eval.score import rows

    with tempfile.TemporaryDirectory() as place:
        if folder is None:
            folder = Path(place) / "run"
            settings = only_local(replace(settings_of(ctx), data_folder=f"{place}/corpora"))
            run_batches("samples", prepared("samples", None, settings), folder, settings, 4)
        scored = rows(iter_records(folder))
    if update:
        release(scored)
    checks = check(scored, released())
    table = figures_table("measure", "released", "today", "p of a loss", "floor", "questions", "")
    for c in checks:
        values = (f"{c.released:.3f}", f"{c.value:.3f}", f"{c.p:.3f}", f"{c.floor:.3f}", str(c.questions))
        table.add_row(c.measure.replace("_", " "), *values, "holds" if c.holds else "WORSE")
    console().print(table)
    return int(not all(c.holds for c in checks))


def figures_table(first: str, *heads: str) -> Table:
    """A table without frames, figures right."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(first, box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    return table


MAIN = frozenset(
    (
        *("right", "wrong_given", "refused_though_there", "partly", "numbers_right", "contains", "f1"),
        *("label_accuracy", "citation_hit", "document_cited", "evidence_recall"),
        *("refusal_recall", "refusal_precision", "calibration_error"),
    )
)
EXPECTED = {"failed_share": 0.0, "degraded_share": 0.0, "verified_share": 1.0}  # shown where they are not so


def print_scores(found: dict[str, Any], every: bool = False) -> None:
    """The overall figures with their intervals, then time and cost. every: not only those that are read first."""
    from sparewheel.eval.meanings import MEANINGS
    from sparewheel.eval.significance import FEW

    out = console()
    table = figures_table("measure", "value", "95 % interval", "questions")
    table.add_column("what it says", style="dim")
    figures = found["overall"]
    shown = [
        name
        for name, figure in figures.items()
        if every or name in MAIN or figure["value"] != EXPECTED.get(name, figure["value"])
    ]
    for name in shown:
        figure = figures[name]
        bounds = f"{figure['low']:.3f} to {figure['high']:.3f}"
        count = f"{figure['n']}{' (few)' if figure['n'] < FEW else ''}"
        table.add_row(name.replace("_", " "), f"{figure['value']:.3f}", bounds, count, MEANINGS.get(name, ""))
    out.print(table)
    if left := len(figures) - len(shown):
        out.print(f"{left} further figures: --all", style="dim", highlight=False)
    if any(figures[name]["n"] < FEW for name in shown):
        out.print(f"(few): under {FEW} questions say little, whatever the interval", style="yellow", highlight=False)
    took = found["times"]
    out.print(
        f"{found['questions']} questions; a question took {took['p50_s']:.2f} s (median), {took['p99_s']:.2f} s (p99)"
    )
    if took["cost_usd"]:
        out.print(f"cost: {took['cost_usd']:.4f} US dollars")
