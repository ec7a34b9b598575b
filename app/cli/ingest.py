"""`sparewheel ingest` and `sparewheel reindex`: files into a corpus, and a corpus up to date with today's models."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count as counting
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sparewheel.app.cli.common import console, print_json, settings_of
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

    from sparewheel.rag.cluster import Cluster
    from sparewheel.rag.ingest.report import Progress, Report
    from sparewheel.rag.ingest.stores import CorpusStore

_STAGES = {"read": "Reading", "split": "Splitting", "fill": "Embedding"}
_SHOWN = 20  # failed files listed on the terminal; --json lists every file


class PathOrUrl(click.Path):
    """A path, or an address of object storage as it is written ("s3://bucket/contracts")."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if "://" in str(value) else super().convert(value, param, ctx)


PATH_OR_URL = PathOrUrl(path_type=Path)


def local(path: Path | str, corpus: str, settings: Settings) -> Path:
    """The path; of an address, the folder in which its files lie now."""
    if isinstance(path, Path):
        return path
    from sparewheel.rag.ingest.remote import mirrored

    with progress_bar() as show:
        return mirrored(path, settings.corpora_folder / ".remote" / corpus, settings.ingest, on_progress=show)


@click.command()
@click.argument("paths", nargs=-1, required=True, type=PATH_OR_URL, metavar="PATH...")
@click.option("--corpus", required=True, help="Name of the corpus; created if it does not exist.")
@click.option(
    "--domain", type=click.Choice(["legal", "medical", "general"]), help="Domain of a new corpus (default: general)."
)
@click.option(
    "--sensitivity", type=click.Choice(["high", "normal"]), help="high: no question or passage leaves this machine."
)
@click.option("--prune", is_flag=True, help="Remove documents whose files no longer exist below PATH.")
@click.option("--yes", is_flag=True, help="With --prune: also where a folder holds no file any more.")
@click.option("--checksum", is_flag=True, help="Compare unchanged-looking files by their content too.")
@click.option("--follow-links", is_flag=True, help="Read also what links out of PATH lead to.")
@click.option("--wait", is_flag=True, help="Wait until another process has finished writing the corpus.")
@click.option("--no-dense", is_flag=True, help="Skip embedding; a later ingest or reindex does it.")
@click.option("--ray", "ray_at", metavar="ADDRESS", help="Read and embed on a Ray cluster: HOST:PORT, auto, local.")
@click.option("--json", "as_json", is_flag=True, help="Print the result for every file as JSON.")
@click.pass_context
def ingest(
    ctx: click.Context,
    paths: tuple[Path, ...],
    corpus: str,
    domain: str | None,
    sensitivity: str | None,
    prune: bool,
    yes: bool,
    checksum: bool,
    follow_links: bool,
    wait: bool,
    no_dense: bool,
    ray_at: str | None,
    as_json: bool,
) -> int:
    """Index files or folders into a corpus: PDF, Word, Excel, PowerPoint, OpenDocument, RTF, HTML, Markdown, text, XML,
    JSON, CSV, mail, EPUB, and zips of them. PATH may be an address of object
    storage, s3://bucket/folder (extra remote).

    Unchanged files cost nothing, changed ones replace what was read before. Documents can be asked about while the rest
    is still read and embedded; stopped at any moment, the same command goes on where it was.

    Exit code: 0, 1 when a file failed or nothing was found, 2 usage.
    """
    from sparewheel.app.service.info import corpus_info
    from sparewheel.rag.places import place_of

    settings = settings_of(ctx)
    paths = tuple(local(path, corpus, settings) for path in paths)
    on_report = None if as_json else _print_report
    new = corpus not in place_of(settings).names()
    if new and _nothing_there(corpus, paths, follow_links):
        return 1
    store = open_corpus(settings, corpus, domain, sensitivity, paths)
    try:
        with connected(ray_at, settings) as cluster:
            report = index(
                store,
                paths,
                settings,
                dense=not no_dense,
                cluster=cluster,
                on_report=on_report,
                prune=prune,
                prune_all=yes,
                checksum=checksum,
                follow_links=follow_links,
                wait=wait,
            )
    except KeyboardInterrupt:
        console(err=True).print("What was read so far can be asked about; the same command goes on where it was.")
        raise
    if new and not store.current():
        store.destroy()
        console(err=True).print(f"nothing could be read, so there is no corpus {corpus!r}", style="yellow")
        if as_json:
            print_json({"corpus": corpus, "documents": 0, "chunks": 0, "embedded_share": 0.0, "report": report})
        return 1
    if as_json:
        info = corpus_info(store)
        state = {"documents": info.documents, "chunks": info.chunks, "embedded_share": info.dense_share}
        print_json({"corpus": corpus, **state, "report": report})
    else:
        _print_state(store)
    return 1 if report.of("failed") else 0


@click.command()
@click.option("--corpus", required=True, help="Name of the corpus.")
@click.option("--wait", is_flag=True, help="Wait until another process has finished writing the corpus.")
@click.option("--no-dense", is_flag=True, help="Skip embedding.")
@click.option("--ray", "ray_at", metavar="ADDRESS", help="Embed on a Ray cluster: HOST:PORT, auto, local.")
@click.pass_context
def reindex(ctx: click.Context, corpus: str, wait: bool, no_dense: bool, ray_at: str | None) -> int:
    """Bring an index up to date with today's models and rules, without its source files.

    Documents are split again where the rules changed, and an index is built anew where its tokeniser or its embedding
    model changed. It also finishes embedding that was interrupted.
    """
    from sparewheel.app.service.work import split_again
    from sparewheel.rag.places import place_of

    settings = settings_of(ctx)
    store = place_of(settings).store(corpus)
    with progress_bar() as show:
        count = split_again(store, settings, wait=wait, on_progress=show)
    console(err=True).print(f"{count} documents split again" if count else "every document is split by today's rules")
    if not no_dense:
        with connected(ray_at, settings) as cluster:
            _embed(store, settings, rebuild=True, cluster=cluster)
    _print_state(store)
    return 0


def run_ingest(
    paths: Sequence[Path], corpus: str, *, domain: str, settings: Settings, ids: Mapping[Path, str] | None = None
) -> Report:
    """As the command `ingest`, for programs: everything read and embedded, progress on standard error. ids: as in
    `rag.ingest.run.ingest`."""
    return index(open_corpus(settings, corpus, domain, None, paths), paths, settings, ids=ids)


def index(
    store: CorpusStore,
    paths: Sequence[Path],
    settings: Settings,
    *,
    dense: bool = True,
    cluster: Cluster | None = None,
    on_report: Callable[[Report], None] | None = None,
    prune: bool = False,
    prune_all: bool = False,
    checksum: bool = False,
    follow_links: bool = False,
    ids: Mapping[Path, str] | None = None,
    wait: bool = False,
) -> Report:
    """Reads the files, tells the report, then embeds."""
    from sparewheel.app.service.work import read_in

    started = time.monotonic()
    with progress_bar() as show:
        report = read_in(
            store,
            paths,
            settings,
            prune=prune,
            prune_all=prune_all,
            checksum=checksum,
            follow_links=follow_links,
            ids=ids,
            wait=wait,
            on_progress=on_workers(show, cluster),
            cluster=cluster,
        )
    if on_report is not None:
        on_report(report)
    if dense:
        _embed(store, settings, cluster=cluster)
        seconds = time.monotonic() - started
        if on_report is not None and seconds > report.seconds + 1:
            console().print(f"{seconds:.1f} s in all, embedding included", style="dim")
    return report


def _nothing_there(corpus: str, paths: Sequence[Path], follow_links: bool) -> bool:
    """Whether a corpus would be made for no document; says so, with what was left out and why."""
    from sparewheel.rag.ingest.walk import walk

    found, left = walk(paths, follow_links=follow_links)
    if found:
        return False
    err = console(err=True)
    err.print(f"no document found, so there is no corpus {corpus!r}", style="yellow")
    _print_left(err, [(each.reason, each.cure) for each in left])
    return True


def _print_left(out: Console, left: Sequence[tuple[str, str]]) -> None:
    """Why files were left out and what helps, most frequent first."""
    for (reason, cure), count in Counter(left).most_common():
        out.print(f"{count} left out: {reason}{f' ({cure})' if cure else ''}", style="dim", markup=False)


def open_corpus(
    settings: Settings, name: str, domain: str | None, sensitivity: str | None, paths: Sequence[Path]
) -> CorpusStore:
    """The corpus, made with its domain's profile when it is new."""
    from sparewheel.app.service.work import make_corpus
    from sparewheel.rag.ingest.walk import there

    for path in paths:
        there(path)  # before an empty corpus is made for it
    store = make_corpus(settings, name, domain or "general")
    if domain is not None and domain != store.config.domain:
        raise UsageError(f"corpus {name!r} is {store.config.domain!r}, not {domain!r}; ingest into another corpus")
    if sensitivity is not None and sensitivity != store.config.sensitivity:
        store.configure(sensitivity=sensitivity)
    return store


def _embed(
    store: CorpusStore, settings: Settings, *, rebuild: bool = False, cluster: Cluster | None = None
) -> None:  # fmt: skip
    """Fills the dense index. Where its model is not there, says so: words still find."""
    from sparewheel.app.service.work import embed

    try:
        with progress_bar() as show:
            embed(store, settings, rebuild=rebuild, on_progress=on_workers(show, cluster), cluster=cluster)
    except NotFound as error:
        console(err=True).print(f"Note: {error}; questions are answered by words alone", style="yellow")


def on_workers(show: Callable[[Progress], None], cluster: Cluster | None) -> Callable[[Progress], None]:
    """The bar also says how many processors of a cluster work."""
    if cluster is None:
        return show
    return lambda progress: show(replace(progress, name=f"{cluster.workers} workers"))


@contextmanager
def connected(ray_at: str | None, settings: Settings) -> Iterator[Cluster | None]:
    """The cluster of `--ray`, None without."""
    if ray_at is None:
        yield None
        return
    from sparewheel.rag.cluster import Cluster

    with Cluster(ray_at, settings) as cluster:
        console(err=True).print(f"{cluster.workers} processors of the cluster take part", style="dim")
        yield cluster


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
    """A bar on standard error with rate and time left; where that is no terminal, nothing."""
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = TextColumn("{task.description:<9}"), BarColumn(20), TextColumn("{task.percentage:>3.0f} %")
    more = TextColumn("{task.fields[rate]:>14}"), TimeRemainingColumn(compact=True), TextColumn("{task.fields[name]}")
    to = console(err=True)
    with Bar(*columns, *more, console=to, transient=True, disable=not to.is_terminal) as bar:
        task = bar.add_task("Starting", total=None, rate="", name="")

        began, files = time.monotonic(), counting(1)

        def show(progress: Progress) -> None:
            speed = bar.tasks[0].speed or 0.0
            rate = f"{speed:.0f} /s"
            if progress.stage == "read":  # of small files the bytes say nothing
                read = next(files) / max(time.monotonic() - began, 0.1)
                rate = f"{speed / 1e6:.1f} MB/s" if speed >= 1e5 else f"{read:.0f} files/s"
            name = progress.name[-24:]
            stage = _STAGES[progress.stage]
            bar.update(task, description=stage, completed=progress.done, total=progress.total, rate=rate, name=name)

        yield show


def _print_report(report: Report) -> None:
    """A line of counts; a table of the files that failed; why others were left out."""
    from rich.table import Table

    out = console()
    counts = Counter(row.status for row in report.rows)
    size = sum(row.bytes for row in report.of("added", "updated"))
    said = ", ".join(f"{counts[s]} {s}" for s in ("added", "updated", "unchanged", "removed", "failed") if counts[s])
    files = sum(counts[s] for s in ("added", "updated")) / report.seconds if report.seconds else 0.0
    speed = size / 1e6 / report.seconds if report.seconds else 0.0
    rate = f", {speed:.1f} MB/s" if speed >= 0.1 else f", {files:.0f} files/s" if size else ""
    out.print(f"{said or 'no documents found'} ({report.seconds:.1f} s{rate})")
    _print_left(out, [(row.reason, row.cure) for row in report.of("skipped")])
    for row in [row for row in report.of("added", "updated") if row.notes][:_SHOWN]:
        out.print(f"{row.document_id}: {row.notes}", style="dim", markup=False)
    if report.missing:
        such = report.missing[0] + (", ..." if len(report.missing) > 1 else "")
        out.print(f"{len(report.missing)} in the corpus without a file any more ({such}): --prune removes them")
    if failed := report.of("failed"):
        table = Table("failed", "why", "what to do", expand=True, show_lines=False)
        for row in failed[:_SHOWN]:
            name = row.document_id or row.source
            table.add_row(name, row.reason.removeprefix(f"{Path(name).name}: "), row.cure)
        out.print(table)
        if len(failed) > _SHOWN:
            out.print(f"... and {len(failed) - _SHOWN} more; --json lists all")


def _print_state(store: CorpusStore) -> None:
    from sparewheel.app.service.info import corpus_info

    info = corpus_info(store)
    counts = f"{info.documents} documents, {info.chunks} chunks, {info.dense_share:.0%} embedded"
    console().print(f"{store.config.name}: {counts}")
