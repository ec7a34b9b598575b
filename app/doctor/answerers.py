"""The answerers: keys, endpoints, the chat model on this machine, the built-in reader. Which can be relied on?"""

from __future__ import annotations

import asyncio
import importlib.util
import ipaddress
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from app.doctor.check import Check, Status
from rag import models as built_in_models
from rag.answer.endpoint import EndpointCompleter
from rag.assemble import weights
from rag.errors import SettingsError, suggest
from rag.models import machine
from rag.reliability.deadline import Budgets, guard
from rag.reliability.faults import Fault, classify
from rag.reliability.loop import background
from rag.settings import Endpoint, LocalChat, Settings

READER = "reader"
ANSWERED = {"truncated", "content_filter"}  # the end of an answer of one token; the endpoint is well
CURES = {
    "unauthorised": "the key is refused: write a valid one to its key file or variable",
    "no_balance": "top the account up; until then the backups answer",
    "not_found": "check the url (for some it ends in /v1) and the model's name",
    "misconfigured": "mend the setting that the message names",
    "bad_request": "the endpoint does not speak this protocol: check the url and the model's name",
    "connect_failed": "check the url, the name look-up, the firewall and the proxy",
    "connect_timeout": "check the firewall and the proxy, or raise connect_s",
    "rate_limited": "too many calls at once: ask for a higher limit; the backups answer meanwhile",
    "first_token_timeout": "it is busy: the backups answer; raise first_token_s if it is always so",
}
BUSY = "it is not well now: the backups answer; look at the provider's status page"


@dataclass(frozen=True, slots=True)
class Model:
    """An answerer of the policy. place: who runs it, a host name or "this machine"."""

    name: str
    model: str
    where: Literal["cloud", "local"]
    place: str
    check: Check

    @property
    def usable(self) -> bool:
        return self.check.status != "fail"


def models(settings: Settings, allow_calls: bool) -> list[Model]:
    """The answerers that a question may meet, in the order they are tried. Raises SettingsError as the policy does."""
    endpoints = {name: endpoint_check(name, endpoint) for name, endpoint in settings.endpoint.items()}
    if allow_calls:
        well = [name for name, check in endpoints.items() if check.status != "fail"]
        endpoints |= background.run(_call_all({name: settings.endpoint[name] for name in well}, endpoints))
    found = {
        name: Model(name, settings.endpoint[name].model, "cloud", host(settings.endpoint[name]), check)
        for name, check in endpoints.items()
    }
    if settings.local_chat.model:
        chat = settings.local_chat
        found["local_chat"] = Model("local_chat", chat.model, "local", "this machine", local_chat(chat))
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
        key = EndpointCompleter(name, endpoint).key()
    except SettingsError as error:
        return Check(called, "fail", str(error), "create the file, readable by this account only")
    about = f"{endpoint.model} at {host(endpoint)}"
    if urlsplit(endpoint.url).scheme not in ("http", "https") or not urlsplit(endpoint.url).hostname:
        return Check(called, "fail", f"url = {endpoint.url!r} is no address", "write it as https://HOST[:PORT][/PATH]")
    if not key and not own_network(endpoint):
        source = f"variable {endpoint.key_env}" if endpoint.key_env else endpoint.key_file or "key"
        return Check(
            called, "fail", f"{about}: no key ({source} is empty)", f"set endpoint.{name}.key_file or .key_env"
        )
    if key.split() != [key] and key:
        return Check(called, "fail", f"{about}: the key has white space in it", "write the key alone, on one line")
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


async def _call_all(endpoints: dict[str, Endpoint], before: dict[str, Check]) -> dict[str, Check]:
    """Every endpoint asked for one token, all at once."""
    checks = await asyncio.gather(*(_call(name, endpoint, before[name]) for name, endpoint in endpoints.items()))
    return dict(zip(endpoints, checks, strict=True))


async def _call(name: str, endpoint: Endpoint, before: Check) -> Check:
    """`before`, or what the call showed to be wrong. Configuration and reach fail; a busy endpoint warns."""
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
            said = f"{about}: {fault.code} ({fault.meaning})"
            return Check(before.name, _status(fault), said, CURES.get(fault.code, BUSY))
    finally:
        await completer.aclose()
    return replace(before, what=before.what.replace("; not called (--allow-calls)", ", and it answers"))


def _status(fault: Fault) -> Status:
    lasting = fault.long_sleep or fault.callers_mistake or fault.code in ("connect_failed", "connect_timeout")
    return "fail" if lasting else "warn"


# ---------------------------------------------------------------- models on this machine


def local_chat(chat: LocalChat) -> Check:
    """The local chat model: can it be loaded, and does it fit? It is not loaded: that may take minutes."""
    called = "local chat model"
    missing = [name for name in ("torch", "transformers") if importlib.util.find_spec(name) is None]
    if missing:
        cure = "pip install 'sparewheel[local]'"
        return Check(called, "fail", f"{chat.model} needs {' and '.join(missing)}", cure)
    path = Path(chat.model).expanduser()
    if path.exists():
        return _fits(called, chat, path)
    if _in_hub_cache(chat.model):
        return Check(called, "pass", f"{chat.model}, from the hub's cache on this machine")
    if chat.allow_download:
        cure = "ask one question now: the model is fetched once"
        return Check(called, "warn", f"{chat.model} is not on this machine yet", cure)
    cure = "give local_chat.model a folder or GGUF file, or set local_chat.allow_download = true"
    return Check(called, "fail", f"{chat.model} is not on this machine", cure)


def _fits(called: str, chat: LocalChat, path: Path) -> Check:
    files = [path] if path.is_file() else [file for file in path.rglob("*") if file.suffix in (".safetensors", ".bin")]
    share = {"none": 1.0, "8bit": 0.53, "4bit": 0.28}[chat.quantise]  # of 16 bits a weight; rag.models.BITS
    needs_gb = sum(file.stat().st_size for file in files) / 1e9 * share * built_in_models.ROOM
    here = machine()
    room_gb = max(here.free_gb, here.gpu_gb)
    if needs_gb > room_gb:
        what = f"{path.name} needs about {needs_gb:.1f} GB, {room_gb:.1f} GB are free"
        return Check(called, "warn", what, "take a smaller model, or local_chat.quantise = '4bit'")
    return Check(called, "pass", f"{path.name}, about {needs_gb:.1f} GB of {room_gb:.1f} GB free")


def _in_hub_cache(name: str) -> bool:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        return isinstance(try_to_load_from_cache(name, "config.json"), str)
    except HFValidationError:
        return False


def reader(folder: Path = built_in_models.WEIGHTS) -> Check:
    """The last resort: a reader for the corpora's languages that can be loaded."""
    present = [model.name for model in built_in_models.built_in(folder) if model.name.startswith("reader-")]
    ready = [name for name in present if (folder / name / "model.onnx").is_file()]
    if not ready:
        return Check("built-in reader", "fail", f"no built-in reader in {folder}", "reinstall sparewheel")
    return Check("built-in reader", "pass", f"{', '.join(ready)}: answers when nobody else does, without a network")


def built_in(folder: Path = built_in_models.WEIGHTS) -> Sequence[Check]:
    """Every built-in model file against its sha256. Raises StoreError when the list of sums cannot be read."""
    if folder != built_in_models.WEIGHTS and not (folder / "checksums.json").exists():
        cure = "copy rag/weights/checksums.json beside them, with the lines of these models"
        return [Check("built-in models", "warn", f"{folder} has no list of sums to check them by", cure)]
    wrong = {name: trouble for name, trouble in built_in_models.verify(folder).items() if trouble}
    if wrong:
        name, trouble = next(iter(wrong.items()))
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return [Check("built-in models", "fail", f"{name}: {trouble}{more}", "sparewheel models verify lists them all")]
    return [Check("built-in models", "pass", "every file has the sha256 of this release")]
