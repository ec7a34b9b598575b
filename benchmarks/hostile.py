# ruff: noqa: E501  the bytes of attacks
"""Hostile inputs of every kind in one run: does anything crash, hang, leak, or pass unmarked?

    python -m benchmarks.hostile              about 800 inputs, seed 7

files        made documents of every format with their bytes changed, read as an ingest reads them
traps        files that reach for others (XML entities, includes, links, paths in archives), bombs, endless nesting
orders       documents that give orders, and a model that obeys (eval.hostile.injections)
streams      what an endpoint may send
requests     the API with and without a key
names        of files, for the disk and for a terminal

crash: the process ends, or a server answers 500. hang: longer than its limit. leak: a word of a file or document that it
must not reach. unmarked: an obeyed order of which the answer says nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import random
import re
import tempfile
import time
import zipfile
from collections import Counter
from pathlib import Path

import httpx

from benchmarks.fuzz import STREAM, SUFFIX_OF, changed, seeds
from sparewheel.app.api.main import create_app
from sparewheel.app.cli.printable import printable
from sparewheel.app.people.auth import Accounts
from sparewheel.app.service import Service
from sparewheel.app.service.originals import safe_name
from sparewheel.eval.hostile.injections import made, outcome
from sparewheel.rag.answer.reading import Reading
from sparewheel.rag.errors import DocumentError, Unavailable
from sparewheel.rag.ingest import sandbox
from sparewheel.rag.settings import Answering, Api, Endpoint, Ingest, Retrieve, Settings

SECRET = "kzsecretword"
LIMIT_S = 30.0  # of processor time for a file
Row = Counter[str]


def main() -> None:
    from benchmarks.machine import save

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seed", type=int, default=7)
    draw = random.Random(options.parse_args().seed)
    with tempfile.TemporaryDirectory() as folder:
        kinds = {
            "files": files(Path(folder), draw),
            "traps": traps(Path(folder)),
            "orders": orders(draw),
            "streams": streams(draw),
            "requests": asyncio.run(requests(Path(folder), draw)),
            "names": names(draw),
        }
    columns = ("inputs", "crash", "hang", "leak", "unmarked")
    total = sum(kinds.values(), Counter())
    print(f"{'':10}" + "".join(f"{column:>10}" for column in columns))
    for name, row in {**kinds, "all": total}.items():
        print(f"{name:10}" + "".join(f"{row[column]:>10}" for column in columns))
    print(save("hostile", {name: {c: row[c] for c in columns} for name, row in {**kinds, "all": total}.items()}))


def read(folder: Path, inputs: dict[str, bytes], row: Row) -> Row:
    """The files through the limited processes that read every upload."""
    folder.mkdir(exist_ok=True)
    for name, data in inputs.items():
        (folder / name).write_bytes(data)
    settings = Ingest(workers=1, parse_timeout_s=LIMIT_S, parse_memory_mb=1024, ocr="off")
    results = dict(sandbox.parse(((name, folder / name) for name in inputs), settings))
    for name in inputs:
        row["inputs"] += 1
        result = results.get(name)
        row["crash"] += result is None
        if isinstance(result, DocumentError):
            row["hang"] += f"not read within {LIMIT_S:g} s" in str(result)
        elif result is not None:
            row["leak"] += SECRET in result.text
    return row


def files(folder: Path, draw: random.Random, each: int = 12) -> Row:
    inputs = {}
    for kind, suffix in SUFFIX_OF.items():
        grown = seeds(kind)
        for number in range(each):
            inputs[f"{kind}{number}{suffix}"] = _changed_inside(draw, draw.choice(grown), suffix)
    return read(folder / "files", inputs, Counter())


def _changed_inside(draw: random.Random, data: bytes, suffix: str) -> bytes:
    if suffix not in (".docx", ".odt", ".xlsx", ".pptx", ".epub", ".zip") or draw.random() < 0.2:
        return changed(draw, data)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = draw.choice(sorted(parts))
    parts[name] = changed(draw, parts[name])
    return _zip(parts)


def _zip(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def traps(folder: Path) -> Row:
    """Files that reach for a secret beside them, or that grow."""
    secret = folder / "secret.txt"
    secret.write_text(SECRET)
    entity = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{secret}">]>'
    laughs = '<!DOCTYPE a [<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9)
    ) + "]>"  # fmt: skip
    body = {"docx": seeds("docx")[0], "odt": seeds("odf")[0], "xlsx": seeds("xlsx")[0], "pptx": seeds("pptx")[0]}
    inputs: dict[str, bytes] = {
        "entity.xml": f"<?xml version='1.0'?>{entity}<a>&x; The rent is due.</a>".encode(),
        "laughs.xml": f"<?xml version='1.0'?>{laughs}<a>&j;</a>".encode(),
        "include.xml": f'<a xmlns:i="http://www.w3.org/2001/XInclude"><i:include href="{secret}" parse="text"/>x</a>'.encode(),
        "frame.html": f'<html><body>Rent <iframe src="file://{secret}"></iframe><object data="{secret}"></object>'.encode(),
        "image.md": f"![x](file://{secret}) <!--#include virtual='{secret}'-->\n\n{{% include '{secret}' %}}".encode(),
        "deep.json": b"[" * 100_000 + b"]" * 100_000,
        "deep.html": b"<div>" * 50_000 + b"x",
        "list.html": b"<ol>" + b"<li>x" * 40_000,
        "fences.md": b"```\n" * 20_000,
        "headings.md": b"# a\n```\nx\n```\n" * 8_000,
        "bomb.zip": _zip({"a.txt": b"0" * 300_000_000}),
        "paths.zip": _zip({"../../evil.txt": b"x", "/etc/evil": b"x", "a\\..\\b.txt": b"y", "c.txt": b"The rent."}),
        "many.zip": _zip({f"{i}.txt": b"x" for i in range(20_000)}),
        "inside.zip": _zip({"a.zip": _zip({"a.zip": _zip({"a.zip": _zip({"a.txt": b"x"})})})}),
        "mail.eml": f"Content-Type: message/external-body; access-type=local-file; name={secret}\n\nx".encode(),
        "huge.csv": b"a," * 200_000,
        "wide.txt": b"a" * 3_000_000,
        "link.rtf": ("{\\rtf1 {\\field{\\*\\fldinst INCLUDETEXT \"" + str(secret) + "\"}{\\fldrslt x}} Rent.}").encode(),
    }  # fmt: skip
    for kind, data in body.items():
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        for trap, head in (("entity", entity), ("laughs", laughs)):
            main = next(n for n in parts if n.endswith(("document.xml", "content.xml", "sheet1.xml", "slide1.xml")))
            text = parts[main].decode("utf-8", "replace")
            text = re.sub(r"(<\?xml[^>]*\?>)?", lambda m, head=head: (m[0] or "") + head, text, count=1)
            inputs[f"{trap}.{kind}"] = _zip(
                {**parts, main: text.replace("</", "&x;</" if trap == "entity" else "&j;</", 3).encode()}
            )
    (folder / "traps").mkdir()
    row = read(folder / "traps", inputs, Counter())
    row["leak"] += sum(path.name.startswith("evil") for path in folder.parent.rglob("evil*") if path.is_file())
    return row


def orders(draw: random.Random, count: int = 240) -> Row:
    row: Row = Counter(inputs=count)
    for attack in made(count, draw.randrange(1000)):
        row["unmarked"] += outcome(attack) == "unmarked"
    return row


def streams(draw: random.Random, count: int = 160) -> Row:
    row: Row = Counter()
    for _ in range(count):
        data, reading = changed(draw, draw.choice(seeds(STREAM))), Reading(Endpoint(), tools=draw.random() < 0.3)
        began = time.process_time()
        row["inputs"] += 1
        try:
            for line in re.split(rb"\r\n|\n|\r", data):
                reading.line(line)
            reading.rest()
            reading.completion()
        except Unavailable:
            pass
        except Exception as error:
            print("stream:", type(error).__name__, error, data[:200])
            row["crash"] += 1
        row["hang"] += time.process_time() - began > 2
    return row


async def requests(folder: Path, draw: random.Random, count: int = 160) -> Row:
    """Of a stranger and of a user who may read one of two documents."""
    row: Row = Counter()
    settings = Settings(
        data_folder=str(folder / "data"), ingest=Ingest(workers=1), retrieve=Retrieve(rerank="off"),
        answer=Answering(speculative=False), api=Api(per_minute=0),
    )  # fmt: skip
    accounts = Accounts(settings.corpora_folder / "users.toml")
    accounts.add("ben", "analyst")
    keys = ("", accounts.new_key("ben"), accounts.new_key("ben", scopes=("ask",)), "sw-00000000-x", "\x7f\t")
    with Service(settings) as service:
        for corpus in ("open", "closed"):
            service.create(corpus)
            texts = {"a.txt": b"The rent is 900 euros.", "hr/b.txt": f"The word is {SECRET}.".encode()}
            list(service.upload(corpus, [(name, io.BytesIO(data)) for name, data in texts.items()]))
        service.configure("closed", readers=["ana"])
        service.set_access("open", "b.txt", ["ana"])
        app = create_app(service, accounts)
        async with app.router.lifespan_context(app):
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                for _ in range(count):
                    method, path, body, headers = _request(draw)
                    if key := draw.choice(keys):
                        headers["Authorization"] = f"Bearer {key}"
                    began = time.monotonic()
                    try:
                        reply = await client.request(method, path, content=body, headers=headers)
                    except (httpx.InvalidURL, UnicodeEncodeError, httpx.LocalProtocolError):
                        continue  # no client can send it
                    row["inputs"] += 1
                    if reply.status_code >= 500 and reply.status_code != 503:
                        print(method, path, reply.status_code, reply.text[:200])
                        row["crash"] += 1
                    row["leak"] += SECRET in reply.text or "Traceback" in reply.text
                    row["hang"] += time.monotonic() - began > 60
    return row


def _request(draw: random.Random) -> tuple[str, str, bytes, dict[str, str]]:
    corpus = draw.choice(("open", "closed", "none", "..%2f..", "a" * 300, "%00", "open%0a", "数据"))
    document = draw.choice(
        ("a.txt", "b.txt", "..%2f..%2fusers.toml", "%2e%2e/%2e%2e/etc/passwd", "%00", "b.txt%00.txt", "\u202etxt")
    )
    path = draw.choice((
        "/v1/ask", "/v1/ask", "/v1/search", "/v1/search", "/v1/chat/completions", "/v1/corpora", f"/v1/corpora/{corpus}",
        f"/v1/corpora/{corpus}/documents", f"/v1/corpora/{corpus}/documents/{document}", "/v1/jobs/x", "/metrics",
        f"/v1/corpora/{corpus}/originals/{document}", f"/v1/corpora/{corpus}/access", "/v1/models/x%2fy", "/v1/feedback",
        "/mcp", "/v1/responses", "/v1/embeddings",
    ))  # fmt: skip
    asked = draw.choice(
        ("What is the word?", f"ignore {SECRET[:3]}", "\x00\x1b]0;x\x07", "a" * 9000, "", "؜\u202e" * 50, "\ud83d")
    )
    deep: object = "x"
    for _ in range(draw.choice((1, 50, 900))):
        deep = [deep]
    body: object = draw.choice((
        {"corpus": "open", "question": asked}, {"corpus": "closed", "question": asked}, {"corpus": "open", "question": deep},
        {"corpus": "open", "question": asked, "filter": {"document": ["b.txt", "a.txt"]}}, {"question": 7}, [], deep,
        {"corpus": "open", "question": asked, "k": draw.choice((0, -1, 10**9, "x", 1e308))},
        {"model": "open", "messages": [{"role": draw.choice(("user", "system", "x")), "content": asked}]},
        {"corpus": "open", "question": asked, "history": [{"question": asked, "answer": asked}] * 60},
        {"corpus": "open", "question": asked, "stream": True}, {"name": "../x", "domain": "y"}, {"place": "b.txt", "readers": ["ben"]},
    ))  # fmt: skip
    data = json.dumps(body).encode("utf-8", "surrogatepass")
    if draw.random() < 0.25:
        data = changed(draw, data)
    headers = {
        "content-type": draw.choice(
            ("application/json", "text/plain", "multipart/form-data; boundary=x", "application/json; charset=utf-7")
        )
    }
    if draw.random() < 0.2:
        headers["host"] = draw.choice(("evil.example", "localhost:99999", "[::1", "a@b"))
    if draw.random() < 0.1:
        headers["x-request-id"] = draw.choice(("a\tb", "x" * 5000, "\x80"))
    return (
        draw.choice(("GET", "POST", "POST", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE")),
        path,
        data,
        headers,
    )


def names(draw: random.Random, count: int = 60) -> Row:
    """leak: a name that leads out of its folder, or a character that acts on a terminal."""
    row: Row = Counter()
    pieces = [
        "..",
        "/",
        "\\",
        "\x1b[2J",
        "\x1b]0;x\x07",
        "\u202e",
        "\0",
        "CON",
        "a",
        ".",
        "~",
        "\udce9",
        "\U000e0041",
        "\n",
        "租",
        "x" * 300,
        "%2f",
        "\u200b",
    ]
    for _ in range(count):
        name = "".join(draw.choices(pieces, k=draw.randrange(1, 7)))
        row["inputs"] += 1
        safe, shown = safe_name(name), printable(name)
        out = (
            "/" in safe
            or "\\" in safe
            or safe in ("", ".", "..")
            or safe.startswith(".")
            or len(safe.encode("utf-8", "replace")) > 255
        )
        row["leak"] += out or bool(re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", safe + shown))
    return row


if __name__ == "__main__":
    main()
