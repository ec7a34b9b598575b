"""How much of made documents arrives as it is: text, order, cells of tables, signs, what is not in force, the numbers
of clauses; per format, beside LangChain's loaders and markitdown on the same files.

    python -m benchmarks.fidelity

A rival that is not installed is left out. Writes benchmarks/results/fidelity.json.
"""

from __future__ import annotations

import importlib.util
import re
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks.machine import save
from benchmarks.made_documents import Written, made_documents
from sparewheel.rag.ingest.formats.registry import parser_of
from sparewheel.rag.settings import Ingest

Reads = Callable[[Path], str]


def main() -> None:
    warnings.simplefilter("ignore")
    documents = list(made_documents())
    figures: dict[str, Any] = {"documents": len(documents), "systems": {}}
    with tempfile.TemporaryDirectory() as scratch:
        for system, reads in systems().items():
            scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
            for number, document in enumerate(documents):
                path = Path(scratch) / f"{number}{document.suffix}"
                path.write_bytes(document.data)
                read = reads.get(document.suffix)
                if read is None:
                    continue
                try:
                    text = read(path)
                except Exception as error:  # a rival may raise anything; the document is lost
                    print(system, path.name, type(error).__name__, str(error)[:80])
                    text = ""
                for what, score in measured(document, text).items():
                    scores[document.suffix][what].append(score)
            figures["systems"][system] = {suffix: summary(of) for suffix, of in scores.items()}
            for suffix, of in figures["systems"][system].items():
                print(f"{system:12}{suffix:7}", of)
    save("fidelity", figures)


def systems() -> dict[str, dict[str, Reads]]:
    """system -> suffix -> how it reads such a file."""
    ours: Reads = lambda path: parser_of(path.name)(path.read_bytes(), Ingest(ocr="off")).text  # noqa: E731
    found = {"sparewheel": dict.fromkeys((".pdf", ".docx", ".html", ".md", ".xlsx"), ours)}
    if importlib.util.find_spec("langchain_community"):
        from langchain_community import document_loaders as loaders

        def by(loader: str) -> Reads:
            def read(path: Path) -> str:
                return "\n\n".join(page.page_content for page in getattr(loaders, loader)(str(path)).load())

            return read

        found["langchain"] = {".pdf": by("PyPDFLoader"), ".html": by("BSHTMLLoader"), ".md": by("TextLoader")}
        if importlib.util.find_spec("docx2txt"):
            found["langchain"][".docx"] = by("Docx2txtLoader")
    if importlib.util.find_spec("markitdown"):
        from markitdown import MarkItDown

        converter = MarkItDown()
        mark: Reads = lambda path: str(converter.convert(str(path)).text_content)  # noqa: E731
        found["markitdown"] = dict.fromkeys((".pdf", ".docx", ".html", ".md", ".xlsx"), mark)
    return found


def measured(document: Written, text: str) -> dict[str, float]:
    """Shares, 0 to 1, of what the document holds."""
    bare = _bare(text)
    places = [bare.find(_bare(sentence)) for sentence in document.sentences]
    scores: dict[str, float] = {}
    if places:
        scores["text"] = share(place >= 0 for place in places)
        scores["order"] = share(0 <= a < b for a, b in pairwise(places))
    if document.cells:
        rows = [re.split(r"\t|\|", line) for line in text.split("\n") if line.strip(" |-:\t")]
        rows = [[cell.strip() for cell in row] for row in rows]
        scores["tables"] = share(cell_stands(cell, text, rows) for cell in document.cells)
    if document.exact:
        signs = re.sub(r"\^?<sup>9</sup>|\^\(?9\)?", "⁹", text)  # other ways to write an exponent count as well
        scores["signs"] = share(sign in signs for sign in document.exact)
    if document.gone:
        unmarked = re.sub(r"~~.*?~~|<(del|s)>.*?</\1>", "", text)  # left in, but marked as struck, is told
        scores["in force"] = share(gone not in unmarked for gone in document.gone)
    if document.labels:
        scores["clause numbers"] = share(_bare(label + begins) in bare for label, begins in document.labels)
    return scores


def cell_stands(cell: tuple[tuple[str, ...], tuple[str, ...], str], text: str, rows: list[list[str]]) -> bool:
    """Whether a line holds row, column and cell; or a row of cells has it in the column below its header."""
    names, header, value = cell
    lines = [line for line in text.split("\n") if all(name in line for name in names)]
    said = value or "—"
    if any(all(h in line for h in header) and line.rstrip().endswith(said) for line in lines):
        return True
    for row in rows:
        if names[0] in row:
            for above in rows:
                columns = [i for i, h in enumerate(above) if h in (header[-1], ", ".join(header))]
                if any(i < len(row) and row[i].replace("NaN", "") == value for i in columns):
                    return True
    return False


def share(of: Any) -> float:
    found = list(of)
    return sum(map(bool, found)) / max(len(found), 1)


def summary(scores: dict[str, list[float]]) -> dict[str, float]:
    means = {what: round(sum(of) / len(of), 3) for what, of in scores.items()}
    return {**means, "fidelity": round(sum(means.values()) / len(means), 3)}


def _bare(text: str) -> str:
    return re.sub(r"[\s\\]+", "", text)


if __name__ == "__main__":
    main()
