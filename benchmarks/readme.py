"""The tables of benchmarks/README.md and benchmarks/results/README.md made anew from the results: nothing is measured.

    python -m benchmarks.readme

A table stands between `<!-- NAME: python -m benchmarks.readme -->` and `<!-- end -->`; what is written round it stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from benchmarks import age, peers

HERE = Path(__file__).parent
_BLOCK = re.compile(r"(<!-- (\w+): python -m benchmarks\.readme -->\n).*?(\n?<!-- end -->)", re.DOTALL)
NAMED = re.compile(r"`results/(\w+\.json)`(?: \(older [a-z ,]+\))?")
SETS = {  # set of benchmarks.reader -> how it is called
    "cuad": "CUAD contracts",
    "legalbench": "LegalBench-RAG: ContractNLI, MAUD",
    "policyqa": "PolicyQA",
    "covidqa": "COVID-QA dev, the passage given",
    "covidqa_whole_paper": "COVID-QA dev, whole paper searched",
    "covidqa_all_papers": "COVID-QA dev, all 145 papers searched",
    "squad": "SQuAD v1.1, held-out articles",
}
WITHOUT = {"cuad": "cuad-negative", "legalbench": "legalbench-negative", "policyqa": "policyqa-negative",
           "squad": "squad-impossible"}  # fmt: skip


def _rows(head: str, rows: list[tuple[str, ...]]) -> str:
    columns = head.count("|") - 1
    return "\n".join([head, "|---" * columns + "|", *(f"| {' | '.join(row)} |" for row in rows)])


def reader(result: Mapping[str, Any]) -> str:
    """The best span of the network where the passage is given, and how many passages without an answer it refuses."""
    rows = []
    for name, called in SETS.items():
        found, without = result["sets"][name], result["sets"].get(WITHOUT.get(name, ""))
        low, high = found["f1_interval"]
        f1 = f"{found['f1'] / 100:.3f}, {low / 100:.3f} to {high / 100:.3f}"
        refused = f"{without['refused'] / 100:.2f} of {without['n']}" if without else ""
        rows.append((f"{called} ({found['n']})", f1, f"{found['em'] / 100:.3f}", refused))
    return _rows("| | F1 of the best span, 95 % interval over documents | word for word | refused at 3 % lost |", rows)


def given(result: Mapping[str, Any]) -> str:
    """The product's own answer to a given passage beside the best span of the network."""
    rows = []
    for name in ("cuad", "policyqa", "covidqa", "squad"):
        found = result["sets"][name]
        without = result["sets"][WITHOUT.get(name, "covidqa-negative")]
        low, high = found["f1_interval"]
        rows.append(
            (
                f"{SETS[name]} ({found['n']} of {found['documents']} documents)",
                f"**{found['f1']:.3f}**, {low:.3f} to {high:.3f}",
                f"{found['best_span_f1']:.3f}",
                f"{found['refused']:.2f}",
                f"{without['refused']:.2f} of {without['n']}",
            )
        )
    head = (
        "| | F1 of the answer, 95 % interval over documents | best span | refused though there | refused where absent |"
    )
    return _rows(head, rows)


def asked(result: Mapping[str, Any]) -> str:
    """Both halves in both languages, beside the state before documents had an identity."""
    before, rows = age.read(age.RESULTS / "asked_baseline.json"), []
    for half in ("tuned", "untuned"):
        for code, language in (("en", "English"), ("zh", "Chinese")):
            then, now = (found[half]["by_language"][code] for found in (before, result))
            cells = [f"{half}, {language}", str(now["questions"])]
            for name in ("right", "wrong_given", "refused_though_there"):
                cells += [f"{then[name]['value']:.2f}", "{value:.2f}, {low:.2f} to {high:.2f}".format(**now[name])]
            rows.append(tuple(cells))
    head = "| half | questions | right: before | now | wrong given: before | now | refused though there: before | now |"
    return _rows(head, rows)


def end_to_end(result: Mapping[str, Any]) -> str:
    """A row for each corpus."""
    rows = []
    for suite in result["suites"].values():
        for corpus, found in suite["corpora"].items():
            measures = found["measures"]
            if (f1 := measures.get("f1")) is None:
                continue
            cells = [f"{corpus.removeprefix('eval-')} ({found['questions']})"]
            for measure in (f1, measures.get("right"), measures.get("evidence_recall")):
                paired = (measure or {}).get("ours_minus_langchain")
                cells.append(
                    f"{measure['value']:.3f}, {measure['low']:.3f} to {measure['high']:.3f}" if measure else ""
                )
                cells.append(f"{paired['difference']:+.3f} (p {paired['p']:.3f})" if paired else "")
            rows.append(tuple(cells))
    head = "| | token F1 | minus LangChain's | right | minus LangChain's | evidence recall | minus LangChain's |"
    return _rows(head, rows)


TABLES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "reader": reader,
    "given": given,
    "asked": asked,
    "end_to_end": end_to_end,
    "peers": lambda result: peers.table(result["systems"]),
}


def made(text: str) -> str:
    """The text with every table of `TABLES` anew, and behind the name of every result what has changed since."""

    def block(found: re.Match[str]) -> str:
        path = age.RESULTS / f"{found[2]}.json"
        return f"{found[1]}\n{TABLES[found[2]](age.read(path))}\n{found[3]}" if path.exists() else found.group()

    def named(found: re.Match[str]) -> str:
        said = ", ".join(age.marks(age.RESULTS / found[1]))
        return f"`results/{found[1]}`" + (f" ({said})" if said else "")

    return NAMED.sub(named, _BLOCK.sub(block, text))


def ages() -> str:
    """benchmarks/results/README.md."""
    return f"""# How old the results are

Made by `python -m benchmarks.readme`. Machine: the widest integer instructions there, for figures of int8 networks
differ between them. Older models: one that the result rests on has been changed since. Older code: a quarter of the
lines it describes (`benchmarks/age.py`) has.

{age.table()}
"""


def main() -> None:
    """Writes both files."""
    readme = HERE / "README.md"
    readme.write_text(made(readme.read_text(encoding="utf-8")), encoding="utf-8")
    (age.RESULTS / "README.md").write_text(ages(), encoding="utf-8")


if __name__ == "__main__":
    main()
