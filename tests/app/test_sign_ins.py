"""Passwords cannot be tried at speed, nobody is kept out by strangers, and a sign-out holds in every process."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sparewheel.app.people.sign_ins import FORGET_S, SignIns


class Now:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def now() -> Now:
    return Now()


@pytest.fixture
def sign_ins(tmp_path: Path, now: Now) -> SignIns:
    return SignIns(tmp_path / "sign_ins.sqlite", now)


def test_wrong_passwords_slow_down_a_name_from_one_address(sign_ins: SignIns, now: Now) -> None:
    """Five tries are free; then the wait doubles, and the right password ends it."""
    waits = []
    for _ in range(7):
        waits.append(sign_ins.reserve("ana", "10.0.0.1"))
        now.time += waits[-1]
        if waits[-1]:
            assert sign_ins.reserve("ana", "10.0.0.1") == 0
    assert waits == [0, 0, 0, 0, 0, 2, 4]
    sign_ins.succeeded("ana", "10.0.0.1")
    assert sign_ins.reserve("ANA", "10.0.0.1") == 0


def test_of_many_tries_at_once_no_more_are_hashed_than_are_free(sign_ins: SignIns) -> None:
    """A try is reserved before it is hashed: 40 threads get five, and two processes share the count."""
    free: list[float] = []
    beside = SignIns(sign_ins._kept, sign_ins._clock)

    def guess(who: SignIns) -> None:
        free.append(who.reserve("ana", "10.0.0.1"))

    threads = [threading.Thread(target=guess, args=(who,)) for who in (sign_ins, beside) * 20]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert free.count(0.0) == 5


def test_strangers_do_not_keep_somebody_out(sign_ins: SignIns) -> None:
    """However often an attacker is wrong from elsewhere, the owner waits five seconds at the most."""
    for number in range(300):
        sign_ins.reserve("ana", f"203.0.113.{number}")
    assert sign_ins.reserve("ana", "10.0.0.1") <= 5.0


def test_one_address_cannot_try_many_names(sign_ins: SignIns) -> None:
    """After thirty wrong names the address waits, other addresses do not."""
    assert [sign_ins.reserve(f"name{n}", "203.0.113.9") for n in range(30)] == [0.0] * 30
    assert sign_ins.reserve("ana", "203.0.113.9") > 0
    assert sign_ins.reserve("ana", "10.0.0.1") == 0


def test_wrong_passwords_are_forgotten_after_a_day(sign_ins: SignIns, now: Now) -> None:
    """The file does not grow for ever."""
    for _ in range(5):
        sign_ins.reserve("ana", "10.0.0.1")
    now.time += FORGET_S + 1
    assert [sign_ins.reserve("ana", "10.0.0.1") for _ in range(5)] == [0.0] * 5


def test_a_sign_out_is_known_to_every_process_and_forgotten_in_time(sign_ins: SignIns, now: Now) -> None:
    """Until the session would have ended by itself."""
    beside = SignIns(sign_ins._kept, now)
    assert beside.ended("s1") is False
    sign_ins.end("s1", now.time + 60)
    assert (beside.ended("s1"), beside.ended("s2")) == (True, False)
    now.time += 61
    sign_ins.end("s2", now.time + 60)
    assert (beside.ended("s1"), beside.ended("s2")) == (False, True)
