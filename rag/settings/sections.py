"""Every setting, once: its default, what it does, its bounds. `docs/settings.md` is made from this file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal


def _key(
    default: Any,
    doc: str,
    low: float | None = None,
    high: float | None = None,
    *,
    advanced: bool = False,
    was: str = "",
) -> Any:
    """A documented key; low and high are inclusive bounds of a number. advanced: shown by `sparewheel settings --all`
    only. was: an older name of the key, which is still read, with a warning."""
    metadata = {"doc": doc, "low": low, "high": high, "advanced": advanced, "was": was}
    if isinstance(default, dict | list):
        return field(default_factory=lambda: type(default)(default), metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass(frozen=True)
class Ingest:
    """How documents become chunks."""

    chunk_chars: int = _key(
        0,
        "a chunk has at most so many characters (Chinese: half); 0: as the domain says, 1000, medical 600",
        0,
        8000,
        advanced=True,
    )
    overlap_chars: int = _key(
        0, "characters repeated from the chunk before, when a clause had to be cut", 0, 2000, advanced=True
    )
    parse_timeout_s: float = _key(120.0, "wall-clock limit for parsing one file", 1, 3600, advanced=True)
    parse_memory_mb: int = _key(2048, "memory limit of the parsing process", 256, 65536, advanced=True)
    max_pages: int = _key(5000, "a longer document is refused", 1, 100000, advanced=True)
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
    candidates_k: int = _key(100, "passages taken from each retriever before fusion", 1, 10000, advanced=True)
    evidence_k: int = _key(8, "passages shown to the reader", 1, 100)
    rrf_k: int = _key(
        10, "constant of reciprocal rank fusion; a small one trusts the first ranks more", 1, 1000, advanced=True
    )
    rerank: Literal["auto", "off"] = _key("auto", "auto: rerank where a built-in model for the language exists")
    rerank_k: int = _key(12, "fused passages the reranker reads", 1, 1000, advanced=True)


@dataclass(frozen=True)
class Answering:
    """How an answer is made."""

    order: tuple[str, ...] = _key(
        (), "answerers in the order they are tried; empty: every cloud endpoint, the local chat model, the reader"
    )
    timeout_s: float = _key(60.0, "total wall-clock budget of one question", 0.1, 3600, was="answer_within_s")
    threshold: float = _key(
        -1.0, "refuse when no passage scores above this; -1: the calibrated value of the domain", -1, 1, was="floor"
    )
    memory: Literal["when_down", "always", "off"] = _key(
        "when_down",
        "answers kept from fuller models: looked in before the reader when they cannot answer, always first, or off",
    )
    speculative: bool = _key(
        True,
        "compute the local answer while the cloud answers, so a missed deadline costs nothing",
        advanced=True,
        was="local_ahead",
    )


@dataclass(frozen=True)
class Breaker:
    """When an endpoint's circuit breaker opens. Figures and their sources: docs/failover.md."""

    window_s: float = _key(10.0, "rolling window", 1, 3600, advanced=True)
    buckets: int = _key(10, "buckets of the window", 1, 1000, advanced=True)
    failure_rate: float = _key(0.30, "opens at this share of failures ...", 0.01, 1, advanced=True, was="failure_share")
    minimum_calls: int = _key(20, "... of at least this many calls in the window", 1, 100000, advanced=True)
    consecutive_failures: int = _key(5, "or opens after this many failures in a row", 1, 100000, advanced=True)
    long_window_s: float = _key(60.0, "a second, longer window, for few questions", 1, 86400, advanced=True)
    long_failure_share: float = _key(0.75, "opens at this share of failures ...", 0.01, 1, advanced=True)
    long_minimum_calls: int = _key(5, "... of at least this many calls in the longer window", 1, 100000, advanced=True)
    slow_call_s: float = _key(30.0, "a whole answer that took longer is slow", 0.1, 3600, advanced=True)
    slow_share: float = _key(
        1.0, "opens at this share of slow answers, of minimum_calls in the longer window", 0.01, 1, advanced=True
    )
    cooldown_s: float = _key(
        5.0, "wait before the first probe, doubling after each failed one", 0.01, 3600, advanced=True, was="sleep_s"
    )
    max_cooldown_s: float = _key(60.0, "longest wait before a probe", 0.01, 86400, advanced=True, was="max_sleep_s")
    probe_successes: int = _key(3, "successful probes in a row that close it again", 1, 100, advanced=True)


@dataclass(frozen=True)
class Endpoint:
    """A cloud chat endpoint that speaks the OpenAI protocol (`[endpoint.NAME]`)."""

    url: str = _key("https://api.deepseek.com", "base URL")
    model: str = _key("deepseek-flash", "model name sent with a request")
    key: str = _key("", "API key; better: key_env or key_file", advanced=True)
    key_env: str = _key("", "environment variable that holds the key")
    key_file: str = _key("", "file that holds the key; read again when it changes")
    thinking: bool = _key(False, "let the model think first (slower, costs output tokens)")
    thinking_switch: Literal["auto", "deepseek", "template", "none"] = _key(
        "auto",
        "what switches thinking: deepseek's parameter, a chat template's (vLLM), none; auto: as the model says",
        advanced=True,
    )
    max_tokens: int = _key(
        0, "longest answer; 0: 1024, with thinking 8192, thoughts included", 0, 400000, advanced=True
    )
    connect_s: float = _key(2.0, "budget for the connection", 0.05, 600, advanced=True)
    first_token_s: float = _key(4.0, "budget until the first token of the answer", 0.05, 3600)
    between_tokens_s: float = _key(10.0, "budget between two tokens", 0.05, 3600, advanced=True)
    total_s: float = _key(60.0, "budget for the whole call", 0.1, 3600)
    hedge_after_s: float = _key(
        0.0, "start the next answerer beside this one after so long; 0: never", 0, 3600, advanced=True
    )
    price_cache_hit: float = _key(
        -1.0,
        "US dollars per million prompt tokens found in the cache; -1: DeepSeek's list, else free",
        -1,
        advanced=True,
    )
    price_cache_miss: float = _key(-1.0, "US dollars per million other prompt tokens; -1: as above", -1, advanced=True)
    price_output: float = _key(-1.0, "US dollars per million answer tokens; -1: as above", -1, advanced=True)


@dataclass(frozen=True)
class LocalChat:
    """A chat model on this machine by transformers (`[local_chat]`, extra `local`); off while `model` is empty."""

    model: str = _key("", "folder or hub name of any causal language model")
    quantise: Literal["none", "8bit", "4bit"] = _key("none", "weights in memory; 4bit and 8bit need fewer gigabytes")
    device: str = _key("auto", "auto, cpu, cuda, cuda:0, ...")
    allow_download: bool = _key(False, "may fetch the model from the hub; otherwise only what is on disk")
    max_new_tokens: int = _key(512, "longest answer", 1, 32768, advanced=True)
    queue: int = _key(4, "questions that may wait; one more fails over at once", 0, 1000, advanced=True)
    first_token_s: float = _key(20.0, "budget until the first token of the answer", 0.05, 3600, advanced=True)
    between_tokens_s: float = _key(10.0, "budget between two tokens", 0.05, 3600, advanced=True)
    total_s: float = _key(120.0, "budget for the whole answer", 0.1, 3600, advanced=True)


@dataclass(frozen=True)
class Page:
    """The analyst's page, `sparewheel ui` (`[page]`)."""

    host: str = _key("127.0.0.1", "address the page listens on; beyond this machine only with sign_in")
    port: int = _key(8501, "port of the page; 0: any free one", 0, 65535)
    sign_in: Literal["none", "password", "oidc"] = _key(
        "none", "none: the owner of this machine; password: `sparewheel users`; oidc: `[auth]` of Streamlit's secrets"
    )
    instant: bool = _key(
        True, "show the local answer at once, until the fuller one of an earlier answerer comes", advanced=True
    )
    session_hours: float = _key(12.0, "a password sign-in ends after so long", 0.01, 8760, advanced=True)
    host_names: tuple[str, ...] = _key(
        (),
        "host names the page is reached by; empty: any, with sign_in none this machine's",
        advanced=True,
        was="names",
    )
    root_path: str = _key("", "path below which a proxy shows the page, as '/sparewheel'; empty: none", advanced=True)
    https: bool = _key(
        False, "the page is reached by https (a proxy does it): cookies are sent over https only", advanced=True
    )
    admins: tuple[str, ...] = _key((), "oidc: e-mail addresses of administrators")
    analysts: tuple[str, ...] = _key((), "oidc: e-mail addresses of analysts")
    viewers: tuple[str, ...] = _key((), "oidc: e-mail addresses of viewers; '*': everyone who signs in")

    @property
    def root(self) -> str:
        """What stands before every path of the page: "/sparewheel", or ""."""
        path = self.root_path.strip("/")
        return f"/{path}" if path else ""


@dataclass(frozen=True)
class Observe:
    """Metrics, logs, audit log and traces of a server or page (`[observe]`); commands at a terminal record nothing."""

    metrics: bool = _key(True, "count questions; the API shows the counts under /metrics")
    metrics_port: int = _key(
        0, "the page shows its counts under /metrics on this port; 0: nowhere", 0, 65535, advanced=True
    )
    metrics_host: str = _key("127.0.0.1", "address that port listens on", advanced=True)
    log: Literal["off", "text", "json"] = _key("text", "a line for each question and warning on standard error")
    audit: bool = _key(True, "keep the audit log: every access, by whom, to what, with which outcome")
    audit_folder: str = _key("", "where the audit log is kept; empty: '.audit' beside the corpora")
    audit_key_file: str = _key(
        "", "key that seals the audit log's records; empty: audit.key in the data folder", advanced=True
    )
    audit_anchor: str = _key(
        "", "file, or syslog, that the newest hash of the audit log is copied to each minute", advanced=True
    )
    audit_max_mb: float = _key(64.0, "size at which the audit log begins a new file", 0.001, 4096, advanced=True)
    otlp_endpoint: str = _key("", "OTLP/HTTP address that traces are sent to (extra `trace`); empty: no traces")
    trace_share: float = _key(1.0, "share of the questions that is traced", 0, 1, advanced=True)
    certificates: tuple[str, ...] = _key(
        (), "HOST:PORT or PEM files whose days left are shown, besides those of https endpoints", advanced=True
    )
    prometheus_url: str = _key(
        "", "the Prometheus that collects these counts; `sparewheel doctor` asks it; empty: none", advanced=True
    )


@dataclass(frozen=True)
class Api:
    """The HTTP API, `sparewheel serve` (`[api]`), and the accounts it shares with the page."""

    host: str = _key("127.0.0.1", "address the API listens on; beyond this machine only with users and keys")
    port: int = _key(8080, "port of the API; 0: any free one", 0, 65535)
    workers: int = _key(1, "processes that serve the API at one port; each has the limits below but per_minute", 1, 256)
    users_file: str = _key(
        "", "accounts and hashed keys (`sparewheel users`); empty: users.toml in the data folder", advanced=True
    )
    max_concurrency: int = _key(8, "questions answered at the same time", 1, 10000, was="at_once")
    queue: int = _key(
        32, "questions that may wait for their turn; one more gets 503 with Retry-After", 0, 100000, advanced=True
    )
    queue_wait_s: float = _key(20.0, "a question that waited so long gets 503", 0.1, 3600, advanced=True)
    per_minute: int = _key(
        120, "requests a key may make in a minute; one more gets 429; 0: any number", 0, 1000000, advanced=True
    )
    body_kb: int = _key(
        256, "a larger request body gets 413 (uploads have a limit of their own)", 1, 65536, advanced=True
    )
    upload_mb: int = _key(500, "a larger upload gets 413, all its files together", 1, 65536)
    uploads_at_once: int = _key(
        2, "uploads that may come in at the same time; one more gets 503", 1, 1000, advanced=True
    )
    upload_within_s: float = _key(900.0, "an upload that takes longer to arrive gets 408", 1, 86400, advanced=True)
    shutdown_delay_s: float = _key(
        1.0,
        "at shutdown, /readyz fails for so long before connections are refused",
        0,
        600,
        advanced=True,
        was="notice_s",
    )
    drain_s: float = _key(60.0, "then answers in flight may take so long", 0, 3600, advanced=True)
    sources_in_chat: bool = _key(
        False,
        "/v1/chat/completions lists its sources in the text, for pages that show nothing else (Open WebUI)",
        advanced=True,
    )
    hold_back: bool = _key(
        False,
        "OpenAI's protocol streams nothing before the answer is whole: a failover then leaves no withdrawn text in the"
        " client's history",
        advanced=True,
    )
    root_path: str = _key("", "path below which a proxy shows the API, as '/sparewheel'; empty: none", advanced=True)
    keep_sensitive_feedback: bool = _key(
        True,
        "false: of feedback on a corpus of high sensitivity, no question, answer or comment is kept",
        advanced=True,
    )


@dataclass(frozen=True)
class Review:
    """Review tables: `sparewheel review` and the page Review (`[review]`)."""

    concurrency: int = _key(
        0, "cells asked at a time; 0: 8 of a cloud endpoint, else one per core", 0, 256, advanced=True
    )


@dataclass(frozen=True)
class Models:
    """The built-in models, and what one question may take of the machine."""

    folder: str = _key("", "folder of the built-in models; empty: those of the package", advanced=True)
    threads: int = _key(0, "processor cores that one question may use; 0: all", 0, 256)
    second_look: bool = _key(
        True,
        "a bigger network reads again what the English reader is unsure of; it takes 175 MB of memory",
        advanced=True,
    )
    read_windows: int = _key(
        0,
        "windows of text that the reader reads to the end, of those it looks at; 0: as the model says",
        0,
        100,
        advanced=True,
    )


@dataclass(frozen=True)
class Settings:
    """Everything that can be set."""

    data_folder: str = _key("", "where corpora are kept; empty: the user's data folder")
    store: str = _key(
        "", "postgresql://USER:PASSWORD@HOST/DATABASE: corpora are kept there, for several servers; empty: data_folder"
    )
    public_data: str = _key("", "folder of the public data sets (benches, `corpora fetch`); empty: none", advanced=True)
    ingest: Ingest = field(default_factory=Ingest)
    retrieve: Retrieve = field(default_factory=Retrieve)
    answer: Answering = field(default_factory=Answering)
    breaker: Breaker = field(default_factory=Breaker)
    local_chat: LocalChat = field(default_factory=LocalChat)
    models: Models = field(default_factory=Models)
    review: Review = field(default_factory=Review)
    page: Page = field(default_factory=Page)
    api: Api = field(default_factory=Api)
    observe: Observe = field(default_factory=Observe)
    endpoint: Mapping[str, Endpoint] = field(default_factory=dict)

    @property
    def corpora_folder(self) -> Path:
        """Folder with one sub-folder per corpus."""
        if self.data_folder:
            return Path(self.data_folder).expanduser()
        import platformdirs

        return Path(platformdirs.user_data_dir("sparewheel"))
