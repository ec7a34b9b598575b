"""`sparewheel eval retrieval`: how well the search finds the documents of a BEIR folder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sparewheel.app.cli.common import console, print_json, settings_of
from sparewheel.app.cli.ingest import progress_bar
from sparewheel.rag.errors import UsageError

if TYPE_CHECKING:
    from sparewheel.eval.ranked import Measured
    from sparewheel.rag.settings import Settings


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--split", default="test", show_default=True, help="Which qrels/SPLIT.tsv judges.")
@click.option("--domain", type=click.Choice(["legal", "medical", "general"]), default="general", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first so many questions.")
@click.option("--run", "run_file", type=click.Path(dir_okay=False, path_type=Path), help="Write the rankings (TREC).")
@click.option("--json", "as_json", is_flag=True, help="The figures as JSON.")
@click.pass_context
def retrieval(
    ctx: click.Context, folder: Path, split: str, domain: str, limit: int | None, run_file: Path | None, as_json: bool
) -> int:
    """How well the documents of a BEIR FOLDER are found (SciFact, NFCorpus ...).

    The folder has corpus.jsonl, queries.jsonl and qrels/SPLIT.tsv. Its documents
    are indexed once, as the corpus beir-FOLDER; questions go through the search
    and the reranker of the settings. Each figure has its 95 % interval.
    """
    from rich.progress import Progress as Bar

    from sparewheel.app.evaluation.batch import scoring_installed
    from sparewheel.eval.ranked import measure, write_run
    from sparewheel.rag.assemble import open_pipeline

    scoring_installed()
    settings = settings_of(ctx)
    corpus = indexed(folder, domain, settings)
    to = console(err=True)
    with (
        open_pipeline(corpus, settings) as pipeline,
        Bar(console=to, transient=True, disable=not to.is_terminal) as bar,
    ):
        task = bar.add_task("Searching", total=None)
        measured = measure(
            folder, split, lambda question, k: pipeline.search(question, k=k), limit,
            lambda done, total: bar.update(task, completed=done, total=total),
        )  # fmt: skip
    if run_file is not None:
        write_run(measured, corpus, run_file)
    if as_json:
        print_json({key: value for key, value in asdict(measured).items() if key != "rankings"})
    else:
        print_figures(measured, folder.name, split)
    return 1 if measured.failed else 0


def indexed(folder: Path, domain: str, settings: Settings) -> str:
    """The corpus that holds the folder's documents; made where it is not there yet."""
    from sparewheel.app.service.work import add_documents, embed, make_corpus
    from sparewheel.eval.ranked import batches

    name = "beir-" + "".join(char if char.isalnum() else "-" for char in folder.resolve().name.casefold())
    store = make_corpus(settings, name, domain)
    there: set[str] = set()
    if store.current():
        with store.open() as snapshot:
            there = {document.id for document in snapshot.documents()}
    for batch in batches(folder):
        if new := [document for document in batch if document.id not in there and document.text.strip()]:
            add_documents(store, new, settings)
    if not store.current():
        raise UsageError(f"{folder / 'corpus.jsonl'} holds no document with a text")
    with progress_bar() as show:
        embed(store, settings, on_progress=show)
    return name


def print_figures(measured: Measured, name: str, split: str) -> None:
    """One line a measure."""
    from rich.table import Table

    meaning = {
        "nDCG@10": "graded order of the first ten",
        "R@10": "share of the relevant among the first ten",
        "R@100": "the same, among the first hundred",
        "RR@10": "1 / place of the first relevant one",
        "P@1": "the first one is relevant",
    }
    table = Table(box=None, pad_edge=False)
    for head in ("measure", "value", "95 %", "meaning"):
        table.add_column(head, no_wrap=head != "meaning")
    for key, figure in measured.figures.items():
        table.add_row(key, f"{figure.value:.3f}", f"{figure.low:.3f} to {figure.high:.3f}", meaning[key])
    to = console()
    to.print(f"{name}, {split}: {measured.questions} questions over {measured.documents} documents")
    to.print(table)
    if measured.failed:
        to.print(f"{measured.failed} questions could not be searched; they count 0", style="yellow")
