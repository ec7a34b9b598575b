"""Order of the answerers."""

import pytest
from fakes import answers, target

from sparewheel.rag.errors import SettingsError, UsageError
from sparewheel.rag.reliability.policy import order


def targets(*names):
    """ "cloud…" names are cloud ones, "reader" the last resort."""
    return [target(answers(n, local=not n.startswith("cloud")), last_resort=n == "reader") for n in names]


def names(ordered):
    return [t.name for t in ordered]


def test_the_default_order_is_cloud_local_reader():
    """Each kind in the order it was given."""
    given = targets("reader", "chat", "cloud1", "cloud2")
    assert names(order(given, "normal")) == ["cloud1", "cloud2", "chat", "reader"]


def test_a_configured_order_is_kept_and_the_reader_is_always_there():
    """What is not named is not asked, but for the last resort."""
    given = targets("cloud1", "cloud2", "chat", "reader")
    assert names(order(given, "normal", ["cloud2", "chat"])) == ["cloud2", "chat", "reader"]
    assert names(order(given, "normal", ["reader", "cloud1"])) == ["reader", "cloud1"]


def test_high_sensitivity_has_only_local_answerers():
    """Cloud ones are not in the list at all, named or not."""
    given = targets("cloud1", "chat", "reader")
    assert names(order(given, "high")) == ["chat", "reader"]
    assert names(order(given, "high", ["cloud1"])) == ["reader"]


def test_an_unknown_name_is_told_with_the_nearest_one():
    """The cure is in the message."""
    with pytest.raises(SettingsError, match="did you mean 'cloud1'"):
        order(targets("cloud1"), "normal", ["clowd1"])


def test_nobody_left_is_the_callers_mistake():
    """A secret corpus without a local answerer is told so before anything is sent."""
    with pytest.raises(UsageError, match="high"):
        order(targets("cloud1"), "high")
