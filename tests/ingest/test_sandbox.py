"""rag/ingest/sandbox.py: a bad file costs only itself, whatever it does to its process."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
import source_files

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest import wire
from sparewheel.rag.ingest.load import load
from sparewheel.rag.ingest.sandbox import parse
from sparewheel.rag.settings import Ingest
from sparewheel.rag.types import Document

ONE = Ingest(workers=1)


def write(folder: Path, **files: bytes) -> list[tuple[str, Path]]:
    """The files as (id, path); a name's last underscore is its dot."""
    listed = []
    for name, data in files.items():
        path = folder / ".".join(name.rsplit("_", 1))
        path.write_bytes(data)
        listed.append((path.name, path))
    return listed


def children():
    """Process ids of this process' children, whichever thread started them; a thread may end while they are read."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(FileNotFoundError):
            found += [int(pid) for pid in (task / "children").read_text().split()]
    return found


def test_every_file_gets_its_answer(tmp_path):
    """Good and bad files come back under their ids, from several processes; the bad ones with their reason."""
    page = source_files.pdf(source_files.lines("Alpha Beta"))
    files = write(tmp_path, a_txt=b"first", b_pdf=page, c_pdf=page[:200], d_txt=b"", e_md="# 第一章".encode())
    found = dict(parse(files, Ingest(workers=2)))
    assert {id: None if isinstance(d, DocumentError) else d.text for id, d in found.items()} == {
        "a.txt": "first",
        "b.pdf": "Alpha Beta",
        "c.pdf": None,
        "d.txt": None,
        "e.md": "# 第一章",
    }
    assert str(found["d.txt"]) == "d.txt: an empty file (0 bytes); copy it again from its source"
    assert found["d.txt"].cure == "copy it again from its source"


def test_a_document_comes_through_unchanged(tmp_path):
    """What the process sends is what loading in this process gives, layout included."""
    ((id, path),) = write(
        tmp_path, a_pdf=source_files.pdf(source_files.lines("Alpha Beta"), source_files.lines("Gamma"))
    )
    ((_, sent),) = parse([(id, path)], ONE)
    here = load(path, id, ONE)
    assert sent == here
    for name in ("spans", "pages", "boxes", "sizes"):
        a, b = getattr(sent.layout, name), getattr(here.layout, name)
        assert a.dtype == b.dtype
        assert np.array_equal(a, b)


def test_a_file_that_needs_too_much_memory(tmp_path):
    """It is told with the limit and the setting; the next file gets a fresh process."""
    files = write(tmp_path, large_txt=b"word " * 20_000_000, small_txt=b"fine")
    (_, large), (_, small) = parse(files, Ingest(workers=1, parse_memory_mb=64))
    assert str(large) == (
        "large.txt: needs more than 64 MB of memory to be read; split the file, or raise ingest.parse_memory_mb"
    )
    assert small.text == "fine"


def test_a_file_that_takes_too_long(tmp_path):
    """Its process is killed at the wall-clock limit; the next file gets a fresh one."""
    files = write(tmp_path, deep_html=b"<div>x" * 400_000, small_txt=b"fine")
    (_, deep), (_, small) = parse(files, Ingest(workers=1, parse_timeout_s=1.0))
    assert str(deep) == "deep.html: not read within 1 s; split the file, or raise ingest.parse_timeout_s"
    assert small.text == "fine"


def test_a_pipe_is_no_file(tmp_path):
    """A named pipe would be waited for for ever; it is refused."""
    os.mkfifo(tmp_path / "pipe.txt")
    ((_, found),) = parse([("pipe.txt", tmp_path / "pipe.txt")], ONE)
    assert "a device or a pipe, not a file" in str(found)


def test_a_process_that_dies_between_two_files_costs_no_file(tmp_path):
    """The operating system may kill an idle process; the next file is read by another."""
    first, second = write(tmp_path, a_txt=b"first", b_txt=b"second")

    def files():
        yield first
        for pid in children():
            os.kill(pid, signal.SIGKILL)
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        yield second

    assert [d.text for _, d in parse(files(), ONE)] == ["first", "second"]


def test_closing_early_ends_the_processes(tmp_path):
    """Who stops iterating leaves no process and no thread behind."""
    before = threading.active_count()
    results = parse(write(tmp_path, **{f"f{n}_txt": b"x" for n in range(20)}), Ingest(workers=2))
    next(results)
    results.close()
    assert children() == []
    assert threading.active_count() == before


def test_files_are_taken_only_as_fast_as_they_are_read(tmp_path):
    """A million paths are not listed before the first document is there."""
    ((id, path),) = write(tmp_path, a_txt=b"x")
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield id, path

    results = parse(endless(), Ingest(workers=2))
    next(results)
    results.close()
    assert len(taken) < 20


def test_an_error_while_listing_reaches_the_caller():
    """An exception of the iterable is the caller's own and is not swallowed."""

    def files():
        yield from ()
        raise OSError("the share went away")

    with pytest.raises(OSError, match="the share went away"):
        list(parse(files(), ONE))


def test_no_files():
    """Nothing in, nothing out, and no process is started."""
    assert list(parse([], ONE)) == []


def test_keys_and_network_are_out_of_reach(tmp_path, monkeypatch):
    """The parsing process has no secrets in its environment."""
    monkeypatch.setenv("DEEPSEEK_API_KEY", "secret")
    first, second = write(tmp_path, a_txt=b"first", b_txt=b"second")
    seen = []

    def files():
        yield first
        seen.extend(Path(f"/proc/{pid}/environ").read_bytes() for pid in children())
        yield second

    assert len(list(parse(files(), ONE))) == 2
    assert len(seen) == 1
    assert b"secret" not in seen[0]


@pytest.mark.parametrize(
    "frame",
    [
        b"\0" * 7,
        b"\xff" * 8,
        (2).to_bytes(8, "big") + b"[]",
        (2).to_bytes(8, "big") + b"{}",
        (3).to_bytes(8, "big") + b"\x80\x04.",
        (19).to_bytes(8, "big") + json.dumps({"blobs": [-5, 1 << 60]})[:19].encode(),
    ],
)
def test_nonsense_from_a_process_runs_nothing(frame):
    """A frame that is no frame is an error of the kinds that the sandbox turns into a DocumentError."""
    source = io.BytesIO(frame)

    def read(size: int) -> bytes:
        data = source.read(size)
        if len(data) < size:
            raise ValueError("the frame ended early")
        return data

    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        wire.unpack(read)


def test_what_lies_in_a_file_comes_with_it(tmp_path):
    """Through the frame of the parsing process, however deep."""
    inner = source_files.zipped({"b.txt": b"The law is French."})
    (tmp_path / "a.zip").write_bytes(source_files.zipped({"lease.txt": b"The rent is 900.", "in.zip": inner}))
    ((_, document),) = parse([("a.zip", tmp_path / "a.zip")], Ingest(workers=1))
    assert isinstance(document, Document)
    assert [(each.id, each.text) for each in document.members] == [
        ("lease.txt", "The rent is 900."),
        ("in.zip", "Files in it:\nb.txt"),
    ]
    assert [each.text for each in document.members[1].members] == ["The law is French."]
