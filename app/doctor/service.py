"""What listens, who may reach it, and who watches it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from app.doctor.check import Check
from rag.settings import Settings


def listening(settings: Settings) -> Iterator[Check]:
    """The page listens beyond this machine only where people sign in."""
    page = settings.page
    yield exposed("page", page.host, page.port, page.sign_in != "none", "page.sign_in")


def exposed(called: str, host: str, port: int, guarded: bool, setting: str) -> Check:
    """A listener and its accounts; guarded: nobody comes in without one."""
    where = f"{host}:{port}"
    if loopback(host):
        return Check(called, "pass", f"listens on {where}, this machine only")
    if guarded:
        return Check(called, "pass", f"listens on {where}, with accounts")
    return Check(called, "fail", f"listens on {where} without accounts", f"set {setting}, or listen on 127.0.0.1")


def loopback(host: str) -> bool:
    """The address is this machine's own; "" and 0.0.0.0 are every address."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def monitoring(settings: Settings, allow_calls: bool) -> list[Check]:
    return []
