"""What the tests of the store share: small documents, and an index writer that keeps its chunks as JSON."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from sparewheel.rag.types import Chunk, Document, Layout, Page


class JsonWriter:
    """An index of id -> indexed text. `calls` notes what each write was given."""

    def __init__(self, name="words", version="1", fail=False):
        self.name, self.version, self.fail = name, version, fail
        self.calls, self.merges = [], []

    def write(self, folder, added, removed):
        self.calls.append(([chunk.id for chunk in added], [chunk.id for chunk in removed]))
        if self.fail:
            raise OSError("disk full")
        gone = {chunk.id: None for chunk in removed}
        self._save(folder, gone | {chunk.id: chunk.indexed_text for chunk in added})

    def merge(self, segments, folder):
        self.merges.append(len(segments))
        self._save(folder, self._laid_over(segments))

    @staticmethod
    def _save(folder, content):
        (folder / "index.json").write_text(json.dumps(content))

    @staticmethod
    def _laid_over(segments: Sequence[Path]) -> dict[int, str | None]:
        """What a segment says of a chunk that an earlier one has holds."""
        content = {}
        for folder in segments:
            for id, text in json.loads((folder / "index.json").read_text()).items():
                if text is None and int(id) in content:
                    del content[int(id)]
                else:
                    content[int(id)] = text
        return content

    @classmethod
    def read(cls, segments: Sequence[Path]) -> dict[int, str]:
        content = cls._laid_over(segments)
        assert None not in content.values(), "a chunk is gone that was never there"
        return content


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
