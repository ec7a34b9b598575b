"""What listens, and who may reach it; whether the audit log is whole."""

from __future__ import annotations

from collections.abc import Iterator

from sparewheel.app.doctor.check import Check
from sparewheel.app.people.auth import accounts_of
from sparewheel.app.people.loopback import is_loopback
from sparewheel.rag.observe.audit import files
from sparewheel.rag.observe.running import audit_folder, check_log
from sparewheel.rag.settings import Settings


def listening(settings: Settings) -> Iterator[Check]:
    """The API listens beyond this machine only where people have keys, the page only where they sign in."""
    api, page = settings.api, settings.page
    accounts = accounts_of(settings).all().values()
    keys = any(account.keys for account in accounts)
    yield exposed("API", api.host, api.port, keys, "make a key: sparewheel users key NAME")
    signed = page.sign_in == "oidc" or (page.sign_in == "password" and bool(accounts))
    yield exposed("page", page.host, page.port, signed, "set page.sign_in and add people: sparewheel users add NAME")


def exposed(called: str, host: str, port: int, guarded: bool, cure: str) -> Check:
    """A listener and its accounts; guarded: nobody comes in without one."""
    where = f"{host}:{port}"
    if is_loopback(host):
        return Check(called, "pass", f"listens on {where}, this machine only")
    if guarded:
        return Check(called, "pass", f"listens on {where}, with accounts")
    return Check(called, "fail", f"listens on {where} without accounts", f"{cure}; or listen on 127.0.0.1")


def audit(settings: Settings) -> Iterator[Check]:
    """The chain of the audit log, from its first record to its last."""
    folder = audit_folder(settings)
    if not settings.observe.audit:
        yield Check("audit log", "warn", "off by setting observe.audit", "set observe.audit = true")
    elif not files(folder):
        yield Check("audit log", "pass", "begins with the first question of a server or page")
    else:
        report = check_log(settings)
        if report.ok:
            yield Check("audit log", "pass", f"{report.records:,} records, each follows the one before it")
        else:
            cure = "somebody changed it: keep a copy, compare with the newest hash noted elsewhere"
            yield Check("audit log", "fail", f"broken at {report.broken}", cure)
