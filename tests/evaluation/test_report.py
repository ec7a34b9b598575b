"""The page of a run: complete, in one file, and safe whatever the documents say."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from fake_pipelines import FakePipeline
from test_runs import answer

from sparewheel.corpora import Question
from sparewheel.eval.meanings import MEANINGS
from sparewheel.eval.report import write_report
from sparewheel.eval.score import MEANS, OTHERS, REFUSALS
from sparewheel.eval.wordings import WORDS

QUESTIONS = [
    *(Question(str(i), f"how long is {i}?", ("18 months",), category="term") for i in range(4)),
    Question("bad", "is <script>alert(1)</script> | right?", ("36 years",), category="$x <b>"),
    Question("none", "an invention?", answerable=False, category="none"),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("run")
    answer(folder, FakePipeline(), QUESTIONS)
    html, markdown = write_report(folder)
    return html.read_text(encoding="utf-8"), markdown.read_text(encoding="utf-8")


def test_the_page_is_one_file(written: tuple[str, str]) -> None:
    """Nothing is loaded from elsewhere."""
    loaded = re.findall(r"""(?:src|href)\s*=\s*["'](?!#)[^"']*""", written[0])
    assert loaded == []


def test_four_plots_are_well_formed(written: tuple[str, str]) -> None:
    """F1 by category, risk and coverage, reliability, latency."""
    drawings = re.findall(r"<svg.*?</svg>", written[0], re.DOTALL)
    assert [ElementTree.fromstring(d).tag.endswith("svg") for d in drawings] == [True] * 4


def test_every_figure_says_what_it_means() -> None:
    """On the page, beside its interval."""
    assert set(MEANINGS) == {*MEANS, *REFUSALS, *OTHERS}


def test_a_question_is_text_not_markup(written: tuple[str, str]) -> None:
    """In the page and in Markdown."""
    assert ["<script>" in text for text in written] == [False, False]
    assert "&lt;script&gt;alert(1)&lt;/script&gt; | right?" in written[0]


def test_the_worst_cases_are_the_wrong_ones(written: tuple[str, str]) -> None:
    """Two are wrong of six; each with what was wanted."""
    cases = written[1].split("## Worst cases")[1]
    assert re.findall(r"\((\w+)\)$", cases, re.MULTILINE) == ["bad", "none"]
    assert "wanted: 36 years" in cases
    assert "wanted: (refusal: the documents do not say)" in cases


def test_the_page_is_chinese_all_through(tmp_path: Path) -> None:
    """Plots and refusals too; what stays are names of measures, and what people and documents wrote."""
    answer(tmp_path, FakePipeline(), QUESTIONS)
    page = write_report(tmp_path, "zh")[0].read_text(encoding="utf-8")
    names = {name.replace("_", " ") for name in MEANINGS}
    written = [word for word in WORDS["en"].values() if len(word) > 8 and "{" not in word and word not in names]
    assert [word for word in written if f">{word}" in page] == []
    assert ("应当拒答" in page, "得到回答所需秒数" in page) == (True, True)
    assert WORDS["en"].keys() == WORDS["zh"].keys()
