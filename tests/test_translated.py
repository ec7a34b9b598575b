"""The Chinese pages say what the English ones do: the same parts, commands and figures.

A page that was changed in one language alone fails here, naming the place. The wording itself is for people to compare.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [
    (ROOT / "docs" / page.name if page.parent.name == "zh" else ROOT / "README.md", page)
    for page in (*sorted((ROOT / "docs" / "zh").glob("*.md")), ROOT / "README.zh-CN.md")
    if page.exists()
]
CODE = re.compile(r"^```.*?^```$|^    \S[^\n]*$", re.MULTILINE | re.DOTALL)
HEADING = re.compile(r"^(#+) ", re.MULTILINE)
ROW = re.compile(r"^\|.*\|$", re.MULTILINE)
NAME = re.compile(r"`([^`\n]+)`")
FIGURE = re.compile(r"\d[\d,.]*\d|\d")


def without_code(text: str) -> str:
    return CODE.sub("", text)


@pytest.mark.parametrize(("english", "chinese"), PAGES, ids=[chinese.name for _, chinese in PAGES])
class TestAPage:
    def test_has_the_same_headings(self, english: Path, chinese: Path) -> None:
        """As many of each level, in the same order."""
        levels = [HEADING.findall(page.read_text(encoding="utf-8")) for page in (english, chinese)]
        assert levels[0] == levels[1]

    def test_has_the_same_commands_and_programs(self, english: Path, chinese: Path) -> None:
        """Character for character, so that what is copied works."""
        first, second = (CODE.findall(page.read_text(encoding="utf-8")) for page in (english, chinese))
        assert first == second

    def test_has_the_same_rows_and_figures(self, english: Path, chinese: Path) -> None:
        """Every table has its rows, and each row the figures of its counterpart."""
        first, second = (ROW.findall(without_code(page.read_text(encoding="utf-8"))) for page in (english, chinese))
        assert len(first) == len(second)
        for one, other in zip(first, second, strict=True):
            assert sorted(FIGURE.findall(one)) == sorted(FIGURE.findall(other)), other

    def test_names_the_same_settings_and_files(self, english: Path, chinese: Path) -> None:
        """What stands between backticks is not translated, and none is left out."""
        named = [set(NAME.findall(without_code(page.read_text(encoding="utf-8")))) for page in (english, chinese)]
        assert named[0] - named[1] == set()


def test_the_main_pages_are_there() -> None:
    """Those that somebody begins with."""
    wanted = {"getting-started.md", "failover.md", "page.md", "deploy.md", "README.zh-CN.md"}
    assert wanted <= {chinese.name for _, chinese in PAGES}
