"""Conversations on disk."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from answers import CHINESE, FALLEN, LOCAL, WRITTEN

from sparewheel.app.kept.history import History
from sparewheel.rag.errors import NotFound, UsageError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "history.sqlite"


def test_a_conversation_outlives_the_process(path: Path) -> None:
    """Another History on the same file loads the full records."""
    id = History(path).start("ann", "leases", "How much is the rent?").id
    for answer in (LOCAL, FALLEN, CHINESE):
        History(path).append(id, "ann", answer.question, answer)
    conversation, turns = History(path).load(id, "ann")
    assert (conversation.title, conversation.corpus) == ("How much is the rent?", "leases")
    assert [(t.number, t.question, t.answer) for t in turns] == [
        (n, a.question, a) for n, a in enumerate((LOCAL, FALLEN, CHINESE), 1)
    ]


def test_nobody_sees_the_conversations_of_another(path: Path) -> None:
    """Not in the list, and every access by its id is refused as if it did not exist."""
    history = History(path)
    id = history.start("ann", "leases", "Private?").id
    assert history.list("bob") == []
    for forbidden in (
        lambda: history.load(id, "bob"),
        lambda: history.append(id, "bob", "?", LOCAL),
        lambda: history.rename(id, "bob", "mine"),
        lambda: history.remove(id, "bob"),
    ):
        with pytest.raises(NotFound, match=id):
            forbidden()
    history.append(id, "ann", "Private?", LOCAL)
    history.settle(id, "bob", 1, WRITTEN)
    assert history.load(id, "ann")[1][0].answer == LOCAL


def test_the_newest_conversation_stands_first(path: Path) -> None:
    """A new turn makes an old conversation the newest."""
    history = History(path)
    first, second = (history.start("", "leases", title) for title in ("first", "second"))
    assert [c.title for c in history.list("")] == ["second", "first"]
    history.append(first.id, "", "?", replace(LOCAL, question="?"))
    assert [c.id for c in history.list("")] == [first.id, second.id]


def test_what_was_begun_is_settled(path: Path) -> None:
    """The answer of a turn is replaced; that of a removed conversation goes nowhere."""
    history = History(path)
    id = history.start("", "leases", "?").id
    number = history.append(id, "", "?", replace(LOCAL, text="", outcome="failed"))
    history.settle(id, "", number, LOCAL)
    assert history.load(id, "")[1][0].answer == LOCAL
    history.remove(id, "")
    history.settle(id, "", number, LOCAL)
    assert history.list("") == []


def test_what_is_removed_is_gone_from_the_file(path: Path) -> None:
    """A confidential answer leaves no trace in the database."""
    history = History(path)
    id = history.start("", "leases", "secret-title").id
    history.append(id, "", "?", replace(LOCAL, text="secret-answer" * 500))
    history.remove(id, "")
    History(path).list("")
    assert b"secret" not in path.read_bytes()


def test_a_title_is_one_short_line(path: Path) -> None:
    """Of a long question the beginning; a blank title is refused."""
    history = History(path)
    made = history.start("", "leases", "word " * 100 + "\nend")
    assert (len(made.title) <= 80, made.title[-1]) == (True, "…")
    history.rename(made.id, "", " Rent  of\nthe flat ")
    assert history.load(made.id, "")[0].title == "Rent of the flat"
    with pytest.raises(UsageError, match="title"):
        history.rename(made.id, "", "  ")


def test_many_threads_write_at_once(path: Path) -> None:
    """No turn is lost and none has another's number."""
    history = History(path)
    id = history.start("", "leases", "?").id
    threads = [threading.Thread(target=history.append, args=(id, "", "?", LOCAL)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [turn.number for turn in history.load(id, "")[1]] == list(range(1, 17))


def test_a_shared_conversation_is_read_by_others_and_changed_by_nobody_else(path: Path) -> None:
    """By its id alone: it stands in nobody's list. Sharing ends when its owner says so."""
    history = History(path)
    id = history.start("ann", "leases", "Private?").id
    history.append(id, "ann", "Private?", LOCAL)
    history.share(id, "ann", shared=True)
    conversation, turns = History(path).load(id, "bob")
    assert (conversation.owner, conversation.shared, len(turns), history.list("bob")) == ("ann", True, 1, [])
    for forbidden in (
        lambda: history.append(id, "bob", "?", LOCAL),
        lambda: history.share(id, "bob", shared=False),
        lambda: history.remove(id, "bob"),
    ):
        with pytest.raises(NotFound, match=id):
            forbidden()
    history.share(id, "ann", shared=False)
    with pytest.raises(NotFound, match=id):
        history.load(id, "bob")


def test_conversations_are_found_by_their_words(path: Path) -> None:
    """In title, question and answer, every word, in any case; signs of the search language are signs."""
    history = History(path)
    rent = history.start("ann", "leases", "How much is the rent?").id
    history.append(rent, "ann", LOCAL.question, LOCAL)
    share = history.start("ann", "leases", "Is it 100%_of it?").id
    word = max(LOCAL.text.split(), key=len)
    assert [c.id for c in history.list("ann", words=word.upper())] == [rent]
    assert [c.id for c in history.list("ann", words="RENT much")] == [rent]
    assert [c.id for c in history.list("ann", words="0%_o")] == [share]
    assert history.list("ann", words="rent nowhere") == history.list("bob", words="rent") == []


def test_a_file_of_before_gets_the_new_column(path: Path) -> None:
    """Conversations of 0.1.0 are kept, shared with nobody."""
    import sqlite3

    path.parent.mkdir(parents=True)
    with sqlite3.connect(path) as rows:
        rows.execute("CREATE TABLE conversations (id TEXT PRIMARY KEY, user TEXT NOT NULL, corpus TEXT NOT NULL,"
                     " title TEXT NOT NULL, started TEXT NOT NULL, updated TEXT NOT NULL)")  # fmt: skip
        rows.execute("INSERT INTO conversations VALUES ('1', 'ann', 'leases', 'Old', '2026', '2026')")
    (old,) = History(path).list("ann")
    assert (old.title, old.shared, old.owner) == ("Old", False, "ann")
