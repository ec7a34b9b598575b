"""The page Review: documents x questions, filled live, each cell with its evidence. Start reading at page.py."""

from sparewheel.app.ui.review.page import draw

__all__ = ["draw"]
