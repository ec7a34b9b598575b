"""Why an endpoint did not answer, in words, with what to do: for who asks at the terminal."""

from __future__ import annotations

from sparewheel.app.view import reason
from sparewheel.rag.errors import SettingsError
from sparewheel.rag.settings import Endpoint, Settings
from sparewheel.rag.types import Answer, Attempt

_CURES = {
    "no_balance": "top the account up",
    "not_found": "check endpoint.{name}.url and .model",
    "unknown_model": "write a model name that the provider has now: endpoint.{name}.model",
    "connect_failed": "check endpoint.{name}.url ({url}), the network and the proxy",
    "connect_timeout": "check endpoint.{name}.url ({url}), the network and the proxy",
}


def troubles(answer: Answer, settings: Settings) -> list[str]:
    """A line for each endpoint that failed on this question."""
    failed = [attempt for attempt in answer.attempts if attempt.outcome == "failed"]
    return [
        _told(attempt, settings.endpoint[attempt.answerer])
        for attempt in failed
        if attempt.answerer in settings.endpoint
    ]


def _told(attempt: Attempt, endpoint: Endpoint) -> str:
    name = attempt.answerer
    missing = _missing(name, endpoint)
    if missing:
        return missing
    said = reason(attempt, "en")
    if attempt.reason == "unauthorised":
        return f"{said}: check {_where(name, endpoint)}"
    if attempt.reason == "misconfigured":
        return f"{said}: {attempt.detail or 'sparewheel doctor tells more'}"
    cure = _CURES.get(attempt.reason, "").format(name=name, url=endpoint.url)
    return f"{said}: {cure}" if cure else f"{said}; the answer came from a backup"


def _missing(name: str, endpoint: Endpoint) -> str:
    """What to do where a key is wanted and there is none, or it cannot be read; "" where there is one."""
    from sparewheel.app.doctor.answerers import own_network
    from sparewheel.app.view import answerer
    from sparewheel.rag.answer.key import key_of

    try:
        key = key_of(name, endpoint)
    except SettingsError as error:
        if endpoint.key_env and "holds no key" in str(error):
            return f"{answerer(name, 'en')} needs a key: export {endpoint.key_env}=... and ask again"
        return f"{answerer(name, 'en')} was not asked: {error}"
    if key or own_network(endpoint):
        return ""
    return f"{answerer(name, 'en')} needs a key: write endpoint.{name}.key_file, or key_env, into the settings"


def _where(name: str, endpoint: Endpoint) -> str:
    """Where the key comes from, as its owner would look for it."""
    if endpoint.key_file:
        return f"the file {endpoint.key_file}"
    return endpoint.key_env or f"endpoint.{name}.key in the settings"
