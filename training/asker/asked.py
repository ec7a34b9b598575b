"""Made questions for the English reader, on a GPU.

    python -m training.asker.asked --folder IN --out OUT --until EPOCH

IN holds what training.asker.prepare wrote: the packed asker, the rows that teach it to ask, and the passages. The asker
is fine-tuned for `--seconds`, asks about as many spans as the time allows, in an order that mixes the domains, and OUT
gets asked.npz (training.reader.batches.Rows), asked.jsonl (passage, span, question) and asked-sample.txt.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import re
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from training.asker.prompts import END, Taught, prompt, read_in, style_for
from training.asker.texts import Passage, Span

if TYPE_CHECKING:
    from training.asker.network import Asker
    from training.asker.pack import Tokens
    from training.reader.batches import Rows

BATCH, TRAIN_TOKENS, LR = 768, 16_384, 2e-4
RESERVE_S = 40.0  # left between the last question and the deadline
SAME_QUESTION = 40  # as often may one question be asked about different passages


class Asked(NamedTuple):
    """A question the asker made about characters [span) of the passage."""

    passage: int
    span: Span
    question: str


Job = tuple[str, list[tuple[str, str, str, Span, str]]]  # tokenizer file; domain, heading, passage, span, question


def taught_batches(rows: Sequence[Taught], tokens: Tokens, epochs: int, rng: random.Random,
                   budget: int = TRAIN_TOKENS) -> list[list[tuple[list[int], list[int]]]]:  # fmt: skip
    """(prompt ids, question ids) pairs in batches of like length and about `budget` tokens, shuffled."""
    prompts = tokens.ids([prompt(r.style, r.heading, r.text, r.span) for r in rows])
    questions = tokens.ids([f" {r.question.strip()}{END}" for r in rows])
    pairs = [(p, q) for p, q in zip(prompts, questions, strict=True) if len(p) + len(q) <= 512]
    batches = []
    for _ in range(epochs):
        own: list[list[tuple[list[int], list[int]]]] = []
        batch: list[tuple[list[int], list[int]]] = []
        for pair in sorted(pairs, key=lambda p: len(p[0]) + len(p[1]) + 12 * rng.random()):
            batch.append(pair)
            if len(batch) * (len(pair[0]) + len(pair[1])) >= budget:
                own.append(batch)
                batch = []
        own += [batch] if batch else []
        rng.shuffle(own)
        batches += own
    return batches


def good(question: str, answer: str) -> bool:
    """Whether a made question can be kept: words, at least three, that do not give the answer away."""
    words = re.findall(r"[^\W\d_]+(?:['’-]\w+)*|\d+", question)
    if len(words) < 3 or not any(w.isalpha() for w in words):
        return False
    spaced = [" ".join(re.findall(r"\w+", text.lower())) for text in (answer, question)]
    return f" {spaced[0]} " not in f" {spaced[1]} "


def prompts_of(work: Sequence[tuple[int, Span]], passages: Sequence[Passage], tokens: Tokens, batch: int, seed: str
) -> list[list[tuple[int, Span, list[int]]]]:  # fmt: skip
    """The work with its prompt ids, in shuffled batches of like length."""
    rng = random.Random(seed)
    texts = [prompt(style_for(passages[n], span, rng), passages[n].heading, passages[n].text, span) for n, span in work]
    whole = [(n, span, ids) for (n, span), ids in zip(work, tokens.ids(texts), strict=True) if len(ids) <= 480]
    whole.sort(key=lambda w: len(w[2]))
    batches = [whole[i : i + batch] for i in range(0, len(whole), batch)]
    rng.shuffle(batches)
    return batches


def generated(net: Asker, tokens: Tokens, passages: Sequence[Passage], device: str, until: float, batch: int,
              rng: random.Random, most: int | None = None) -> Iterator[list[Asked]]:  # fmt: skip
    """Good questions batch by batch until the clock says `until` or all spans (at most `most`) are asked for."""
    import torch

    from training.asker.network import written

    work = [(n, span) for n, passage in enumerate(passages) for span in passage.spans]
    rng.shuffle(work)
    work = work[:most]
    pools = [work[i : i + 16 * batch] for i in range(0, len(work), 16 * batch)]
    end, slowest = tokens.ids([END])[0][0], 0.0
    seen: set[tuple[int, str]] = set()
    often: Counter[str] = Counter()
    with ThreadPoolExecutor(1) as ahead:
        coming = [ahead.submit(prompts_of, p, passages, tokens, batch, f"{rng.random()}") for p in pools]
        try:
            for future in coming:
                parts = future.result()
                while parts:
                    began, part = time.time(), parts.pop()
                    if began + slowest > until:
                        return
                    try:
                        answers = written(net, [ids for _, _, ids in part], end, device)
                    except torch.OutOfMemoryError:
                        torch.cuda.empty_cache()
                        if len(part) < 8:
                            continue
                        parts += [part[::2], part[1::2]]
                        continue
                    slowest = max(0.9 * slowest, time.time() - began)
                    kept = []
                    for (number, span, _), ids in zip(part, answers, strict=True):
                        question = tokens.text(ids[:-1]).strip()
                        key = number, question.lower()
                        fits = ids[-1] == end and good(question, passages[number].text[slice(*span)])
                        if fits and key not in seen and often[key[1]] < SAME_QUESTION:
                            seen.add(key)
                            often[key[1]] += 1
                            kept.append(Asked(number, span, question))
                    yield kept
        finally:
            for future in coming:
                future.cancel()


def encoded(job: Job) -> Rows:
    """Rows of (domain, heading or "", passage, span, question) tuples."""
    from training.reader.batches import encode
    from training.reader.data import Example
    from training.reader.files import load_tokenizer

    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    file, items = job
    examples = [Example(f"asked-{domain}", question, text, (span,), heading)
                for domain, heading, text, span, question in items]  # fmt: skip
    return encode(examples, load_tokenizer(Path(file)), [bool(e.heading) for e in examples])


def ask(folder_in: Path, out: Path, device: str, deadline_epoch_seconds: float, processes: int = 15,
        tokenizer: Path = Path("rag/weights/reader-en/tokenizer.json"), seconds: float = 100.0, batch: int = BATCH,
        most: int | None = None, steps: int | None = None, train_tokens: int = TRAIN_TOKENS) -> Rows:  # fmt: skip
    """The whole way; returns the rows it wrote to OUT/asked.npz. `most` questions and `steps` are for rehearsals."""
    import torch

    from training.asker.network import fit
    from training.asker.pack import load
    from training.reader.batches import joined

    out.mkdir(parents=True, exist_ok=True)
    rng = random.Random(7)
    torch.manual_seed(7)
    until = deadline_epoch_seconds - RESERVE_S
    with ProcessPoolExecutor(processes, multiprocessing.get_context("spawn")) as pool:
        for _ in range(processes):  # they start while the network trains
            pool.submit(encoded, (str(tokenizer), []))
        passages, taught = read_in(folder_in)
        net, tokens = load(folder_in)
        net.to(device)
        batches = taught_batches(taught, tokens, 4, rng, train_tokens)
        left = until - time.time()
        print(f"{len(taught)} rows, {len(batches)} batches, {left:.0f} s left", flush=True)
        fit(net, batches, min(steps or len(batches), len(batches)), max(1.0, min(seconds, 0.5 * left)), LR, device)
        net.zero_grad(set_to_none=True)
        if device.startswith("cuda"):
            torch.cuda.empty_cache()
        net.to(torch.bfloat16 if device.startswith("cuda") else torch.float32)
        made: list[Asked] = []
        jobs: list[Job] = []
        parts: list[Future[Rows]] = []
        began = time.time()
        with (out / "asked.jsonl").open("w", encoding="utf-8") as log:
            try:
                for kept in generated(net, tokens, passages, device, until, batch, rng, most):
                    items = []
                    for one in kept:
                        p, shown = passages[one.passage], rng.random() < 0.5
                        items.append((p.domain, p.heading if shown else "", p.text, one.span, one.question))
                        log.write(json.dumps(one, ensure_ascii=False) + "\n")
                    made += kept
                    jobs += [(str(tokenizer), items[i::4]) for i in range(4)]
                    parts += [pool.submit(encoded, job) for job in jobs[-4:]]
                    if len(jobs) % 40 == 4:
                        rate = len(made) / (time.time() - began)
                        print(f"{len(made)} kept, {rate:.0f} a second, {until - time.time():.0f} s left", flush=True)
            except Exception:  # what is there is kept
                traceback.print_exc()
        if not made:
            raise SystemExit("no question was made in the time given; set --until later")
        write_sample(out / "asked-sample.txt", made, passages, rng)
        rows = joined([_result(part, job) for part, job in zip(parts, jobs, strict=True)])
        rows.save(out / "asked.tmp.npz")
        os.replace(out / "asked.tmp.npz", out / "asked.npz")
    print(f"{len(rows)} rows {dict(Counter(rows.sources[s] for s in rows.source))}", flush=True)
    return rows


def _result(part: Future[Rows], job: Job) -> Rows:
    """The rows, made here where a process was lost."""
    try:
        return part.result(timeout=20)
    except Exception as error:
        print(f"encoded here: {error!r}", flush=True)
        return encoded(job)


def write_sample(file: Path, made: Sequence[Asked], passages: Sequence[Passage], rng: random.Random) -> None:
    """200 of the questions with answer and place, for the eye."""
    lines = []
    for one in rng.sample(list(made), min(200, len(made))):
        p, (a, b) = passages[one.passage], one.span
        near = f"{p.text[max(0, a - 60) : a]}[{p.text[a:b]}]{p.text[b : b + 60]}"
        lines.append(f"{p.domain}: {one.question}\n    {' '.join(near.split())}\n")
    file.write_text("".join(lines), encoding="utf-8")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument(
        "--until", type=float, required=True, help="seconds since 1970 at which asked.npz must be there"
    )
    parser.add_argument("--tokenizer", type=Path, default=Path("rag/weights/reader-en/tokenizer.json"))
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--processes", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=100.0, help="of fine-tuning")
    parser.add_argument("--batch", type=int, default=BATCH)
    parser.add_argument("--most", type=int, help="ask about so many spans only")
    parser.add_argument("--steps", type=int, help="fine-tune for so many steps only")
    parser.add_argument("--train-tokens", type=int, default=TRAIN_TOKENS)
    given = parser.parse_args()
    ask(given.folder, given.out, given.device, given.until, given.processes, given.tokenizer, given.seconds,
        given.batch, given.most, given.steps, given.train_tokens)  # fmt: skip


if __name__ == "__main__":
    main()
