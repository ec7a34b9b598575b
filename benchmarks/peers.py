"""The same questions, documents and chat model for other RAG libraries and for us, side by side, in one run.

    python -m benchmarks.peers --chat URL --model NAME [--python PATH] [--questions N] [--systems NAME ...]

--chat    an OpenAI-compatible server (Ollama, llama.cpp, vLLM, ...), e.g. http://127.0.0.1:11434/v1
--python  an interpreter that has haystack-ai, llama-index-core and paper-qa (they want other versions than we do)

English questions on our sample documents, which are handed to the others as plain text, so that no parser is measured;
all embed with our English model. Ours once with its built-in reader, once with that chat model. Every question is asked
of all --systems before the next: stopped at any moment, the same command goes on (--folder keeps the answers); --report
asks nothing more and sums up the questions that all of them have answered.

Scored by the words alone (`eval.strict`): what is cited counts for nobody. right: the reference contained, or its
wording, figures and polarity equal; the right yes or no; a refusal where the documents are silent. Writes
benchmarks/results/peers.json and prints the table of benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import re
import subprocess
import sys
import threading
import urllib.parse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import peers_systems
from benchmarks.machine import save
from sparewheel.app.evaluation.batch import only_local, prepared
from sparewheel.corpora import Question
from sparewheel.eval.quantities import quantities
from sparewheel.eval.significance import mean_interval
from sparewheel.eval.strict import numbers_right
from sparewheel.eval.suites import drawn
from sparewheel.eval.verdict import verdict
from sparewheel.rag.answer.prices import PUBLISHED
from sparewheel.rag.assemble import embedder_of
from sparewheel.rag.places import place_of
from sparewheel.rag.settings import Settings, load_settings
from sparewheel.rag.types import Embedder

NAMES = {
    "reader": "**ours, built-in reader**",
    "chat": "**ours, the chat model**",
    "langchain": "LangChain, BM25 + FAISS, RetrievalQA",
    "haystack": "Haystack",
    "llamaindex": "LlamaIndex",
    "paperqa": "paper-qa",
}
OWN = ("reader", "chat", "langchain")  # run by this interpreter
_REFUSED = re.compile(
    r"\b(?:(?:do(?:es)?|did|is|are|was|were|could|can|am) ?(?:not|n't)|cannot|unable to)\b[^.]{0,60}"
    r"\b(?:know|mention\w*|provide[ds]?|specif\w+|state[ds]?|contain\w*|answer\w*|find|found|determine[ds]?|include[ds]?|sure)\b"
    r"|\bno (?:information|mention|answer)\b|\bnot (?:enough|sufficient) information\b|\binsufficient information\b",
    re.IGNORECASE,
)
PRICED = "deepseek-flash"  # what the tokens would cost there, off-peak
_LABEL = re.compile(r"\W*(yes|no|maybe)\b", re.IGNORECASE)
Pair = tuple[str, Question]


# ---------------------------------------------------------------- what all of them work with


def asked(settings: Settings, n: int) -> list[Pair]:
    """(corpus, question): n English ones of the suite `samples`, half of each corpus, always the same, in a drawn
    order that is always the same: the first few are a sample of all."""
    batches = prepared("samples", None, settings)
    chosen = [
        [(batch.corpus, q) for q in drawn([q for q in batch.questions if q.language == "en"], n // len(batches))]
        for batch in batches
    ]
    pairs = [pair for own in chosen for pair in own]
    random.Random(7).shuffle(pairs)
    return pairs


def written(settings: Settings, corpora: Sequence[str], folder: Path) -> None:
    """The documents of our corpora as plain texts, a folder for each corpus."""
    for corpus in corpora:
        (folder / corpus).mkdir(parents=True, exist_ok=True)
        with place_of(settings).store(corpus).open() as snapshot:
            for document in snapshot.documents():
                text = snapshot.document(document.id, layout=False).text
                (folder / corpus / f"{document.id.replace('/', '-')}.txt").write_text(text, encoding="utf-8")


@dataclass
class Used:
    """Calls of the chat model, tokens read and tokens written, so far."""

    calls: int = 0
    read: int = 0
    wrote: int = 0

    def add(self, usage: Mapping[str, int]) -> None:
        """One call."""
        self.calls, self.read = self.calls + 1, self.read + usage["prompt_tokens"]
        self.wrote += usage["completion_tokens"]

    def since(self, before: Used) -> dict[str, int]:
        """What was used meanwhile."""
        return {name: value - getattr(before, name) for name, value in asdict(self).items()}


@contextmanager
def server(chat: str, embedder: Embedder, used: Used) -> Iterator[str]:
    """The URL that all systems call: chat is handed on and counted, embeddings are ours."""
    target = urllib.parse.urlsplit(chat)

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Nothing is told."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.endswith("/embeddings"):
                self._send(json.dumps(self._embedded(json.loads(body))).encode(), "application/json")
                return
            call = http.client.HTTPConnection(target.netloc, timeout=peers_systems.PATIENCE_S)
            call.request("POST", f"{target.path}/chat/completions", body, {"Content-Type": "application/json"})
            answer = call.getresponse()
            whole = answer.read()
            if usage := _usage(whole):
                used.add(usage)
            self._send(whole, answer.headers.get("Content-Type", "application/json"), answer.status)
            call.close()

        def _embedded(self, body: Mapping[str, Any]) -> dict[str, Any]:
            texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
            vectors = embedder.embed(texts, query=body["model"] == "query")
            rows = [{"index": i, "embedding": [float(x) for x in row]} for i, row in enumerate(vectors)]
            return {"object": "list", "data": rows, "usage": {"prompt_tokens": 0, "total_tokens": 0}}

        def _send(self, body: bytes, kind: str, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{serving.server_port}/v1"
    finally:
        serving.shutdown()


def _usage(answer: bytes) -> dict[str, int] | None:
    """Of a whole answer, or of the last event of a stream that tells it."""
    for line in reversed(answer.decode("utf-8", "replace").splitlines() or [""]):
        text = line.removeprefix("data:").strip()
        if text.startswith("{") and (usage := json.loads(text).get("usage")):
            return dict(usage)
    return None


class Running:
    """A system in a process of its own."""

    def __init__(self, name: str, python: str, words: Sequence[str]) -> None:
        command = (python, str(Path(peers_systems.__file__)), name, *words)
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready_s = float(self._line()["ready_s"])

    def ask(self, corpus: str, question: str) -> dict[str, Any]:
        """The line of its answer."""
        assert self._process.stdin
        self._process.stdin.write(json.dumps({"corpus": corpus, "question": question}) + "\n")
        self._process.stdin.flush()
        return self._line()

    def _line(self) -> dict[str, Any]:
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit(f"{self._process.args!r} ended with {self._process.wait()}; what it said is above")
        found: dict[str, Any] = json.loads(line)
        return found

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


# ---------------------------------------------------------------- scoring


def scored(question: Question, answer: Mapping[str, Any]) -> dict[str, float | None]:
    """right, wrong, refused, numbers_right (None where the reference has no figure): 0 or 1, by the words alone."""
    text = answer["text"].strip()
    refused = answer.get("outcome") == "refused" or not text or bool(_REFUSED.search(text[:400]))
    label = answer.get("label") or ((m[1].lower() if (m := _LABEL.match(text)) else "") if question.label else "")
    outcome = "failed" if answer.get("outcome") == "failed" else "refused" if refused else "answered"
    record = {"outcome": outcome, "text": text, "label": label, "citations": []}
    got = verdict(replace(question, document_id=None, gold=(), documents=()), record)
    figures = [reference for reference in question.answers if quantities(reference)] if question.answerable else []
    numbers = max((numbers_right(text, one) for one in figures), default=None) if outcome == "answered" else 0.0
    return {
        "right": float(got == "satisfied"),
        "wrong": float(got in ("wrong", "partly")),
        "refused": float(outcome == "refused"),
        "refused_where_silent": None if question.answerable else float(outcome == "refused"),
        "numbers_right": numbers if figures else None,
    }


def figures(rows: Sequence[tuple[Question, Mapping[str, Any]]]) -> dict[str, Any]:
    """The means of one system with their intervals (documents drawn), seconds, tokens and memory."""
    values = [(question, scored(question, answer)) for question, answer in rows]
    found: dict[str, Any] = {"questions": len(rows)}
    for name in values[0][1]:
        having = [(v[name], q.document_id or q.id) for q, v in values if v[name] is not None]
        if not having:
            continue
        numbers = np.array([value for value, _ in having], float)
        low, high = mean_interval(numbers, [document for _, document in having])
        found[name] = {"value": round(float(numbers.mean()), 3), "low": round(low, 3), "high": round(high, 3),
                       "n": len(having)}  # fmt: skip
    answers = [answer for _, answer in rows]
    found["seconds_p50"] = round(float(np.median([a["seconds"] for a in answers])), 2)
    found["rss_mb"] = max(a["rss_mb"] for a in answers)
    found["failed"] = sum(a.get("outcome") == "failed" for a in answers)
    found |= {name: round(float(np.mean([a[name] for a in answers])), 1) for name in ("calls", "read", "wrote")}
    _, price, written_price = PUBLISHED[PRICED]
    found["usd_of_1000"] = round((found["read"] * price + found["wrote"] * written_price) / 1000, 3)
    return found


def table(systems: Mapping[str, Any]) -> str:
    """The rows of benchmarks/README.md."""
    lines = [
        "| system, questions | right | numbers right | wrong given | refused: all, where the documents are silent "
        "| calls, tokens read, written | USD of 1,000 questions | seconds, p50 | memory |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in systems.items():
        shares = [
            f"{row[k]['value']:.2f} ({row[k]['low']:.2f} to {row[k]['high']:.2f})"
            for k in ("right", "numbers_right", "wrong")
        ]
        silent = row.get("refused_where_silent", {"value": 0, "n": 0})
        refused = f"{row['refused']['value']:.2f}, {silent['value']:.2f} of {silent['n']}"
        used = f"{row['calls']:g}, {row['read']:.0f}, {row['wrote']:.0f}"
        seconds, memory = f"{row['seconds_p50']}", f"{row['rss_mb']} MB"
        cells = [
            f"{NAMES[name]}, {row['questions']}",
            *shares,
            refused,
            used,
            f"{row['usd_of_1000']:.2f}",
            seconds,
            memory,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def ask_all(options: argparse.Namespace, pairs: Sequence[Pair], settings: Settings, kept: Path) -> None:
    """Asks what is not answered yet in `kept`, one question of all systems before the next."""
    folder, corpora = kept.parent, sorted({corpus for corpus, _ in pairs})
    written(settings, corpora, folder / "documents")
    done = {(row["system"], row["id"]) for row in read(kept)}
    used = Used()
    embedder = embedder_of(place_of(settings).config(corpora[0]), settings)
    with ExitStack() as stack, kept.open("a", encoding="utf-8") as out:
        url = stack.enter_context(server(options.chat, embedder, used))
        words = ("--documents", str(folder / "documents"), "--url", url, "--model", options.model)
        words = (*words, "--data", settings.data_folder)
        running = {}
        for name in options.systems:
            python = sys.executable if name in OWN else options.python
            running[name] = stack.enter_context(Running(name, python, words))
        for number, (corpus, question) in enumerate(pairs, 1):
            for name, system in running.items():
                if (name, question.id) not in done:
                    before = replace(used)
                    row = {"system": name, "id": question.id, **system.ask(corpus, question.text)}
                    row |= {"ready_s": system.ready_s, **used.since(before)}
                    print(json.dumps(row, ensure_ascii=False), file=out, flush=True)
            print(f"{number} of {len(pairs)}", file=sys.stderr)


def read(kept: Path) -> list[dict[str, Any]]:
    """The answers so far; a line that was cut off is left out."""
    lines = kept.read_text(encoding="utf-8").split("\n")[:-1] if kept.exists() else []
    return [json.loads(line) for line in lines]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--chat", default="", metavar="URL")
    parser.add_argument("--model", default="", metavar="NAME")
    parser.add_argument("--described", default="", help="what the model is and what serves it, for the result")
    parser.add_argument("--python", default=sys.executable, metavar="PATH")
    parser.add_argument("--questions", type=int, default=60, metavar="N")
    parser.add_argument("--systems", nargs="+", choices=NAMES, default=list(NAMES))
    parser.add_argument("--folder", type=Path, default=Path("build/peers"))
    parser.add_argument("--report", action="store_true", help="ask nothing: sum up the answers in --folder")
    options = parser.parse_args()
    settings = only_local(replace(load_settings(), data_folder=str(options.folder / "corpora")))
    pairs, kept = asked(settings, options.questions), options.folder / "answers.jsonl"
    if not options.report:
        ask_all(options, pairs, settings, kept)
    answers = {(row["system"], row["id"]): row for row in read(kept)}
    there = [name for name in NAMES if any(system == name for system, _ in answers)]
    shared = [q for _, q in pairs if all((name, q.id) in answers for name in there)]
    found = {name: figures([(q, answers[name, q.id]) for q in shared]) for name in there} if shared else {}
    limits = {"passages": peers_systems.PASSAGES, "longest_tokens": peers_systems.LONGEST, "priced_as": PRICED}
    chat = {"model": options.model, "described": options.described}
    save("peers", {"chat": chat, **limits, "systems": found}, models=True)
    print(table(found))


if __name__ == "__main__":
    main()
