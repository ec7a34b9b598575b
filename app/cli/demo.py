"""`sparewheel demo`: the sample corpora indexed, three questions answered, and what to run next."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from sparewheel.app.cli.answers import print_answer
from sparewheel.app.cli.common import console, settings_of
from sparewheel.corpora import samples

QUESTIONS = (
    ("legal", "How long does Harrowgate CAD keep working without a network connection?"),
    ("medical", "How long before a knee replacement must empagliflozin be stopped?"),
    ("legal", "云州市个人撤回同意后，数据处理者应当在多久内停止处理？"),
)
NEXT = """\
Next:
  {command} ask "When is rent due?" --corpus demo-legal
  {command} init    (your own documents, in three questions)
Nothing above used a network. To let DeepSeek answer first, with the local
reader behind it: export DEEPSEEK_API_KEY=...   (docs/getting-started.md)"""


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), help="Where to keep the corpora (default: the data folder).")
@click.pass_context
def demo(ctx: click.Context, folder: Path | None) -> int:
    """Index the sample corpora and answer three questions: English legal,
    medical, and Chinese."""
    from sparewheel.app.cli.ingest import run_ingest
    from sparewheel.rag.assemble import open_pipeline

    settings = settings_of(ctx)
    if folder is not None:
        settings = replace(settings, data_folder=str(folder))
    out = console()
    for domain in ("legal", "medical"):
        documents = samples(domain) / "documents"
        ids = {path.absolute(): path.name for path in documents.iterdir()}  # the same ones from every installation
        report = run_ingest([documents], f"demo-{domain}", domain=domain, settings=settings, ids=ids)
        out.print(f"{domain}: {len(report.rows)} sample documents indexed as demo-{domain}", style="dim")
    worst = 0
    for domain, question in QUESTIONS:
        out.print()
        out.print(f"? {question}", style="cyan bold", markup=False)
        with open_pipeline(f"demo-{domain}", settings=settings) as pipeline:
            answer = pipeline.ask(question)
        print_answer(answer, out, disclaimer="", settings=settings)
        worst = max(worst, 0 if answer.outcome == "answered" else 1)
    out.print()
    out.print("Taken from the documents cited; neither legal nor medical advice.", style="dim", markup=False)
    out.print(NEXT.format(command=_command()), markup=False)
    return worst


def _command() -> str:
    """The command as the reader can type it: by its path where its folder is not on PATH."""
    import os
    import shutil
    import sys

    here = Path(sys.argv[0])
    found = shutil.which("sparewheel")
    if found and Path(found).samefile(here):
        return "sparewheel"
    return os.path.relpath(here) if here.exists() else "sparewheel"
