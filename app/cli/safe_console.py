"""The console of every command: rich's, for text that may come from anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import IO

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from sparewheel.app.cli.printable import printable


class SafeConsole(Console):
    """A console whose every text is printable; only its own styles reach the terminal as commands."""

    def __init__(self, file: IO[str], width: int | None) -> None:
        super().__init__(file=file, width=width, highlight=False, soft_wrap=False)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Segments of the renderable."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else printable(text), style, control)
