"""Pictures of pages (photographs, faxes, TIFF of several pages): as a scanned PDF, by OCR."""

from __future__ import annotations

import io
from dataclasses import replace

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.ocr import CURE
from sparewheel.rag.ingest.formats.parsed import Parsed
from sparewheel.rag.ingest.formats.pdf import parse_pdf
from sparewheel.rag.settings import Ingest

_MOST_PAGES = 200
_MOST_PIXELS = 100_000_000
_DPI = 200  # where the picture does not state its own


def parse_picture(data: bytes, settings: Ingest) -> Parsed:
    """The pages with their words and boxes. Raises DocumentError, with the cure, without OCR and for no picture."""
    try:
        from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError
    except ImportError as error:
        raise DocumentError("a picture, which only OCR can read", cure=CURE) from error
    try:
        picture = Image.open(io.BytesIO(data))
        if picture.width * picture.height > _MOST_PIXELS:
            raise DocumentError(f"refused: {picture.width} x {picture.height} pixels", cure="save it smaller")
        pages = []
        for number, frame in enumerate(ImageSequence.Iterator(picture)):
            if number >= _MOST_PAGES:
                raise DocumentError(f"more than {_MOST_PAGES} pages", cure="split it")
            pages.append(ImageOps.exif_transpose(frame).convert("RGB"))  # as it was held, not as the camera lay
        out = io.BytesIO()
        dpi = float(picture.info.get("dpi", (_DPI,))[0])
        pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=dpi if dpi >= 50 else _DPI)
    except (UnidentifiedImageError, OSError, ValueError, TypeError, Image.DecompressionBombError) as error:
        raise DocumentError(f"a damaged picture ({error})", cure="open it in a viewer and save it again") from error
    return replace(parse_pdf(out.getvalue(), settings), media_type="image/png", title="")
