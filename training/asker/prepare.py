"""What the asker needs on the GPU: `python -m training.asker.prepare --data D --gguf F --tokenizer F --out D`.

Writes asked-in.json.xz (passages with the spans to ask for, and the questions people asked) and the packed network with
the words that occur in them. gguf and tokenizer: SmolLM2-135M-Instruct.Q4_1.gguf and its tokenizer.json.
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from training.asker.pack import pack
from training.asker.prompts import LONGEST_ANSWER, Taught, around, write_in
from training.asker.texts import Passage, chosen
from training.reader.contracts import _SYNONYMS, clause_questions, cuad, legalbench
from training.reader.data import Example, covidqa, policyqa, squad, squad_sample

STYLES = {"squad": "General", "squad-sample": "General", "covidqa": "Medical", "policyqa": "Policy",
          "cuad": "Contract", "legalbench": "Contract"}  # fmt: skip
MOST = {"cuad": 1500, "legalbench": 1200, "policyqa": 2800}
COUNTS = {"general": (2401, 15), "medical": (15500, 3), "legal": (9000, 3)}  # passages, spans in each
LEAST = 12  # as often must a token occur to have an embedding of its own
SEED = 11


def _answered(data: Path, rng: random.Random) -> Iterator[Example]:
    yield from squad(data, "train")
    yield from squad_sample(data)
    yield from policyqa(data, "train", rng)
    yield from covidqa(data, "train", 2, rng)
    natural = _natural()
    yield from (e for e in cuad(data, "train", 1, 0, rng) if e.question in natural and not e.label)
    yield from legalbench(data, "train", 1, rng)


def _natural() -> set[str]:
    """CUAD's questions as people put them, with the other words for contract and party."""
    found = {q for asked in clause_questions().values() for q in (*asked["ask"][:-1], *asked["more"])}
    for others in _SYNONYMS:
        pattern = re.compile(r"\b(?:" + "|".join(others) + r")\b")
        found |= {pattern.sub(lambda m, others=others: others[m[0]], q) for q in tuple(found)}  # type: ignore[misc]
    return found


def taught_rows(data: Path, rng: random.Random) -> list[Taught]:
    """Questions people asked on the training side, balanced by source, passages cut to what the asker sees."""
    by_source: dict[str, list[Taught]] = {source: [] for source in STYLES}
    for e in _answered(data, rng):
        if e.source in STYLES and e.spans and e.spans[0][1] - e.spans[0][0] <= LONGEST_ANSWER:
            (a, b), (start, end) = e.spans[0], around(e.passage, e.spans[0])
            question = e.question.split("; ", 1)[-1] if e.source == "legalbench" else e.question
            heading = e.heading if STYLES[e.source] in ("General", "Medical") else ""
            row = Taught(STYLES[e.source], heading, e.passage[start:end], (a - start, b - start), question.strip())
            by_source[e.source].append(row)
    rows = []
    for source, found in by_source.items():
        rows += rng.sample(found, min(len(found), MOST.get(source, len(found))))
    print({source: min(len(found), MOST.get(source, len(found))) for source, found in by_source.items()}, flush=True)
    return rows


def words_used(passages: list[Passage], rows: list[Taught], tokenizer: Any) -> Counter[int]:
    """How often each token id occurs in what the asker will see."""
    texts = [f"{p.heading[:80]}\n{p.text}" for p in passages] + [f"{r.text} {r.question}" for r in rows]
    used: Counter[int] = Counter()
    for at in range(0, len(texts), 2000):
        for encoding in tokenizer.encode_batch_fast(texts[at : at + 2000], add_special_tokens=False):
            used.update(encoding.ids)
    return used


def write(data: Path, gguf: Path, tokenizer: Path, out: Path) -> None:
    """The files in `out`; gguf and its tokenizer.json are the asker as it was published."""
    from tokenizers import Tokenizer

    rng = random.Random(SEED)
    rows = taught_rows(data, rng)
    passages = chosen(data, COUNTS, rng)
    print(f"{len(rows)} rows, {len(passages)} passages, {sum(len(p.spans) for p in passages)} spans", flush=True)
    write_in(out, passages, rows)
    pack(gguf, tokenizer, words_used(passages, rows, Tokenizer.from_file(str(tokenizer))), LEAST, out)
    print({f.name: f.stat().st_size for f in sorted(out.iterdir())}, flush=True)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--gguf", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    write(given.data, given.gguf, given.tokenizer, given.out)


if __name__ == "__main__":
    main()
