"""Who may read which document, said and seen at every door: command, API, files beside the documents, kept answers."""

import json
from dataclasses import replace

import pytest
from api_setup import client_of
from click.testing import CliRunner

from sparewheel.app.api.main import create_app
from sparewheel.app.cli import cli
from sparewheel.app.people.access import User
from sparewheel.app.people.auth import Accounts
from sparewheel.app.service import Service, work
from sparewheel.app.service.access import rules_of
from sparewheel.rag.errors import NotFound, UsageError
from sparewheel.rag.settings import Answering, Ingest, Retrieve, Settings
from sparewheel.rag.types import Answer, Chunk, Citation, Document, Hit, Scope

ANNA, BEN = User("anna", "analyst", ("hr",)), User("ben")


@pytest.fixture
def settings(tmp_path):
    return Settings(
        data_folder=str(tmp_path / "data"), ingest=Ingest(workers=1), retrieve=Retrieve(rerank="off"),
        answer=Answering(speculative=False),
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """Documents at three depths."""
    for name, text in {
        "lease.txt": "The rent is 900 euros a month.", "hr/pay.txt": "The chief executive earns 70,000 euros.",
        "hr/2024/bonus.txt": "The bonus of the chief executive is 9,000 euros.",
        "hr/open/rules.txt": "Work begins at nine.",
    }.items():  # fmt: skip
        file = tmp_path / "docs" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "docs"


def ingested(settings, folder):
    """The folder as the corpus `c`, read again if it was read before."""
    store = work.make_corpus(settings, "c", "general")
    return work.read_in(store, [folder], settings)


def shown(settings, user):
    with Service(settings) as service:
        return [info.id for info in service.documents("c", user)]


def test_files_beside_the_documents_say_who_may_read_them(settings, folder):
    """For a folder and all below, or one file; the nearest counts; they are no documents themselves."""
    (folder / "hr" / ".access").write_text("# personnel\ngroup:hr\n")
    (folder / "hr" / "open" / ".access").write_text("*\n")
    (folder / "lease.txt.access").write_text("ben\n")
    report = ingested(settings, folder)
    assert [row.status for row in report.rows] == ["added"] * 4
    assert shown(settings, BEN) == ["hr/open/rules.txt", "lease.txt"]
    assert shown(settings, ANNA) == ["hr/2024/bonus.txt", "hr/open/rules.txt", "hr/pay.txt"]


def test_a_changed_or_removed_file_beside_counts_with_the_next_ingest_though_no_document_changed(settings, folder):
    """Without one, whoever may read the corpus may read it."""
    (folder / ".access").write_text("anna\n")
    ingested(settings, folder)
    assert (shown(settings, BEN), len(shown(settings, ANNA))) == ([], 4)
    (folder / ".access").write_text("ben\n")
    assert {row.status for row in ingested(settings, folder).rows} == {"unchanged"}
    assert (len(shown(settings, BEN)), shown(settings, ANNA)) == (4, [])
    (folder / ".access").unlink()
    ingested(settings, folder)
    assert len(shown(settings, BEN)) == len(shown(settings, ANNA)) == 4


@pytest.mark.parametrize("content", [b"", b"# nobody yet\n", b"\xff\xfe\x00", b"two words\n", b"x" * 70_000])
def test_a_file_beside_that_cannot_be_read_closes(settings, folder, content):
    """What it was meant to say is not guessed."""
    (folder / "hr" / ".access").write_bytes(content)
    ingested(settings, folder)
    assert shown(settings, ANNA) == ["lease.txt"]


def test_a_document_that_had_to_be_called_otherwise_keeps_its_rule(settings, folder, tmp_path):
    """Two folders with files of one name."""
    other = tmp_path / "more"
    (other / "hr").mkdir(parents=True)
    (other / "hr" / "pay.txt").write_text("Ben earns 10 euros.")
    (other / "hr" / "pay.txt.access").write_text("anna")
    (other / "hr" / ".access").write_text("anna")
    ingested(settings, folder)
    ingested(settings, other)
    assert "more/hr/pay.txt" in shown(settings, None)
    assert "more/hr/pay.txt" not in shown(settings, BEN)


def test_labels_of_texts_that_come_in_as_documents(settings):
    """Their metadata say who may read them; a label that says nothing closes."""
    store = work.make_corpus(settings, "c", "general")
    texts = {"a": None, "b": "anna, group:x", "c": "*", "d": ""}
    documents = [
        Document(id, "The rent is 900 euros.", id, id, metadata={} if label is None else {"access": label})
        for id, label in texts.items()
    ]
    work.add_documents(store, documents, settings)
    assert (shown(settings, ANNA), shown(settings, BEN)) == (["a", "b", "c"], ["a", "c"])


def test_the_command_makes_shows_and_removes_rules(settings, folder, tmp_path):
    """And says where no document is yet; a slip of the pen changes nothing."""
    ingested(settings, folder)
    config = tmp_path / "settings.toml"
    config.write_text(f'data_folder = "{settings.data_folder}"\n')

    def run(*words):
        return CliRunner().invoke(cli, ["--config", str(config), "corpora", "access", "c", *words])

    done = run("--set", "hr/=group:hr, anna", "--set", "hrr/=ben")
    assert (done.exit_code, "no document is at hrr/ yet" in done.output) == (0, True)
    assert shown(settings, BEN) == ["lease.txt"]
    assert json.loads(run("--json").output)["rules"] == {"hr/": ["group:hr", "anna"], "hrr/": ["ben"]}
    assert run("--set", "hr/").exception is not None
    assert run("--remove", "hr").exception is not None
    assert shown(settings, BEN) == ["lease.txt"]
    assert run("--remove", "hr/", "--remove", "hrr/").exit_code == 0
    assert len(shown(settings, BEN)) == 4


@pytest.mark.parametrize("line", ["hr/", "= anna", "hr/ =", "hr/ = a b"])
def test_a_line_that_is_no_rule_is_told(line):
    """With how it is written."""
    with pytest.raises(UsageError):
        rules_of([line])


async def test_the_api_keeps_to_rules_at_every_path(settings, folder):
    """A document that may not be read is 404 in the words of one that is not there."""
    pytest.importorskip("fastapi")
    ingested(settings, folder)
    accounts = Accounts(settings.corpora_folder / "users.toml")
    keys = {}
    for name, role in (("ben", "analyst"), ("adam", "admin")):
        accounts.add(name, role)
        keys[name] = {"Authorization": f"Bearer {accounts.new_key(name)}"}
    with Service(settings) as service:
        async with client_of(service, accounts) as client:
            rule = {"place": "hr/pay.txt", "readers": ["anna"]}
            assert (await client.put("/v1/corpora/c/access", json=rule, headers=keys["ben"])).status_code == 403
            put = await client.put("/v1/corpora/c/access", json=rule, headers=keys["adam"])
            assert put.json() == {"rules": {"hr/pay.txt": ["anna"]}}
            for path in ("documents/hr/pay.txt", "originals/hr/pay.txt"):
                got = await client.get(f"/v1/corpora/c/{path}", headers=keys["ben"])
                absent = await client.get(f"/v1/corpora/c/{path.replace('pay', 'pax')}", headers=keys["ben"])
                assert got.status_code == absent.status_code == 404
                told = [reply.json()["detail"].split("'")[0] for reply in (got, absent)]
                assert told[0] == told[1]
            assert (await client.delete("/v1/corpora/c/documents/hr/pay.txt", headers=keys["ben"])).status_code == 404
            ask = {"corpus": "c", "question": "What does the chief executive earn?"}
            for path, body in (
                ("/v1/ask", ask), ("/v1/search", ask), ("/v1/ask", {**ask, "stream": True}),
                ("/v1/chat/completions", {"model": "c", "messages": [{"role": "user", "content": ask["question"]}]}),
                ("/v1/search", {**ask, "filter": {"document": "hr/pay.txt"}}),
            ):  # fmt: skip
                assert "70,000" not in (await client.post(path, json=body, headers=keys["ben"])).text
            assert (await client.get("/v1/corpora/c", headers=keys["ben"])).json()["documents"] == 3


def kept(document_id="", **more):
    """An answer as a conversation keeps it."""
    chunk = Chunk(document_id, 0, 5, "words")
    quoted = (Citation(1, document_id, "", "", 0, 5, "words"),) if document_id else ()
    evidence = (Hit(chunk, 1.0, 1, "rrf"),) if document_id else ()
    return replace(Answer("What?", "c", "words", "answered", quoted, evidence), **more)


@pytest.mark.parametrize(
    ("answer", "is_shown"),
    [
        (kept("lease.txt"), True),
        (kept("hr/pay.txt"), False),
        (kept("hr/gone.txt"), False),  # deleted since: its folder's rule holds
        (kept("lease.txt", scope=Scope(("hr/pay.txt",), ("Pay",))), False),
        (kept(answered_by="catalogue", text="4 documents: Pay, ..."), False),
        (kept(outcome="refused", reason="which", text="2 fit: Pay, Bonus"), False),
        (kept(outcome="refused", text=""), True),
    ],
)
def test_a_kept_answer_is_shown_only_to_who_may_read_what_it_rests_on(settings, folder, answer, is_shown):
    """In one's own history after a right was withdrawn, and in conversations of others."""
    ingested(settings, folder)
    with Service(settings) as service:
        service.set_access("c", "hr/", ["group:hr"])
        assert service.seen(answer, ANNA) == answer
        withheld = service.seen(answer, BEN)
        assert (withheld == answer) is is_shown
        if not is_shown:
            assert (withheld.text[:11], withheld.evidence, withheld.scope.titles) == ("This answer", (), ())


async def test_an_assistant_sees_what_its_account_may_read(settings, folder):
    """MCP asks in the name of a user."""
    mcp = pytest.importorskip("mcp")
    from sparewheel.app.api.mcp import create_server

    ingested(settings, folder)
    with Service(settings) as service:
        service.set_access("c", "hr/", ["group:hr"])
        async with mcp.Client(create_server(service, BEN)) as client:
            found = await client.call_tool("search", {"query": "chief executive earns", "corpus": "c", "k": 50})
            listed = await client.call_tool("list_corpora", {})
    assert "70,000" not in str(found)
    assert listed.structured_content["result"][0]["documents"] == 1


def test_who_may_read_each_document_is_told_to_administrators(settings, folder):
    """With every part that must allow."""
    (folder / "hr" / ".access").write_text("group:hr\nben\n")
    ingested(settings, folder)
    with Service(settings) as service:
        service.set_access("c", "hr/pay.txt", ["anna"])
        said = service.readers("c", User("adam", "admin", ("hr",)))
        assert said == {"hr/2024/bonus.txt": "group:hr, ben", "hr/open/rules.txt": "group:hr, ben"}
        assert service.readers("c")["hr/pay.txt"] == "anna & group:hr, ben"
        with pytest.raises(NotFound):
            service.document("c", "hr/pay.txt", User("adam", "admin"))


assert create_app
