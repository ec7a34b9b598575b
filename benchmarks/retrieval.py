"""Retrieval quality on the development questions, all documents of a benchmark indexed together, or a share of them.

    python -m benchmarks.retrieval [SET ...] [--share X] [--base FOLDER] [--vectors FOLDER] [--questions N] [--plain N]

Each set beside LangChain's plain pair on the same chunks: community BM25Retriever over rank-bm25, and community FAISS
with the untuned all-MiniLM-L6-v2 (--base: its folder; left out, that row is). Passage vectors are kept in --vectors: a
stopped run goes on, since embedding all of LegalBench-RAG takes two hours on two cores; --share 0.157 takes the 113
documents its held-out questions are about. Writes benchmarks/results/retrieval.json.
"""

from __future__ import annotations

import argparse
import json
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.machine import RESULTS, save
from benchmarks.retrieval_measures import MEASURES, summary
from benchmarks.retrieval_sets import SETS, Ask, RetrievalSet
from benchmarks.retrieval_systems import Runs, ensemble, ours, plain_bm25, plain_faiss
from sparewheel.corpora import profile
from sparewheel.rag.ingest.split import limit_of
from sparewheel.rag.settings import load_settings


def sample(asks: Sequence[Ask], count: int, seed: int = 7) -> list[Ask]:
    """`count` questions drawn without replacement, in their order; all of them when there are no more."""
    chosen = set(random.Random(seed).sample(range(len(asks)), min(count, len(asks))))
    return [ask for index, ask in enumerate(asks) if index in chosen]


def measure(data: RetrievalSet, runs: Runs, asks: Sequence[Ask]) -> dict[str, Any]:
    """Figures over the questions that `runs` answered: all, the held-out ones, and each sub-set."""
    groups: dict[str, list[Any]] = defaultdict(list)
    for ask in asks:
        if ask.id in runs:
            row = MEASURES[data.name](ask, [data.chunks[index] for index in runs[ask.id]])
            groups["all"].append(row)
            if ask.group != "all":
                groups[ask.group].append(row)
    return {name: {"questions": len(rows), **summary(rows)} for name, rows in groups.items()}


def compare(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """Every system's figures on one set. The plain BM25 answers a sample of the questions where there are many."""
    settings = load_settings()
    data = SETS[name](settings.ingest, options.share)
    asks = sample(data.asks, options.questions)
    systems = ours(data, asks, settings.retrieve, options.vectors)
    few = sample(asks, options.plain)
    systems["plain BM25"] = plain_bm25(data, few)
    if options.base and data.language == "en":
        systems["plain FAISS"] = plain_faiss(data, asks, options.base, options.vectors)
        systems["plain pair"] = ensemble(systems["plain BM25"], systems["plain FAISS"])
    figures = {system: measure(data, runs, asks) for system, runs in systems.items()}
    return {**about(data, len(asks)), "systems": figures}


def about(data: RetrievalSet, asked: int) -> dict[str, Any]:
    """What was indexed and asked."""
    return {
        "documents": data.documents,
        "documents_of_the_set": data.all_documents,
        "chunks": len(data.chunks),
        "chunk_chars": limit_of(load_settings().ingest, profile(data.domain)),
        "questions": len(data.asks),
        "questions_asked": asked,
    }


def show(name: str, result: dict[str, Any]) -> None:
    """A table of the figures, per cent with half the 95 % interval."""
    print(f"\n{name}: {result['chunks']} chunks of at most {result['chunk_chars']} characters")
    for system, groups in result["systems"].items():
        for group, row in groups.items():
            cells = [
                f"{measure} {100 * value[0]:5.1f} ±{50 * (value[2] - value[1]):.1f}"
                for measure, value in row.items()
                if measure != "questions"
            ]
            print(f"  {system:17} {group:12} n={row['questions']:5}  " + "  ".join(cells))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", choices=[*SETS, []], help="default: all")
    parser.add_argument("--base", type=Path, help="folder of the untuned all-MiniLM-L6-v2")
    parser.add_argument("--vectors", type=Path, default=Path(".sparewheel/vectors"), help="where vectors are kept")
    parser.add_argument("--share", type=float, default=1.0, help="of the documents, those asked about first")
    parser.add_argument("--questions", type=int, default=1_000_000, help="a sample of each set, at most so many")
    parser.add_argument("--plain", type=int, default=200, help="questions that rank-bm25 is asked")
    options = parser.parse_args()
    file = RESULTS / "retrieval.json"
    results = json.loads(file.read_text(encoding="utf-8"))["sets"] if file.exists() else {}
    for name in options.sets or SETS:
        results[name] = compare(name, options)
        show(name, results[name])
        save("retrieval", {"sets": results}, models=True)


if __name__ == "__main__":
    main()
