"""Order of the answerers, and that a secret question stays on the machine."""

import asyncio

import pytest
from fakes import Scripted, answers, breaker, target
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_time import run

from rag.errors import SettingsError, Unavailable, UsageError
from rag.reliability.failover import AllFailed, Failover
from rag.reliability.policy import order
from rag.types import AnswerRequest, Draft


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


FAULT = st.sampled_from(
    [
        [],
        ["half of an"],
        [0.5, "half", 20.0],
        [50.0],
        [Unavailable("x", reason="overloaded")],
        [Unavailable("x", reason="rate_limited", retry_after_s=9)],
        [ValueError("?")],
        ["whole", Draft("whole")],
        [Draft("")],
    ]
)
KIND = st.tuples(st.booleans(), FAULT, st.booleans(), st.sampled_from([0.0, 0.2]))


@settings(max_examples=150, deadline=None)
@given(kinds=st.lists(KIND, min_size=1, max_size=5), data=st.data(), ahead=st.booleans())
def test_no_secret_question_ever_reaches_a_cloud_answerer(kinds, data, ahead):
    """Over random answerers, faults, orders, hedges and reloads in mid-question; every stream is closed at the end."""
    made = [Scripted(f"a{i}", *script, local=local) for i, (local, script, _, _) in enumerate(kinds)]
    listed = data.draw(st.lists(st.sampled_from([m.name for m in made]), unique=True))

    async def ask():
        built = [
            target(m, breaker=breaker(consecutive_failures=2), last_resort=last, hedge_after_s=hedge, identity=m.name)
            for m, (_, _, last, hedge) in zip(made, kinds, strict=True)
        ]
        chain = Failover(built, names=listed, local_ahead=ahead)

        async def one():
            try:
                async for _ in chain.stream(AnswerRequest("secret", (), sensitivity="high")):
                    pass
            except (AllFailed, UsageError):
                pass

        questions = [asyncio.ensure_future(one()) for _ in range(3)]
        await asyncio.sleep(0.3)
        chain.reload(reversed(built), listed)
        await asyncio.gather(*questions, one())
        await chain.aclose()

    run(ask())
    assert [m.calls for m in made if not m.local] == [0] * sum(not m.local for m in made)
    assert [m.open for m in made] == [0] * len(made)
