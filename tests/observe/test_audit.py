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
from sparewheel.rag.errors import NotFound, SettingsError
from sparewheel.rag.observe.audit import FIRST, AuditLog, digest, files
from sparewheel.rag.observe.audit_check import check, records


def filled(folder: Path, count: int = 5, max_mb: float = 64.0) -> Path:
    """A log of `count` records; its newest file."""
    log = AuditLog(folder, max_mb)
    for n in range(count):
        log.write({"user": f"user-{n}", "corpus": "lease"})
    return files(folder)[-1]


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
    head = check(tmp_path).head
    filled(tmp_path, 4)
    report = check(tmp_path, head)
    assert (report.ok, report.records, report.first, report.last) == (True, 7, 1, 7)
    assert check(tmp_path, "f" * 64).lost_head


def change(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], lines[2].replace(b"user-2", b"user-9"), *lines[3:]]


def remove(lines: list[bytes]) -> list[bytes]:
    return [*lines[:2], *lines[3:]]


def put_in(lines: list[bytes]) -> list[bytes]:
    forged = {"n": 3, "user": "mallory", "previous": json.loads(lines[1])["hash"]}
    return [*lines[:2], json.dumps({**forged, "hash": digest(forged)}).encode() + b"\n", *lines[2:]]


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
    report = check(tmp_path)
    assert not report.ok
    assert report.broken.startswith(f"audit-000001.jsonl:{line}: ")
    assert report.torn == ()


@pytest.mark.parametrize("at", [0, 2, 3])
def test_a_record_forged_with_a_fresh_hash_breaks_the_chain_at_the_next(tmp_path: Path, at: int) -> None:
    """Who rewrites a record and its hash would have to rewrite every later one: the next one names another."""
    path = filled(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    forged = {**json.loads(lines[at]), "user": "mallory"}
    lines[at] = json.dumps({**forged, "hash": digest(forged)}).encode() + b"\n"
    path.write_bytes(b"".join(lines))
    assert check(tmp_path).broken.startswith(f"audit-000001.jsonl:{at + 2}: record {at + 2} does not follow")


@pytest.mark.parametrize("cut", [1, 2, 30, 150])
def test_a_crash_in_the_middle_of_a_line_is_no_tampering(tmp_path: Path, cut: int) -> None:
    """The last line lost its last bytes: verify says so; the next record goes on and names what was left."""
    path = filled(tmp_path)
    path.write_bytes(path.read_bytes()[:-cut])
    before = check(tmp_path)
    assert before.ok
    filled(tmp_path, 2)
    after = check(tmp_path)
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
    report = check(tmp_path)
    assert (report.ok, report.last, len(report.torn)) == (True, 5, 2)


def test_the_chain_goes_on_over_files(tmp_path: Path) -> None:
    """A new file from the set size on; one taken away in between breaks the chain, the oldest need not be kept."""
    filled(tmp_path, 30, max_mb=0.001)
    names = files(tmp_path)
    assert len(names) > 3
    assert check(tmp_path).records == 30
    names[0].unlink()
    assert check(tmp_path).ok
    names[2].unlink()
    assert check(tmp_path).broken.startswith(f"{names[3].name}:1: ")


def test_processes_that_write_at_once_keep_one_chain(tmp_path: Path) -> None:
    """Four processes, 25 records each: 100 records, one chain."""
    code = (
        "import sys; from pathlib import Path; from sparewheel.rag.observe.audit import AuditLog; "
        "log = AuditLog(Path(sys.argv[1])); [log.write({'user': sys.argv[2]}) for _ in range(25)]"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), f"p{n}"]) for n in range(4)]
    assert [process.wait(60) for process in running] == [0, 0, 0, 0]
    report = check(tmp_path)
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
    told = CliRunner().invoke(cli, ["audit", "verify", "--folder", str(tmp_path)], standalone_mode=False)
    assert told.return_value == 1
    assert "broken at audit-000001.jsonl:4: record 4 was changed" in " ".join(told.output.split())
    shown = CliRunner().invoke(cli, ["audit", "show", "--folder", str(tmp_path), "--user", "user-8", "--json"])
    assert [one["n"] for one in json.loads(shown.output)] == [4]


def test_no_log_is_told_with_how_it_begins(tmp_path: Path) -> None:
    """NotFound, not an empty success."""
    with pytest.raises(NotFound, match="begins with the first question"):
        check(tmp_path)
