"""Chat servers on this machine (Ollama, vLLM, llama.cpp, LM Studio), found by asking their usual ports for models."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass

PORTS = {11434: "ollama", 8000: "vllm", 8080: "llama_cpp", 1234: "lm_studio"}
WITHIN_S = 1.0
MOST_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Server:
    """A server that speaks the OpenAI protocol, and the models it has."""

    name: str
    url: str
    models: tuple[str, ...]


def detect(ports: Mapping[int, str] = PORTS) -> list[Server]:
    """The servers that answer at 127.0.0.1, of those with a model at least."""
    found = (_ask(name, f"http://127.0.0.1:{port}/v1") for port, name in ports.items())
    return [server for server in found if server is not None]


def section(server: Server, model: str = "") -> str:
    """The settings that use a model of the server's, by default its first."""
    model = json.dumps(model or server.models[0], ensure_ascii=False)
    return f'[endpoint.{server.name}]\nurl = "{server.url}"\nmodel = {model}\nthinking_switch = "none"\n'


def _ask(name: str, url: str) -> Server | None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # this machine needs no proxy
    try:
        with direct.open(f"{url}/models", timeout=WITHIN_S) as response:
            listed = json.loads(response.read(MOST_BYTES))["data"]
        models = tuple(
            model["id"] for model in listed if isinstance(model["id"], str) and model.get("owned_by") != "sparewheel"
        )
    except (OSError, ValueError, KeyError, TypeError):  # nobody there, or somebody else
        return None
    return Server(name, url, models) if models else None
