"""Reading pictures of pages: RapidOCR (extra `ocr`, English and Chinese, models in the wheel), else tesseract."""

from __future__ import annotations

import csv
import importlib.util
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from typing import Any

from sparewheel.rag.errors import install
from sparewheel.rag.ingest.formats.page_text import Line, Word
from sparewheel.rag.ingest.formats.parsed import clean
from sparewheel.rag.text import columns

CURE = f"install the extra 'ocr' ({install('ocr')}), or put tesseract on the PATH"
_DPI = 200
_LEAST_CONFIDENCE = 0.5
_MOST_PIXELS = 25_000_000  # a larger page is rendered at fewer dots per inch

Engine = Callable[[Any], list[Line]]  # a PIL image to its lines, boxes in pixels


@cache
def engine() -> Engine | None:
    """The OCR engine of this machine, or None."""
    if importlib.util.find_spec("rapidocr_onnxruntime"):
        return _rapidocr()
    if shutil.which("tesseract"):
        return _tesseract
    return None


def read_page(page: Any, read: Engine) -> list[Line]:
    """The lines that OCR finds on a pdfium page; boxes in points."""
    width, height = page.get_width(), page.get_height()
    scale = min(_DPI / 72, (_MOST_PIXELS / max(width * height, 1)) ** 0.5)
    lines = read(page.render(scale=scale).to_pil().convert("RGB"))
    return [_scaled(line, 1 / scale) for line in lines]


def _scaled(line: Line, factor: float) -> Line:
    words = [(w, x0 * factor, top * factor, x1 * factor, bottom * factor) for w, x0, top, x1, bottom in line.words]
    return Line(tuple(words), line.gaps)


def _rapidocr() -> Engine:
    import numpy as np
    from rapidocr_onnxruntime import RapidOCR

    reader = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)

    def read(image: Any) -> list[Line]:
        found, _ = reader(np.asarray(image)[:, :, ::-1])
        lines = []
        for corners, text, score in found or ():
            xs, ys = [x for x, _ in corners], [y for _, y in corners]
            if float(score) >= _LEAST_CONFIDENCE and (line := _spread(text, min(xs), min(ys), max(xs), max(ys))):
                lines.append(line)
        return lines

    return read


def _spread(text: str, x0: float, top: float, x1: float, bottom: float) -> Line | None:
    """A line of which only the whole box is known: each word gets its share of the width by its columns."""
    words = clean(text).split()
    if not words:
        return None
    unit = (x1 - x0) / max(columns(" ".join(words)), 1)
    placed: list[Word] = []
    left = x0
    for word in words:
        right = left + columns(word) * unit
        placed.append((word, left, top, right, bottom))
        left = right + unit
    return Line(tuple(placed), (" ",) * (len(words) - 1))


def _tesseract(image: Any) -> list[Line]:
    import io

    picture = io.BytesIO()
    image.save(picture, "PNG")
    languages = subprocess.run(
        ["tesseract", "--list-langs"], capture_output=True, text=True, check=False
    ).stdout.split()
    chosen = "+".join(name for name in ("eng", "chi_sim") if name in languages) or "eng"
    done = subprocess.run(
        ["tesseract", "stdin", "stdout", "-l", chosen, "tsv"], input=picture.getvalue(), capture_output=True, check=True
    )
    by_line: dict[tuple[str, ...], list[Word]] = {}
    for row in csv.DictReader(io.StringIO(done.stdout.decode("utf-8")), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = clean(row["text"] or "").strip()
        if not text or float(row["conf"]) < 100 * _LEAST_CONFIDENCE:
            continue
        left, top = float(row["left"]), float(row["top"])
        word = (text, left, top, left + float(row["width"]), top + float(row["height"]))
        by_line.setdefault((row["block_num"], row["par_num"], row["line_num"]), []).append(word)
    return [Line(tuple(words), tuple(map(_word_gap, words, words[1:]))) for words in by_line.values()]


def _word_gap(a: Word, b: Word) -> str:
    return "" if a[0][-1] > "\u2e7f" and b[0][0] > "\u2e7f" else " "
