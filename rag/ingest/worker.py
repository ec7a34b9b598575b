"""The parsing process: reads one request a line on its input, answers each with a frame (`ingest.wire`).

Started by `ingest.sandbox` as `python -m sparewheel.rag.ingest.worker`; ends when its input ends. Before it reads a
file it limits itself: memory over what it holds at the start, processor time for each file, no core dumps, no network.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from pathlib import Path
from typing import Any, BinaryIO

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest import wire
from sparewheel.rag.ingest.load import load
from sparewheel.rag.settings import Ingest
from sparewheel.rag.types import Document

MEMORY_CURE = "split the file, or raise ingest.parse_memory_mb"


def main() -> None:
    """Serves until the input ends, or until a file used up the memory: a fresh process takes over then."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not mix with the answers
    settings = Ingest(**json.loads(sys.stdin.buffer.readline()))
    _limit_memory(settings.parse_memory_mb)
    sys.addaudithook(_no_network)
    _answer(answers, [b"\n"])
    for line in sys.stdin.buffer:
        request = json.loads(line)
        _limit_processor_time(settings.parse_timeout_s)
        try:
            result: Document | DocumentError = load(Path(request["path"]), request["id"], settings)
        except DocumentError as error:
            result = error
        except MemoryError:
            name = Path(request["path"]).name
            message = f"{name}: needs more than {settings.parse_memory_mb} MB of memory to be read"
            _answer(answers, wire.pack(DocumentError(message, cure=MEMORY_CURE)))
            return
        _answer(answers, wire.pack(result))


def _answer(answers: BinaryIO, pieces: list[bytes]) -> None:
    for piece in pieces:
        answers.write(piece)
    answers.flush()


def _limit_memory(megabytes: int) -> None:
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    _lower(resource.RLIMIT_AS, held + megabytes * 1_000_000)
    _lower(resource.RLIMIT_CORE, 0)


def _limit_processor_time(seconds: float) -> None:
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    limit = int(used.ru_utime + used.ru_stime + seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (limit if hard == resource.RLIM_INFINITY else min(limit, hard), hard))


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def _no_network(event: str, args: tuple[Any, ...]) -> None:
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        raise PermissionError(f"{event}: a document is read without network")


if __name__ == "__main__":
    main()
