"""A snapshot is made of segments: parts that never change, each written once and shared by the snapshots that follow.

A change writes a small segment: what came, and what of the earlier segments is gone. Segments that follow each other
are merged where they are many, and all of them where what came later weighs a quarter of the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST = 8  # segments that a reader looks through
SHARE = 0.25  # of the first segment: what came later is merged with it beyond
_STEP = 2.0  # after a merge a segment weighs so many times what follows it


@dataclass(frozen=True)
class Segment:
    """Where it lies, and what it weighs."""

    name: str  # of its file or folder within the snapshot
    chunks: int  # that it holds, at most
    gone: int = 0  # chunks of earlier segments that are gone with it, at most

    @property
    def weight(self) -> int:
        """What reading past it costs, in chunks."""
        return self.chunks + self.gone


def first_to_merge(segments: Sequence[Segment], *, more: bool = False) -> int:
    """The place of the segment from which on all are to become one; the last place where none are.

    more: further changes will follow at once: only their number counts, or a first fill would be written many times.
    """
    weights = [segment.weight for segment in segments]
    last = len(weights) - 1
    if not more and sum(weights[1:]) > SHARE * weights[0]:
        return 0
    if len(weights) <= MOST:
        return last
    after = weights[last]
    for place in range(last - 1, 0, -1):
        after += weights[place]
        if weights[place - 1] >= _STEP * after:
            return place
    return 0
