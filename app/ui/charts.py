"""Charts from rows, without a data frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt


def chart(rows: Sequence[Mapping[str, Any]]) -> alt.Chart:
    """A chart over the rows; encodings must name their type (`usd:Q`)."""
    import altair as alt

    data = alt.Data(values=list(rows))  # type: ignore[no-untyped-call]
    return alt.Chart(data)
