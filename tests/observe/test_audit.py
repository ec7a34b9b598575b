"""The audit log: one chain whoever writes, the first broken line named, a crash told apart from tampering."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner
from observed import asked

from sparewheel.app.cli import cli
from sparewheel.rag import observe
from sparewheel.rag.errors import NotFound, SettingsError
from sparewheel.rag.observe.audit import FIRST, AuditLog, access, files, key_id, read_key, sealed
from sparewheel.rag.observe.audit_anchor import Anchor, anchored
from sparewheel.rag.observe.audit_check import Report, check, records

KEY = b"kept elsewhere"


def filled(folder: Path, count: int = 5, max_mb: float = 64.0) -> Path:
    """A log of `count` records; its newest file."""
    log = AuditLog(folder, max_mb, KEY)
    for n in range(count):
        log.write({"at": f"2026-01-{n + 1:02}", "user": f"user-{n}", "corpus": "lease"})
    return files(folder)[-1]


def whole(folder: Path, *heads: str) -> Report:
    """The check with the right key."""
    return check(folder, heads, KEY)


def line_of(record: dict[str, object], key: bytes) -> bytes:
    """A line as the log writes it, sealed with a key."""
    body = json.dumps({name: value for name, value in record.items() if name != "hash"}).encode()
    return body[:-1] + f', "hash": "{sealed(body, key)}"}}\n'.encode()


def test_a_question_leaves_who_what_and_where_but_no_text(tmp_path: Path) -> None:
    """User, corpus, citations by document and span, who answered, who was given the passages; no words."""
    log = AuditLog(tmp_path)
    log.asked([asked()])
    (record,) = records(tmp_path)
    assert {key: record[key] for key in ("user", "request_id", "corpus", "outcome", "answered_by", "cited")} == {
        "user": "ann",
        "request_id": "r-7",
        "corpus": "lease",
        "outcome": "answered",
        "answered_by": "reader",
        "cited": [["lease.pdf", 12, 21]],
    }
    assert record["asked_of"] == ["deepseek", "reader"]
    assert record["previous"] == FIRST
    text = files(tmp_path)[0].read_text()
    assert [word for word in ("Smith", "900", "euros", "/secret") if word in text] == []


def test_a_whole_log_verifies_and_its_head_can_be_found_again(tmp_path: Path) -> None:
    """The newest hash of today is still in the log after more records; a hash that never was is missed."""
    filled(tmp_path, 3)
    head = whole(tmp_path).head
    filled(tmp_path, 4)
    report = whole(tmp_path, head)
    assert (report.ok, report.records, report.first, report.last) == (True, 7, 1, 7)
    assert whole(tmp_path, head, "f" * 64).lost_head


def change(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[2].replace(b"user-2", b"user-9"), *lines[3:]]


def remove(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], *lines[3:]]


def put_in(lines: list[bytes]) -> list[bytes]:
    forged = {"n": 3, "user": "mallory", "previous": json.loads(lines[1])["hash"], "key": key_id(KEY)}
    return [*lines[:2], line_of(forged, KEY), *lines[2:]]


def swap(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[3], lines[2], *lines[4:]]


def garble(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], b"\x00garbage\n", *lines[3:]]


def garble_last(lines: list[bytes]) -> list[bytes]:
    return [*lines[:-1], b'{"n": 5, "user"\n']


@pytest.mark.parametrize(
    ("tamper", "line"),
    [(change, 3), (remove, 3), (put_in, 4), (swap, 3), (garble, 3), (garble_last, 5)],
)
def test_tampering_is_found_at_the_first_broken_line(
    tmp_path: Path, tamper: Callable[[list[bytes]], list[bytes]], line: int
) -> None:
    """A record changed, removed, put in, moved, destroyed: verify names file and line of the first that breaks."""
    path = filled(tmp_path)
    path.write_bytes(b"".join(tamper(path.read_bytes().splitlines(keepends=True))))
    report = whole(tmp_path)
    assert not report.ok
    assert report.broken.startswith(f"audit-000001.jsonl:{line}: ")
    assert report.torn == ()


@pytest.mark.parametrize("at", [0, 2, 3])
def test_a_record_forged_with_a_fresh_hash_breaks_the_chain_at_the_next(tmp_path: Path, at: int) -> None:
    """Who rewrites a record and its hash would have to rewrite every later one: the next one names another."""
    path = filled(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    forged = {**json.loads(lines[at]), "user": "mallory"}
    lines[at] = line_of(forged, KEY)
    path.write_bytes(b"".join(lines))
    assert whole(tmp_path).broken.startswith(f"audit-000001.jsonl:{at + 2}: record {at + 2} does not follow")


def test_a_last_record_with_another_number_is_found(tmp_path: Path) -> None:
    """Records after it are gone, or before it: nothing follows that would name its hash."""
    path = filled(tmp_path)
    *lines, last = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines, line_of({**json.loads(last), "n": 9}, KEY)]))
    assert whole(tmp_path).broken.startswith("audit-000001.jsonl:5: record 9 follows record 4")


@pytest.mark.parametrize("cut", [1, 2, 30, 150])
def test_a_crash_in_the_middle_of_a_line_is_no_tampering(tmp_path: Path, cut: int) -> None:
    """The last line lost its last bytes: verify says so; the next record goes on and names what was left."""
    path = filled(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    before = whole(tmp_path)
    assert before.ok
    filled(tmp_path, 2)
    after = whole(tmp_path)
    lost = 0 if cut == 1 else 1  # only the line break is missing: the record is whole
    assert (after.ok, after.last, len(before.torn), len(after.torn)) == (True, 7 - lost, lost, lost)


def test_a_crash_while_a_crash_is_mended_is_none_either(tmp_path: Path) -> None:
    """Two torn lines after each other are named together by the next record."""
    path = filled(tmp_path)
    path.write_bytes(path.read_bytes()[:-30])
    size = path.stat().st_size
    filled(tmp_path, 1)
    path.write_bytes(path.read_bytes()[: size + 40])
    filled(tmp_path, 1)
    report = whole(tmp_path)
    assert (report.ok, report.last, len(report.torn)) == (True, 5, 2)


def test_the_chain_goes_on_over_files(tmp_path: Path) -> None:
    """A new file from the set size on; one taken away in between breaks the chain."""
    filled(tmp_path, 30, max_mb=0.001)
    names = files(tmp_path)
    assert len(names) > 3
    assert whole(tmp_path).records == 30
    names[2].unlink()
    assert whole(tmp_path).broken.startswith(f"{names[3].name}:1: ")


def test_processes_that_write_at_once_keep_one_chain(tmp_path: Path) -> None:
    """Four processes, 25 records each: 100 records, one chain."""
    code = (
        "import sys; from pathlib import Path; from sparewheel.rag.observe.audit import AuditLog; "
        "log = AuditLog(Path(sys.argv[1]), 64.0, b'kept elsewhere'); "
        "[log.write({'user': sys.argv[2]}) for _ in range(25)]"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), f"p{n}"]) for n in range(4)]
    assert [process.wait(60) for process in running] == [0, 0, 0, 0]
    report = whole(tmp_path)
    assert (report.ok, report.records) == (True, 100)


def test_a_disk_that_cannot_be_written_keeps_records_for_later(tmp_path: Path) -> None:
    """Failures are counted, and what could not be written is, once it can be."""
    log = AuditLog(tmp_path / "audit")
    path = files(log.folder)[0]
    path.unlink()
    path.mkdir()
    log.write({"user": "ann"})
    log.write({"user": "bob"})
    assert (log.written, log.failures, log.waiting) == (0, 2, 2)
    path.rmdir()
    log.write({"user": "eve"})
    assert (log.written, log.failures, log.waiting) == (3, 2, 0)
    assert [one["user"] for one in records(log.folder)] == ["ann", "bob", "eve"]


def test_a_folder_that_cannot_be_written_is_told_at_the_start(tmp_path: Path) -> None:
    """The error names the folder and the settings that cure it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match=r"observe\.audit_folder"):
        AuditLog(tmp_path / "file" / "audit")


def test_the_command_names_the_first_broken_line(tmp_path: Path) -> None:
    """`audit verify` exits 1 and says where; `audit show` still shows what can be read."""
    path = filled(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"user-3", b"user-8"))
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "audit.key").write_bytes(KEY)
    env = {"SPAREWHEEL_DATA_FOLDER": str(tmp_path / "data")}
    told = CliRunner().invoke(cli, ["audit", "verify", "--folder", str(tmp_path)], env=env, standalone_mode=False)
    assert told.return_value == 1
    assert "broken at audit-000001.jsonl:4: record 4 was changed" in " ".join(told.output.split())
    shown = CliRunner().invoke(cli, ["audit", "show", "--folder", str(tmp_path), "--user", "user-8", "--json"])
    assert [one["n"] for one in json.loads(shown.output)] == [4]


def test_no_log_is_told_with_how_it_begins(tmp_path: Path) -> None:
    """NotFound, not an empty success."""
    with pytest.raises(NotFound, match="begins with the first question"):
        whole(tmp_path)


def test_without_the_key_nothing_can_be_forged(tmp_path: Path) -> None:
    """A record appended, or a whole new chain, by somebody who can write the files but has not the key."""
    path = filled(tmp_path)
    good = path.read_bytes()
    last = json.loads(good.splitlines()[-1])
    forged = {"n": 6, "user": "mallory", "previous": last["hash"], "key": key_id(KEY)}
    path.write_bytes(good + line_of(forged, b"guessed"))
    assert whole(tmp_path).broken.startswith("audit-000001.jsonl:6: record 6 was changed")
    path.write_bytes(good + line_of({**forged, "key": key_id(b"guessed")}, b"guessed"))
    assert "sealed with another key" in whole(tmp_path).broken


def test_the_very_bytes_are_sealed(tmp_path: Path) -> None:
    """A key that stands twice, a changed space: what one program reads, no other may read otherwise."""
    path = filled(tmp_path)
    good = path.read_bytes()
    for before, after in ((b'"user": "user-2"', b'"user": "mallory", "user": "user-2"'), (b'"n": 3,', b'"n":  3,')):
        path.write_bytes(good.replace(before, after))
        assert whole(tmp_path).broken.startswith("audit-000001.jsonl:3: ")


def test_the_first_records_cannot_be_taken_away_unless_pruned(tmp_path: Path) -> None:
    """A removed file breaks the log; `prune` removes the same and leaves a record that says so."""
    filled(tmp_path / "a", 30, max_mb=0.001)
    filled(tmp_path / "b", 30, max_mb=0.001)
    files(tmp_path / "a")[0].unlink()
    assert "no record says that the earlier ones were pruned" in whole(tmp_path / "a").broken
    removed = AuditLog(tmp_path / "b", 0.001, KEY).prune("2026-01-15")
    report = whole(tmp_path / "b")
    assert (report.ok, report.first, report.last) == (True, removed + 1, 31)
    assert 5 < removed < 15


def test_an_anchor_finds_what_was_cut_off_at_the_end(tmp_path: Path) -> None:
    """The newest hash is copied elsewhere, once a minute at most, and at the end."""
    times = iter([0.0, 0.0, 0.0, 30.0, 61.0, 61.0])
    anchor = Anchor(str(tmp_path / "anchor"), lambda: next(times))
    log = AuditLog(tmp_path / "log", 64.0, KEY, anchor.put)
    lines = []
    for user in ("ann", "bob", "eve"):
        log.write({"user": user})
        lines.append((tmp_path / "anchor").read_text().count("\n"))
    assert lines == [1, 1, 2]
    (head,) = anchored(str(tmp_path / "anchor"))
    assert whole(tmp_path / "log", head).ok
    path = files(tmp_path / "log")[-1]
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    assert (whole(tmp_path / "log").ok, whole(tmp_path / "log", head).lost_head) == (True, True)


def test_the_key_is_made_once_and_is_the_owners_alone(tmp_path: Path) -> None:
    """A restart reads the same key; no other account of the machine may read it."""
    file = tmp_path / "new" / "audit.key"
    first = read_key(file)
    assert (len(first), read_key(file), file.stat().st_mode & 0o077) == (32, first, 0)


def test_every_access_says_who_what_and_from_where(tmp_path: Path) -> None:
    """The asker, the request and the address come from the context of the call."""
    with observe.asked_by("ann", "r-9"):
        record = access("document_read", corpus="leases", document="lease.md", outcome="done")
    assert {key: record[key] for key in ("event", "user", "request_id", "corpus", "document", "outcome")} == {
        "event": "document_read",
        "user": "ann",
        "request_id": "r-9",
        "corpus": "leases",
        "document": "lease.md",
        "outcome": "done",
    }
