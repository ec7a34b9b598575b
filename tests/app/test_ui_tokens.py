"""A sign-in cannot be forged, ends by itself, and passwords cannot be tried at speed."""

from __future__ import annotations

from pathlib import Path

from sparewheel.app.ui.tokens import Tokens, secret_of

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
    name, session, expires, mac = tokens.issue("ana", "s1").split(".")
    other = Tokens(b"other", 60, Now()).issue("ana", "s1")
    li = tokens.issue("李雷", "s2").split(".")[0]
    forged = [f"{name}.{session}.{int(expires) + 9}.{mac}", f"{li}.{session}.{expires}.{mac}", other]
    rubbish = ["", "a.b", "....", "%%.s.1.x", f"{name}.{session}.{expires}.é"]
    assert [tokens.name(token, STAMPS.get) for token in forged + rubbish] == [None] * 8
    token = tokens.issue("ana", "s1")
    assert [tokens.name(token, stamps.get) for stamps in ({"ana": "new"}, {})] == [None, None]


def test_the_secret_stays_and_is_the_owners_alone(tmp_path: Path) -> None:
    """A restart reads the same secret; no other account of the machine may read it."""
    first = secret_of(tmp_path / "new")
    assert (len(first), secret_of(tmp_path / "new")) == (32, first)
    assert (tmp_path / "new/page.secret").stat().st_mode & 0o077 == 0


def test_an_ended_session_opens_nothing() -> None:
    """Another session of the same person goes on."""
    ended: set[str] = set()
    tokens = Tokens(b"secret", 60, Now(), ended.__contains__)
    one, other = tokens.issue("ana", "s1"), tokens.issue("ana", "s1")
    session, until = tokens.session(one)
    ended.add(session)
    assert (tokens.name(one, STAMPS.get), tokens.name(other, STAMPS.get), until) == (None, "ana", 1060.0)
