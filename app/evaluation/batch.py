"""Batches of questions to corpora: what `sparewheel eval run` and the page Evaluate share."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparewheel.app.people.access import User
from sparewheel.rag.errors import NotFound, UsageError, install
from sparewheel.rag.settings import LocalChat, Settings

if TYPE_CHECKING:
    from sparewheel.corpora import Question
    from sparewheel.eval.making.make import Made
    from sparewheel.eval.runs import Batch, Record
    from sparewheel.eval.suites import Part
    from sparewheel.rag.answer.endpoint import Completer
    from sparewheel.rag.cluster import Cluster
    from sparewheel.rag.ingest.report import Progress
    from sparewheel.rag.rights import Rights


def _unseen(_: Any) -> None:
    """Nobody watches."""


def prepared(
    questions: str,
    corpus: str | None,
    settings: Settings,
    limit: int | None = None,
    *,
    user: User | None = None,
    on_progress: Callable[[Progress], None] = _unseen,
    note: Callable[[str], None] = _unseen,
) -> list[Batch]:
    """The questions of a suite or a file with their corpora, which a suite indexes first where they are not yet.

    limit: at most so many of each corpus, a sample that is always the same. Raises Forbidden for a corpus that the user
    may not read.
    """
    from sparewheel.eval.questions import read_questions
    from sparewheel.eval.suites import drawn, suite

    scoring_installed()

    if Path(questions).suffix:
        asked = read_questions(Path(questions), note)
        if corpus is None:
            raise UsageError(f"{questions} does not say what to ask; give --corpus NAME (sparewheel corpora list)")
        return [_batch(corpus, drawn(asked, limit), settings, user)]
    if corpus is not None:
        raise UsageError(f"--corpus {corpus} is for a file of questions; the suite {questions!r} has its own corpora")
    made = []
    for part in suite(questions).parts:
        asked = drawn(part.questions(settings), limit)
        _index(part, settings, on_progress)
        made.append(_batch(part.corpus, asked, settings, user, part.within_document))
    return made


def scoring_installed() -> None:
    """Raises UsageError where the extra `eval` is missing: before the first question, not after the last."""
    if missing := [name for name in ("ir_measures", "scipy") if find_spec(name) is None]:
        raise UsageError(f"scoring needs the extra 'eval' ({', '.join(missing)} missing); {install('eval')}")


def _batch(
    corpus: str, asked: list[Question], settings: Settings, user: User | None, within_document: bool = False
) -> Batch:
    from sparewheel.app.people.access import admitted, rights_of
    from sparewheel.eval.runs import prepare
    from sparewheel.rag.places import place_of
    from sparewheel.rag.readable import readable

    rights = rights_of(admitted(place_of(settings), corpus, user), user)
    with place_of(settings).store(corpus).open() as snapshot:
        return prepare(corpus, asked, readable(snapshot, rights, corpus), within_document=within_document)


def _index(part: Part, settings: Settings, on_progress: Callable[[Progress], None]) -> None:
    """The part's documents, read where they are not there yet or changed."""
    from sparewheel.app.service.work import embed, make_corpus, read_in
    from sparewheel.eval.suites import index_documents

    documents = part.files(settings)
    if documents is None:
        index_documents(part, settings, on_progress)
        return
    store = make_corpus(settings, part.corpus, part.domain)
    read_in(store, [documents], settings, wait=True, on_progress=on_progress)
    with suppress(NotFound):  # no embedding model here: words alone find
        embed(store, settings, on_progress=on_progress)


def ask_all(
    name: str,
    batches: list[Batch],
    out: Path,
    settings: Settings,
    *,
    concurrency: int = 4,
    baseline: bool = False,
    cluster: Cluster | None = None,
    user: User | None = None,
    told: Callable[[Record], None] = _unseen,
    note: Callable[[str], None] = _unseen,
) -> None:
    """Asks what is not answered yet in the run kept in `out`. What `told` raises stops it; the same call goes on.

    concurrency: questions at a time, at most. cluster: they are asked there, one for each processor. note: given what
    the person who runs it must know. Models are in memory before the first question, so that loading counts as nobody's
    time.
    """
    from sparewheel.eval import runs
    from sparewheel.rag.assemble import open_pipeline

    settings = replace(settings, answer=replace(settings.answer, memory="off"))  # what is measured is the answerers
    system = "langchain ensemble" if baseline else "sparewheel"
    if runs.torn(out):
        note(f"the last record of {out} was cut off when the run ended; it is dropped, and its question is asked again")
    done = runs.open_run(out, runs.describe(name, batches, settings, system))
    for batch in batches:
        if cluster is not None:
            from sparewheel.eval.spread import Spread

            _admit(settings, batch.corpus, user)
            asks = Spread(cluster, batch.corpus, settings)
            asyncio.run(runs.run(out, batch, asks, done=done, concurrency=cluster.workers, told=told))
            continue
        if baseline:
            from sparewheel.eval.baselines import open_baseline

            pipeline = open_baseline(batch.corpus, settings)
        else:
            admit = partial(_admit, settings, batch.corpus, user)
            admit()
            pipeline = open_pipeline(batch.corpus, settings).admitting(admit)
        with pipeline:
            for language in sorted({question.language for question in batch.questions if question.id not in done}):
                pipeline.warm(language)
            asyncio.run(runs.run(out, batch, pipeline, done=done, concurrency=concurrency, told=told))


def _admit(settings: Settings, corpus: str, user: User | None) -> Rights | None:
    """What of the corpus the user may read. Raises Forbidden."""
    from sparewheel.app.people.access import admitted, rights_of
    from sparewheel.rag.places import place_of

    return rights_of(admitted(place_of(settings), corpus, user), user)


def made_questions(
    corpus: str,
    n: int,
    settings: Settings,
    *,
    seed: int = 7,
    user: User | None = None,
    told: Callable[[Question], None] = _unseen,
) -> Made:
    """At most n questions made from the documents of a corpus, each found again by its own search.

    A chat model of the settings writes most of them where the corpus' sensitivity lets it, which is looked up before
    each passage; else rules write them all. Raises NotFound, Forbidden, UsageError where nothing can be made.
    """
    from sparewheel.app.people.access import admitted
    from sparewheel.eval.making.by_chat import ChatWriter
    from sparewheel.eval.making.make import make
    from sparewheel.rag.assemble import chat_models, open_pipeline
    from sparewheel.rag.places import place_of
    from sparewheel.rag.readable import readable

    def models() -> list[tuple[Completer, float]]:
        return chat_models(settings, admitted(place_of(settings), corpus, user).sensitivity)

    domain = admitted(place_of(settings), corpus, user).profile.domain
    write = ChatWriter(models, domain) if models() else None
    admit = partial(_admit, settings, corpus, user)
    with (
        place_of(settings).store(corpus).open() as whole,
        open_pipeline(corpus, only_local(settings)).admitting(admit) as pipeline,
        readable(whole, admit(), corpus) as snapshot,
    ):
        return make(
            snapshot, lambda asked, filter: pipeline.search(asked, filter=filter), n, seed=seed, write=write, made=told
        )


def answered(out: Path) -> int:
    """How many questions of the run in `out` are answered so far."""
    from sparewheel.eval.runs import answered_ids

    with suppress(NotFound):  # not begun
        return len(answered_ids(out))
    return 0


def only_local(settings: Settings) -> Settings:
    """Without endpoint and chat model: the built-in reader answers."""
    return replace(settings, endpoint={}, local_chat=LocalChat())
