"""A corpus into one file and back: the same bytes, the same answers, nothing that must not travel."""

from __future__ import annotations

import json
import socket
import threading
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from sparewheel.app.edge.contents import PROFILES
from sparewheel.app.edge.pack import pack
from sparewheel.app.edge.pipeline import open_edge, settings_of
from sparewheel.app.edge.unpack import unpack, verify
from sparewheel.rag import assemble
from sparewheel.rag.errors import UsageError
from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder
from sparewheel.rag.ingest.run import fill, ingest
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.settings import Endpoint, Retrieve, Settings, load_settings
from sparewheel.rag.types import Profile

LEASE = """# Lease of the shop in Mill Lane

## 1. Rent

The rent is 900 euros a month, due on the third working day.

## 2. Notice

Either party may end this lease with a notice period of thirty days, in writing.

## 3. Repairs

The landlord pays for repairs of the roof. The tenant pays for broken windows.
"""
QUESTION = "What is the notice period?"
FAKE = "sk-" + "a1b2c3d4" * 4  # looks like a key, is none


def corpus(folder: Path, text: str = LEASE, *, dense: bool = False, **fields: object) -> tuple[Store, Settings]:
    """A corpus of one document called lease.md."""
    settings = Settings(data_folder=str(folder / "data"))
    (folder / "lease.md").write_text(text, encoding="utf-8")
    config = CorpusConfig("leases", "legal", profile=Profile("legal"), **fields)  # type: ignore[arg-type]
    store = Store.create(corpus_folder(settings.corpora_folder, "leases"), config)
    writers = [assemble.keyword_writer()]
    profile = Profile("legal")
    ingest(store, [folder / "lease.md"], settings=settings.ingest, profile=profile, writers=writers)
    if dense:
        fill(store, [assemble.dense_writer(store, settings)])
    return Store(store.folder), settings


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Settings, Path]:
    """A corpus with a dense index, and its pack."""
    folder = tmp_path_factory.mktemp("edge")
    store, settings = corpus(folder, dense=True)
    pack(store, folder / "leases.edge", settings)
    return store, settings, folder / "leases.edge"


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every try to reach another machine fails, and is kept."""
    tried: list[object] = []

    def refuse(*given: object, **_: object) -> None:
        tried.append(given)
        raise OSError("no network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return tried


def test_the_same_corpus_gives_the_same_bytes(packed, tmp_path: Path) -> None:
    """Packed twice, byte for byte; the fingerprint stands for all of it."""
    store, settings, file = packed
    again = pack(store, tmp_path / "again.edge", settings)
    assert (tmp_path / "again.edge").read_bytes() == file.read_bytes()
    assert again.fingerprint == verify(file).fingerprint


def test_a_pack_answers_as_its_corpus_does_without_a_network(packed, tmp_path: Path, no_network: list[object]) -> None:
    """The same answer and citation as the corpus with the same settings; nobody tried to reach another machine."""
    _, settings, file = packed
    contents, folder = unpack(file, tmp_path)
    with open_edge(contents, folder, env={}) as pipeline:
        there = pipeline.ask(QUESTION)
    small = settings_of(folder)
    at_home = replace(settings, retrieve=small.retrieve, models=replace(small.models, folder=""))
    with assemble.open_pipeline("leases", at_home) as pipeline:
        here = pipeline.ask(QUESTION)
    assert (there.outcome, there.text, there.answered_by) == (here.outcome, here.text, here.answered_by)
    assert "thirty days" in there.text
    assert there.citations == here.citations
    assert [set(hit.scores) for hit in there.evidence] == [{"bm25", "dense", "rrf"}] * len(there.evidence)
    assert no_network == []


def test_models_come_from_the_pack(packed, tmp_path: Path) -> None:
    """Each model that is needed and no other; a pack whose reader is taken away falls back to quoting."""
    contents, folder = unpack(packed[2], tmp_path)
    assert contents.models == ("embed-en", "reader-en")
    assert sorted(path.name for path in (folder / "models").iterdir()) == ["embed-en", "reader-en"]
    (folder / "models/reader-en/model.onnx").unlink()
    with open_edge(contents, folder, env={}) as pipeline:
        assert pipeline.ask(QUESTION).model != "reader-en 1"


def test_one_thread(packed, tmp_path: Path) -> None:
    """The small profile uses one core: the libraries are told before they are imported, the models too."""
    contents, folder = unpack(packed[2], tmp_path)
    env: dict[str, str] = {}
    before = threading.active_count()
    with open_edge(contents, folder, env):
        pass
    assert {env[name] for name in ("OMP_NUM_THREADS", "RAYON_NUM_THREADS")} == {"1"}
    assert env["TOKENIZERS_PARALLELISM"] == "false"
    assert settings_of(folder).models.threads == 1
    assert threading.active_count() - before <= 4  # the background loop and the legs of the search, never one a core


def test_it_is_unpacked_once(packed, tmp_path: Path) -> None:
    """The second time the folder is used as it is; nothing half made is left beside it."""
    _, folder = unpack(packed[2], tmp_path)
    made = (folder / "sparewheel.toml").stat().st_mtime_ns
    assert unpack(packed[2], tmp_path)[1] == folder
    assert (folder / "sparewheel.toml").stat().st_mtime_ns == made
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_a_full_disk_is_told(packed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before anything is written, with both figures and the cure."""
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 5_000_000}))
    with pytest.raises(UsageError, match=r"needs \d+ MB, .* has 5 MB free; name another --cache"):
        unpack(packed[2], tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_is_a_settings_file(tmp_path: Path, profile: str) -> None:
    """What is packed loads, and uses one thread."""
    file = tmp_path / "sparewheel.toml"
    file.write_text(PROFILES[profile], encoding="utf-8")
    assert load_settings(file, env={}).models.threads == 1


def test_profiles_that_rerank_carry_the_reranker(packed, tmp_path: Path) -> None:
    """They read passages twice, so they need the model for it."""
    store, settings, _ = packed
    carried = {profile: pack(store, tmp_path / "leases.edge", settings, profile).models for profile in PROFILES}
    without = ("embed-en", "reader-en")
    assert carried == {"small": without, "medium": (*without, "rerank-en"), "full": (*without, "rerank-en")}


def test_keys_of_the_settings_do_not_travel(tmp_path: Path) -> None:
    """The pack has its own settings: neither endpoint nor key nor who may read the corpus at home."""
    store, settings = corpus(tmp_path, readers=("anna", "group:law"))
    settings = replace(settings, endpoint={"deepseek": Endpoint(key=FAKE)})
    pack(store, tmp_path / "leases.edge", settings)
    content = (tmp_path / "leases.edge").read_bytes()
    assert (FAKE.encode() in content, b"group:law" in content, b"[endpoint" in content) == (False, False, False)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"# Notes\n\nThe test key is {FAKE}, do not share it.\n", "an API key"),
        ("# Notes\n\n-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----\n", "a private key"),
        ("# Notes\n\nThe password of the service is hunter2-hunter2 as agreed.\n", "a key of your settings"),
    ],
)
def test_a_document_with_a_key_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """The document is named, the key is not shown, and no file is left."""
    store, settings = corpus(tmp_path, text)
    settings = replace(settings, endpoint={"second": Endpoint(key="hunter2-hunter2")})
    with pytest.raises(UsageError, match=f"document 'lease.md' holds {said}") as caught:
        pack(store, tmp_path / "leases.edge", settings)
    assert FAKE not in str(caught.value)
    assert not list(tmp_path.glob("*.edge*"))


def test_another_file_is_not_overwritten(packed, tmp_path: Path) -> None:
    """A pack is replaced by a newer one; anything else stays."""
    store, settings, file = packed
    (tmp_path / "thesis.zip").write_bytes(b"years of work")
    with pytest.raises(UsageError, match="is no edge pack"):
        pack(store, tmp_path / "thesis.zip", settings)
    assert (tmp_path / "thesis.zip").read_bytes() == b"years of work"
    (tmp_path / "old.edge").write_bytes(file.read_bytes())
    pack(store, tmp_path / "old.edge", settings, "full")
    assert verify(tmp_path / "old.edge").profile == "full"


def test_an_embedding_that_needs_torch_is_refused(packed, tmp_path: Path) -> None:
    """With the command that mends it."""
    store, settings, _ = packed
    elsewhere = Store(store.folder)
    elsewhere.config = replace(store.config, embedding="sentence-transformers/all-MiniLM-L12-v2")
    with pytest.raises(UsageError, match=r"needs torch; .* sparewheel reindex --corpus leases"):
        pack(elsewhere, tmp_path / "leases.edge", settings)


def test_words_only_is_a_pack_too(tmp_path: Path) -> None:
    """Without a dense index no embedding model travels."""
    store, settings = corpus(tmp_path)
    contents = pack(store, tmp_path / "leases.edge", replace(settings, retrieve=Retrieve(rerank="off")))
    assert contents.models == ("reader-en",)


def test_nothing_is_compressed_and_no_time_is_kept(packed) -> None:
    """What makes the bytes the same everywhere."""
    with zipfile.ZipFile(packed[2]) as archive:
        entries = archive.infolist()
        listed = json.loads(archive.read("edge.json"))["files"]
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert [entry.filename for entry in entries] == ["edge.json", *sorted(listed)]
