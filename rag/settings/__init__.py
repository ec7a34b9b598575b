"""One settings object, from a TOML file and the environment.

Order, later wins: the defaults below, the file (`SPAREWHEEL_CONFIG`, else `sparewheel.toml` in the working folder,
else the user's configuration folder), the environment (`SPAREWHEEL_RETRIEVE__EVIDENCE_K=5` sets `retrieve.evidence_k`;
`PRIMARY_ENDPOINT`, `SECONDARY_ENDPOINT`, `DEEPSEEK_API_KEY` as a deployment gives them, see `endpoints_from_env`).
An unknown key is refused with a suggestion. Every key is documented once, in `sections.py`.
"""

from __future__ import annotations

import os
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

from sparewheel.rag.errors import SettingsError
from sparewheel.rag.settings.machine import cores
from sparewheel.rag.settings.read import build
from sparewheel.rag.settings.sections import (
    Answering,
    Api,
    Breaker,
    Endpoint,
    Ingest,
    LocalChat,
    Models,
    Observe,
    Page,
    Retrieve,
    Settings,
)

__all__ = [
    "Answering",
    "Api",
    "Breaker",
    "Endpoint",
    "Ingest",
    "LocalChat",
    "Models",
    "Observe",
    "Page",
    "Retrieve",
    "Settings",
    "cores",
    "describe",
    "endpoints_from_env",
    "load_settings",
]

ENV_PREFIX = "SPAREWHEEL_"


def load_settings(path: Path | str | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """The settings in force.

    Raises SettingsError for a missing file, broken TOML, an unknown key, or a value of the wrong type or range.
    """
    env = os.environ if env is None else env
    file = Path(path) if path else settings_file(env)
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(f"cannot read settings file {str(file)!r}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{file}: not valid TOML: {error}") from error
    where = str(file) if file else "environment"
    settings: Settings = build(Settings, values, where, "")
    settings = build(Settings, _from_env(env), "environment", "", base=settings)
    return replace(settings, endpoint={**endpoints_from_env(env), **settings.endpoint})


def endpoints_from_env(env: Mapping[str, str]) -> dict[str, Endpoint]:
    """Endpoints as a deployment names them: {PRIMARY,SECONDARY,TERTIARY}_ENDPOINT (URL); each _MODEL, _KEY, _KEY_FILE.

    With DEEPSEEK_API_KEY alone, one endpoint "deepseek" with its defaults. No key, no endpoint.
    """
    found = {}
    for name in ("primary", "secondary", "tertiary"):
        prefix = f"{name.upper()}_ENDPOINT"
        if url := env.get(prefix):
            default = Endpoint()
            found[name] = Endpoint(
                url=url,
                model=env.get(f"{prefix}_MODEL", default.model),
                key=env.get(f"{prefix}_KEY", env.get("DEEPSEEK_API_KEY", "") if "deepseek" in url else ""),
                key_file=env.get(f"{prefix}_KEY_FILE", ""),
            )
    if not found and env.get("DEEPSEEK_API_KEY"):
        found["deepseek"] = Endpoint(key_env="DEEPSEEK_API_KEY")
    return found


def settings_file(env: Mapping[str, str]) -> Path | None:
    """The file that is read where none is given, None where there is none."""
    if named := env.get(ENV_PREFIX + "CONFIG"):
        return Path(named)
    import platformdirs

    places = [Path("sparewheel.toml"), Path(platformdirs.user_config_dir("sparewheel")) / "sparewheel.toml"]
    return next((place for place in places if place.is_file()), None)


def _from_env(env: Mapping[str, str]) -> dict[str, Any]:
    """SPAREWHEEL_A__B=v as {"a": {"b": "v"}}; values stay text and are read by the key's type."""
    values: dict[str, Any] = {}
    for name, text in sorted(env.items()):
        if not name.startswith(ENV_PREFIX) or name == ENV_PREFIX + "CONFIG":
            continue
        *parents, last = name.removeprefix(ENV_PREFIX).lower().split("__")
        place = values
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = text
    return values


class Described(NamedTuple):
    """A setting: its dotted key, its default as Python writes it, what it does, and whether few need it."""

    key: str
    default: str
    doc: str
    advanced: bool


def describe() -> list[Described]:
    """Every setting, in file order."""
    rows: list[Described] = []

    def walk(cls: Any, path: str) -> None:
        hints = typing.get_type_hints(cls)
        for spec in fields(cls):
            hint = hints[spec.name]
            if is_dataclass(hint):
                walk(hint, f"{path}{spec.name}.")
            elif spec.name == "endpoint":
                walk(Endpoint, f"{path}endpoint.NAME.")
            else:
                default = getattr(cls(), spec.name)
                about = spec.metadata
                rows.append(Described(f"{path}{spec.name}", repr(default), about["doc"], about["advanced"]))

    walk(Settings, "")
    return rows
