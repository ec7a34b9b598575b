"""Why an endpoint did not answer, in words, with what to do: for who asks at the terminal."""

from __future__ import annotations

from sparewheel.app.view import reason
from sparewheel.app.words import Language, say
from sparewheel.app.words import terminal as words
from sparewheel.rag.errors import SettingsError
from sparewheel.rag.settings import Endpoint, Settings
from sparewheel.rag.types import Answer, Attempt


def troubles(answer: Answer, settings: Settings, language: Language) -> list[str]:
    """A line for each endpoint that failed on this question."""
    failed = [attempt for attempt in answer.attempts if attempt.outcome == "failed"]
    return [
        _told(attempt, settings.endpoint[attempt.answerer], language)
        for attempt in failed
        if attempt.answerer in settings.endpoint
    ]


def _told(attempt: Attempt, endpoint: Endpoint, language: Language) -> str:
    name = attempt.answerer
    missing = _missing(name, endpoint, language)
    if missing:
        return missing
    why = reason(attempt, language)
    if attempt.reason == "unauthorised":
        return say(words.CHECK, language, why=why, what=_where(name, endpoint, language))
    if attempt.reason == "misconfigured":
        return say(words.CURE, language, why=why, cure=attempt.detail or say(words.DOCTOR, language))
    if cure := words.CURES.get(attempt.reason):
        return say(words.CURE, language, why=why, cure=say(cure, language, name=name, url=endpoint.url))
    return say(words.FROM_BACKUP, language, why=why)


def _missing(name: str, endpoint: Endpoint, language: Language) -> str:
    """What to do where a key is wanted and there is none, or it cannot be read; "" where there is one."""
    from sparewheel.app.doctor.answerers import own_network
    from sparewheel.app.view import answerer
    from sparewheel.rag.answer.key import key_of

    who = answerer(name, language)
    try:
        key = key_of(name, endpoint)
    except SettingsError as error:
        if endpoint.key_env and "holds no key" in str(error):
            return say(words.NEEDS_KEY, language, who=who, variable=endpoint.key_env)
        return say(words.NOT_ASKED, language, who=who, why=error)
    return "" if key or own_network(endpoint) else say(words.NEEDS_KEY_SET, language, who=who, name=name)


def _where(name: str, endpoint: Endpoint, language: Language) -> str:
    """Where the key comes from, as its owner would look for it."""
    if endpoint.key_file:
        return say(words.IN_FILE, language, path=endpoint.key_file)
    return endpoint.key_env or say(words.IN_SETTINGS, language, name=name)
