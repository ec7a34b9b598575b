"""Everything that observes, put together from the settings. One at a time in a process; see `rag.observe.start`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from sparewheel.rag.errors import SettingsError, UsageError, install
from sparewheel.rag.observe import hooks, recent
from sparewheel.rag.observe.hooks import Asked
from sparewheel.rag.places import place_of
from sparewheel.rag.postgres.shared import shared_of
from sparewheel.rag.settings import Settings

if TYPE_CHECKING:
    from sparewheel.rag.observe.audit import AuditLog
    from sparewheel.rag.observe.audit_check import Report

T = TypeVar("T")


def audit_folder(settings: Settings) -> Path:
    """Where the audit log of these settings is."""
    chosen = settings.observe.audit_folder
    return Path(chosen).expanduser() if chosen else settings.corpora_folder / ".audit"


def audit_key_file(settings: Settings) -> Path:
    """Where the key of the audit log is: outside its folder."""
    chosen = settings.observe.audit_key_file
    return Path(chosen).expanduser() if chosen else settings.corpora_folder / "audit.key"


@contextmanager
def open_log(settings: Settings) -> Iterator[AuditLog]:
    """The audit log of these settings, to write to."""
    from sparewheel.rag.observe.audit import AuditLog, read_key
    from sparewheel.rag.observe.audit_anchor import Anchor

    anchor = Anchor(settings.observe.audit_anchor) if settings.observe.audit_anchor else None
    put = anchor.put if anchor is not None else lambda number, hash: None
    folder, shared = audit_folder(settings), shared_of(settings)
    if shared is None:
        yield AuditLog(folder, settings.observe.audit_max_mb, read_key(audit_key_file(settings)), put)
    else:
        from sparewheel.rag.observe.shared_audit import SharedAudit

        copy = SharedAudit(shared, folder).put
        yield AuditLog(folder, settings.observe.audit_max_mb, audit_key(settings), put, copy)
    if anchor is not None:
        anchor.close()


def audit_key(settings: Settings) -> bytes:
    """The key that seals the audit log: of the file, or where servers share a database, the one in it."""
    from sparewheel.rag.observe.audit import read_key

    shared = shared_of(settings)
    if shared is None or settings.observe.audit_key_file:
        return read_key(audit_key_file(settings))
    from sparewheel.rag.observe.shared_audit import shared_key

    return shared_key(shared)


@contextmanager
def audit_folders(settings: Settings) -> Iterator[list[Path]]:
    """The audit logs to read: that of this machine, or where servers share a database, one for each writer."""
    shared = shared_of(settings)
    if shared is None:
        yield [audit_folder(settings)]
        return
    from sparewheel.rag.observe.shared_audit import as_folders

    with as_folders(shared) as folders:
        yield folders


def check_log(settings: Settings, folder: Path | None = None, head: str = "") -> Report:
    """Is the audit log of these settings whole? folder: instead of theirs; head: a hash that must be in it. The newest
    anchored hash must be in it in any case. Raises NotFound where there is no log."""
    from sparewheel.rag.observe.audit_anchor import anchored
    from sparewheel.rag.observe.audit_check import check

    heads = [*([head] if head else []), *(anchored(settings.observe.audit_anchor) if folder is None else [])]
    return check(folder or audit_folder(settings), heads, audit_key(settings))


class Running:
    """Observes until `close`. port: /metrics is served there too, 0: nowhere."""

    def __init__(self, settings: Settings, port: int = 0) -> None:
        """Raises SettingsError for an audit folder or port that cannot be used; then nothing is observed."""
        self.settings = settings
        self.port = port
        self.audit: AuditLog | None = None
        self._closing: list[Callable[[], None]] = []
        try:
            later = hooks.Later(self._slow())
            self._closing.append(later.close)
            self._listen(hooks.shared.listeners, recent.keep)
            self._closing.append(recent.clear)
            if settings.observe.metrics:
                self._count(later)
            self._listen(hooks.shared.listeners, later.put)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Undoes what the beginning did, the last thing first; slow listeners are told the rest before they close."""
        while self._closing:
            self._closing.pop()()

    def _listen(self, to: list[T], listener: T) -> None:
        to.append(listener)
        self._closing.append(lambda: to.remove(listener))

    def _slow(self) -> list[Callable[[list[Asked]], None]]:
        """What writes: log lines, the audit log, traces."""
        from sparewheel.rag.observe.redact import Redactor

        settings, observe = self.settings, self.settings.observe
        slow: list[Callable[[list[Asked]], None]] = []
        if observe.log != "off":
            from sparewheel.rag.observe.log import Log

            log = Log(Redactor(settings), observe.log)
            self._closing.append(log.close)
            slow.append(hooks.each(log.asked))
        if observe.audit:
            held = ExitStack()
            self.audit = held.enter_context(open_log(settings))
            self._closing.append(held.close)
            slow.append(self.audit.asked)
        if observe.otlp_endpoint:
            try:
                from sparewheel.rag.observe.trace import Tracing, exporting
            except ImportError as error:
                raise UsageError(f"observe.otlp_endpoint needs the extra 'trace'; {install('trace')}") from error
            tracing = Tracing(settings, exporting(observe.otlp_endpoint))
            self._closing.append(tracing.close)
            slow.append(hooks.each(tracing.asked))
        return slow

    def _count(self, later: hooks.Later) -> None:
        from sparewheel.rag.observe import collect, metrics

        counted = metrics.Metrics()
        checks = collect.Checks(self.settings)
        self._closing.append(checks.close)
        counted.registry.register(collect.Breakers())
        counted.registry.register(collect.Indexes(place_of(self.settings)))
        counted.registry.register(checks)
        if self.audit is not None:
            counted.registry.register(collect.Written(self.audit, later))
        self._listen(hooks.shared.listeners, counted.asked)
        self._listen(hooks.shared.transitions, counted.changed)
        self._listen(hooks.shared.keepalives, counted.kept_alive)
        metrics.use(counted)
        self._closing.append(lambda: metrics.use(None))
        if self.port:
            self._serve(self.port)

    def _serve(self, port: int) -> None:
        from sparewheel.rag.observe.metrics import serve

        host = self.settings.observe.metrics_host
        try:
            self._closing.append(serve(host, port))
        except OSError as error:
            raise SettingsError(
                f"/metrics cannot be served on {host}:{port}: {error.strerror}; set observe.metrics_port to a free one"
            ) from error
