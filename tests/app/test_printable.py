"""Nothing foreign commands a terminal."""

from __future__ import annotations

import io
import json

import pytest
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from sparewheel.app.cli.common import print_json
from sparewheel.app.cli.printable import printable
from sparewheel.app.cli.safe_console import SafeConsole

HOSTILE = "a\x1b]0;pwned\x07b\x1b[2Jc\u202ed\U000e0041e\ud800f\x00g\x9bh"


def test_commands_are_shown_as_a_sign() -> None:
    """Escape sequences, turned reading, hidden text, half pairs; ordinary text in any script stays."""
    assert printable(HOSTILE) == "a\ufffd]0;pwned\ufffdb\ufffd[2Jc\ufffdd\ufffde\ufffdf\ufffdg\ufffdh"
    ordinary = "Notice: 30 days\n\t通知期为三十天 — “naïve” ½ µg 👍"
    assert printable(ordinary) == ordinary


@pytest.mark.parametrize("way", ["print", "text", "table", "progress"])
def test_no_way_through_the_console(way: str) -> None:
    """Whether it is printed, in a table or beside a progress bar."""
    out = io.StringIO()
    to = SafeConsole(out, 80)
    if way == "print":
        to.print(HOSTILE, markup=False)
    elif way == "text":
        to.print(Text(HOSTILE, style="bold"))
    elif way == "table":
        table = Table(HOSTILE)
        table.add_row(HOSTILE)
        to.print(table)
    else:
        with Progress(console=to) as bar:
            bar.add_task(HOSTILE.replace("[", "\\["), total=1)
    assert [char for char in ("\x1b]", "\x1b[2J", "\u202e", "\ud800", "\x00", "\x9b") if char in out.getvalue()] == []
    assert "pwned" in out.getvalue()


def test_json_is_json_whatever_a_name_is(capsys: pytest.CaptureFixture[str]) -> None:
    """A name with half a pair does not break the document."""
    print_json({"name": "a\ud800.txt"})
    assert json.loads(capsys.readouterr().out) == {"name": "a?.txt"}
