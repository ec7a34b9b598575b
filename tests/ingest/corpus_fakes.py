"""What the tests of the store share: small documents, and an index writer that keeps its chunks as JSON."""

import json
from pathlib import Path

import numpy as np

from sparewheel.rag.types import Chunk, Document, Layout, Page


class JsonWriter:
    """An index of id -> indexed text. `calls` notes what each write was given."""

    def __init__(self, name="words", version="1", fail=False):
        self.name, self.version, self.fail = name, version, fail
        self.calls = []

    def write(self, old, new, added, removed):
        self.calls.append((old is not None, [chunk.id for chunk in added], list(removed)))
        if self.fail:
            raise OSError("disk full")
        content = self.read(old) if old else {}
        for id in removed:
            del content[id]
        content.update((chunk.id, chunk.indexed_text) for chunk in added)
        (new / "index.json").write_text(json.dumps(content))

    @staticmethod
    def read(folder: Path) -> dict[int, str]:
        return {int(id): text for id, text in json.loads((folder / "index.json").read_text()).items()}


def document(id="a.txt", text="One.\nTwo.\nThree.", **fields) -> Document:
    return Document(id=id, text=text, title=fields.pop("title", f"Title of {id}"), source=f"/in/{id}", **fields)


def lines(document: Document) -> list[Chunk]:
    """One chunk for each line."""
    chunks, start = [], 0
    for line in document.text.split("\n"):
        end = start + len(line)
        chunks.append(Chunk(document.id, start, end, line, document.title, ("Part",), 1, document.language))
        start = end + 1
    return chunks


def paged(id="p.pdf", words=3) -> Document:
    """A two-page document with a layout."""
    text = " ".join(f"word{i}" for i in range(words))
    spans = np.array([(text.index(f"word{i}"), text.index(f"word{i}") + 5) for i in range(words)], np.int32)
    layout = Layout(
        spans,
        np.arange(1, words + 1, dtype=np.int32),
        np.arange(words * 4, dtype=np.float32).reshape(words, 4),
        np.array([[595, 842], [842, 595]], np.float32),
    )
    return document(id, text, layout=layout, pages=(Page(1, 0, 5), Page(2, 6, len(text))), headings=((0, 5, 1),))
