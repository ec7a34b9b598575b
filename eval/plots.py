"""The plots of a report, each as one SVG element that goes into the page."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sparewheel.eval.aggregates import reliability, risk_coverage
from sparewheel.eval.score import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FEWEST = 2  # answers that a curve needs


def plots(of: Sequence[Row], scores: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, str]:
    """Title -> SVG; a plot that has nothing to show is left out. words: `eval.wordings` in the page's language."""
    judged = [row for row in of if row.answered and "right" in row.values]
    sure = np.array([row.record["confidence"] for row in judged], float)
    right = np.array([row.values["right"] for row in judged], float)
    seconds = [row.record["timings"]["total"] for row in of if "total" in row.record["timings"]]
    groups = {name: figures["f1"] for name, figures in scores["by_category"].items() if "f1" in figures}
    made = {}
    if groups:
        made[words["plot_f1"]] = _by_category(groups)
    if len(judged) >= FEWEST:
        made[words["plot_risk"]] = _risk(sure, right, words)
        made[words["plot_reliability"]] = _reliability(sure, right, words)
    if seconds:
        made[words["plot_seconds"]] = _latency(seconds, words)
    return made


def _figure(xlabel: str, ylabel: str, height: float = 3.0) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, height), layout="constrained")
    axes = figure.subplots()
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Figure) -> str:
    """Text stays text, and the same figure gives the same bytes."""
    import matplotlib

    out = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "sparewheel"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's browser has Chinese letters
        figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    return text[text.index("<svg") :]


def _by_category(groups: Mapping[str, Mapping[str, float]]) -> str:
    figure, axes = _figure("token F1", "", 0.8 + 0.3 * len(groups))
    names = sorted(groups, key=lambda name: groups[name]["value"])
    values = [groups[name]["value"] for name in names]
    low = [max(0.0, groups[name]["value"] - groups[name]["low"]) for name in names]
    high = [max(0.0, groups[name]["high"] - groups[name]["value"]) for name in names]
    # a dollar sign would begin a formula
    labels = [f"{name} ({groups[name]['n']})".replace("$", r"\$") for name in names]
    axes.errorbar(values, range(len(names)), xerr=[low, high], fmt="o", color="#1f5fa8", capsize=3, clip_on=False)
    axes.set_yticks(range(len(names)), labels)
    axes.set(xlim=(0, 1), ylim=(-0.6, len(groups) - 0.4))
    return _svg(figure)


def _risk(sure: np.ndarray[Any, Any], right: np.ndarray[Any, Any], words: Mapping[str, str]) -> str:
    figure, axes = _figure(words["axis_given"], words["axis_wrong"])
    coverage, risk = risk_coverage(sure, 1 - right)
    axes.plot(coverage, risk, color="#1f5fa8")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    return _svg(figure)


def _reliability(sure: np.ndarray[Any, Any], right: np.ndarray[Any, Any], words: Mapping[str, str]) -> str:
    figure, axes = _figure(words["confidence"], words["axis_right"])
    bins = reliability(sure, right)
    axes.plot([0, 1], [0, 1], color="#999", linewidth=1, linestyle="--")
    axes.scatter(
        [mean for _, mean, _ in bins],
        [share for _, _, share in bins],
        s=[12 + 6 * math.sqrt(answers) for answers, _, _ in bins],
        color="#1f5fa8",
        clip_on=False,  # a dot at 0 or 1 is whole
    )
    for answers, mean, share in bins:
        axes.annotate(str(answers), (mean, share), (6, 4), textcoords="offset points", fontsize=8, color="#555")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    return _svg(figure)


def _latency(seconds: Sequence[float], words: Mapping[str, str]) -> str:
    figure, axes = _figure(words["axis_seconds"], words["n"])
    axes.hist(seconds, bins=30, color="#1f5fa8")
    return _svg(figure)
