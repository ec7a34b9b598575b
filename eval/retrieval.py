"""How good the order of the passages is, by ir-measures (which calls trec_eval and cwl_eval)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

MEASURES = {"recall_at_5": "R@5", "recall_at_8": "R@8", "precision_at_5": "P@5", "mrr": "RR", "ndcg_at_10": "nDCG@10"}

Ranking = Mapping[str, float]  # passage or document -> score, higher is better


def ranking_scores(
    rankings: Mapping[str, Ranking], relevant: Mapping[str, Iterable[str]]
) -> dict[str, dict[str, float]]:
    """Question -> measure -> value 0..1, for every question of `relevant`; without a ranking all are 0.

    Source: Järvelin & Kekäläinen 2002 for nDCG; Voorhees 1999 (TREC-8 QA) for MRR; trec_eval for the rest.
    """
    import ir_measures
    from ir_measures import Qrel, ScoredDoc

    qrels = [Qrel(question, name, 1) for question, names in relevant.items() for name in names]
    scored = [
        ScoredDoc(question, name, score)
        for question, ranking in rankings.items()
        if question in relevant
        for name, score in ranking.items()
    ]
    found = {question: dict.fromkeys(MEASURES, 0.0) for question in relevant}
    names = {ir_measures.parse_measure(text): name for name, text in MEASURES.items()}
    if qrels and scored:
        for metric in ir_measures.iter_calc(list(names), qrels, scored):
            found[metric.query_id][names[metric.measure]] = float(metric.value)
    return found
