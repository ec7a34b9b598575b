"""One settings object, from a TOML file and the environment.

Order, later wins: the defaults below, the file (`SPAREWHEEL_CONFIG`, else `sparewheel.toml` in the working folder,
else the user's configuration folder), the environment (`SPAREWHEEL_RETRIEVE__EVIDENCE_K=5` sets `retrieve.evidence_k`;
`PRIMARY_ENDPOINT`, `SECONDARY_ENDPOINT`, `DEEPSEEK_API_KEY` as a deployment gives them, see `endpoints_from_env`).
An unknown key is refused with a suggestion. Every key is documented here, once; `docs/settings.md` is made from it.
"""

from __future__ import annotations

import os
import tomllib
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal

from rag.errors import SettingsError, suggest

ENV_PREFIX = "SPAREWHEEL_"


def _key(default: Any, doc: str, low: float | None = None, high: float | None = None) -> Any:
    """A documented key; low and high are inclusive bounds of a number."""
    metadata = {"doc": doc, "low": low, "high": high}
    if isinstance(default, dict | list):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Ingest:
    """How documents become chunks."""

    chunk_chars: int = _key(1000, "a chunk is at most this long, characters (Chinese: half of it)", 200, 8000)
    overlap_chars: int = _key(0, "characters repeated from the chunk before, when a clause had to be cut", 0, 2000)
    parse_timeout_s: float = _key(120.0, "wall-clock limit for parsing one file", 1, 3600)
    parse_memory_mb: int = _key(2048, "memory limit of the parsing process", 256, 65536)
    max_pages: int = _key(5000, "a longer document is refused", 1, 100000)
    max_file_mb: int = _key(200, "a larger file is refused", 1, 4096)
    ocr: Literal["auto", "off"] = _key("auto", "auto: scanned pages are read where an OCR engine is installed")
    workers: int = _key(0, "parsing processes; 0 is one per core", 0, 256)


@dataclass(frozen=True)
class Retrieve:
    """How passages are found."""

    embedding: str = _key(
        "auto",
        "auto: the built-in model of the corpus' language; else a built-in name, or a sentence-transformers path",
    )
    candidates_k: int = _key(100, "passages taken from each retriever before fusion", 1, 10000)
    evidence_k: int = _key(8, "passages shown to the reader", 1, 100)
    rrf_k: int = _key(60, "constant of reciprocal rank fusion (Cormack 2009)", 1, 1000)
    rerank: Literal["auto", "off"] = _key("auto", "auto: rerank where a built-in model for the language exists")
    rerank_k: int = _key(24, "fused passages the reranker reads", 1, 1000)


@dataclass(frozen=True)
class Answering:
    """How an answer is made."""

    order: tuple[str, ...] = _key(
        (), "answerers in the order they are tried; empty: every cloud endpoint, the local chat model, the reader"
    )
    answer_within_s: float = _key(60.0, "total wall-clock budget of one question", 0.1, 3600)
    floor: float = _key(-1.0, "refuse when no passage scores above this; -1: the calibrated value of the domain", -1, 1)
    local_ahead: bool = _key(
        True, "compute the local answer while the cloud answers, so a missed deadline costs nothing"
    )


@dataclass(frozen=True)
class Breaker:
    """When an endpoint is left alone. Figures and their sources: docs/failover.md."""

    window_s: float = _key(10.0, "rolling window", 1, 3600)
    buckets: int = _key(10, "buckets of the window", 1, 1000)
    failure_share: float = _key(0.30, "opens at this share of failures ...", 0.01, 1)
    minimum_calls: int = _key(20, "... of at least this many calls in the window", 1, 100000)
    consecutive_failures: int = _key(5, "or opens after this many failures in a row", 1, 100000)
    sleep_s: float = _key(5.0, "wait before the first probe, doubling after each failed one", 0.01, 3600)
    max_sleep_s: float = _key(60.0, "longest wait before a probe", 0.01, 86400)
    probe_successes: int = _key(3, "successful probes in a row that close it again", 1, 100)


@dataclass(frozen=True)
class Endpoint:
    """A cloud chat endpoint that speaks the OpenAI protocol (`[endpoint.NAME]`)."""

    url: str = _key("https://api.deepseek.com", "base URL")
    model: str = _key("deepseek-v4-flash", "model name sent with a request")
    key: str = _key("", "API key; better: key_env or key_file")
    key_env: str = _key("", "environment variable that holds the key")
    key_file: str = _key("", "file that holds the key; read again when it changes")
    thinking: bool = _key(False, "let a DeepSeek model think first (slower, costs output tokens)")
    connect_s: float = _key(2.0, "budget for the connection", 0.05, 600)
    first_token_s: float = _key(4.0, "budget until the first token of the answer", 0.05, 3600)
    between_tokens_s: float = _key(10.0, "budget between two tokens", 0.05, 3600)
    total_s: float = _key(60.0, "budget for the whole call", 0.1, 3600)
    hedge_after_s: float = _key(0.0, "start the next answerer beside this one after so long; 0: never", 0, 3600)
    price_cache_hit: float = _key(0.003, "US dollars per million prompt tokens found in the cache", 0)
    price_cache_miss: float = _key(0.15, "US dollars per million other prompt tokens", 0)
    price_output: float = _key(0.60, "US dollars per million answer tokens", 0)


@dataclass(frozen=True)
class LocalChat:
    """A chat model on this machine by transformers (`[local_chat]`, extra `local`); off while `model` is empty."""

    model: str = _key("", "folder, GGUF file or hub name of any causal language model")
    quantise: Literal["none", "8bit", "4bit"] = _key("none", "weights in memory; 4bit and 8bit need fewer gigabytes")
    device: str = _key("auto", "auto, cpu, cuda, cuda:0, ...")
    allow_download: bool = _key(False, "may fetch the model from the hub; otherwise only what is on disk")
    max_new_tokens: int = _key(512, "longest answer", 1, 32768)
    queue: int = _key(4, "questions that may wait; one more fails over at once", 0, 1000)
    first_token_s: float = _key(20.0, "budget until the first token of the answer", 0.05, 3600)
    between_tokens_s: float = _key(10.0, "budget between two tokens", 0.05, 3600)
    total_s: float = _key(120.0, "budget for the whole answer", 0.1, 3600)


@dataclass(frozen=True)
class Settings:
    """Everything that can be set."""

    data_folder: str = _key("", "where corpora are kept; empty: the user's data folder")
    public_data: str = _key("", "folder of the public data sets (benches, `corpora fetch`); empty: none")
    ingest: Ingest = field(default_factory=Ingest)
    retrieve: Retrieve = field(default_factory=Retrieve)
    answer: Answering = field(default_factory=Answering)
    breaker: Breaker = field(default_factory=Breaker)
    local_chat: LocalChat = field(default_factory=LocalChat)
    endpoint: Mapping[str, Endpoint] = field(default_factory=dict)

    @property
    def corpora_folder(self) -> Path:
        """Folder with one sub-folder per corpus."""
        if self.data_folder:
            return Path(self.data_folder).expanduser()
        import platformdirs

        return Path(platformdirs.user_data_dir("sparewheel"))


def load_settings(path: Path | str | None = None, env: Mapping[str, str] | None = None) -> Settings:
    """The settings in force.

    Raises SettingsError for a missing file, broken TOML, an unknown key, or a value of the wrong type or range.
    """
    env = os.environ if env is None else env
    file = Path(path) if path else _default_file(env)
    values: dict[str, Any] = {}
    if file is not None:
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except OSError as error:
            raise SettingsError(f"cannot read settings file {str(file)!r}: {error.strerror}") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{file}: not valid TOML: {error}") from error
    where = str(file) if file else "environment"
    settings: Settings = _build(Settings, values, where, "")
    settings = _build(Settings, _from_env(env), "environment", "", base=settings)
    return replace(settings, endpoint={**endpoints_from_env(env), **settings.endpoint})


def endpoints_from_env(env: Mapping[str, str]) -> dict[str, Endpoint]:
    """Endpoints as a deployment names them: PRIMARY_ENDPOINT, SECONDARY_ENDPOINT (URL); each _MODEL, _KEY, _KEY_FILE.

    With DEEPSEEK_API_KEY alone, one endpoint "deepseek" with its defaults. No key, no endpoint.
    """
    found = {}
    for name in ("primary", "secondary"):
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


def _default_file(env: Mapping[str, str]) -> Path | None:
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


def _build(cls: Any, values: Mapping[str, Any], where: str, path: str, base: Any = None) -> Any:
    """An instance of the dataclass `cls` with `values` over `base` (or over the defaults)."""
    hints = typing.get_type_hints(cls)
    known = {f.name: f for f in fields(cls)}
    given: dict[str, Any] = {}
    for name, value in values.items():
        full = f"{path}{name}"
        if name not in known:
            raise SettingsError(f"{where}: unknown setting {full!r}{suggest(name, known)}")
        before = getattr(base, name) if base is not None else None
        given[name] = _value(hints[name], known[name], value, where, full, before)
    return replace(base, **given) if base is not None else cls(**given)


def _value(hint: Any, spec: Any, value: Any, where: str, full: str, before: Any) -> Any:
    origin = typing.get_origin(hint)
    if is_dataclass(hint):
        if not isinstance(value, Mapping):
            raise SettingsError(f"{where}: {full!r} is a section, not a value: write [{full}] and its keys")
        return _build(hint, value, where, f"{full}.", before)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise SettingsError(f"{where}: {full!r} needs named sections: write [{full}.NAME] and its keys")
        item = typing.get_args(hint)[1]
        old = before or {}
        return {**old, **{k: _build(item, v, where, f"{full}.{k}.", old.get(k)) for k, v in value.items()}}
    if origin is Literal:
        allowed = typing.get_args(hint)
        if value not in allowed:
            choices = ", ".join(map(repr, allowed))
            raise SettingsError(f"{where}: {full} = {value!r} is not one of {choices}{suggest(str(value), allowed)}")
        return value
    if origin is tuple:
        items = [v.strip() for v in value.split(",") if v.strip()] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(v, str) for v in items):
            raise SettingsError(f"{where}: {full} = {value!r} is not a list of names")
        return tuple(items)
    return _scalar(hint, spec.metadata, value, where, full)


def _scalar(hint: type, bounds: Mapping[str, Any], value: Any, where: str, full: str) -> Any:
    """A bool, int, float or str within its bounds; text (from the environment) is read as the key's type."""
    wrong = SettingsError(f"{where}: {full} = {value!r} is not {'an' if hint is int else 'a'} {hint.__name__}")
    if hint is bool:
        truth = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
        read = value if isinstance(value, bool) else truth.get(str(value).lower())
        if read is None:
            raise SettingsError(f"{where}: {full} = {value!r} is not true or false")
        return read
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise wrong
    if hint is str:
        if not isinstance(value, str):
            raise wrong
        return value
    try:
        number = hint(value) if isinstance(value, str) or hint is float else value
    except ValueError:
        raise wrong from None
    if hint is int and not isinstance(number, int):
        raise wrong
    low, high = bounds["low"], bounds["high"]
    if (low is not None and number < low) or (high is not None and number > high):
        allowed = f"must be at least {low:g}" if high is None else f"is out of range {low:g} to {high:g}"
        raise SettingsError(f"{where}: {full} = {value!r} {allowed}")
    return number


def describe() -> list[tuple[str, str, str]]:
    """(key, default, what it does) of every setting, in file order."""
    rows: list[tuple[str, str, str]] = []

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
                rows.append((f"{path}{spec.name}", repr(default), spec.metadata["doc"]))

    walk(Settings, "")
    return rows
