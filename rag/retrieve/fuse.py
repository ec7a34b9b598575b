"""Several rankings to one."""

from __future__ import annotations

from collections.abc import Sequence

from rag.types import Chunk, Hit


def reciprocal_rank(
    rankings: Sequence[Sequence[Hit]], k: int, *, constant: int = 60, weights: Sequence[float] | None = None
) -> list[Hit]:
    """The best k chunks by the sum over rankings of weight / (constant + rank) (Cormack et al. 2009, eq. 1).

    A chunk is one by its id, never by its text: the same clause in two contracts is two passages. The first of every
    ranking is always among the k, so an identifier that only the keyword index knows is not voted out. Ties: the one
    ranked best anywhere, then the earlier ranking, then the smaller id. `scores` keeps each ranker's own beside "rrf".
    """
    weights = [1.0] * len(rankings) if weights is None else weights
    total: dict[int, float] = {}
    best: dict[int, tuple[int, int]] = {}  # chunk -> its best rank, the ranking that gave it
    chunks: dict[int, Chunk] = {}
    scores: dict[int, dict[str, float]] = {}
    for number, (weight, hits) in enumerate(zip(weights, rankings, strict=True)):
        for hit in hits:
            name = hit.chunk.id
            total[name] = total.get(name, 0.0) + weight / (constant + hit.rank)
            best[name] = min(best.get(name, (hit.rank, number)), (hit.rank, number))
            chunks.setdefault(name, hit.chunk)
            scores.setdefault(name, {}).update(hit.scores)
    order = sorted(total, key=lambda name: (-total[name], best[name], name))
    firsts = {hits[0].chunk.id for hits in rankings if hits}
    chosen = order[:k]
    replaceable = [name for name in reversed(chosen) if name not in firsts]
    for name, other in zip((name for name in order[k:] if name in firsts), replaceable, strict=False):
        chosen.remove(other)
        chosen.append(name)
    return [
        Hit(chunks[name], total[name], rank, "rrf", {**scores[name], "rrf": total[name]})
        for rank, name in enumerate(chosen, start=1)
    ]
