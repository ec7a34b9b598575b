"""Pages whose text cannot be taken as it is: scans, with or without a stamp, and fonts that hide their letters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import islice
from typing import Any, Literal

from sparewheel.rag.ingest.formats.page_text import Line
from sparewheel.rag.ingest.formats.text_layer import garbled, unmapped

_SCARCE = 16  # letters and digits; a page with fewer that shows a picture counts as scanned
_ALPHANUMERIC = re.compile(r"[^\W_]")
_LARGE_PICTURE = 0.3  # of the page's area, all pictures together (a scanner may write strips)
_WHOLE_PICTURE = 0.55  # of the page's area; with so large a picture a few lines are a stamp
_STAMP_SHARE = 0.05  # of the page's area that the lines of a stamp cover together, at most
_STAMP_LINES = 8
_MOST_PICTURES = 3000
_DRAWN = 60  # paths on a page without text that make it a drawing of letters

Unread = Literal["picture", "letters"]


def unread(pdfium: Any, page: Any, raw: str, lines: Sequence[Line], size: tuple[float, float]) -> Unread | None:
    """Why the text of the page is not its text: a "picture" of it, or "letters" without the right characters."""
    if unmapped(raw) or garbled(raw):
        return "letters"
    scarce = len(list(islice(_ALPHANUMERIC.finditer(raw), _SCARCE))) < _SCARCE
    if not scarce and not _is_stamp(lines, size):
        return None
    share = _picture_share(pdfium, page, size)
    if share > (_LARGE_PICTURE if scarce else _WHOLE_PICTURE):
        return "picture"
    return "picture" if scarce and _is_drawn(pdfium, page) else None


def _is_stamp(lines: Sequence[Line], size: tuple[float, float]) -> bool:
    """Whether the lines are so few that they could be a stamp on a page whose text is elsewhere."""
    if len(lines) > _STAMP_LINES:
        return False
    covered = sum((line.x1 - line.x0) * (line.bottom - line.top) for line in lines)
    return covered < _STAMP_SHARE * size[0] * size[1]


def _picture_share(pdfium: Any, page: Any, size: tuple[float, float]) -> float:
    """Of the page's area that pictures cover; those over one another count twice."""
    area = 0.0
    for picture in islice(page.get_objects(filter=(pdfium.raw.FPDF_PAGEOBJ_IMAGE,), max_depth=3), _MOST_PICTURES):
        left, bottom, right, top = picture.get_bounds()
        area += max(0.0, min(right, size[0]) - max(left, 0)) * max(0.0, min(top, size[1]) - max(bottom, 0))
    return area / max(size[0] * size[1], 1)


def _is_drawn(pdfium: Any, page: Any) -> bool:
    """Whether the page holds enough small drawings to be text set as outlines."""
    paths = page.get_objects(filter=(pdfium.raw.FPDF_PAGEOBJ_PATH,), max_depth=3)
    small = (path for path in paths if pdfium.raw.FPDFPath_CountSegments(path.raw) > 4)
    return len(list(islice(small, _DRAWN))) == _DRAWN
