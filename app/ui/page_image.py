"""A page of a PDF as it is printed, words boxed. Pure: a path and boxes in, a PNG out."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sparewheel.rag.types import Box

WIDTH_PX = 1400  # of the drawn page; a screen of twice the density shows it sharp in a column of 700
MOST_PX = 4000  # of its height: a page of a kilometre is drawn smaller
STRIP_PT = 300.0  # height of the strip around the boxes
MARGIN_PT = 90.0  # of the page above the first box
EDGE_PX = 24  # left white beside the text of a strip
FILL, LINE = (255, 214, 10, 96), (176, 92, 0, 255)
_pdfium = threading.Lock()  # pdfium is not safe for threads


def draw_page(path: Path, number: int, boxes: Sequence[Box] = (), *, strip: bool = False) -> bytes:
    """Page `number` (1-based) as a PNG, those of the boxes that are on it drawn as one frame a line.

    strip: only the part of the page around the boxes, without blank margins.
    """
    image, scale = _drawn(path, number)
    here = lines([box for box in boxes if box.page == number])
    if here:
        image = _boxed(image, here, scale)
        if strip:
            top = max(0.0, here[0].top - MARGIN_PT)
            bottom = max(top + STRIP_PT, min(here[-1].bottom + 20, top + 2 * STRIP_PT))
            low = int(min(bottom * scale, image.height))
            image = _without_margins(image.crop((0, int(top * scale), image.width, low)))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=False, compress_level=4)
    return out.getvalue()


def lines(boxes: Sequence[Box]) -> list[Box]:
    """Boxes of words, in text order, joined to one for each line, from the top down."""
    joined: list[Box] = []
    for box in boxes:
        last = joined[-1] if joined else None
        middle = (box.top + box.bottom) / 2
        if last and last.page == box.page and last.top <= middle <= last.bottom and box.x0 >= last.x0:
            top, bottom = min(last.top, box.top), max(last.bottom, box.bottom)
            joined[-1] = replace(last, x1=max(last.x1, box.x1), top=top, bottom=bottom)
        else:
            joined.append(box)
    return sorted(joined, key=lambda box: (box.page, box.top))


def _drawn(path: Path, number: int) -> tuple[Any, float]:
    """The page as an RGB image, and its pixels a point."""
    import pypdfium2 as pdfium

    with _pdfium:
        document = pdfium.PdfDocument(path)
        try:
            page = document[number - 1]
            width, height = page.get_width(), page.get_height()
            scale = min(WIDTH_PX / width, MOST_PX / height)
            return page.render(scale=scale).to_pil().convert("RGB"), scale
        finally:
            document.close()


def _without_margins(image: Any) -> Any:
    """The image between its first and last dark columns, from its first dark row down."""
    inked = image.convert("L").point(lambda grey: 255 if grey < 200 else 0).getbbox()
    if inked is None:
        return image
    left, top = max(0, inked[0] - EDGE_PX), max(0, inked[1] - EDGE_PX)
    return image.crop((left, top, min(image.width, inked[2] + EDGE_PX), image.height))


def _boxed(image: Any, boxes: Sequence[Box], scale: float) -> Any:
    from PIL import Image, ImageDraw

    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    for box in boxes:
        corners = [v * scale for v in (box.x0 - 1.5, box.top - 1, box.x1 + 1.5, box.bottom + 1)]
        draw.rounded_rectangle(corners, radius=4, fill=FILL, outline=LINE, width=2)
    return Image.alpha_composite(image.convert("RGBA"), layer).convert("RGB")
