"""`sparewheel users` and `sparewheel serve`, as an administrator meets them at the terminal."""

import io
import json
import socket

import pytest

from sparewheel.app.cli import main
from sparewheel.app.people.access import User
from sparewheel.app.people.auth import Accounts


@pytest.fixture
def sparewheel(tmp_path, monkeypatch, capsys):
    """Runs the command on a data folder of its own; returns (exit code, standard output, standard error)."""
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    def run(*argv, given=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(given))
        with pytest.raises(SystemExit) as caught:
            main(list(argv))
        out, err = capsys.readouterr()
        return int(caught.value.code or 0), out, err

    return run


def test_an_account_from_its_first_day_to_its_last(sparewheel, tmp_path):
    """Made, changed, given a password and a key, listed without either, and removed."""
    accounts = Accounts(tmp_path / "users.toml")
    assert sparewheel("users", "add", "anna", "--role", "analyst", "--group", "law")[:2] == (
        0,
        "anna: analyst, in law\n",
    )
    assert sparewheel("users", "add", "anna", "--password", given="a long password\n")[0] == 0
    anna = User("anna", "analyst", ("law",))
    assert accounts.check("anna", "a long password") == anna
    code, key, err = sparewheel("users", "key", "anna", "--label", "laptop")
    assert (code, accounts.by_key(key.strip()), "not shown again" in err) == (
        0,
        User("anna", "analyst", ("law",)),
        True,
    )
    _, listed, _ = sparewheel("users", "list", "--json")
    assert [(row["name"], row["password"], row["keys"][0]["label"]) for row in json.loads(listed)] == [
        ("anna", True, "laptop")
    ]
    _, table, _ = sparewheel("users", "list")
    assert (key[:11] in table, key[12:40] in table + listed, max(map(len, table.splitlines())) <= 80) == (
        True,
        False,
        True,
    )
    assert sparewheel("users", "key", "anna", "--withdraw", key[:11])[0] == 0
    assert accounts.by_key(key.strip()) is None
    assert sparewheel("users", "remove", "anna")[:2] == (0, "removed anna\n")
    assert sparewheel("users", "list")[1] == "no accounts; make one with: sparewheel users add NAME\n"


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (["users", "key", "anna"], "no user 'anna'; make one: sparewheel users add anna"),
        (["users", "add", "a b"], "'a b' is no name"),
        (["serve", "--host", "0.0.0.0"], "may not listen on '0.0.0.0' while nobody has a key"),
        (["mcp", "--user", "anna"], "no user 'anna'"),
    ],
)
def test_a_mistake_is_told_with_exit_code_2(sparewheel, tmp_path, argv, told):
    """The message names the value and the cure; nothing is made."""
    code, _, err = sparewheel(*argv)
    assert (code, told in err, [path.name for path in tmp_path.iterdir()]) == (2, True, [])


def test_a_port_that_is_taken_is_told(sparewheel):
    """With the way out."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, _, err = sparewheel("serve", "--port", str(taken.getsockname()[1]))
    assert (code, "give another with --port" in err) == (2, True)
