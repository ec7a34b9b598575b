"""`right` says what a reader says."""

from __future__ import annotations

from sparewheel.eval.validation import FRESH, agreement, kappa, labelled

EVERY = list(labelled())


def test_the_rules_agree_with_the_labels_by_hand() -> None:
    """Of at least 300 answers in both languages .93, and of those read after the last change of a rule."""
    assert len(EVERY) >= 300
    assert min(agreement(EVERY), agreement(EVERY[-FRESH:])) >= 0.93
    assert kappa(EVERY) >= 0.85


def test_both_languages_and_both_labels_are_there() -> None:
    """A rule that always says the same would not pass."""
    for language in ("en", "zh"):
        own = [one for one in EVERY if one.question.language == language]
        assert len(own) >= 60
        assert agreement(own) >= 0.93
        assert 0.2 < sum(one.hand for one in own) / len(own) < 0.8
