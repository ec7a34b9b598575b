"""`sparewheel review`: the same questions asked of many documents, as a table with evidence."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from sparewheel.app.cli.common import console, print_json, settings_of, shorten, the_corpus
from sparewheel.rag.errors import NotFound, UsageError

if TYPE_CHECKING:
    from sparewheel.app.service.filling import Run, Standing
    from sparewheel.app.service.reviews import Estimate, Reviews
    from sparewheel.app.words import Language
    from sparewheel.rag.review.fill import Again
    from sparewheel.rag.review.sheet import Row, Sheet
    from sparewheel.rag.review.table import Answerers, Column, Table

LOOK_S = 0.2  # how often the progress line is drawn anew
MOST_SHOWN, SHOWN_CHARS = 60, 240  # cells that are shown on a terminal; characters of each


@click.command()
@click.argument("questions", nargs=-1, metavar="[QUESTIONS]...")
@click.option("--corpus", help="Whose documents are asked; not needed where there is only one.")
@click.option("--set", "sets", multiple=True, metavar="NAME", help="A set of questions, or a .toml file; repeat.")
@click.option("--documents", multiple=True, metavar="GLOB", help="Only these documents: 'leases/*.pdf'; repeat.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Ends in .xlsx .docx .csv .html or .json.")
@click.option("--name", default="", help="Of the table, on the page Review.")
@click.option("--local", is_flag=True, help="Only this machine answers.")
@click.option(
    "--again", type=click.Choice(["changed", "reader", "all"]), default="changed", show_default=True,
    help="Ask what is missing or changed; also what only the reader answered; all.",
)  # fmt: skip
@click.option("--budget", type=click.FloatRange(min=0, min_open=True), metavar="USD", help="Stop before it is passed.")
@click.option("--off-peak", is_flag=True, help="Ask DeepSeek in its cheaper hours only.")
@click.option("--concurrency", type=click.IntRange(1, 256), help="Cells at a time (setting review.concurrency).")
@click.option("--ray", "ray_at", metavar="ADDRESS", help="With --local: on a Ray cluster: HOST:PORT, auto, local.")
@click.option("--language", type=click.Choice(["en", "zh"]), default="en", show_default=True, help="Of the file.")
@click.option("--yes", is_flag=True, help="Do not ask whether the estimated cost is right.")
@click.option("--estimate", "only_estimate", is_flag=True, help="Only tell how many cells, and what they would cost.")
@click.option("--json", "as_json", is_flag=True, help="Print how it ended as JSON.")
@click.pass_context
def review(
    ctx: click.Context,
    questions: tuple[str, ...],
    corpus: str | None,
    sets: tuple[str, ...],
    documents: tuple[str, ...],
    out: Path | None,
    name: str,
    local: bool,
    again: str,
    budget: float | None,
    off_peak: bool,
    concurrency: int | None,
    ray_at: str | None,
    language: str,
    yes: bool,
    only_estimate: bool,
    as_json: bool,
) -> int:
    """Ask the same questions of many documents; write the answers as a table.

    Without --out a small table is shown here.

    QUESTIONS are questions in quotes, or files with one on each line ("Rent | How
    much is the rent?" names its column). Every cell is kept as soon as it is
    answered: stopped with Ctrl-C, or killed, the same command goes on, and later
    asks only of documents that are new or changed. The page Review shows the table.

    Exit code: 0, 1 when a cell failed or the budget stopped it, 2 usage.
    """
    from sparewheel.app.cli.ingest import connected
    from sparewheel.app.export.table import check_suffix
    from sparewheel.app.service import Service
    from sparewheel.app.service.reviews import Plan

    if out is not None:
        check_suffix(out.suffix)
    if ray_at and not local:
        raise UsageError("--ray has the readers of the cluster's machines answer; add --local, or leave --ray out")
    tongue = cast("Language", language)
    settings = settings_of(ctx)
    corpus = the_corpus(settings, corpus)
    with Service(settings) as service, connected(ray_at, settings) as cluster:
        reviews = service.reviews
        columns = columns_from(reviews, corpus, questions, sets, tongue)
        table = table_of(reviews, corpus, columns, documents, "local" if local else "order", name or ", ".join(sets))
        found = reviews.estimate(corpus, table.id, again=cast("Again", again))
        rows = len(reviews.sheet(corpus, table.id).rows)
        say_estimate(found, rows, len(columns))
        if only_estimate:
            return 0
        if out is None and not as_json and rows * len(columns) > MOST_SHOWN:
            raise UsageError(
                f"{rows * len(columns)} cells are too many to show here; give --out table.xlsx (.docx .csv .html .json)"
            )
        confirm(found, budget, yes)
        plan = Plan(cast("Again", again), budget or 0.0, off_peak, concurrency or 0, cluster)
        run = reviews.start(corpus, table.id, plan=plan)
        interrupted = watch(reviews, corpus, table.id, run)
        sheet = reviews.sheet(corpus, table.id)
        if out is not None:
            write(reviews, corpus, table, out, tongue)
        ended = run.standing()
        if as_json:
            print_json({"table": table.id, "out": str(out or ""), "tally": sheet.tally, "run": ended})
        else:
            if out is None:
                say_cells(sheet, tongue)
            say_end(sheet, ended, out, budget)
    if run.error is not None:
        raise run.error
    if interrupted:
        return 130
    return int(bool(sheet.tally.failed) or ended.why == "budget")


def columns_from(
    reviews: Reviews, corpus: str, questions: tuple[str, ...], sets: tuple[str, ...], language: Language
) -> tuple[Column, ...]:
    """The questions of the command line: sets first, then files and questions in the order given."""
    from sparewheel.rag.review.table import columns_of

    given: list[str | tuple[str, str] | Column] = []
    for name in sets:
        given += reviews.questions(corpus, name, language)
    for text in questions:
        given += lines_of(Path(text)) if is_file(text) else [one(text)]
    return columns_of(given)


def is_file(text: str) -> bool:
    """Whether a question is the name of a file. Raises NotFound for what can only be one and is not there."""
    path = Path(text).expanduser()
    try:
        there = path.is_file()
    except OSError:  # too long for a name
        return False
    if not there and " " not in text.strip() and path.suffix.casefold() in (".txt", ".toml", ".md", ".csv"):
        raise NotFound(f"no file {text!r}; give a file with a question on each line, or the questions themselves")
    return there


def lines_of(path: Path) -> list[str | tuple[str, str] | Column]:
    """The questions of a file: a set (.toml), or one on each line; empty lines and those that begin with # are none."""
    from sparewheel.corpora.sets import read_set

    path = path.expanduser()
    if path.suffix.casefold() == ".toml":
        return [(q.name, q.ask) for q in read_set(path).questions]
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no UTF-8 text ({error.reason} at byte {error.start}); save it as UTF-8") from error
    return [one(line) for line in lines if line.strip() and not line.lstrip().startswith("#")]


def one(text: str) -> str | tuple[str, str]:
    """ "Rent | How much is the rent?" as name and question; a question alone as it is."""
    name, bar, question = text.partition("|")
    return (name.strip(), question.strip()) if bar and name.strip() and question.strip() else text


def table_of(
    reviews: Reviews,
    corpus: str,
    columns: tuple[Column, ...],
    documents: tuple[str, ...],
    answerers: Answerers,
    name: str,
) -> Table:
    """The table that the same command made before, else a new one."""
    for table in reviews.tables(corpus):
        same = (table.columns, table.documents, table.answerers) == (columns, documents, answerers)
        if same and (not name or table.name == name):
            return table
    return reviews.make(corpus, columns, name=name, documents=documents, answerers=answerers)


def say_estimate(found: Estimate, documents: int, questions: int) -> None:
    asked = f"{counted(documents, 'document')} x {counted(questions, 'question')}"
    text = f"{asked}; {counted(found.cells, 'cell')} to be asked"
    text += priced(found) if found.answerer else ", on this machine" if found.cells else ""
    console(err=True).print(text, markup=False, highlight=False)


def priced(found: Estimate) -> str:
    """ " of deepseek: about 1.05 US dollars now, 0.53 off-peak"; or that nobody knows."""
    if not found.usd:
        return f" of {found.answerer}, for which no price is set (endpoint.{found.answerer}.price_output)"
    now, later = (f"{usd:.2f}" if usd >= 0.01 else "0.01" for usd in (found.usd, found.off_peak_usd))
    return f" of {found.answerer}: about {now} US dollars now, {later} off-peak"


def counted(number: int, noun: str) -> str:
    """ "1 document", "2 documents"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def confirm(found: Estimate, budget: float | None, yes: bool) -> None:
    """Asks before money is spent. Raises UsageError where nobody can be asked and no limit is given."""
    if yes or budget is not None or not found.usd:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"this would cost about {found.usd:.2f} US dollars; give --budget USD, --yes, or --local")
    click.confirm("Go on?", abort=True, err=True)


def watch(reviews: Reviews, corpus: str, table: str, run: Run) -> bool:
    """A progress line until the run has ended; whether Ctrl-C ended it."""
    interrupted = False
    with progress() as show:
        cells = run.cells_from(0, LOOK_S)
        while True:
            try:
                for _ in cells:
                    show(run.standing())
                return interrupted
            except KeyboardInterrupt:
                if interrupted:
                    raise
                interrupted = True
                console(err=True).print("stopping; what is being answered is kept (Ctrl-C again to leave at once)")
                reviews.stop(corpus, table)
                cells = run.cells_from(len(run.cells), LOOK_S)


@contextmanager
def progress() -> Iterator[Shows]:
    """A line on a terminal; elsewhere a line every ten seconds."""
    from rich.progress import BarColumn, Progress, TextColumn

    to = console(err=True)
    if not to.is_terminal:
        yield Shows(None)
        return
    with Progress(BarColumn(bar_width=20), TextColumn("{task.description}"), console=to, transient=True) as bar:
        yield Shows(bar)


class Shows:
    """Draws how far a run is."""

    EVERY_S = 10.0

    def __init__(self, bar: object) -> None:
        self._bar = bar
        self._task = None if bar is None else bar.add_task("", total=None)  # type: ignore[attr-defined]
        self._next = time.monotonic() + self.EVERY_S

    def __call__(self, standing: Standing) -> None:
        if self._bar is not None:
            self._bar.update(  # type: ignore[attr-defined]
                self._task, total=standing.total or None, completed=standing.done, description=described(standing)
            )
        elif time.monotonic() >= self._next:
            self._next = time.monotonic() + self.EVERY_S
            click.echo(described(standing), err=True)


def described(standing: Standing) -> str:
    """ "120 of 2400 cells, 5.1 a second, 7 min left, 0.12 US dollars"."""
    parts = [f"{standing.done} of {standing.total} cells"]
    if standing.waiting_s > 0:
        parts.append(f"waiting for cheaper hours, {span(standing.waiting_s)}")
    elif standing.per_second:
        parts.append(f"{standing.per_second:.1f} a second")
        if standing.left_s is not None:
            parts.append(f"{span(standing.left_s)} left")
    if standing.spent_usd:
        parts.append(f"{standing.spent_usd:.4f} US dollars")
    return ", ".join(parts)


def span(seconds: float) -> str:
    """ "45 s", "7 min", "2 h 05 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def write(reviews: Reviews, corpus: str, table: Table, out: Path, language: Language) -> None:
    """The file; a document's name opens it, at the page where one is cited."""
    from sparewheel.app.export.table import Wanted

    _, made = reviews.export(corpus, table.id, out.suffix, Wanted(corpus, language, link=opened))
    out.write_bytes(made)


def opened(row: Row, page: int | None) -> str:
    """The address of the source file on this machine; "" where it is gone."""
    path = Path(row.source)
    if not (path.is_absolute() and path.is_file()):
        return ""
    return path.as_uri() + (f"#page={page}" if page else "")


def say_cells(sheet: Sheet, language: Language) -> None:
    """The table, document by document."""
    from rich.padding import Padding
    from rich.text import Text

    from sparewheel.app.export.table.content import shown, sure, who
    from sparewheel.rag.answer.markers import MARKER

    to = console()
    for row in sheet.rows:
        to.print(Text(row.name, style="bold"))
        for column in sheet.table.columns:
            cell = sheet.cell(column, row)
            said = shorten(MARKER.sub("", shown(cell, language)).strip(), SHOWN_CHARS)
            line = Text.assemble((f"{column.name}: ", "cyan"), said or "-")
            if cell is not None and cell.text:
                pages = dict.fromkeys(citation.page for citation in cell.answer.citations if citation.page)
                facts = [f"page {page}" for page in pages]
                facts += [f"{sureness:.0%}"] if (sureness := sure(cell)) is not None else []
                line.append(f" ({', '.join((*facts, who(cell, language)))})", "dim")
            to.print(Padding(line, (0, 0, 0, 2)))


def say_end(sheet: Sheet, ended: Standing, out: Path | None, budget: float | None) -> None:
    tally, to = sheet.tally, console()
    silent = tally.asked - tally.answered - tally.failed
    text = f"{tally.asked} of {tally.cells} cells: {tally.answered} answered, {silent} where the document does not say"
    if tally.failed:
        text += f", {tally.failed} failed (the same command asks them again)"
    if ended.spent_usd:
        text += f"; {ended.spent_usd:.4f} US dollars"
    to.print(text, markup=False, highlight=False)
    if ended.why == "budget":
        to.print(f"the budget of {budget:g} US dollars stopped it; the same command goes on", style="yellow")
    if ended.why == "person":
        to.print("stopped; the same command goes on", style="yellow")
    if out is not None:
        to.print(f"written: {out}", markup=False, highlight=False, soft_wrap=True)
