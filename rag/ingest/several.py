"""Values of a document's metadata that name several things ("parties"), and how they are told apart."""

from __future__ import annotations

SEPARATOR = "; "  # between several parties, drugs or aliases
SEVERAL = ("parties", "drug", "aliases")  # keys that hold several values; each of them can be filtered by


def values_of(key: str, value: str) -> list[str]:
    """What a filter by the key may name: the value, and each of several."""
    return list(dict.fromkeys([value, *value.split(SEPARATOR)])) if key in SEVERAL else [value]
