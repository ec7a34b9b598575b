"""Several rankings to one."""

from __future__ import annotations

from collections.abc import Sequence


def reciprocal_rank(
    rankings: Sequence[Sequence[int]], k: int, *, constant: int = 60, weights: Sequence[float] | None = None
) -> list[tuple[int, float]]:
    """(chunk id, score) of the best k by the sum over rankings of weight / (constant + rank) (Cormack 2009, eq. 1).

    rankings: chunk ids, best first. A chunk is one by its id, never by its text: the same clause in two contracts is
    two passages. The first of every ranking is among the k while there is room, so an identifier that only the keyword
    index knows is not voted out. Ties: the one ranked best anywhere, then the earlier ranking, then the smaller id.
    """
    total: dict[int, float] = {}
    best: dict[int, tuple[int, int]] = {}  # id -> its best rank, the ranking that gave it
    for number, ids in enumerate(rankings):
        weight = 1.0 if weights is None else weights[number]
        for rank, name in enumerate(ids, start=1):
            total[name] = total.get(name, 0.0) + weight / (constant + rank)
            best[name] = min(best.get(name, (rank, number)), (rank, number))
    order = sorted(total, key=lambda name: (-total[name], best[name], name))
    firsts = {ids[0] for ids in rankings if len(ids)}
    chosen = order[:k]
    replaceable = [name for name in reversed(chosen) if name not in firsts]
    for name, other in zip((name for name in order[k:] if name in firsts), replaceable, strict=False):
        chosen.remove(other)
        chosen.append(name)
    return [(name, total[name]) for name in chosen]
