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
from sparewheel.rag.ingest.formats.page_text import Line, Word, spread
from sparewheel.rag.ingest.formats.parsed import clean
from sparewheel.rag.ingest.formats.symbols import UNREADABLE

CURE = f"install the extra 'ocr' ({install('ocr')}), or put tesseract on the PATH"
_DPI = 200
_LEAST_CONFIDENCE = 0.5
_MOST_PIXELS = 25_000_000  # a larger page is rendered at fewer dots per inch

Engine = Callable[
    [Any], list[tuple[Line, float]]
]  # a PIL image to its lines, boxes in pixels, each with its confidence


def is_installed() -> bool:
    """Whether `engine` would find one; loads none."""
    return importlib.util.find_spec("rapidocr_onnxruntime") is not None or shutil.which("tesseract") is not None


@cache
def engine() -> Engine | None:
    """The OCR engine of this machine, or None."""
    if importlib.util.find_spec("rapidocr_onnxruntime"):
        return _rapidocr()
    if shutil.which("tesseract"):
        return _tesseract
    return None


def read_page(page: Any, read: Engine) -> tuple[list[Line], float]:
    """The lines that OCR finds on a pdfium page, boxes in points; and the confidence of its characters, 0..1."""
    width, height = page.get_width(), page.get_height()
    scale = min(_DPI / 72, (_MOST_PIXELS / max(width * height, 1)) ** 0.5)
    found = read(page.render(scale=scale).to_pil().convert("RGB"))
    characters = sum(len(line.text) for line, _ in found)
    sure = sum(len(line.text) * confidence for line, confidence in found) / max(characters, 1)
    return [_scaled(line, 1 / scale) for line, _ in found], sure


def _scaled(line: Line, factor: float) -> Line:
    words = [(w, x0 * factor, top * factor, x1 * factor, bottom * factor) for w, x0, top, x1, bottom in line.words]
    return Line(tuple(words), line.gaps)


def _rapidocr() -> Engine:
    import numpy as np
    from rapidocr_onnxruntime import RapidOCR

    reader = RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)

    def read(image: Any) -> list[tuple[Line, float]]:
        found, _ = reader(np.asarray(image)[:, :, ::-1])
        lines = []
        for corners, text, score in found or ():
            xs, ys = [x for x, _ in corners], [y for _, y in corners]
            if float(score) >= _LEAST_CONFIDENCE and (line := spread(text, min(xs), min(ys), max(xs), max(ys))):
                lines.append((line, float(score)))
        return lines

    return read


def _tesseract(image: Any) -> list[tuple[Line, float]]:
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
    sure: dict[tuple[str, ...], list[float]] = {}
    for row in csv.DictReader(io.StringIO(done.stdout.decode("utf-8")), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = clean(row["text"] or "").strip()
        if not text or float(row["conf"]) < 0:
            continue
        if float(row["conf"]) < 100 * _LEAST_CONFIDENCE and not text.isalpha():
            text = UNREADABLE  # a doubtful figure is no figure, but its place is not empty
        left, top = float(row["left"]), float(row["top"])
        word = (text, left, top, left + float(row["width"]), top + float(row["height"]))
        place = (row["block_num"], row["par_num"], row["line_num"])
        by_line.setdefault(place, []).append(word)
        sure.setdefault(place, []).append(float(row["conf"]) / 100)
    return [
        (Line(tuple(words), tuple(map(_word_gap, words, words[1:]))), sum(sure[place]) / len(sure[place]))
        for place, words in by_line.items()
        if max(sure[place]) >= _LEAST_CONFIDENCE
    ]


def _word_gap(a: Word, b: Word) -> str:
    return "" if a[0][-1] > "\u2e7f" and b[0][0] > "\u2e7f" else " "
