"""Prints the agreement of the rules with the labels by hand, and every disagreement."""

from __future__ import annotations

from sparewheel.eval.validation import FRESH, agreement, kappa, labelled

every = list(labelled())
for name, chosen in {"all": every, "fresh": every[-FRESH:]}.items():
    print(f"{name}: {len(chosen)} answers, agreement {agreement(chosen):.3f}, kappa {kappa(chosen):.3f}")
for one in every:
    if one.hand != one.rules:
        print(f"- {one.question.id}: {one.question.text}")
        print(f"  answered: {one.answer['label']} {one.answer['text'][:100]}")
        print(f"  hand {int(one.hand)}, rules {int(one.rules)}")
