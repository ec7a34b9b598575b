"""The page Evaluate: start a run, watch it, read its report, compare two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

from sparewheel.app.evaluation.kept import Asked
from sparewheel.app.ui.charts import chart
from sparewheel.app.ui.evaluation import Evaluations, Run
from sparewheel.app.ui.language import language, t
from sparewheel.app.ui.session import pick_corpus, plain, service, told, user
from sparewheel.app.ui.theme import CHART
from sparewheel.app.ui.upload import said_in_place

REFRESH_S = 1.0
BEYOND_CHANCE = 0.05
SHOWN = ("f1", "right", "citation_hit", "recall_at_5", "answered_share", "refusal_precision", "refusal_recall")


@st.cache_resource(show_spinner=False)
def evaluations() -> Evaluations:
    """The runs of this process, shared by every session."""
    the = service()
    return Evaluations(lambda: the.settings)


def draw() -> None:
    st.title(t("nav_evaluate"))
    st.caption(t("eval_intro"))
    draw_new()
    st.header(t("eval_runs"))
    with told():
        runs = evaluations().runs(user())
        if not runs:
            st.write(t("eval_none"))
            return
        draw_runs(any(run.state in ("preparing", "running") for run in runs))
        scored = [run for run in runs if run.state == "done"]
        if scored:
            draw_report(scored)
            draw_comparison(scored)


# ---------------------------------------------------------------- start and watch


def draw_new() -> None:
    """What to ask, and the button."""
    from sparewheel.eval.suites import suite, suite_names

    with st.expander(t("eval_new"), expanded=True):
        kinds = {"suite": t("eval_suite"), "file": t("eval_file")}
        kind = st.radio(t("eval_what"), list(kinds), format_func=kinds.__getitem__, horizontal=True)
        corpus, file = "", None
        if kind == "suite":
            questions = st.selectbox(t("eval_which"), suite_names(), index=suite_names().index("samples"))
            chosen = suite(questions)
            st.caption(plain(chosen.about_zh if language() == "zh" else chosen.about))
        else:
            picked = pick_corpus()
            corpus = picked.name if picked else ""
            kinds_read = ["jsonl", "json", "csv", "tsv", "xlsx"]
            said_in_place("questions-file", t("eval_upload_help"))
            file = st.file_uploader(t("eval_upload"), kinds_read, key="questions-file")
            questions = f"questions{Path(file.name).suffix}" if file else ""
        limit = int(st.number_input(t("eval_limit"), 0, 100_000, 0, 10, width=320))
        local = st.checkbox(t("eval_local"), value=not service().settings.endpoint)
        if st.button(t("eval_start"), type="primary", icon=":material/play_arrow:"):
            if not questions:
                st.warning(t("eval_needs_file"))
                return
            with told():
                content = file.getvalue() if file else b""
                evaluations().start(Asked(questions, corpus, limit, local), user(), content)
                st.rerun()


def draw_runs(busy: bool) -> None:
    """Every run with its progress; looks again by itself while one is asking."""

    @st.fragment(run_every=REFRESH_S if busy else None)
    def watched() -> None:
        runs = evaluations().runs(user())
        for run in runs:
            draw_run(run)
        if busy and not any(run.state in ("preparing", "running") for run in runs):
            st.rerun()

    watched()


def draw_run(run: Run) -> None:
    """One run: how far it is, and what can be done with it."""
    state = t(f"eval_state_{run.state}")
    line = plain(t("eval_progress", name=run.name, state=state, done=run.done, total=run.total))
    with st.container(horizontal=True, vertical_alignment="center"):
        if run.state in ("preparing", "running"):
            st.progress(min(1.0, run.done / run.total) if run.total else 0.0, text=line)
            if st.button(t("eval_stop"), key=f"stop_{run.name}", icon=":material/stop:"):
                with told():
                    evaluations().stop(run.name, user())
        else:
            st.markdown(line, width="stretch")
            if run.state != "done" and st.button(t("eval_continue"), key=f"on_{run.name}", icon=":material/resume:"):
                with told():
                    evaluations().go_on(run.name, user())
                    st.rerun(scope="app")
    if run.why:
        st.error(plain(t("eval_failed", name=run.name, why=run.why)))


# ---------------------------------------------------------------- read


@st.cache_data(max_entries=16, show_spinner=False)
def scored(folder: Path, stamp: int, language: str) -> dict[str, Any]:
    """Figures, times, plots and the downloads of a run. stamp: of its records, so that new ones are read."""
    from sparewheel.eval.plots import plots
    from sparewheel.eval.report import write_report
    from sparewheel.eval.runs import iter_records
    from sparewheel.eval.score import rows, score_folder
    from sparewheel.eval.wordings import WORDS

    found = score_folder(folder)
    html, _ = write_report(folder, language)
    figures = {name: value for name, value in found.items() if name != "times"}
    svgs = plots(rows(iter_records(folder)), figures, WORDS[language])
    return {"found": found, "svgs": svgs, "html": html.read_bytes(), "json": (folder / "scores.json").read_bytes()}


def report_of(run: Run) -> dict[str, Any]:
    stamp = (run.folder / "records.jsonl").stat().st_mtime_ns
    return scored(run.folder, stamp, language())


def draw_report(runs: Sequence[Run]) -> None:
    """Figures with their intervals, the plots, and the report to take along."""
    st.header(t("eval_report"))
    names = [run.name for run in runs]
    run = runs[names.index(st.selectbox(t("eval_run"), names))]
    report = report_of(run)
    found = report["found"]
    took = found["times"]
    times = {"p50": took["p50_s"], "p99": took["p99_s"], "cost": took["cost_usd"]}
    st.write(plain(t("eval_times", questions=found["questions"], **times)))
    draw_intervals(found["overall"])
    st.dataframe(figure_rows(found["overall"]), hide_index=True)
    with st.container(horizontal=True):
        html_name, json_name = f"{run.name}.html", f"{run.name}.json"
        st.download_button(t("eval_html"), report["html"], html_name, "text/html", icon=":material/download:")
        st.download_button(t("eval_json"), report["json"], json_name, "application/json", icon=":material/download:")
    with st.expander(t("eval_plots")):
        for title, svg in report["svgs"].items():
            st.subheader(title)
            st.image(svg, width=600, alt=title)


def draw_intervals(overall: Mapping[str, Mapping[str, float]]) -> None:
    """The chief measures as points with their intervals."""
    import altair as alt

    rows = [{"measure": words(name), **overall[name]} for name in SHOWN if name in overall]
    st.subheader(t("eval_measures"))
    base = chart(rows).encode(y=alt.Y("measure:N", sort=None, title=None, axis=alt.Axis(labelLimit=260)))
    scale = alt.Scale(domain=[0, 1])
    bars = base.mark_rule(strokeWidth=3, color=CHART[0]).encode(x=alt.X("low:Q", scale=scale, title=None), x2="high:Q")
    points = base.mark_point(filled=True, size=90, color=CHART[0]).encode(
        x=alt.X("value:Q", scale=scale), tooltip=["measure:N", "value:Q", "low:Q", "high:Q", "n:Q"]
    )
    st.altair_chart((bars + points).properties(height=40 + 28 * len(rows)), width="stretch")


def figure_rows(overall: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """The table of measures."""
    return [
        {
            t("eval_measure"): words(name),
            t("eval_value"): round(figure["value"], 3),
            t("eval_low"): round(figure["low"], 3),
            t("eval_high"): round(figure["high"], 3),
            t("eval_n"): figure["n"],
        }
        for name, figure in overall.items()
    ]


def words(measure: str) -> str:
    """A measure's name without underscores."""
    return measure.replace("_", " ")


# ---------------------------------------------------------------- compare


def draw_comparison(runs: Sequence[Run]) -> None:
    """Two runs on the same questions: each difference with its interval and how likely it is chance."""
    from sparewheel.eval.compare import compare
    from sparewheel.eval.runs import iter_records
    from sparewheel.eval.score import rows

    st.header(t("eval_compare"))
    if len(runs) < 2:
        st.write(t("eval_few"))
        return
    names = [run.name for run in runs]
    left, right = st.columns(2)
    first = runs[names.index(left.selectbox(t("eval_first"), names, index=1))]
    second = runs[names.index(right.selectbox(t("eval_second"), names, index=0))]
    with told():
        found = compare(rows(iter_records(first.folder)), rows(iter_records(second.folder)))
        sure = [d for d in found.values() if d["p"] < BEYOND_CHANCE]
        better = sum(d["difference"] > 0 for d in sure)
        st.write(t("eval_better", count=better, worse=len(sure) - better))
        st.dataframe([difference_row(name, d) for name, d in found.items()], hide_index=True)
        st.caption(t("eval_p_help"))


def difference_row(name: str, d: Mapping[str, float]) -> dict[str, Any]:
    """One measure of the comparison."""
    return {
        t("eval_measure"): words(name),
        t("eval_first"): round(d["a"], 3),
        t("eval_second"): round(d["b"], 3),
        t("eval_difference"): round(d["difference"], 3),
        t("eval_low"): round(d["low"], 3),
        t("eval_high"): round(d["high"], 3),
        t("eval_p"): round(d["p"], 4),
        t("eval_n"): d["n"],
    }
