"""The page says everything in both languages."""

from __future__ import annotations

import string

import pytest

from sparewheel.app.words.page import say, table


def names(text: str) -> set[str]:
    """The placeholders of a wording."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize(("key", "wordings"), table().items())
def test_both_languages_say_the_same(key: str, wordings: tuple[str, str]) -> None:
    """Both wordings are there and take the same values."""
    english, chinese = wordings
    assert (bool(english.strip()), bool(chinese.strip()), names(english)) == (True, True, names(chinese))


def test_a_value_is_filled_in() -> None:
    """In either language."""
    both = [say("en", "sign_in_later", seconds=3), say("zh", "sign_in_later", seconds=3)]
    assert both == ["Too many attempts. Try again in 3 s.", "尝试次数过多，请在 3 秒后重试。"]
