"""What holds for every policy and every fault: answerers, scripts, orders, hedges and reloads drawn at random."""

import asyncio
from dataclasses import dataclass

from fakes import Scripted, breaker, collect, target
from hypothesis import given, settings
from hypothesis import strategies as st
from virtual_time import run

from sparewheel.rag.errors import Unavailable, UsageError
from sparewheel.rag.reliability.failover import AllFailed, Failover
from sparewheel.rag.types import AnswerRequest, Draft, Progress

STEP = st.one_of(
    st.sampled_from([0.2, 5.0, 50.0]),
    st.sampled_from(["half", " of an", " answer", "  ", ""]),
    st.sampled_from([Progress.ALIVE, Progress.CONNECTED]),
)
END = st.one_of(
    st.just([]),
    st.sampled_from([[ValueError("?")], [ConnectionResetError()], [UsageError("400")], [asyncio.CancelledError()]]),
    st.sampled_from(["overloaded", "unauthorised", "truncated"]).map(lambda code: [Unavailable("x", reason=code)]),
    st.just([Unavailable("x", reason="rate_limited", retry_after_s=9)]),
    st.sampled_from(["half of an answer", "whole", "", " whole "]).map(lambda text: [Draft(text)]),
    st.just([Draft("", refused=True)]),
)
SCRIPT = st.tuples(st.lists(STEP, max_size=5), END).map(lambda parts: parts[0] + parts[1])


@dataclass
class Kind:
    local: bool
    script: list
    last_resort: bool
    hedge_after_s: float
    has_breaker: bool


KINDS = st.lists(
    st.builds(Kind, st.booleans(), SCRIPT, st.booleans(), st.sampled_from([0.0, 0.3]), st.booleans()),
    min_size=1,
    max_size=4,
)


def play(kinds, listed, ahead, sensitivity, cancel_after_s=None, instant=False):
    """(scripted answerers, per question: (shown, Finished), the error, or None for a cancelled one)."""
    made = [Scripted(f"a{i}", *kind.script, local=kind.local) for i, kind in enumerate(kinds)]

    async def ask(chain):
        try:
            shown, finished, _ = await collect(
                chain.stream(AnswerRequest("secret", (), sensitivity=sensitivity, instant=instant))
            )
        except (AllFailed, UsageError) as error:
            return error
        return shown, finished

    async def several():
        built = [
            target(
                m,
                breaker=breaker(consecutive_failures=2) if kind.has_breaker else None,
                last_resort=kind.last_resort,
                hedge_after_s=kind.hedge_after_s,
                identity=m.name,
            )
            for m, kind in zip(made, kinds, strict=True)
        ]
        chain = Failover(built, names=[f"a{i}" for i in listed if i < len(made)], speculative=ahead)
        asked = [asyncio.ensure_future(ask(chain)) for _ in range(3)]
        if cancel_after_s is not None:
            await asyncio.sleep(cancel_after_s)
            asked[0].cancel()
        chain.reload(list(reversed(built)))
        ends = await asyncio.gather(*asked, ask(chain), return_exceptions=True)
        await asyncio.sleep(6)
        ends.append(await ask(chain))
        await chain.aclose()
        return ends

    return made, run(several())


@settings(max_examples=60)
@given(kinds=KINDS, listed=st.lists(st.integers(0, 3), unique=True), ahead=st.booleans())
def test_no_secret_question_ever_reaches_a_cloud_answerer(kinds, listed, ahead):
    """Whatever fails, however it is ordered, hedged or reloaded."""
    made, _ = play(kinds, listed, ahead, "high")
    assert [m.calls for m in made if not m.local] == [0] * sum(not m.local for m in made)


@settings(max_examples=100)
@given(
    kinds=KINDS,
    listed=st.lists(st.integers(0, 3), unique=True),
    ahead=st.booleans(),
    instant=st.booleans(),
    cancel_after_s=st.sampled_from([None, 0.0, 0.25, 4.1]),
)
def test_a_consumer_ends_with_a_whole_answer_or_an_error_and_nothing_stays_open(
    kinds, listed, ahead, instant, cancel_after_s
):
    """What is shown at the end is the draft's text; every stream is closed, every task has ended (see `run`)."""
    made, ends = play(kinds, listed, ahead, "normal", cancel_after_s, instant)
    for end in ends:
        if isinstance(end, tuple):
            shown, finished = end
            assert shown.strip() == finished.draft.text.strip()
            assert finished.draft.refused or shown.strip()
            assert finished.attempts[-1].answerer == finished.answered_by
        else:
            assert isinstance(end, AllFailed | UsageError | asyncio.CancelledError)
    assert [m.open for m in made] == [0] * len(made)
