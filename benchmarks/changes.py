"""Does what is confidential stay here, and does nobody see what they may not read, whatever is changed in between?

    python -m benchmarks.changes                      2,000 sequences, seed 0
    python -m benchmarks.changes --count 100 --seed 5

A sequence is a walk of changes (sensitivity, readers, rules, labels, groups, keys, uploads, deletions) and of looks
through every door (chain, batch, page, API, OpenAI's protocol, MCP, evaluation, search, lists, texts, files,
metrics) over three corpora and four users. Every document holds a word of its own. A recording endpoint stands for the
cloud: no word of a corpus that is confidential at that moment may come there. What a user is given may hold no word of
a document that they may not read at that moment, as a second, plain reckoning of the rules has it.
"""

from __future__ import annotations

import argparse
import asyncio
import http.server
import json
import random
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from mcp import Client

from sparewheel.app.api.main import create_app
from sparewheel.app.api.mcp import create_server
from sparewheel.app.evaluation.batch import prepared
from sparewheel.app.people.access import User
from sparewheel.app.people.auth import Accounts
from sparewheel.app.service import Service, work
from sparewheel.rag.errors import SparewheelError
from sparewheel.rag.rights import LABEL
from sparewheel.rag.runnable import RetrievalQA
from sparewheel.rag.settings import Answering, Api, Endpoint, Ingest, Models, Observe, Retrieve, Settings
from sparewheel.rag.types import Document

CORPORA = ("alpha", "beta", "gamma")
PLACES = ("lease", "hr/pay", "hr/bonus", "hr/open/rules", "board/merger")
USERS = {"ana": "analyst", "ben": "viewer", "cyd": "viewer", "adam": "admin"}
GROUPS = ("hr", "board")
READERS = ("ana", "ben", "cyd", "adam", "group:hr", "group:board", "*", "!")
WORD = re.compile(r"\bkx[a-z]{8}\b")  # a document's own word
STEPS = (6, 14)  # of a sequence, at least and at most


class Cloud(http.server.ThreadingHTTPServer):
    """The recording endpoint: says what the first passage says, so that answers travel on in histories."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[str] = []
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Cloud

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode("utf-8", "replace")
        self.server.bodies.append(f"{self.path} {self.headers} {body}")
        passages = re.findall(r"<passage[^>]*>\\n(.*?)\\n</passage>", body)
        said = f"{passages[0][:200]} [1]" if passages else "NOT IN THESE DOCUMENTS"
        chunk = {"choices": [{"index": 0, "delta": {"content": json.loads(f'"{said}"')}, "finish_reason": "stop"}]}
        data = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


@dataclass
class Truth:
    """What is so, kept beside the program and reckoned by other code."""

    high: dict[str, bool] = field(default_factory=dict)
    readers: dict[str, list[str]] = field(default_factory=dict)
    rules: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    labels: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    words: dict[str, tuple[str, str]] = field(default_factory=dict)  # word -> corpus, document; also of documents gone
    there: dict[str, set[str]] = field(default_factory=dict)
    groups: dict[str, list[str]] = field(default_factory=dict)

    def may_read(self, user: str, corpus: str, document: str) -> bool:
        """As the documentation says it."""
        mine = {user, *(f"group:{group}" for group in self.groups[user])}
        if self.readers[corpus] and not mine & set(self.readers[corpus]):
            return False
        parts = document.split("/")
        above = [document, *("/".join(parts[:i]) + "/" for i in range(len(parts) - 1, 0, -1)), "/"]
        rule = next((self.rules[corpus][place] for place in above if place in self.rules[corpus]), ["*"])
        return all("*" in said or mine & set(said) for said in (rule, self.labels.get((corpus, document), ["*"])))

    def hidden_from(self, user: str) -> set[str]:
        """The words of documents that the user may not read."""
        return {word for word, place in self.words.items() if not self.may_read(user, *place)}

    def confidential(self) -> set[str]:
        """The words of documents of corpora that are of high sensitivity."""
        return {word for word, (corpus, _) in self.words.items() if self.high[corpus]}


class World:
    """Three corpora, four users, every door open; one at a time walks through it."""

    def __init__(self, folder: Path, cloud: Cloud, draw: random.Random) -> None:
        self.cloud, self.draw, self.truth = cloud, draw, Truth()
        self.counts: Counter[str] = Counter()
        self.leaks: list[str] = []
        url = f"http://127.0.0.1:{cloud.server_address[1]}/v1"
        self.settings = Settings(
            data_folder=str(folder / "data"), ingest=Ingest(workers=1), retrieve=Retrieve(rerank="off"),
            answer=Answering(speculative=False), api=Api(per_minute=0), observe=Observe(audit=False, metrics=True),
            models=Models(read_windows=1), endpoint={"cloud": Endpoint(url=url, model="m")},
        )  # fmt: skip
        self.service = Service(self.settings)
        self.accounts = Accounts(folder / "users.toml")
        self.keys: dict[str, str] = {}
        for name, role in USERS.items():
            self.accounts.add(name, role)  # type: ignore[arg-type]
            self.keys[name] = self.accounts.new_key(name)
            self.truth.groups[name] = []
        for corpus in CORPORA:
            self.service.create(corpus)
            self.truth.high[corpus], self.truth.readers[corpus] = False, []
            self.truth.rules[corpus], self.truth.there[corpus] = {}, set()
            self.add(corpus, list(PLACES))
        self.chains = {corpus: RetrievalQA(pipeline=self.service.pipeline(corpus)) for corpus in CORPORA}
        self.open = {(c, u): self.service.pipeline(c, self.user(u)) for c in CORPORA for u in USERS}
        self.histories: dict[str, list[tuple[str, str]]] = {name: [] for name in USERS}

    def user(self, name: str) -> User:
        return User(name, USERS[name], tuple(self.truth.groups[name]))  # type: ignore[arg-type]

    def add(self, corpus: str, ids: list[str], label: list[str] | None = None) -> None:
        """Documents come in, each with a new word."""
        made = []
        for id in ids:
            word = "kx" + "".join(self.draw.choices("abcdefghijklmnopqrstuvwxyz", k=8))
            self.truth.words[word] = (corpus, id)
            self.truth.there[corpus].add(id)
            metadata = {} if label is None else {LABEL: ", ".join(label)}
            if label is not None:
                self.truth.labels[corpus, id] = label
            else:
                self.truth.labels.pop((corpus, id), None)
            text = (
                f"The code word of the {id.rpartition('/')[2]} file is {word}. The rent of {id} is {len(word)} euros."
            )
            made.append(Document(id, text, id, id, metadata=metadata))
        work.add_documents(self.service.place.store(corpus), made, self.settings)

    # ------------------------------------------------------------ changes

    def change(self) -> str:
        """Something else is so from now on; its name."""
        draw, corpus = self.draw, self.draw.choice(CORPORA)
        store = self.service.place.store(corpus)
        kind = draw.choice(
            ("sensitivity", "sensitivity", "readers", "rule", "rule", "label", "groups", "key", "upload", "delete")
        )
        if kind == "sensitivity":
            self.truth.high[corpus] = high = draw.random() < 0.6
            self.service.configure(corpus, sensitivity="high" if high else "normal")
        elif kind == "readers":
            self.truth.readers[corpus] = readers = draw.sample(READERS[:6], draw.randrange(0, 4))
            self.service.configure(corpus, readers=readers)
        elif kind == "rule":
            place = draw.choice((*PLACES, "hr/", "hr/open/", "board/", "/"))
            readers = draw.choice(([], draw.sample(READERS, draw.randrange(1, 4))))
            self.service.set_access(corpus, place, readers)
            self.truth.rules[corpus].pop(place, None)
            if readers:
                self.truth.rules[corpus][place] = readers
        elif kind == "label":
            self.add(corpus, [draw.choice(PLACES)], draw.sample(READERS, draw.randrange(1, 3)))
        elif kind == "groups":
            name = draw.choice(list(USERS))
            self.truth.groups[name] = groups = draw.sample(GROUPS, draw.randrange(3))
            self.accounts.add(name, USERS[name], tuple(groups))  # type: ignore[arg-type]
        elif kind == "key":
            name = draw.choice(list(USERS))
            self.accounts.withdraw_key(name, self.keys[name])
            self.keys[name] = self.accounts.new_key(name)
        elif kind == "upload":
            self.add(corpus, [draw.choice((*PLACES, "hr/new", "lease2"))])
        elif len(self.truth.there[corpus]) > 2:
            id = draw.choice(sorted(self.truth.there[corpus]))
            work.take_out(store, [id], self.settings)
            self.truth.there[corpus].discard(id)
        return f"change {kind}"

    # ------------------------------------------------------------ looks

    async def look(self, client: httpx.AsyncClient) -> tuple[str, str, str]:
        """(door, user, all that the user was given)."""
        draw = self.draw
        name, corpus, id = draw.choice(list(USERS)), draw.choice(CORPORA), draw.choice(PLACES)
        question = draw.choice(
            (f"What is the code word of the {id.rpartition('/')[2]} file?", "What are the code words of all files?",
             "How many documents are there?", f"What does {id} say?", "List the rents.", "And its rent?")
        )  # fmt: skip
        history = draw.sample(self.histories[name], min(len(self.histories[name]), draw.randrange(3)))
        ask = {"corpus": corpus, "question": question}
        turns = [{"question": q, "answer": a} for q, a in history]
        talk = [m for q, a in history for m in ({"role": "user", "content": q}, {"role": "assistant", "content": a})]
        chat = {"model": f"sparewheel/{corpus}", "messages": [*talk, {"role": "user", "content": question}]}
        service, user = self.service, self.user(name)

        async def page() -> str:
            pipeline = await asyncio.to_thread(service.pipeline, corpus, user)
            return self.told(name, question, await pipeline.aask(question, history=history))

        async def held() -> str:  # a page that was opened before: its user may have lost a right, not a group
            pipeline = self.open[corpus, name] = await asyncio.to_thread(service.pipeline, corpus, user)
            return self.told(name, question, await pipeline.aask(question, history=history))

        async def assistant() -> str:
            tool, given = draw.choice(
                (("ask", {"question": question, "corpus": corpus}), ("search", {"query": question, "corpus": corpus}),
                 ("list_corpora", {}))
            )  # fmt: skip
            async with Client(create_server(service, user)) as asking:
                return str(await asking.call_tool(tool, given))

        async def sheet() -> str:
            return str(await asyncio.to_thread(service.documents, corpus, user)) + str(
                await asyncio.to_thread(service.corpora, user)
            )

        async def evaluated() -> str:
            with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
                file.write(json.dumps({"id": "q", "question": question, "answers": ["x"], "document_id": id}) + "\n")
                file.flush()
                return str(await asyncio.to_thread(prepared, file.name, corpus, self.settings, user=user))

        async def owner() -> str:
            await asyncio.to_thread(self.chains[corpus].batch, [question, {"query": question, "history": history}])
            return ""

        async def metrics() -> str:
            return (await client.get("/metrics")).text + (await client.get("/readyz")).text

        doors: dict[str, Callable[[], Awaitable[str]]] = {
            "api ask": lambda: self.sent(client, name, "POST", "/v1/ask", {**ask, "history": turns}),
            "api stream": lambda: self.sent(client, name, "POST", "/v1/ask", {**ask, "stream": True, "history": turns}),
            "api search": lambda: self.sent(client, name, "POST", "/v1/search", ask),
            "api filter": lambda: self.sent(client, name, "POST", "/v1/search", {**ask, "filter": {"document": id}}),
            "api chat": lambda: self.sent(client, name, "POST", "/v1/chat/completions", chat),
            "api chat stream": lambda: self.sent(client, name, "POST", "/v1/chat/completions", chat | {"stream": True}),
            "api text": lambda: self.sent(client, name, "GET", f"/v1/corpora/{corpus}/documents/{id}"),
            "api list": lambda: self.sent(client, name, "GET", f"/v1/corpora/{corpus}/documents"),
            "api original": lambda: self.sent(client, name, "GET", f"/v1/corpora/{corpus}/originals/{id}"),
            "api models": lambda: self.sent(client, name, "GET", "/v1/models"),
            "page": page, "page held": held, "mcp": assistant, "lists": sheet, "eval": evaluated, "chain": owner,
            "metrics": metrics,
        }  # fmt: skip
        door = draw.choice(list(doors))
        try:
            return door, name, await doors[door]()
        except SparewheelError as error:
            return door, name, str(error)
        except Exception as error:
            if type(error).__name__ == "ToolError":
                return door, name, str(error)
            raise

    def told(self, name: str, question: str, answer: Any) -> str:
        self.histories[name] = [*self.histories[name][-3:], (question, answer.text)]
        return repr(answer)

    async def sent(self, client: httpx.AsyncClient, name: str, method: str, path: str, body: Any = None) -> str:
        headers = {"Authorization": f"Bearer {self.keys[name]}"}
        reply = await client.request(method, path, json=body, headers=headers)
        if (
            path == "/v1/ask"
            and reply.headers["content-type"].startswith("application/json")
            and reply.status_code == 200
        ):
            self.histories[name] = [*self.histories[name][-3:], (body["question"], reply.json()["text"])]
        if reply.status_code >= 500 and reply.status_code != 503:
            self.leaks.append(f"{path}: status {reply.status_code}: {reply.text[:200]}")
        return reply.text

    async def sequence(self, client: httpx.AsyncClient) -> None:
        """One walk. What leaks is kept in `leaks`."""
        path: list[str] = []
        for _ in range(self.draw.randrange(*STEPS)):
            if self.draw.random() < 0.5:
                path.append(await asyncio.to_thread(self.change))
                self.counts[path[-1]] += 1
                continue
            before = set(WORD.findall(json.dumps(self.histories)))
            self.cloud.bodies.clear()
            door, name, given = await self.look(client)
            self.counts[door] += 1
            path.append(f"{name}: {door}")
            out = set(WORD.findall("\n".join(self.cloud.bodies))) & self.truth.confidential()
            seen = set(WORD.findall(given)) & self.truth.hidden_from(name)
            if out:
                self.leaks.append(f"{out} reached the cloud after {path}")
            if seen - before:
                self.leaks.append(f"{seen - before} of {[self.truth.words[w] for w in seen]} shown after {path}")
            if door == "metrics" and (WORD.search(given) or re.search(r'corpus="(?:alpha|beta|gamma)"', given)):
                self.leaks.append("metrics tell of documents or names of corpora")
        self.counts["sequences"] += 1


@asynccontextmanager
async def world(seed: int) -> Any:
    """A new world with a client of its API."""
    with tempfile.TemporaryDirectory() as folder:
        cloud = Cloud()
        made = World(Path(folder), cloud, random.Random(seed))
        app = create_app(made.service, made.accounts)
        try:
            async with app.router.lifespan_context(app):
                transport = httpx.ASGITransport(app, raise_app_exceptions=False)
                async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                    yield made, client
        finally:
            made.service.close()
            cloud.shutdown()


async def walked(count: int, seed: int, each: int = 100) -> tuple[Counter[str], list[str]]:
    """(how often each change and door came, the leaks) of so many sequences, a new world for each hundred."""
    counts: Counter[str] = Counter()
    leaks: list[str] = []
    for start in range(0, count, each):
        async with world(seed + start) as (made, client):
            for _ in range(min(each, count - start)):
                await made.sequence(client)
            counts += made.counts
            leaks += made.leaks
    return counts, leaks


def main() -> None:
    from benchmarks.machine import save

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--count", type=int, default=2000)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    began = time.monotonic()
    counts, leaks = asyncio.run(walked(given.count, given.seed))
    figures = {"sequences": counts.pop("sequences"), "leaks": len(leaks), "seconds": round(time.monotonic() - began)}
    print(figures, dict(counts), *leaks[:20], sep="\n")
    print(save("changes", {**figures, "first_leaks": leaks[:5], "steps": dict(sorted(counts.items()))}))


if __name__ == "__main__":
    main()
