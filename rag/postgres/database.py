"""Connections to one database: a few kept open, each statement with an end, a breaker over all of them.

    database.read(lambda rows: rows.execute("...").fetchall())     on a replica where there is one, else the primary
    database.write(lambda rows: ...)                               one transaction on the primary

The URL may name several hosts. Reads ask the replicas first and go on with whichever answers, so they outlive the
primary; writes wait until one of the hosts takes them.
"""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from sparewheel.rag.errors import SettingsError, SparewheelError, StoreError, Unavailable, UsageError, install
from sparewheel.rag.forking import keep_of_parent, renewed_after_fork
from sparewheel.rag.reliability.breaker import CircuitBreaker
from sparewheel.rag.reliability.faults import FAULTS
from sparewheel.rag.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection

    Rows = Connection[tuple[Any, ...]]

T = TypeVar("T")

SCHEMA = "sparewheel"
CONNECT_S = 2  # for each host; libpq counts whole seconds
STATEMENT_S = 5.0  # a read ends after so long, or after a quarter of the time of a question where that is less
WRITE_S = 600.0  # a statement of a writer
WRITE_AGAIN_S = 60.0  # a writer waits so long for a primary: a replica may be on its way to become it
PRIMARY_AGAIN_S = 5.0
TURN_S = 2.0  # a read waits so long for a free connection
CONNECTIONS = 16  # of one process to one database, reads and writes each
_LOOK_S = 0.2  # how often a waiting writer tries again
# ef_search: recall@10 against the exact search .97 at 100,000 passages (200: .961; 300: .978, a fifth more pages read)
_SESSION = """
SET plan_cache_mode = force_custom_plan; SET hnsw.ef_search = 250; SET hnsw.iterative_scan = relaxed_order;
SET hnsw.max_scan_tuples = 40000; SET jit = off; SET TIME ZONE 'UTC'
"""


def shown(url: str) -> str:
    """The address without user and password."""
    return re.sub(r"(?<=://)[^/\s?#]*@|(?<=[?&])(?:password|passfile|sslkey)=[^&]*&?", "", url).rstrip("?&")


class Database:
    """One database, for all threads of a process."""

    def __init__(self, url: str, settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Opens nothing yet. Raises SettingsError for a URL that is none, UsageError without the extra."""
        self.url = url
        self.shown = shown(url)
        self.breaker = CircuitBreaker("postgresql", settings.breaker, clock=clock)
        self.seen: dict[int, int] = {}  # corpus -> the newest version that this process knows of
        self._read_s = min(STATEMENT_S, settings.answer.timeout_s / 4)
        self._clock = clock
        self._primary_again = 0.0  # after it was not found, reads ask the replicas alone until then
        self.several = len(_hosts(url)) > 1
        self.after_fork()
        renewed_after_fork(self)

    def after_fork(self) -> None:
        """The connections of before are the parent's."""
        keep_of_parent(getattr(self, "_readers", None))
        keep_of_parent(getattr(self, "_writers", None))
        aim = "prefer-standby" if self.several else "any"
        self._readers = _Connections(self.url, aim, self._read_s)
        self._writers = _Connections(self.url, "read-write", WRITE_S)

    def close(self) -> None:
        """Gives the idle connections back."""
        self._readers.close()
        self._writers.close()

    def read(self, work: Callable[[Rows], T], *, fresh: bool = False) -> T:
        """What `work` read, tried once more where its connection was lost. fresh: from the primary, as long as there
        is one. Raises Unavailable where the database does not answer, or is left alone after it did not."""
        if fresh and self.several and self._clock() >= self._primary_again:
            try:
                with self._guarded(counts=False):
                    return _twice(self._writers, work)
            except Unavailable:
                self._primary_again = self._clock() + PRIMARY_AGAIN_S
        with self._guarded():
            return _twice(self._readers, work)

    def write(self, work: Callable[[Rows], T]) -> T:
        """What `work` did in one transaction, all of it or nothing. Where the primary is lost it is done again on the
        next one, within a minute: work must bear to be done twice, as replacing a document does."""
        ends = self._clock() + WRITE_AGAIN_S
        while True:
            try:
                with self._writers.one() as rows, rows.transaction():
                    return work(rows)
            except Exception as error:
                if not _lost(error) or self._clock() >= ends:
                    raise _named(error, self.shown) from error
                time.sleep(_LOOK_S)

    @contextmanager
    def transaction(self, *, write: bool = True) -> Iterator[Rows]:
        """One on the primary, begun anew where its connection was lost meanwhile; while there is no primary, one that
        only reads is on a replica. Raises Unavailable as `read`."""
        with self._guarded(counts=not write), ExitStack() as held:
            yield self._begun(held, [self._writers, self._writers] if write else self._for_reading())

    def _for_reading(self) -> list[_Connections]:
        lost = self.several and self._clock() < self._primary_again
        return [*([] if lost else [self._writers] * 2), *([self._readers] if self.several else [])]

    def _begun(self, held: ExitStack, pools: Sequence[_Connections]) -> Rows:
        """A transaction from the first of the pools that has one; `held` ends it."""
        for number, pool in enumerate(pools):
            try:
                with ExitStack() as beginning:
                    rows = beginning.enter_context(pool.one())
                    beginning.enter_context(rows.transaction())
                    held.push(beginning.pop_all())
                    return rows
            except Exception as error:
                if number == len(pools) - 1 or not _lost(error):
                    raise
                pool.forget_idle()
                if pools[number + 1] is not pool:
                    self._primary_again = self._clock() + PRIMARY_AGAIN_S
        raise AssertionError("no pool")

    @contextmanager
    def connection(self) -> Iterator[Rows]:
        """One connection to the primary, for work that is no single transaction."""
        try:
            with self._writers.one() as rows:
                yield rows
        except Exception as error:
            raise _named(error, self.shown) from error

    @contextmanager
    def _guarded(self, *, counts: bool = True) -> Iterator[None]:
        """What is done inside counts for the breaker, unless `counts` is False, and fails by our names."""
        permit = self.breaker.acquire()
        if permit is None:
            wait_s = self.breaker.health().retry_in_s
            raise Unavailable(
                f"the database {self.shown} did not answer a moment ago and is left alone for {wait_s:.0f} s",
                reason="store_unavailable",
                retry_after_s=wait_s,
            )
        began = self._clock()
        try:
            yield
        except Exception as error:
            named = _named(error, self.shown)
            if isinstance(named, Unavailable) and counts:
                permit.fail(FAULTS["connect_failed" if _lost(error) else "total_timeout"])
            else:
                permit.cancel()
            raise named from error
        except BaseException:
            permit.cancel()
            raise
        permit.succeed(self._clock() - began)


class _Connections:
    """A few open connections, each used by one thread at a time."""

    def __init__(self, url: str, aim: str, statement_s: float) -> None:
        self._url, self._aim, self._statement_s = url, aim, statement_s
        self._idle: deque[Rows] = deque()
        self._turns = threading.BoundedSemaphore(CONNECTIONS)

    @contextmanager
    def one(self) -> Iterator[Rows]:
        """A connection; it is not given out again where it was lost."""
        if not self._turns.acquire(timeout=TURN_S):
            raise Unavailable(
                f"all {CONNECTIONS} connections to the database are in use for {TURN_S:g} s",
                reason="store_unavailable",
            )
        try:
            try:
                rows = self._idle.pop()
            except IndexError:
                rows = self._opened()
            try:
                yield rows
            finally:
                if rows.closed or rows.info.transaction_status != 0:
                    rows.close()
                else:
                    self._idle.append(rows)
        finally:
            self._turns.release()

    def forget_idle(self) -> None:
        """They may be of a server that is gone."""
        self.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _opened(self) -> Rows:
        psycopg = driver()
        rows: Rows = psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=CONNECT_S,
            target_session_attrs=self._aim,
            application_name="sparewheel",
            options=f"-c search_path={SCHEMA},public -c statement_timeout={int(self._statement_s * 1000)}"
            " -c idle_in_transaction_session_timeout=600000",
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=max(1000, int(self._statement_s * 1000)),
        )
        try:
            if rows.execute("SELECT to_regtype('halfvec')").fetchone() != (None,):
                from pgvector.psycopg import register_vector

                register_vector(rows)
                rows.execute("SELECT NULL::halfvec")  # loads the library, which knows the settings below
                rows.execute(_SESSION)
        except BaseException:
            rows.close()
            raise
        return rows


def driver() -> Any:
    """psycopg. Raises UsageError without the extra."""
    try:
        import pgvector.psycopg  # noqa: F401
        import psycopg
    except ImportError as error:
        raise UsageError(f"a corpus in PostgreSQL needs the extra 'postgres'; {install('postgres')}") from error
    return psycopg


def _hosts(url: str) -> list[str]:
    """The hosts that a URL names. Raises SettingsError for one that cannot be read."""
    psycopg = driver()
    if not re.match(r"postgres(ql)?://", url):
        raise SettingsError(f"store = {shown(url)!r} is no address of a database; write postgresql://HOST/DATABASE")
    try:
        parts = psycopg.conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError as error:
        raise SettingsError(
            f"store = {shown(url)!r} cannot be read; write postgresql://USER:PASSWORD@HOST:5432/DATABASE, every special"
            " character of the password as %XX"
        ) from error
    return str(parts.get("host", "")).split(",")


def _twice(pool: _Connections, work: Callable[[Rows], T]) -> T:
    try:
        with pool.one() as rows:
            return work(rows)
    except Exception as error:
        if not _lost(error):
            raise
        pool.forget_idle()
    with pool.one() as rows:
        return work(rows)


def _lost(error: Exception) -> bool:
    """Whether there is no server behind the connection any more, or none that takes this."""
    psycopg = driver()
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction | psycopg.errors.AdminShutdown):
        return True  # it was the primary when it was connected; it is being stopped
    if isinstance(error, psycopg.InterfaceError):
        return True
    code = getattr(error, "sqlstate", None)
    return isinstance(error, psycopg.OperationalError) and (code is None or code.startswith(("08", "57P")))


def _named(error: T, where: str) -> T | SparewheelError:
    """The error as one of ours, without a password; others as they are."""
    psycopg = driver()
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError | psycopg.ProgrammingError):
        return error
    said = " ".join(str(error).split()) or type(error).__name__
    if _lost(error):
        return Unavailable(f"the database {where} cannot be reached: {said}", reason="store_unavailable")
    if isinstance(error, psycopg.errors.QueryCanceled):
        return Unavailable(f"the database {where} took too long", reason="store_timeout")
    if isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.InvalidSchemaName):
        return StoreError(f"the database {where} has not what it should ({said}); was the corpus just removed?")
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return StoreError(f"the database {where} refuses: {said}; give its user the rights of docs/postgres.md")
    if isinstance(error, psycopg.OperationalError):  # its disk or memory is full, it has no connection left
        return Unavailable(f"the database {where} failed: {said}", reason="store_unavailable")
    return error  # ours, or a bug


_open: dict[str, Database] = {}
_opening = threading.Lock()


def database_of(settings: Settings) -> Database:
    """The one of this process for the setting `store`, its schema up to date. Raises as `Database`."""
    with _opening:
        found = _open.get(settings.store)
        if found is None:
            found = _open[settings.store] = Database(settings.store, settings)
    return found
