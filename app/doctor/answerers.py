"""The answerers: keys, endpoints, the chat model on this machine, the built-in reader. Which can be relied on?"""

from __future__ import annotations

import asyncio
import ipaddress
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import urlsplit

from sparewheel.app.doctor.check import Check, Status
from sparewheel.app.doctor.local_models import local_chat, reader
from sparewheel.rag.answer.endpoint import EndpointCompleter
from sparewheel.rag.answer.key import key_of
from sparewheel.rag.answer.route import route
from sparewheel.rag.errors import SettingsError, suggest
from sparewheel.rag.reliability.deadline import Budgets, guard
from sparewheel.rag.reliability.faults import Fault, classify
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.settings import Endpoint, Settings
from sparewheel.rag.weights import weights

READER = "reader"
ANSWERED = {"truncated", "content_filter"}  # the end of an answer of one token; the endpoint is well
CURES = {
    "unauthorised": "the key is refused: write a valid one to its key file or variable",
    "no_balance": "top the account up; until then the backups answer",
    "not_found": "check the url (for some it ends in /v1) and the model's name",
    "misconfigured": "mend the setting that the message names",
    "unknown_model": "write a model name that this provider has now (endpoint.NAME.model)",
    "unknown_parameter": "check endpoint.NAME.thinking_switch, and whether the provider speaks the OpenAI protocol",
    "refused_request": "the endpoint does not speak this protocol: check the url and the model's name",
    "redirected": "write the address it redirects to as endpoint.NAME.url",
    "context_length": "take a model with a longer context, or fewer passages (retrieve.evidence_k)",
    "connect_failed": "check the url, the name look-up, the firewall and the proxy",
    "connection_lost": "check the proxy and the firewall on the way there, and the url",
    "connect_timeout": "check the firewall and the proxy, or raise connect_s",
    "rate_limited": "too many calls at once: ask for a higher limit; the backups answer meanwhile",
    "first_token_timeout": "it is busy: the backups answer; raise first_token_s if it is always so",
}
BUSY = "it is not well now: the backups answer; look at the provider's status page"


@dataclass(frozen=True, slots=True)
class Model:
    """An answerer of the policy. place: who runs it, a host name or "this machine"; proven: it answered where it was
    called, and passed every check where it would have to be loaded."""

    name: str
    model: str
    where: Literal["cloud", "local"]
    place: str
    check: Check
    proven: bool = True

    @property
    def usable(self) -> bool:
        return self.proven and self.check.status != "fail"


def models(settings: Settings, allow_calls: bool) -> list[Model]:
    """The answerers that a question may meet, in the order they are tried. Raises SettingsError as the policy does."""
    endpoints = {name: endpoint_check(name, endpoint) for name, endpoint in settings.endpoint.items()}
    silent: set[str] = set()
    if allow_calls:
        well = {name: settings.endpoint[name] for name, check in endpoints.items() if check.status != "fail"}
        failures = background.run(_call_all(well))
        silent = {name for name, failure in failures.items() if failure}
        endpoints |= {name: failure or _answers(endpoints[name]) for name, failure in failures.items()}
    found = {
        name: Model(
            name, settings.endpoint[name].model, "cloud", host(settings.endpoint[name]), check, name not in silent
        )
        for name, check in endpoints.items()
    }
    if settings.local_chat.model:
        chat, check = settings.local_chat, local_chat(settings.local_chat)
        found["local_chat"] = Model("local_chat", chat.model, "local", "this machine", check, check.status == "pass")
    found[READER] = Model(READER, READER, "local", "this machine", reader(weights(settings)))
    for name in settings.answer.order:
        if name not in found:
            known = ", ".join(found)
            raise SettingsError(f"answer.order names {name!r}{suggest(name, found)}; the answerers are {known}")
    names = dict.fromkeys(settings.answer.order) or dict.fromkeys(found)
    return [found[name] for name in {**names, READER: None}]


# ---------------------------------------------------------------- cloud endpoints


def endpoint_check(name: str, endpoint: Endpoint) -> Check:
    """What can be said of an endpoint without calling it."""
    called = f"endpoint {name}"
    try:
        key = key_of(name, endpoint)
    except SettingsError as error:
        unread = "cannot be read" in str(error)
        cure = "create the file, readable by this account only" if unread else "write the key alone, on one line"
        return Check(called, "fail", str(error), cure)
    about = f"{endpoint.model} at {host(endpoint)}"
    if urlsplit(endpoint.url).scheme not in ("http", "https") or not urlsplit(endpoint.url).hostname:
        return Check(called, "fail", f"url = {endpoint.url!r} is no address", "write it as https://HOST[:PORT][/PATH]")
    if not key and not own_network(endpoint):
        return Check(called, "fail", f"{about}: no key is set", f"set endpoint.{name}.key_file or .key_env")
    if trouble := route(endpoint.url).trouble:
        cure = "mend that variable, or name the endpoint's host in NO_PROXY"
        return Check(called, "warn", f"{about}: {trouble}", cure)
    if urlsplit(endpoint.url).scheme == "http" and not own_network(endpoint):
        cure = "use https: key and questions travel in the clear"
        return Check(called, "warn", f"{about}: {endpoint.url} is not encrypted", cure)
    if endpoint.key:
        cure = f"put it into a file of its own and set endpoint.{name}.key_file"
        return Check(called, "warn", f"{about}: the key stands in the settings or the environment", cure)
    return Check(called, "pass", f"{about}, its key can be read; not called (--allow-calls)")


def host(endpoint: Endpoint) -> str:
    """The host an endpoint lives at, "" for a url without one."""
    return urlsplit(endpoint.url).hostname or ""


def own_network(endpoint: Endpoint) -> bool:
    """The endpoint is named by a private or loopback address, or by a name without a dot: no key is expected there."""
    name = host(endpoint)
    try:
        return ipaddress.ip_address(name).is_private
    except ValueError:
        return "." not in name or name.endswith((".local", ".internal", ".svc"))


async def _call_all(endpoints: dict[str, Endpoint]) -> dict[str, Check | None]:
    """Every endpoint asked for one token, all at once."""
    checks = await asyncio.gather(*(_call(name, endpoint) for name, endpoint in endpoints.items()))
    return dict(zip(endpoints, checks, strict=True))


def _answers(before: Check) -> Check:
    return replace(before, what=before.what.replace("; not called (--allow-calls)", ", and it answers"))


async def _call(name: str, endpoint: Endpoint) -> Check | None:
    """What a call showed to be wrong, None when it was answered. Configuration and reach fail, a busy one warns."""
    completer = EndpointCompleter(name, endpoint)
    budgets = Budgets(endpoint.first_token_s, endpoint.between_tokens_s, endpoint.total_s)
    about = f"{endpoint.model} at {host(endpoint)}"
    try:
        source = completer.complete([{"role": "user", "content": "Say yes."}], max_tokens=1)
        async with aclosing(guard(source, budgets)) as items:
            async for _ in items:
                pass
    except Exception as error:
        fault = classify(error)
        if fault.code not in ANSWERED:
            detail = f"; {fault.detail}" if fault.detail else ""
            said = f"{about}: {fault.code} ({fault.meaning}{detail})"
            return Check(f"endpoint {name}", _status(fault), said, CURES.get(fault.code, BUSY))
    finally:
        await completer.aclose()
    return None


def _status(fault: Fault) -> Status:
    lasting = fault.long_sleep or fault.stubborn or fault.code in ("connect_failed", "connect_timeout")
    return "fail" if lasting else "warn"
