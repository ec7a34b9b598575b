"""The page Health: breakers live, what was asked lately and how it went, and the doctor's checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from itertools import islice
from statistics import median
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import streamlit as st

from sparewheel.app.doctor.spare_wheel import CALLED
from sparewheel.app.ui import local_servers
from sparewheel.app.ui.charts import chart
from sparewheel.app.ui.language import language, t
from sparewheel.app.ui.session import FIGURE_PX, may, plain, service, user
from sparewheel.app.ui.theme import CHART
from sparewheel.app.view import answerer, reason
from sparewheel.rag.observe.recent import Recent, recent
from sparewheel.rag.types import Attempt

if TYPE_CHECKING:
    from sparewheel.app.doctor import Check
    from sparewheel.rag.reliability.breaker import Health

REFRESH_S = 2.0
LAST_CALLS = 20  # of an endpoint that are counted
RULE = ("3 models", "2 ways", "1 monitoring", "sensitive corpora")  # lines of the doctor's 3-2-1 rule
COLOURS = {"closed": "green", "open": "red", "half-open": "orange"}
ICONS = {"pass": ":material/check_circle:", "warn": ":material/warning:", "fail": ":material/error:"}
CHECK_COLOURS = {"pass": "green", "warn": "orange", "fail": "red"}


def draw() -> None:
    st.title(t("nav_health"))
    st.caption(t("health_intro"))
    above = st.container()
    live()
    if may("admin"):
        local_servers.draw()
        draw_checks()
        with above:  # known last, for the checks take longest
            draw_charge(checked(language()))


@st.fragment(run_every=REFRESH_S)
def live() -> None:
    """What changes by itself."""
    st.header(t("health_endpoints"))
    breakers = service().health()
    if not breakers:
        st.info(t("health_no_endpoints"), icon=":material/computer:")
    asked = recent()
    for health in breakers:
        draw_breaker(health, calls_of(health.name, asked))
    st.header(t("health_recent"))
    if not asked:
        st.write(t("health_none_yet"))
        return
    draw_counts(asked)
    draw_charts(asked)
    if may("admin"):
        draw_questions(asked)


def calls_of(name: str, asked: Sequence[Recent]) -> list[Attempt]:
    """What became of the endpoint's last calls, the newest first; a call that was taken back is none."""
    mine = (a for one in asked for a in one.attempts if a.answerer == name and a.outcome in ("answered", "failed"))
    return list(islice(mine, LAST_CALLS))


def draw_breaker(health: Health, calls: Sequence[Attempt]) -> None:
    """One endpoint: its state, the figures that made it so, and how its last calls went."""
    lost = sum(call.outcome == "failed" for call in calls)
    ailing = health.state == "closed" and lost > 0
    with st.container(border=True):
        state = t("health_state_ailing" if ailing else f"health_state_{health.state}")
        said = t("health_since", state=t(f"health_state_{health.state}"), time=duration(health.for_s))
        if health.reason:
            said += " · " + t("health_reason", reason=reason(Attempt(health.name, "failed", health.reason), language()))
        colour = "orange" if ailing else COLOURS[health.state]
        st.markdown(f"**{plain(who(health.name))}** :{colour}-badge[{state}]")
        st.caption(plain(said))
        if calls:
            st.caption(t("health_last_calls", calls=len(calls), lost=lost))
        window_s = round(service().settings.breaker.window_s)
        waiting = duration(health.retry_in_s) if health.retry_in_s > 0 else t("health_now")
        waiting = "–" if health.state == "closed" else waiting
        with st.container(horizontal=True):
            figure = f"{health.failures} / {health.calls}"
            named = t("health_failures", seconds=window_s)
            st.metric(named, figure, help=t("health_failures_help", seconds=window_s), width=FIGURE_PX)
            st.metric(t("health_opened"), health.opened, help=t("health_opened_help"), width=FIGURE_PX)
            st.metric(t("health_next"), waiting, width=FIGURE_PX)


def draw_counts(asked: Sequence[Recent]) -> None:
    """The last questions in five figures."""
    done = [one for one in asked if one.outcome not in ("cancelled", "invalid")]
    taken_over = sum(one.degraded for one in done)
    first = sum(one.outcome == "answered" and not one.degraded for one in done)
    middle = f"{median(one.seconds for one in done):.2f} s" if done else "–"
    with st.container(horizontal=True):
        st.metric(t("health_asked"), len(asked), width=FIGURE_PX)
        st.metric(t("health_by_cloud"), first, width=FIGURE_PX)
        st.metric(t("health_failovers"), taken_over, help=t("health_failovers_help"), width=FIGURE_PX)
        st.metric(t("health_lost"), sum(one.outcome == "failed" for one in done), width=FIGURE_PX)
        st.metric(t("health_median"), middle, width=FIGURE_PX)


def draw_charts(asked: Sequence[Recent]) -> None:
    """Time to the answer by who answered; why answerers failed."""
    import altair as alt

    left, right = st.columns([3, 2])
    answered = [one for one in asked if one.answered_by]
    if answered:
        left.subheader(t("health_latency"))
        rows = [{"at": 1000 * one.at, "seconds": one.seconds, "by": who(one.answered_by)} for one in answered]
        drawn = chart(rows).mark_point(filled=True, size=60).encode(
            x=alt.X("at:T", title=t("health_at"), axis=alt.Axis(format="%H:%M:%S", tickCount=5)),
            y=alt.Y("seconds:Q", title=t("health_seconds")),
            color=alt.Color("by:N", title=t("health_answered_by"), legend=alt.Legend(orient="top")),
            shape=alt.Shape("by:N", title=t("health_answered_by")),
        )  # fmt: skip
        left.altair_chart(drawn.properties(height=240), width="stretch")
    right.subheader(t("health_errors"))
    causes = Counter(
        reason(attempt, language()) for one in asked for attempt in one.attempts if attempt.outcome == "failed"
    )
    if not causes:
        right.write(t("health_no_errors"))
        return
    bars = chart([{"cause": cause, "count": count} for cause, count in causes.most_common(8)]).encode(
        x=alt.X("count:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
        y=alt.Y("cause:N", sort="-x", title=None, axis=alt.Axis(labelLimit=220)),
        tooltip=["cause:N", "count:Q"],
    )  # fmt: skip
    right.altair_chart(bars.mark_bar(color=CHART[1]).properties(height=50 + 30 * min(len(causes), 8)), width="stretch")


def draw_questions(asked: Sequence[Recent]) -> None:
    """The last questions with every attempt; the text only of corpora that this user may read."""
    here = ZoneInfo(st.context.timezone or "UTC")
    mine = {info.name for info in service().corpora(user())}
    rows = [
        {
            t("health_at"): datetime.fromtimestamp(one.at, here).strftime("%H:%M:%S"),
            t("corpus"): one.corpus if one.corpus in mine else "",
            t("health_question"): words_of(one, mine),
            t("health_outcome"): t(f"health_outcome_{one.outcome}"),
            t("health_answered_by"): who(one.answered_by),
            t("health_seconds"): round(one.seconds, 2),
            t("health_attempts"): " → ".join(attempt_words(one)),
        }
        for one in asked
    ]
    wide = {t("health_at"): 80, t("corpus"): 100, t("health_question"): 250, t("health_outcome"): 110}
    wide |= {t("health_answered_by"): 110, t("health_seconds"): 75}
    widths = {name: st.column_config.Column(width=pixels) for name, pixels in wide.items()}
    st.dataframe(rows, hide_index=True, width="stretch", column_config=widths)


def words_of(one: Recent, mine: set[str]) -> str:
    """The question where it may be shown."""
    if one.corpus not in mine:
        return t("health_not_yours")
    return one.question or t("health_hidden")


def attempt_words(one: Recent) -> list[str]:
    """Each attempt in a few words."""
    return [
        f"{who(a.answerer)} {a.seconds:.2f} s" if a.outcome == "answered" else reason(a, language())
        for a in one.attempts
        if a.outcome != "cancelled"
    ]


def draw_charge(found: Sequence[Check]) -> None:
    """How much of what people asked lately the spare wheel would answer, of each corpus."""
    charged = [check for check in found if check.share is not None]
    if not charged:
        return
    st.header(t("health_charge"))
    with st.container(horizontal=True):
        for check in charged:
            corpus = check.name.removeprefix(f"{CALLED} ")
            st.metric(plain(corpus), f"{check.share:.0%}", help=t("health_charge_help"), width=FIGURE_PX)


@st.fragment
def draw_checks() -> None:
    """The doctor's report, the 3-2-1 rule first."""
    st.header(t("health_rule"))
    with st.container(horizontal=True):
        if st.button(t("health_check_again"), icon=":material/refresh:"):
            checked.clear()
        if st.button(t("health_check_calls"), icon=":material/call_made:", help=t("health_check_calls_help")):
            with st.spinner(t("health_check_calls")):
                called()
    found = st.session_state.pop("checks_called", None) or checked(language())
    rule = [check for check in found if check.name in RULE]
    for check in rule:
        draw_check(check)
    counts = Counter(check.status for check in found)
    said = t("health_counts", passed=counts["pass"], warned=counts["warn"], failed=counts["fail"])
    with st.expander(f"{t('health_checks')}: {said}", expanded=counts["fail"] > 0):
        for check in sorted(
            (c for c in found if c not in rule), key=lambda c: ("fail", "warn", "pass").index(c.status)
        ):
            draw_check(check)


def draw_check(check: Check) -> None:
    """One line, and what to do where something is wrong."""
    colour, status = CHECK_COLOURS[check.status], t(f"health_status_{check.status}")
    st.markdown(f":{colour}-badge[{ICONS[check.status]} {status}] **{plain(check.name)}**: {plain(check.what)}")
    if check.cure and check.status != "pass":
        st.caption(plain(t("health_cure", cure=check.cure)))


@st.cache_data(ttl=60, show_spinner=False)
def checked(spoken: str) -> list[Check]:
    """The doctor's report, at most a minute old; no other machine is contacted."""
    from sparewheel.app.doctor import checks

    return checks(service().settings)


def called() -> None:
    """The doctor's report after one short call of every endpoint: is its key good, does it answer? Shown once."""
    from sparewheel.app.doctor import checks

    st.session_state["checks_called"] = checks(service().settings, allow_calls=True)


def who(name: str) -> str:
    """The name of an answerer for people; "" for nobody."""
    return answerer(name, language()) if name else ""


def duration(seconds: float) -> str:
    """ "7 s", "3 min", "2.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
