"""How much of made documents arrives as it is: text, order, cells of tables, signs, what is not in force, the numbers
of clauses; per format, beside LangChain's loaders and markitdown on the same files.

    python -m benchmarks.fidelity

The rivals are not among the dependencies: `pip install "markitdown[docx,pptx,xlsx,pdf]" docx2txt` adds them; one that
is missing is named and left out. Unstructured (and so LangChain's loaders for PPTX, RTF, ODT, EML and EPUB) is left out
because it fetches a model or pandoc when it runs. Writes benchmarks/results/fidelity.json.
"""

from __future__ import annotations

import re
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable
from importlib import metadata, util
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks import made_documents, made_office
from benchmarks.machine import save
from benchmarks.made_documents import Written
from sparewheel.rag.ingest.load import load, with_members
from sparewheel.rag.settings import Ingest

Reads = Callable[[Path], str]

RIVALS = ("markitdown", "langchain-community", "docx2txt")
OFFICE = (".xml", ".csv", ".pptx", ".rtf", ".odt", ".eml", ".epub")
FORMATS = (".pdf", ".docx", ".html", ".md", ".xlsx", *OFFICE)


def main() -> None:
    warnings.simplefilter("ignore")
    documents = [each for by in (made_documents, made_office) for each in made_documents.made_documents(by.MAKERS)]
    missing = [each for each in RIVALS if util.find_spec(each.replace("-", "_")) is None]
    if missing:
        print("not installed and so not measured:", ", ".join(missing))
    versions = {each: metadata.version(each) for each in RIVALS if each not in missing}
    figures: dict[str, Any] = {"documents": len(documents), "rivals": versions, "missing": missing, "systems": {}}
    with tempfile.TemporaryDirectory() as scratch:
        for system, reads in systems().items():
            scores: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
            for number, document in enumerate(documents):
                form = {"paper": "JATS", "act": "Akoma Ntoso"}.get(document.kind, document.suffix)
                path = Path(scratch) / f"{number}{document.suffix}"
                path.write_bytes(document.data)
                read = reads.get(document.suffix)
                if read is None:
                    continue
                try:
                    text = read(path)
                except Exception as error:  # a rival may raise anything; the document is lost
                    print(system, path.name, type(error).__name__, str(error)[:80].replace("\n", " "))
                    text = ""
                for what, score in measured(document, text).items():
                    scores[form][what].append(score)
            figures["systems"][system] = {form: summary(of) for form, of in scores.items()}
            for form, of in figures["systems"][system].items():
                print(f"{system:12}{form:12}", of)
    save("fidelity", figures)


def systems() -> dict[str, dict[str, Reads]]:
    """system -> suffix -> how it reads such a file."""

    def ours(path: Path) -> str:
        document = load(path, path.name, Ingest(ocr="off"))
        return "\n\n".join(each.text for each in with_members(document))

    found: dict[str, dict[str, Reads]] = {"sparewheel": dict.fromkeys(FORMATS, ours)}
    if util.find_spec("langchain_community"):
        from langchain_community import document_loaders as loaders

        def by(loader: str, **settings: Any) -> Reads:
            def read(path: Path) -> str:
                pages = getattr(loaders, loader)(str(path), **settings).load()
                return "\n\n".join(page.page_content for page in pages)

            return read

        found["langchain"] = {".pdf": by("PyPDFLoader"), ".html": by("BSHTMLLoader"), ".md": by("TextLoader")}
        found["langchain"] |= {
            ".xml": by("BSHTMLLoader", bs_kwargs={"features": "xml"}),
            ".csv": lambda path: _rows(by("CSVLoader", autodetect_encoding=True)(path)),
        }
        if util.find_spec("docx2txt"):
            found["langchain"][".docx"] = by("Docx2txtLoader")
    if util.find_spec("markitdown"):
        from markitdown import MarkItDown

        converter = MarkItDown()
        mark: Reads = lambda path: str(converter.convert(str(path)).text_content)  # noqa: E731
        found["markitdown"] = dict.fromkeys(FORMATS, mark)
    return found


def _rows(records: str) -> str:
    """LangChain's records, a document for each row, with the row's name on each of their lines: whoever gets one sees
    them together."""
    lines = (record.split("\n") for record in records.split("\n\n"))
    return "\n".join(f"{record[0]} {line}" for record in lines for line in record)


def measured(document: Written, text: str) -> dict[str, float]:
    """Shares, 0 to 1, of what the document holds."""
    bare = _bare(_untagged(text))
    places = [bare.find(_bare(sentence)) for sentence in document.sentences]
    scores: dict[str, float] = {}
    if places:
        scores["text"] = share(place >= 0 for place in places)
        scores["order"] = share(0 <= a < b for a, b in pairwise(places))
    if document.cells:
        lined = _untagged(re.sub(r"</tr>", "\n", re.sub(r"</t[dh]>", "|", text)))  # rows that stand as markup count too
        rows = [re.split(r"\t|\|", line) for line in lined.split("\n") if line.strip(" |-:\t")]
        rows = [[cell.strip() for cell in row] for row in rows]
        scores["tables"] = share(cell_stands(cell, text, rows) for cell in document.cells)
    if document.exact:
        signs = re.sub(r"\^?<sup>9</sup>|\^\(?9\)?", "⁹", text)  # other ways to write an exponent count as well
        scores["signs"] = share(sign in signs for sign in document.exact)
    if document.gone:
        unmarked = re.sub(r"~~.*?~~|<(del|s|strike)>.*?</\1>", "", text)  # left in, but marked as struck, is told
        arrived = any(scores.values())  # what was not read at all is not in force by merit
        scores["in force"] = share(arrived and gone not in unmarked for gone in document.gone)
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


def _untagged(text: str) -> str:
    """Without tags, for rivals that hand on the markup."""
    return re.sub(r"</?[A-Za-z][^<>]*>", "", text)


def _bare(text: str) -> str:
    return re.sub(r"[\s\\]+", "", text)


if __name__ == "__main__":
    main()
