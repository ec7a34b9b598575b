"""`sparewheel prepare`: questions asked while the cloud is up, so that an outage is answered with its quality."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

import click

from sparewheel.app.cli.common import console, print_json, settings_of, the_corpus
from sparewheel.app.cli.review import columns_from, confirm, counted, priced, progress
from sparewheel.rag.errors import UsageError

if TYPE_CHECKING:
    from sparewheel.app.service import Service
    from sparewheel.app.service.preparing import Item, Preparing
    from sparewheel.app.service.reviews import Estimate
    from sparewheel.rag.memory.memory import Memory
    from sparewheel.rag.settings import Settings
    from sparewheel.rag.types import Sensitivity


@click.command()
@click.argument("questions", nargs=-1, metavar="[QUESTIONS]...")
@click.option("--corpus", help="Whose documents are asked; not needed where there is only one.")
@click.option("--set", "sets", multiple=True, metavar="NAME", help="Its questions, of each document; repeat.")
@click.option("--documents", multiple=True, metavar="GLOB", help="Of these documents only: 'leases/*.pdf'; repeat.")
@click.option("--asked/--not-asked", default=True, show_default=True, help="Also what people asked lately.")
@click.option("--budget", type=click.FloatRange(min=0, min_open=True), metavar="USD", help="Stop before it is passed.")
@click.option("--off-peak", is_flag=True, help="Ask DeepSeek in its cheaper hours only.")
@click.option("--concurrency", type=click.IntRange(1, 256), help="Questions at a time (setting review.concurrency).")
@click.option("--yes", is_flag=True, help="Do not ask whether the estimated cost is right.")
@click.option("--estimate", "only_estimate", is_flag=True, help="Only tell how many, and what they would cost.")
@click.option("--json", "as_json", is_flag=True, help="Print how it ended as JSON.")
@click.pass_context
def prepare(
    ctx: click.Context,
    questions: tuple[str, ...],
    corpus: str | None,
    sets: tuple[str, ...],
    documents: tuple[str, ...],
    asked: bool,
    budget: float | None,
    off_peak: bool,
    concurrency: int | None,
    yes: bool,
    only_estimate: bool,
    as_json: bool,
) -> int:
    """Ask now what an outage should find answered.

    QUESTIONS are questions in quotes, or files with one on each line; they and
    those of the sets are asked of every document, what people asked as they asked
    it, most asked first. What is kept already is not asked again, so that the same
    command goes on after Ctrl-C, an outage, or the end of its budget.

    Exit code: 0, 1 when the budget or an outage stopped it, 2 usage.
    """
    from sparewheel.app.service import Service

    settings = settings_of(ctx)
    corpus = the_corpus(settings, corpus)
    with Service(settings) as service:
        config = service.corpus(corpus)
        check(settings, config.sensitivity, corpus)
        memory = open_memory_of(settings, corpus)
        items = items_of(service, memory, corpus, questions, sets, documents, asked=asked)
        preparing, found = plan(service, memory, corpus, items, budget, off_peak=off_peak, concurrency=concurrency or 0)
        due = preparing.filling.total
        say_plan(found, len(items), due)
        if only_estimate or not due:
            return 0
        confirm(found, budget, yes)
        interrupted = ask(preparing)
    filling = preparing.filling
    if as_json:
        facts = {"asked": filling.done, "kept": preparing.kept, "due": due, "spent_usd": filling.spent_usd}
        print_json({**facts, "stopped": "outage" if preparing.down else filling.stopped})
    else:
        say_end(preparing, due, budget)
    return 130 if interrupted else int(preparing.down or filling.stopped == "budget")


def check(settings: Settings, sensitivity: Sensitivity, corpus: str) -> None:
    """Raises UsageError where nobody fuller than the reader could answer, or nothing would be kept."""
    if settings.answer.memory == "off":
        raise UsageError('answer.memory is "off": nothing would be kept; set it to "when_down" or "always"')
    if sensitivity == "high" and not settings.local_chat.model:
        raise UsageError(
            f"corpus {corpus!r} is confidential: no cloud model may answer; set local_chat.model to prepare with it"
        )
    if not settings.endpoint and not settings.local_chat.model:
        raise UsageError("only the built-in reader is set up, and its answers need no preparing; add an endpoint")


def open_memory_of(settings: Settings, corpus: str) -> Memory:
    from sparewheel.rag.assemble import open_memory
    from sparewheel.rag.places import place_of

    return open_memory(place_of(settings).store(corpus), settings)


def items_of(
    service: Service,
    memory: Memory,
    corpus: str,
    questions: tuple[str, ...],
    sets: tuple[str, ...],
    documents: tuple[str, ...],
    *,
    asked: bool,
) -> list[Item]:
    """What people asked first, then each question of each document."""
    from sparewheel.app.service.preparing import Item, asked_lately
    from sparewheel.rag.review.table import Table

    items = asked_lately(memory) if asked else []
    if questions or sets:
        columns = columns_from(service.reviews, corpus, questions, sets, "en")
        ids = Table("", "", columns, documents).chosen([info.id for info in service.documents(corpus)])
        items += [Item(column.question, (id,)) for id in ids for column in columns]
    if not items:
        raise UsageError("nothing to ask: nobody asked in the last 30 days; give --set contracts, or questions")
    return items


def plan(
    service: Service,
    memory: Memory,
    corpus: str,
    items: list[Item],
    budget: float | None,
    *,
    off_peak: bool,
    concurrency: int,
) -> tuple[Preparing, Estimate]:
    """The run over what is not kept yet, and what it would cost. Cells of review tables are kept first."""
    from sparewheel.app.service.preparing import Preparing, keep_cells, to_prepare
    from sparewheel.app.service.reviews import estimate, how_of
    from sparewheel.rag.places import cells_of, place_of
    from sparewheel.rag.views import StoredDocuments

    settings = service.settings
    store, sensitivity = place_of(settings).store(corpus), service.corpus(corpus).sensitivity
    pipeline, cells = service.pipeline(corpus), cells_of(store)
    with store.open() as snapshot:
        sha256 = {info.id: info.sha256 for info in snapshot.documents()}
        keep_cells(memory, cells.since(0), StoredDocuments(snapshot), settings)
    how = how_of(settings, sensitivity, budget_usd=budget, concurrency=concurrency, off_peak=off_peak)
    preparing = Preparing(pipeline, to_prepare(pipeline, items), how, cells, sha256)
    return preparing, estimate(settings, "order", sensitivity, preparing.filling.total)


def ask(preparing: Preparing) -> bool:
    """Asks with a line of progress; whether Ctrl-C ended it."""
    from sparewheel.app.service.filling import Standing

    filling, began = preparing.filling, time.monotonic()

    async def run() -> None:
        with progress() as show:
            async for _ in filling:
                rate = filling.done / max(1e-3, time.monotonic() - began)
                left = (filling.total - filling.done) / rate
                spent, waiting = filling.spent_usd, filling.waiting_s
                show(Standing("", "", "running", filling.done, filling.total, rate, left, spent, waiting))

    try:
        asyncio.run(run())
    except KeyboardInterrupt:
        return True
    return False


def say_plan(found: Estimate, items: int, due: int) -> None:
    text = f"{counted(items, 'question')}, {items - due} answered from memory already, {due} to be asked"
    if found.answerer and due:
        text += priced(found)
    console(err=True).print(text, markup=False, highlight=False)


def say_end(preparing: Preparing, due: int, budget: float | None) -> None:
    filling, to = preparing.filling, console()
    text = f"{filling.done} of {due} asked, {preparing.kept} answered and kept"
    if filling.spent_usd:
        text += f"; {filling.spent_usd:.4f} US dollars"
    to.print(text, markup=False, highlight=False)
    if preparing.down:
        to.print("no fuller model answers now: try the same command again later", style="yellow")
    elif filling.stopped == "budget":
        to.print(f"the budget of {budget:g} US dollars stopped it; the same command goes on", style="yellow")
