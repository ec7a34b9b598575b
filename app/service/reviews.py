"""See `Reviews`. Every method takes the user who asks; None is the local owner, who may do everything.

A table belongs to its corpus: who may read the corpus sees its tables; analysts make, fill, correct and approve them.
A run is stopped by who started it, or by an administrator who may read the corpus, as uploads are.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sparewheel.app.evaluation.batch import only_local
from sparewheel.app.export.table import Wanted, export_table
from sparewheel.app.kept.history import now
from sparewheel.app.people.access import User, admitted, admitted_rights, opened, readable, require_role
from sparewheel.app.service.audited import audited
from sparewheel.app.service.filling import Run, Runs, Standing
from sparewheel.app.service.preparing import keep_correction
from sparewheel.corpora.sets import question_set
from sparewheel.rag.answer.prices import cost_usd, until_off_peak_s
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.cluster import AHEAD, Cluster
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.ingest.described import DocumentInfo
from sparewheel.rag.ingest.stores import Place
from sparewheel.rag.places import cells_of, place_of
from sparewheel.rag.review.cell import Cell
from sparewheel.rag.review.fill import Again, Asks, Filling, How, Of, todo
from sparewheel.rag.review.sheet import Sheet, sheet
from sparewheel.rag.review.store import CellStore, one_of
from sparewheel.rag.review.table import Answerers, Column, Table, columns_of
from sparewheel.rag.settings import Settings, cores
from sparewheel.rag.types import Sensitivity

PROMPT_TOKENS, ANSWER_TOKENS = 2500, 250  # of a cell: passages, rules and question; what is written
CLOUD_AT_ONCE = 8  # cells asked of a cloud endpoint at a time, where the settings say nothing


@dataclass(frozen=True)
class Plan:
    """How a table is to be filled. budget_usd: 0 is none. concurrency: 0 is as the settings say. cluster: whose
    machines answer, for the local owner."""

    again: Again = "changed"
    budget_usd: float = 0.0
    off_peak: bool = False
    concurrency: int = 0
    cluster: Cluster | None = None


@dataclass(frozen=True)
class Estimate:
    """What filling would take. answerer: the name of the endpoint that is paid for, "" where nothing is to be paid.
    usd now, and in DeepSeek's cheaper hours; both assume that every cell is answered by that endpoint."""

    cells: int
    answerer: str = ""
    usd: float = 0.0
    off_peak_usd: float = 0.0


class Reviews:
    """Tables of the corpora. Every method may raise NotFound (Forbidden where the user may not read the corpus), and
    NeedsRole."""

    def __init__(self, settings: Callable[[], Settings], pipeline: Callable[[str, User | None], Pipeline]) -> None:
        """settings: those in force. pipeline: the corpus, open to be asked by a user."""
        self._settings, self._pipeline = settings, pipeline
        self._runs = Runs()

    def close(self) -> None:
        self._runs.close()

    # ------------------------------------------------------------ tables

    def tables(self, corpus: str, user: User | None = None) -> list[Table]:
        """The newest first."""
        known = self._cells(corpus, user).tables()
        ids = [info.id for info in self._documents(corpus, user)]
        if len(ids) == len(self._documents(corpus, None)):
            return known
        return [seen for table in known if (seen := table.seen_by(ids)) is not None]

    def _table(self, corpus: str, id: str, user: User | None) -> Table:
        """One of `tables`. Raises NotFound."""
        return one_of(self.tables(corpus, user), id)

    @audited("review_made")
    def make(
        self,
        corpus: str,
        questions: Sequence[str | tuple[str, str] | Column],
        user: User | None = None,
        *,
        name: str = "",
        documents: Sequence[str] = (),
        answerers: Answerers = "order",
    ) -> Table:
        """A new table. documents: patterns of ids; () is all. Raises UsageError where a pattern fits no document."""
        require_role(user, "analyst", "make a review table")
        store = self._cells(corpus, user)
        columns = columns_of(questions)
        by = user.name if user else ""
        table = Table("", name.strip() or columns[0].name, columns, tuple(documents), answerers, by, now())
        table.chosen([info.id for info in self._documents(corpus, user)])
        return store.keep_table(table)

    @audited("review_removed")
    def remove(self, corpus: str, id: str, user: User | None = None) -> None:
        """The table is gone, its cells are kept."""
        require_role(user, "analyst", "remove a review table")
        store = self._cells(corpus, user)
        table = self._table(corpus, id, user)
        run = self._runs.of_table(corpus, table.id)
        if run is not None and not run.ended:
            raise UsageError(f"the table {table.name!r} is being filled; stop that first")
        store.remove_table(table.id)

    @audited("review_read")
    def sheet(self, corpus: str, id: str, user: User | None = None) -> Sheet:
        """The table with its documents and the cells that there are."""
        store = self._cells(corpus, user)
        return sheet(self._table(corpus, id, user), self._documents(corpus, user), store)

    @audited("review_exported")
    def export(
        self, corpus: str, id: str, suffix: str, wanted: Wanted, user: User | None = None
    ) -> tuple[Table, bytes]:
        """The table as a file of that suffix."""
        config = admitted(self._place, corpus, user)
        found = self.sheet(corpus, id, user)
        disclaimer = config.profile.disclaimer.get(wanted.language, "")
        return found.table, export_table(found, suffix, replace(wanted, at=now(), disclaimer=disclaimer))

    # ------------------------------------------------------------ sets

    def sets(self, corpus: str, user: User | None = None) -> dict[str, tuple[Column, ...]]:
        """The corpus' own sets of questions, by name; `corpora.sets.question_sets` has those of the program."""
        return self._cells(corpus, user).sets()

    def questions(self, corpus: str, name: str, language: str, user: User | None = None) -> tuple[Column, ...]:
        """The questions of a set: the corpus' own, or one of the program's under the heads of that language."""
        own = self.sets(corpus, user)
        if name in own:
            return own[name]
        return tuple(Column(one.head(language), one.ask) for one in question_set(name).questions)

    @audited("review_set_kept")
    def keep_set(
        self, corpus: str, name: str, questions: Sequence[str | tuple[str, str] | Column], user: User | None = None
    ) -> None:
        """A set of the corpus' own, in the place of an earlier one of that name."""
        require_role(user, "analyst", "keep a set of questions")
        self._cells(corpus, user).keep_set(name, columns_of(questions), user.name if user else "", now())

    # ------------------------------------------------------------ filling

    def estimate(self, corpus: str, id: str, user: User | None = None, again: Again = "changed") -> Estimate:
        """What filling the table would take now."""
        store = self._cells(corpus, user)
        table = self._table(corpus, id, user)
        due = len(todo(table.columns, self._chosen(corpus, table, user), store, again))
        config = admitted(self._place, corpus, user)
        return estimate(self._settings(), table.answerers, config.sensitivity, due)

    @audited("review_started")
    def start(self, corpus: str, id: str, user: User | None = None, plan: Plan | None = None) -> Run:
        """Fills the table in the background. Raises UsageError where it is being filled already."""
        require_role(user, "analyst", "fill a review table")
        plan = plan or Plan()
        store = self._cells(corpus, user)
        table = self._table(corpus, id, user)

        def begin() -> tuple[Filling, Callable[[], None]]:
            asks, close = self._asked(corpus, table, plan, user)
            documents = self._chosen(corpus, table, user)
            store.keep_only([info.id for info in self._documents(corpus, None)])
            how = self._how(corpus, table, plan, user)
            return Filling(table.columns, documents, store, asks, how), close

        return self._runs.start(corpus, table.id, user.name if user else "", begin)

    def run(self, corpus: str, id: str, user: User | None = None) -> Run:
        """The newest run of the table: the user's own, or for an administrator and the local owner anybody's."""
        table = self._table(corpus, id, user)
        run = self._runs.of_table(corpus, table.id)
        if run is None or not self._may_see(run, user):
            raise NotFound(f"the table {table.name!r} is not being filled by you; start a run of it")
        return run

    def standing(self, corpus: str, id: str, user: User | None = None) -> Standing | None:
        """How far the newest run of the table is, for everybody who sees the table; None where there was none."""
        run = self._runs.of_table(corpus, self._table(corpus, id, user).id)
        return None if run is None else run.standing()

    @audited("review_stopped")
    def stop(self, corpus: str, id: str, user: User | None = None) -> None:
        """What is being answered is kept, nothing more is begun; a later `start` goes on."""
        self.run(corpus, id, user).stop()

    def _may_see(self, run: Run, user: User | None) -> bool:
        if user is None or run.owner == user.name:
            return True
        return user.role == "admin" and any(one.name == run.corpus for one in readable(self._place, user))

    def _asked(self, corpus: str, table: Table, plan: Plan, user: User | None) -> tuple[Asks, Callable[[], None]]:
        """What answers, and what gives it back."""
        if plan.cluster is not None and user is None:
            from sparewheel.app.service.cluster_asks import ClusterAsks

            return ClusterAsks(plan.cluster, corpus), lambda: None
        if table.answerers == "order":
            return self._pipeline(corpus, user), lambda: None
        settings = self._settings()
        local = open_pipeline(corpus, only_local(settings))
        return local.admitting(functools.partial(admitted_rights, self._place, corpus, user)), local.close

    def _how(self, corpus: str, table: Table, plan: Plan, user: User | None) -> How:
        settings = self._settings()
        if table.answerers == "local":
            settings = only_local(settings)
        sensitivity = admitted(self._place, corpus, user).sensitivity
        budget = plan.budget_usd if plan.budget_usd > 0 else None
        at_once = plan.concurrency or (AHEAD * plan.cluster.workers if plan.cluster is not None else 0)
        return how_of(settings, sensitivity, plan.again, budget, at_once, off_peak=plan.off_peak)

    # ------------------------------------------------------------ what people say of a cell

    @audited("review_corrected")
    def correct(self, corpus: str, question: str, document_id: str, text: str | None, user: User | None = None) -> Cell:
        """As `CellStore.correct`: None takes the correction back."""
        require_role(user, "analyst", "correct a cell")
        sha256 = self._sha256(corpus, document_id, user)
        by = user.name if user else ""
        cell = self._cells(corpus, user).correct(question, document_id, text, by, now(), sha256)
        keep_correction(self._place.store(corpus), cell, self._settings())
        return cell

    @audited("review_approved")
    def approve(
        self, corpus: str, question: str, document_id: str, user: User | None = None, *, approved: bool = True
    ) -> Cell:
        require_role(user, "analyst", "approve a cell")
        self._sha256(corpus, document_id, user)
        by = user.name if user else ""
        return self._cells(corpus, user).approve(question, document_id, by, now(), approved=approved)

    @audited("review_commented")
    def comment(self, corpus: str, question: str, document_id: str, text: str, user: User | None = None) -> Cell:
        self._sha256(corpus, document_id, user)
        by = user.name if user else ""
        return self._cells(corpus, user).comment(question, document_id, text, by, now())

    # ------------------------------------------------------------ where it is kept

    @property
    def _place(self) -> Place:
        return place_of(self._settings())

    def _cells(self, corpus: str, user: User | None) -> CellStore:
        admitted(self._place, corpus, user)
        return cells_of(self._place.store(corpus))

    def _documents(self, corpus: str, user: User | None) -> list[DocumentInfo]:
        admitted(self._place, corpus, user)
        if not self._place.store(corpus).current():
            return []
        with opened(self._place, corpus, user) as snapshot:
            return snapshot.documents()

    def _sha256(self, corpus: str, document_id: str, user: User | None) -> str:
        """Of the document as it is now. Raises NotFound, also for one that the user may not read."""
        for info in self._documents(corpus, user):
            if info.id == document_id:
                return info.sha256
        raise NotFound(f"no document {document_id!r} in corpus {corpus!r}")

    def _chosen(self, corpus: str, table: Table, user: User | None) -> list[Of]:
        infos = {info.id: info for info in self._documents(corpus, user)}
        return [Of(id, infos[id].sha256) for id in table.chosen(infos)]


def how_of(
    settings: Settings, sensitivity: Sensitivity, again: Again = "changed", budget_usd: float | None = None,
    concurrency: int = 0, *, off_peak: bool = False,
) -> How:  # fmt: skip
    """How cells are asked of the answerers of these settings. concurrency: 0 is as the settings say."""
    one = estimate(settings, "order", sensitivity, 1)
    at_once = concurrency or settings.review.concurrency or (CLOUD_AT_ONCE if one.answerer else cores())
    later = off_peak and bool(one.answerer)
    return How(at_once, again, budget_usd, one.usd, until_off_peak_s if later else lambda at: 0.0)


def estimate(settings: Settings, answerers: Answerers, sensitivity: Sensitivity, cells: int) -> Estimate:
    """What so many cells would cost: the first cloud endpoint of the order answers them all."""
    names = [name for name in settings.answer.order or settings.endpoint if name in settings.endpoint]
    first = next(iter(settings.answer.order), "")
    local_first = bool(first) and first not in settings.endpoint
    if answerers == "local" or sensitivity == "high" or not names or local_first:
        return Estimate(cells)
    endpoint, at = settings.endpoint[names[0]], datetime.now(UTC)
    usd = cost_usd(endpoint, 0, PROMPT_TOKENS, ANSWER_TOKENS, at)
    cheap = cost_usd(endpoint, 0, PROMPT_TOKENS, ANSWER_TOKENS, datetime(2026, 1, 3, tzinfo=UTC))  # a Saturday
    return Estimate(cells, names[0], cells * usd, cells * cheap)
