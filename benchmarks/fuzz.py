# ruff: noqa: E501  the bytes that it begins with
"""Fuzzing of every format reader and of the stream parser, with atheris (guided by coverage).

    python -m benchmarks.fuzz --seconds 120                 each target so long, one after the other
    python -m benchmarks.fuzz --only docx text --seconds 60

A reader may refuse a file (DocumentError, or an error that `load` turns into one). It may not crash the process, take
more than `TIMEOUT_S` or `MEMORY_MB`, or give marks outside its text. The stream parser may raise Unavailable, nothing
else. Files made of others (docx, xlsx, epub, ...) are changed inside: bytes of a member change, the zip stays whole.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

TIMEOUT_S = 20
MEMORY_MB = 2048
LONGEST = 60_000  # bytes of an input
KEPT_INPUTS = 300  # of a corpus folder: the smallest ones
STREAM = "stream"
SUFFIX_OF = {
    "pdf": ".pdf", "docx": ".docx", "doc": ".doc", "rtf": ".rtf", "odf": ".odt", "fodt": ".fodt", "xlsx": ".xlsx",
    "csv": ".csv", "pptx": ".pptx", "html": ".html", "markdown": ".md", "text": ".txt", "xml": ".xml", "json": ".json",
    "epub": ".epub", "eml": ".eml", "msg": ".msg", "zip": ".zip", "picture": ".png",
}  # fmt: skip
TARGETS = (*SUFFIX_OF, STREAM)


def main() -> None:
    """Fuzzes in processes of their own, so that one that dies is counted and the next one begins."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=120, help="for each target")
    options.add_argument("--only", nargs="*", choices=TARGETS, default=TARGETS)
    options.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "sparewheel-fuzz")
    options.add_argument("--inside", help=argparse.SUPPRESS)
    given, rest = options.parse_known_args()
    if given.inside:
        fuzz(given.inside, [sys.argv[0], *rest])
        return
    from benchmarks.machine import save

    file = given.folder / "figures.json"
    figures: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
    for target in given.only:
        figures[target] = added(figures.get(target), attempt(target, given.seconds, given.folder))
        file.write_text(json.dumps(figures))
        print(target, figures[target], flush=True)
    total = {key: sum(one[key] for one in figures.values()) for key in ("seconds", "executions", "crashes")}
    print(save("fuzz", {"total": total, "targets": figures}))


def added(before: dict[str, Any] | None, now: dict[str, Any]) -> dict[str, Any]:
    """The figures of two runs of one target together."""
    return now if before is None else {key: before[key] + now[key] for key in ("seconds", "executions", "crashes")}


def attempt(target: str, seconds: int, folder: Path) -> dict[str, Any]:
    """One target for so many seconds, begun again after a crash. Its corpus and its crashes stay in `folder`."""
    corpus, crashes = folder / "corpus" / target, folder / "crashes" / target
    for each in (corpus, crashes):
        each.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds(target)):
        (corpus / f"seed{number}").write_bytes(seed)
    left, executions, found = seconds, 0, 0
    while left > 0:
        command = [sys.executable, "-m", "benchmarks.fuzz", "--inside", target, str(corpus), f"-max_total_time={left}"]
        command += [
            f"-timeout={TIMEOUT_S}",
            f"-rss_limit_mb={MEMORY_MB}",
            f"-max_len={LONGEST}",
            "-print_final_stats=1",
        ]
        before = os.times().elapsed
        done = subprocess.run(
            [*command, f"-artifact_prefix={crashes}/"], capture_output=True, text=True, errors="replace"
        )
        left -= max(1, round(os.times().elapsed - before))
        counts = re.findall(r"^#(\d+)\s", done.stderr, re.MULTILINE)
        executions += max(map(int, counts), default=0)
        if done.returncode != 0:
            found += 1
            (crashes / f"report{len(list(crashes.iterdir()))}.txt").write_text(done.stderr[-6000:])
    for large in sorted(corpus.iterdir(), key=lambda path: path.stat().st_size)[KEPT_INPUTS:]:
        large.unlink()
    return {"seconds": seconds, "executions": executions, "crashes": found}


# ---------------------------------------------------------------- inside the fuzzing process


def fuzz(target: str, arguments: list[str]) -> None:
    """Never returns."""
    import atheris

    with atheris.instrument_imports(include=["sparewheel.rag.ingest", "sparewheel.rag.answer.reading"]):
        tried = stream() if target == STREAM else reader(SUFFIX_OF[target])
    packed = target != STREAM and SUFFIX_OF[target] in (".docx", ".odt", ".xlsx", ".pptx", ".epub", ".zip")
    mutator = {"custom_mutator": inside_zip()} if packed else {}
    atheris.Setup(arguments, tried, **mutator)
    atheris.Fuzz()


def reader(suffix: str) -> Callable[[bytes], None]:
    """Reads one input as a file of this kind, and checks what came out."""
    import logging
    import warnings

    from sparewheel.rag.errors import DocumentError
    from sparewheel.rag.ingest.formats.registry import parser_of
    from sparewheel.rag.settings import Ingest

    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    settings, parse = Ingest(ocr="off"), parser_of(f"x{suffix}")

    def tried(data: bytes) -> None:
        try:
            parsed = parse(data, settings)
        except DocumentError:
            return
        except (MemoryError, AssertionError):
            raise
        except Exception:  # `load` tells it as a damaged file
            return
        size = len(parsed.text)
        assert all(0 <= page.start <= page.end <= size for page in parsed.pages), "a page outside the text"
        assert all(0 <= start <= end <= size for start, end, _ in parsed.headings), "a heading outside the text"
        assert "\0" not in parsed.text, "a NUL in the text"
        parsed.text.encode()  # a lone surrogate could not be stored

    return tried


def stream() -> Callable[[bytes], None]:
    """Reads one input as what an endpoint sends."""
    from sparewheel.rag.answer.reading import Reading
    from sparewheel.rag.errors import Unavailable
    from sparewheel.rag.settings import Endpoint

    endpoint = Endpoint(url="http://127.0.0.1:9/v1", model="m")

    def tried(data: bytes) -> None:
        reading = Reading(endpoint, tools=bool(data[:1] == b"t"))
        try:
            for line in re.split(rb"\r\n|\n|\r", data):
                said = reading.line(line)
                assert not isinstance(said, bytes)
            reading.rest()
            reading.completion()
        except Unavailable:
            return

    return tried


def inside_zip() -> Callable[[bytes, int, int], bytes]:
    """Mutates a member of the archive; now and then the archive's own bytes."""

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        draw = random.Random(seed)
        if draw.random() < 0.15:
            return changed(draw, data)[:most]
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                parts = {name: archive.read(name) for name in archive.namelist()}
            name = draw.choice(sorted(parts))
            parts[name] = changed(draw, parts[name])
        except Exception:  # no longer a whole archive
            return changed(draw, data)[:most]
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for each, content in parts.items():
                archive.writestr(each, content)
        return out.getvalue() if len(out.getvalue()) <= most else data

    return mutated


PIECES = (
    b"<",
    b">",
    b"</",
    b'"',
    b"&#0;",
    b"&amp;",
    b"-1",
    b"0",
    b"999999999999",
    b"\0",
    b"\xff",
    "\u202e第".encode(),
    b"nan",
)


def changed(draw: random.Random, data: bytes) -> bytes:
    """One to eight small changes: bits, pieces put in, left out, doubled, moved, names and numbers exchanged."""
    new = bytearray(data)
    for _ in range(1 << draw.randrange(4)):
        here, there = sorted(draw.randrange(len(new) + 1) for _ in range(2))
        there = min(there, here + draw.choice((1, 4, 40, 400, 4000)))
        match draw.randrange(6):
            case 0 if new:
                new[min(here, len(new) - 1)] ^= 1 << draw.randrange(8)
            case 1:
                new[here:here] = draw.choice(PIECES)
            case 2:
                del new[here:there]
            case 3:
                new[here:here] = new[here:there] * draw.choice((1, 2, 50))
            case 4:
                piece = new[here:there]
                del new[here:there]
                place = draw.randrange(len(new) + 1)
                new[place:place] = piece
            case _:
                words = list(re.finditer(rb"[\w:.-]{2,30}", bytes(new[here : here + 4000])))
                if len(words) > 1:
                    one, two = draw.sample(words, 2)
                    new[here + one.start() : here + one.end()] = two[0]
    return bytes(new[: 4 * LONGEST])


# ---------------------------------------------------------------- what it begins with


def seeds(target: str) -> list[bytes]:
    """Small whole inputs of the target's kind."""
    if target == STREAM:
        return STREAMS
    from benchmarks import made_documents, made_office

    draw = random.Random(7)
    makers = {
        "pdf": [made_documents.pdf_contract, made_documents.pdf_form],
        "docx": [made_documents.docx_contract], "rtf": [made_office.rtf_letter], "odf": [made_office.odt_contract],
        "xlsx": [made_documents.xlsx_sheet, made_office.xlsx_ledger], "csv": [made_office.csv_ledger],
        "pptx": [made_office.pptx_slides], "html": [made_documents.html_notice],
        "markdown": [made_documents.markdown_memo], "xml": [made_office.jats_paper, made_office.akoma_ntoso],
        "epub": [made_office.epub_book], "eml": [made_office.eml_notice],
    }  # fmt: skip
    found = [maker(draw).data for maker in makers.get(target, [])]
    return found or OTHERS[target]()


def _zip() -> list[bytes]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "The notice period is 30 days.")
        archive.writestr("b/c.html", "<html><p>Rent: 900 euros.</p></html>")
    return [out.getvalue()]


def _tiny_png() -> list[bytes]:
    return [
        bytes.fromhex(
            "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
            "1f15c4890000000d49444154789c6360f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
        )
    ]


def _ole(stream: str) -> list[bytes]:
    return [b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(1024)]


FHIR = b'{"resourceType": "Patient", "name": [{"family": "Ito"}], "a": {"b": [1, 2.5, null, true, "text"]}}'
OTHERS: dict[str, Callable[[], list[bytes]]] = {
    "text": lambda: ["1. Scope\n\nThe lease ends on 3 May 2024.\n\f2. Rent\n第一条 租金\n".encode()],
    "json": lambda: [FHIR, b'{"a": 1}\n{"a": 2}\n', b'[{"question": "q", "answer": "a"}]'],
    "zip": _zip, "picture": _tiny_png, "doc": lambda: _ole("WordDocument"), "msg": lambda: _ole("__properties_version1.0"),
    "fodt": lambda: [
        b'<?xml version="1.0"?><office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
        b'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:text><text:h '
        b'text:outline-level="1">Rent</text:h><text:p>900 euros</text:p></office:text></office:body></office:document>'
    ],
}  # fmt: skip
STREAMS = [
    b'data: {"id":"1","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"content":"Thirty days [1]."}}]}\n\n: keep-alive\n\n'
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":5}}\n\ndata: [DONE]\n\n',
    b'{"model":"m","choices":[{"index":0,"message":{"content":"x"},"finish_reason":"stop"}]}',
    b't: x\ndata: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f","arguments":"{"}}]},'
    b'"finish_reason":"tool_calls"}]}\n\n',
    b'event: error\ndata: {"error":{"message":"busy","code":503}}\n\n',
    b'data: {"choices":[{"index":0,"delta":{"content":"<think>a</think>b"}}]}\n\n',
]

if __name__ == "__main__":
    main()
