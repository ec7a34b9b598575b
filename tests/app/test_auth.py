"""Accounts and keys: who knows the secret comes in, nobody else, and the file gives nothing away."""

import stat

import pytest

from sparewheel.app.people.access import User
from sparewheel.app.people.auth import Accounts, accounts_of
from sparewheel.rag.errors import SettingsError, UsageError
from sparewheel.rag.settings import Api, Settings

PASSWORD = "correct horse battery"


@pytest.fixture
def accounts(tmp_path):
    return Accounts(tmp_path / "data" / "users.toml")


def test_the_password_lets_in_and_nothing_else_does(accounts):
    """A wrong password, no password, an unknown name, and an account without password are all told the same."""
    accounts.add("anna", "analyst", ("litigation",), PASSWORD)
    accounts.add("robot", "viewer")
    assert accounts.check("anna", PASSWORD) == User("anna", "analyst", ("litigation",))
    wrong = [("anna", PASSWORD + "!"), ("anna", ""), ("ann", PASSWORD), ("robot", ""), ("robot", PASSWORD)]
    assert [accounts.check(*each) for each in wrong] == [None] * 5


def test_a_key_lets_in_until_it_is_withdrawn(accounts):
    """By its whole text, not by its prefix; another key of the same user stays."""
    accounts.add("anna", "analyst")
    key, other = accounts.new_key("anna", "laptop"), accounts.new_key("anna")
    assert accounts.by_key(key) == User("anna", "analyst")
    assert [accounts.by_key(wrong) for wrong in ("", key[:11], key + "x", key[:-1], "sw-无")] == [None] * 5
    accounts.withdraw_key("anna", key[:11])
    assert (accounts.by_key(key), accounts.by_key(other)) == (None, User("anna", "analyst"))


def test_the_file_is_its_owners_and_holds_no_secret(accounts):
    """Mode 600; neither password nor key can be found in it."""
    accounts.add("anna", "viewer", (), PASSWORD)
    key = accounts.new_key("anna", '律师 "laptop"')
    text = accounts.kept.path.read_text()
    assert (PASSWORD in text, key[11:] in text, '律师 \\"laptop\\"' in text) == (False, False, True)
    assert stat.S_IMODE(accounts.kept.path.stat().st_mode) == 0o600


def test_a_change_by_another_process_counts_at_once(accounts):
    """What one program adds or removes, the other knows with its next question; other fields stay."""
    beside = Accounts(accounts.kept)
    assert beside.all() == {}
    accounts.add("anna", "viewer", (), PASSWORD)
    key = accounts.new_key("anna")
    assert beside.by_key(key) == User("anna")
    beside.add("anna", "admin", ("it",))
    assert accounts.check("anna", PASSWORD) == User("anna", "admin", ("it",))
    accounts.remove("anna")
    assert (beside.by_key(key), beside.all()) == (None, {})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda a: a.add("an na"), "'an na' is no name"),
        (lambda a: a.add("anna", "boss"), "role 'boss' is not one of viewer, analyst, admin"),
        (lambda a: a.add("anna", "viewer", ("a b",)), "'a b' is no name"),
        (lambda a: a.add("anna", password="short"), "has 5 characters; take at least 10"),
        (lambda a: a.new_key("ann"), "no user 'ann'; did you mean 'anne'"),
        (lambda a: a.new_key("anne", "a\nb"), "not printable"),
        (lambda a: a.remove("zoe"), "no user 'zoe'; make one: sparewheel users add zoe"),
        (lambda a: a.withdraw_key("anne", "sw-00000000"), "no key of 'anne' begins with 'sw-00000000'"),
    ],
)
def test_a_mistake_is_told_and_changes_nothing(accounts, change, told):
    """The message names the value and the cure."""
    accounts.add("anne")
    before = accounts.kept.path.read_bytes()
    with pytest.raises(UsageError, match=told):
        change(accounts)
    assert accounts.kept.path.read_bytes() == before


@pytest.mark.parametrize("text", ["user = 3", "[user.a]\nrole = 'boss'", "[[[", "[user.a]\nkeys = [{p = 1}]"])
def test_a_broken_file_lets_nobody_in(accounts, text):
    """It is told, not taken for an empty one."""
    accounts.kept.path.parent.mkdir()
    accounts.kept.path.write_text(text)
    with pytest.raises(SettingsError, match="accounts cannot be read"):
        accounts.all()


def test_where_the_file_lies(tmp_path):
    """In the data folder unless the settings say otherwise."""
    assert accounts_of(Settings(data_folder=str(tmp_path))).kept.path == tmp_path / "users.toml"
    named = Settings(data_folder=str(tmp_path), api=Api(users_file=str(tmp_path / "x.toml")))
    assert accounts_of(named).kept.path == tmp_path / "x.toml"
