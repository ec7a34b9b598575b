"""An item of a list says what the line over it says of it: "Do not take Lumexal" over "- if you take aliskiren"."""

from __future__ import annotations

import re
from dataclasses import replace

from sparewheel.rag.types import Span

LONGEST = 300  # characters from the line over the list to the end of the item
_ITEM = re.compile(r"[ \t]*(?:[-–•*·▪]|\(?[a-z\d]{1,2}[.)])\s+")


def with_lead(span: Span, text: str) -> Span:
    """The span of an item from the line over its list on; as it is where it is no item, or that line is far away or a
    sentence of its own."""
    start = text.rfind("\n", 0, span.start) + 1
    if not _ITEM.match(text, start):
        return span
    while start and _ITEM.match(text, start):
        start = text.rfind("\n", 0, start - 1) + 1
    lead = text[start : text.find("\n", start)].strip()
    near = lead and not lead.endswith((".", "。")) and span.end - start <= LONGEST
    return replace(span, start=start) if near else span
