"""rag/ingest/load.py: what is refused and why, titles, encodings."""

from __future__ import annotations

import hashlib

import pytest
import source_files

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.registry import SUFFIXES
from sparewheel.rag.ingest.load import load
from sparewheel.rag.settings import Ingest

CHINESE = "第一条 为了规范合同行为，保护当事人的合法权益，制定本办法。\n"


def loaded(folder, name: str, data: bytes | str, settings: Ingest | None = None):
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return load(path, name, settings or Ingest())


def test_a_document_tells_where_it_comes_from(tmp_path):
    """Id, absolute source, digest of the bytes, media type, language and metadata are filled."""
    found = loaded(tmp_path, "nda.txt", "Each party keeps the other's secrets.")
    assert (found.id, found.source, found.media_type, found.language) == (
        "nda.txt",
        str(tmp_path / "nda.txt"),
        "text/plain",
        "en",
    )
    assert found.sha256 == hashlib.sha256(b"Each party keeps the other's secrets.").hexdigest()
    assert found.metadata == {"file": "nda.txt", "format": "txt", "language": "en", "encoding": "utf-8"}


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.pdf", b"", "an empty file"),
        ("blank.txt", b" \n\t\n", "no text in it"),
        ("program.exe", b"MZ", r"no parser for files named \*.exe; convert it to PDF"),
        ("README", bytes(range(1, 32)) * 9, "not a text file"),
        ("random.txt", bytes(range(256)) * 20, "not a text file"),
        ("hello.pdf", b"hello", "not a PDF"),
        ("cut.pdf", source_files.pdf(source_files.lines("Text"))[:300], "a damaged PDF"),
        ("hello.docx", b"hello", "not a DOCX"),
        ("old.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "old .doc file or one protected by a password"),
        ("no.docx", source_files.zipped({"a": b"x"}), "a zip without"),
        ("part.docx", source_files.zipped({"[Content_Types].xml": b"x"}), "a damaged DOCX"),
        ("up.docx", source_files.zipped({"[Content_Types].xml": b"x", "../up": b"x"}), "reaches outside"),
        ("bomb.docx", source_files.zipped({"[Content_Types].xml": bytes(9_000_000)}), "a zip bomb"),
        ("many.docx", source_files.zipped({str(n): b"" for n in range(10_001)}), "10001 entries"),
        ("cut.xml", b"<a><b></a>", "not well-formed XML"),
        ("bomb.xml", b'<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><a>&c;</a>', "it declares entities"),
        ("wide.xml", '<!DOCTYPE a [<!ENTITY b "ha">]><a>&b;</a>'.encode("utf-16-be"), "it declares entities"),
        ("deep.xml", b"<a>" * 300 + b"</a>" * 300, "nested more than 200"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path, name, data, reason):
    """Each kind of bad file is a DocumentError that names the file, the reason and a cure."""
    with pytest.raises(DocumentError, match=reason) as caught:
        loaded(tmp_path, name, data)
    assert str(caught.value).startswith(f"{name}: ")
    assert str(caught.value).endswith(f"; {caught.value.cure}")
    assert caught.value.cure != ""


def test_a_folder_named_like_a_file(tmp_path):
    """A folder called x.pdf is told apart from a PDF."""
    (tmp_path / "x.pdf").mkdir()
    with pytest.raises(DocumentError, match=r"x\.pdf: a folder, not a file"):
        load(tmp_path / "x.pdf", "x.pdf", Ingest())


def test_a_file_that_is_not_there(tmp_path):
    """A missing file is the document's error, not a crash."""
    with pytest.raises(DocumentError, match="No such file"):
        load(tmp_path / "gone.pdf", "gone.pdf", Ingest())


def test_a_file_over_the_limit(tmp_path):
    """The byte limit is checked before the file is read."""
    with pytest.raises(DocumentError, match=r"2 MB is over the limit of 1 MB; .*ingest\.max_file_mb"):
        loaded(tmp_path, "large.txt", b"a" * 2_000_000, Ingest(max_file_mb=1))


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "Section 5 – “Fees”"),
        ("utf-8-sig", "Section 5 – “Fees”"),
        ("utf-16", CHINESE),
        ("utf-16-le", "Confidential Information means any information."),
        ("utf-16-be", "Confidential Information means any information."),
        ("utf-32", "Confidential Information"),
        ("gb18030", CHINESE),
        ("gb2312", CHINESE * 3),
        ("latin-1", "Die Gebühr beträgt 5 %, fällig am Schluß des Monats für Käufer."),
        ("cp1252", "The “Fee” is 5 € – payable at the café’s office."),
    ],
)
def test_encodings(tmp_path, encoding, text):
    """Text comes out right in the encodings people have, with or without byte order mark."""
    assert loaded(tmp_path, "a.txt", text.encode(encoding)).text == text


def test_control_characters_are_gone_before_offsets_exist(tmp_path):
    """NULs and their like, soft hyphens and zero-width characters vanish; odd spaces and line ends become plain;
    ligatures and Kangxi radicals become the letters they stand for."""
    data = "a\x01b\u00adc\u200bd\u00a0e\r\nf\rg \ufb01ne ⼀⽇\u2028h".encode()
    assert loaded(tmp_path, "a.txt", data + b" plain" * 100).text.startswith("abcd e\nf\ng fine 一日\nh")


@pytest.mark.parametrize(
    ("name", "data", "title"),
    [
        ("Master_Services%20Agreement_v2.txt", "text", "Master Services Agreement v2"),
        ("a.md", "intro\n\n# Lease of Flat 3\n\ntext", "Lease of Flat 3"),
        ("a.html", "<title>Privacy Policy</title><h1>Welcome</h1>x", "Privacy Policy"),
        ("a.html", "<title>Untitled</title><h1>Welcome</h1>x", "Welcome"),
        ("lease.pdf", source_files.pdf(source_files.lines("Text"), title="Lease of Flat 3"), "Lease of Flat 3"),
        ("lease_3.pdf", source_files.pdf(source_files.lines("T"), title="Microsoft Word - a.doc"), "lease 3"),
    ],
)
def test_titles(tmp_path, name, data, title):
    """The stated title if it says something, else the first heading, else the file name made readable."""
    assert loaded(tmp_path, name, data).title == title


def test_every_suffix_has_a_parser():
    """What is offered for ingestion can be read: each suffix in lower case with its dot."""
    assert {".pdf", ".docx", ".html", ".htm", ".md", ".txt", ".xml"} <= SUFFIXES
    assert all(suffix == suffix.lower() and suffix.startswith(".") for suffix in SUFFIXES)
