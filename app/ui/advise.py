"""The page Advise: the decision tree and the cost of ownership, drawn; `app.advise` reckons."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from sparewheel.app.advise import (
    Advice,
    Assumptions,
    Cost,
    Need,
    Option,
    advise,
    break_even,
    course,
    hours,
    starting,
    tornado,
)
from sparewheel.app.ui.charts import chart
from sparewheel.app.ui.language import language, t
from sparewheel.app.ui.session import LANGUAGES, plain, told
from sparewheel.app.words.advice import option_name
from sparewheel.rag.types import Sensitivity

BARS = 8  # of the tornado
KINDS = ("purchase", "power", "operation", "tokens", "outage", "total")
EXAMPLE = Need()


def draw() -> None:
    st.title(t("nav_advise"))
    st.caption(t("adv_intro"))
    need = ask_need()
    with told():
        assumptions = edited()
        advice = advise(need, assumptions, language())
        draw_advice(advice)
        draw_costs(advice, need.years)
        draw_break_even(advice, need.years)
        draw_tornado(advice, need.years)


def ask_need() -> Need:
    """What the adviser asks."""
    st.header(t("adv_need"))
    left, right = st.columns(2)
    levels: tuple[Sensitivity, ...] = ("normal", "high")
    level = left.radio(t("adv_sensitivity"), levels, format_func=lambda level: t(f"adv_sensitivity_{level}"))
    spoken = right.multiselect(
        t("adv_languages"), list(LANGUAGES), default=[language()], format_func=LANGUAGES.__getitem__
    )
    cells = st.columns(5, vertical_alignment="bottom")
    budget = cells[0].number_input(t("adv_budget"), 0, 10_000_000, int(EXAMPLE.budget_usd), 1000)
    questions = cells[1].number_input(t("adv_questions"), 1, 1_000_000, int(EXAMPLE.questions_per_day), 100)
    within = cells[2].number_input(t("adv_within"), 1.0, 120.0, EXAMPLE.answer_within_s, 1.0)
    team = cells[3].number_input(t("adv_team"), 0.0, 20.0, EXAMPLE.team, 0.25)
    years = cells[4].number_input(t("adv_years"), 1, 5, EXAMPLE.years)
    languages = tuple(spoken) or EXAMPLE.languages
    return Need(level, float(budget), float(questions), within, team, int(years), languages)


def edited() -> Assumptions:
    """The assumptions with what was changed in their table."""
    given = starting()
    shown = [row for row in given.rows.values() if row.key != "questions_per_day"]  # asked above
    rows: list[dict[str, Any]] = [
        {
            "figure": row.label[language()],
            "value": row.value,
            "unit": row.unit,
            "source": row.source[language()],
            "date": row.date,
        }
        for row in shown
    ]
    with st.expander(t("adv_assumptions")):
        table = st.data_editor(
            rows,
            key=f"assumptions_{language()}",
            hide_index=True,
            disabled=["figure", "unit", "source", "date"],
            column_config={
                "figure": st.column_config.TextColumn(t("adv_figure"), width="medium"),
                "value": st.column_config.NumberColumn(t("adv_value"), required=True, min_value=0.0, width="small"),
                "unit": st.column_config.TextColumn(t("adv_unit"), width="small"),
                "source": st.column_config.TextColumn(t("adv_source"), width="large"),
                "date": st.column_config.TextColumn(t("adv_date"), width="small"),
            },
        )
        values = {row.key: float(now["value"]) for row, now in zip(shown, table, strict=True)}
        changes = {key: value for key, value in values.items() if value != given[key]}
        if changes:
            st.caption(t("adv_changed", count=len(changes)))
    return given.assume(changes)


def draw_advice(advice: Advice) -> None:
    """The recommended set-up, why, and the settings file to begin with."""
    with st.container(border=True):
        st.subheader(t("adv_answer", name=name(advice.set_up)))
        st.markdown("\n".join(f"- {plain(reason)}" for reason in advice.reasons))
        with st.expander(t("adv_settings")):
            st.code(advice.settings_toml, language="toml")
        st.download_button(
            t("adv_download"), advice.settings_toml, "sparewheel.toml", "text/plain", icon=":material/download:"
        )


def draw_costs(advice: Advice, years: int) -> None:
    """The set-ups side by side: a table of every kind of cost, and the course over the months."""
    import altair as alt

    st.header(t("adv_cost", years=years))
    rows = cost_rows(advice.cost, advice.assumptions)
    money = {t(f"adv_{kind}"): st.column_config.NumberColumn(format="%,.0f") for kind in KINDS}
    fine = {t(key): st.column_config.NumberColumn(format="%.1f") for key in ("adv_degraded", "adv_lost")}
    st.dataframe(rows, hide_index=True, column_config={**money, **fine})
    st.download_button(t("adv_download_costs"), as_csv(rows), "costs.csv", "text/csv", icon=":material/download:")
    st.subheader(t("adv_course"))
    points = [
        {"month": month, "usd": total, "set_up": name(option)}
        for option in advice.cost
        for month, total in enumerate(course(option, advice.assumptions, years))
    ]
    drawn = chart(points).mark_line(strokeWidth=3).encode(
        x=alt.X("month:Q", title=t("adv_month"), scale=alt.Scale(domain=[0, 12 * years], nice=False)),
        y=alt.Y("usd:Q", title=t("adv_usd"), axis=alt.Axis(format=",.0f")),
        color=alt.Color("set_up:N", title=t("adv_set_up"), legend=alt.Legend(orient="top")),
        strokeDash=alt.StrokeDash("set_up:N", title=t("adv_set_up")),
    )  # fmt: skip
    st.altair_chart(drawn.properties(height=320), width="stretch")


def cost_rows(costs: Mapping[Option, Sequence[Cost]], assumptions: Assumptions) -> list[dict[str, Any]]:
    """A row a set-up: what it costs over all years by kind, and how long answers are short or away."""
    rows = []
    for option, yearly in costs.items():
        row: dict[str, Any] = {t("adv_set_up"): name(option)}
        row |= {t(f"adv_{kind}"): round(getattr(yearly[-1], f"{kind}_usd")) for kind in KINDS}
        away = hours(option, assumptions)
        rows.append({**row, t("adv_degraded"): round(away.degraded_h, 1), t("adv_lost"): round(60 * away.lost_h, 1)})
    return rows


def draw_break_even(advice: Advice, years: int) -> None:
    """When each other set-up, compared with the recommended one, costs the same."""
    others = [option for option in advice.cost if option != advice.set_up]
    for column, other in zip(st.columns(len(others)), others, strict=True):
        found = break_even(advice.set_up, other, advice.assumptions, years)
        first = name(advice.set_up)
        with column.container(border=True):
            st.subheader(t("adv_break_even", first=first, second=name(other)))
            if found.month is None:
                st.write(plain(t("adv_cheaper_never", first=first, years=years)))
            elif found.month == 0:
                st.write(plain(t("adv_cheaper_always", first=first)))
            else:
                st.write(plain(t("adv_cheaper_from_month", first=first, month=found.month)))
            if found.questions_per_day is None:
                st.write(t("adv_cheaper_no_load"))
            elif found.questions_per_day > 0:
                st.write(t("adv_cheaper_load", questions=f"{found.questions_per_day:,}"))


def draw_tornado(advice: Advice, years: int) -> None:
    """The assumptions that the total of the recommended set-up hangs on."""
    import altair as alt

    st.header(t("adv_tornado", name=name(advice.set_up)))
    st.caption(t("adv_tornado_help"))
    bars = tornado(advice.set_up, advice.assumptions, years)[:BARS]
    middle = advice.cost[advice.set_up][-1].total_usd
    rows = [
        {"figure": advice.assumptions.rows[bar.key].label[language()], "from": middle, "usd": value, "at": t(side)}
        for bar in bars
        for side, value in (("adv_low", bar.low_usd), ("adv_high", bar.high_usd))
    ]
    drawn = chart(rows).mark_bar(height=14).encode(
        y=alt.Y("figure:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)),
        x=alt.X("from:Q", title=t("adv_usd"), axis=alt.Axis(format=",.0f"), scale=alt.Scale(zero=False)),
        x2="usd:Q",
        color=alt.Color("at:N", title=None, legend=alt.Legend(orient="top")),
        tooltip=["figure:N", "at:N", alt.Tooltip("usd:Q", format=",.0f")],
    )  # fmt: skip
    st.altair_chart(drawn.properties(height=40 + 34 * len(bars)), width="stretch")


def as_csv(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """A table that a spreadsheet opens, Chinese included."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def name(option: Option) -> str:
    """A set-up's name for people, as a sentence begins."""
    said = option_name(option, language())
    return said[0].upper() + said[1:]
