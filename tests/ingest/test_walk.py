"""Which files an ingest means, and which documents a prune may remove."""

from pathlib import Path

from sparewheel.rag.ingest.walk import Left, gone, name_apart, walk


def test_a_folder_that_cannot_be_read_loses_no_document(tmp_path):
    """A drive that is not mounted, or may not be read, is not the same as deleted files."""
    (tmp_path / "here.txt").write_text("x")
    found, left = walk([tmp_path])
    known = [str(tmp_path / name) for name in ("here.txt", "gone.txt", "locked/kept.txt")] + ["/elsewhere/kept.txt"]
    unreadable = Left(tmp_path / "locked", "cannot be read: Permission denied", unreadable=True)
    assert gone(known, found, [*left, unreadable], [tmp_path]) == [str(tmp_path / "gone.txt")]


def test_a_file_named_twice_is_taken_once(tmp_path):
    """By its folder and by itself; a file that is named itself may be hidden or of any kind."""
    (tmp_path / "a.txt").write_text("x")
    (tmp_path / ".odd").write_text("y")
    found, left = walk([tmp_path, tmp_path / "a.txt", tmp_path / ".odd", tmp_path / "." / "a.txt"])
    assert [(file.id, file.path.name, file.bytes) for file in found] == [("a.txt", "a.txt", 1), (".odd", ".odd", 1)]
    assert [each.reason for each in left] == ["hidden"]


def test_ids_stay_apart_however_many_folders_share_a_name(tmp_path):
    """The first keeps the short id, the others get their folder, then a number."""
    files = []
    for top in ("x", "y", "z"):
        path = tmp_path / top / "contracts" / "a.txt"
        path.parent.mkdir(parents=True)
        path.write_text(top)
        files += walk([path.parent])[0]
    ids = [file.id for file in name_apart(files, {}, {})]
    assert ids == ["a.txt", "contracts/a.txt", "contracts/a.txt (2)"]
    known = {str(file.path): id for file, id in zip(files, ids, strict=True)}
    taken = {id: source for source, id in known.items()}
    assert [file.id for file in name_apart(files[::-1], known, taken)] == ids[::-1]
    assert Path(taken["a.txt"]).parts[-3] == "x"
