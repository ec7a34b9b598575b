"""A sign-in cannot be forged, ends by itself, and passwords cannot be tried at speed."""

from __future__ import annotations

from pathlib import Path

from sparewheel.app.ui.tokens import Throttle, Tokens, secret_of

STAMPS = {"ana": "s1", "李雷": "s2"}


class Now:
    """A clock that stands until it is told."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


def test_a_token_says_whose_it_is_until_it_is_over() -> None:
    """Names may be Chinese; after the valid time the token is nobody's."""
    now = Now()
    tokens = Tokens(b"secret", 60, now)
    token = tokens.issue("李雷", "s2")
    before = tokens.name(token, STAMPS.get)
    now.time += 61
    assert (before, tokens.name(token, STAMPS.get)) == ("李雷", None)


def test_a_changed_token_is_nobodys() -> None:
    """Another name, a later end, another secret, another password since, an account that is gone, or rubbish."""
    tokens = Tokens(b"secret", 60, Now())
    name, expires, mac = tokens.issue("ana", "s1").split(".")
    other = Tokens(b"other", 60, Now()).issue("ana", "s1")
    forged = [f"{name}.{int(expires) + 9}.{mac}", tokens.issue("李雷", "s2").split(".")[0] + f".{expires}.{mac}", other]
    rubbish = ["", "a.b", "....", "%%.1.x", f"{name}.{expires}.é"]
    assert [tokens.name(token, STAMPS.get) for token in forged + rubbish] == [None] * 8
    token = tokens.issue("ana", "s1")
    assert [tokens.name(token, stamps.get) for stamps in ({"ana": "new"}, {})] == [None, None]


def test_the_secret_stays_and_is_the_owners_alone(tmp_path: Path) -> None:
    """A restart reads the same secret; no other account of the machine may read it."""
    first = secret_of(tmp_path / "new")
    assert (len(first), secret_of(tmp_path / "new")) == (32, first)
    assert (tmp_path / "new/page.secret").stat().st_mode & 0o077 == 0


def test_wrong_passwords_slow_down_one_name() -> None:
    """Five are free; then the wait doubles, and the right password ends it. Others are not held up."""
    now = Now()
    throttle = Throttle(clock=now)
    waits = []
    for _ in range(7):
        throttle.failed("ana")
        waits.append(throttle.wait_s("ana"))
    assert (waits, throttle.wait_s("bo")) == ([0, 0, 0, 0, 2, 4, 8], 0)
    now.time += 8
    assert throttle.wait_s("ana") == 0
    throttle.succeeded("ana")
    throttle.failed("ana")
    assert throttle.wait_s("ana") == 0
