"""The page Ask: question in, answer streamed, evidence beside it. Start reading at page.py."""

from sparewheel.app.ui.ask.page import draw

__all__ = ["draw"]
