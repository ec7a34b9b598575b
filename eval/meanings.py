"""What each figure says, in a line: the page of a run is read by others than its maker. More in docs/evaluation.md."""

from __future__ import annotations

from collections.abc import Mapping

MEANINGS: Mapping[str, str] = {
    "right": "right document, figures, yes or no, and wording; or rightly refused",
    "partly": "some of what was asked, or the right words beside another document's",
    "refused_though_there": "no answer, though the documents hold it",
    "wrong_given": "a wrong answer that looks like one, or any where there is none",
    "numbers_right": "every figure of the reference is there with sign and unit: 1.5 mg is not 15 mg",
    "contains": "the reference stands in the answer in one piece",
    "answer_focus": "share of the answer that the reference is: 1 is nothing but the answer",
    "strict_f1": "agreement of the wording, a figure with its unit counting as one word",
    "f1": "agreement of the wording by SQuAD's rule, which drops signs and decimal points",
    "em": "agrees word for word by SQuAD's rule",
    "label_accuracy": "the right yes, no or maybe",
    "citation_hit": "a cited place touches what bears the answer out",
    "citation_precision": "how much of what is cited bears out",
    "citation_recall": "how much of what bears out is cited",
    "document_cited": "a place of the right document is cited",
    "document_found": "a passage of the right document was shown",
    "evidence_precision": "how much of what was shown was needed",
    "evidence_recall": "how much of what was needed was shown",
    "evidence_f1": "both in one",
    "recall_at_5": "right passages among the first 5",
    "recall_at_8": "right passages among the first 8",
    "precision_at_5": "share of the first 5 that is right",
    "mrr": "1 / rank of the first right passage",
    "ndcg_at_10": "right passages, those further up counting more",
    "answered_share": "answered",
    "failed_share": "nobody could answer",
    "degraded_share": "another answerer than the first had to",
    "verified_share": "quotes that stand verbatim at their place; below 1 something is broken",
    "label_macro_f1": "labels, the rare one weighing as the common one",
    "refusal_precision": "of the refusals, how many were right",
    "refusal_recall": "of what has no answer, how much was refused",
    "aurc": "share wrong among the surest answers; lower is better",
    "calibration_error": "how far confidence is from being right; lower is better",
}
