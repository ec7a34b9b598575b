"""Each line of the doctor, both ways: it passes where all is well, and names the cure where it is not."""

from __future__ import annotations

import json
import shutil
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.cli import main
from app.doctor import Check, checks, healthy
from app.doctor.answerers import Model, built_in, endpoint_check, local_chat, models, reader
from app.doctor.machine import room, space, time_of_day
from app.doctor.on_disk import bytes_of, corpora, corpus, data_folder
from app.doctor.rights import open_to_others, secrets
from app.doctor.rule import local_models, one_monitoring, three_models, two_ways
from app.doctor.service import exposed
from eval.availability.server import FaultServer
from rag.errors import SettingsError
from rag.ingest.corpus import CorpusConfig, corpus_folder
from rag.ingest.run import ingest
from rag.ingest.store import Store
from rag.models import WEIGHTS
from rag.reliability.loop import background
from rag.settings import Answering, Endpoint, LocalChat, Retrieve, Settings
from rag.types import Profile


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A set-up with one searchable corpus, "leases", closed to other accounts."""
    from rag.assemble import keyword_writer

    settings = Settings(data_folder=str(tmp_path / "data"), retrieve=Retrieve(rerank="off"))
    (tmp_path / "lease.md").write_text("# Lease\n\nThe rent is 900 euros a month.\n", encoding="utf-8")
    store = Store.create(corpus_folder(settings.corpora_folder, "leases"), CorpusConfig("leases", "legal"))
    ingest(
        store, [tmp_path / "lease.md"], settings=settings.ingest, profile=Profile("legal"), writers=[keyword_writer()]
    )
    tmp_path.chmod(0o700)
    return settings


@pytest.fixture
def cloud():
    """A chat endpoint on the background loop; the model name "fault:NAME" chooses how it fails."""
    server = FaultServer()
    background.run(server.__aenter__())
    yield server
    background.run(server.__aexit__(None, None, None))


# ---------------------------------------------------------------- keys and endpoints


def test_a_key_file_that_can_be_read_passes(tmp_path: Path) -> None:
    """Without permission to call, the line says so."""
    (tmp_path / "key").write_text("sk-1\n")
    check = endpoint_check("primary", Endpoint(key_file=str(tmp_path / "key")))
    assert check == Check(
        "endpoint primary",
        "pass",
        "deepseek-v4-flash at api.deepseek.com, its key can be read; not called (--allow-calls)",
    )


@pytest.mark.parametrize(
    ("endpoint", "status", "what"),
    [
        (Endpoint(key_file="/nowhere/key"), "fail", "cannot be read"),
        (Endpoint(key_env="SPAREWHEEL_TEST_NO_SUCH_KEY"), "fail", "variable SPAREWHEEL_TEST_NO_SUCH_KEY is empty"),
        (Endpoint(key="two words"), "fail", "white space"),
        (Endpoint(key="k", url="api.deepseek.com"), "fail", "no address"),
        (Endpoint(key="k", url="http://api.deepseek.com"), "warn", "not encrypted"),
        (Endpoint(key="k"), "warn", "stands in the settings"),
        (Endpoint(url="http://127.0.0.1:11434/v1"), "pass", "at 127.0.0.1"),
        (Endpoint(url="http://chat:8000/v1"), "pass", "at chat"),
    ],
)
def test_what_is_wrong_with_an_endpoint_is_seen_without_a_call(endpoint: Endpoint, status: str, what: str) -> None:
    """A key that is not there or not sendable, an address that is none, a key in the clear; own networks need none."""
    check = endpoint_check("primary", endpoint)
    assert (check.status, what in check.what, bool(check.cure)) == (status, True, status != "pass")


@pytest.mark.parametrize(
    ("fault", "status", "word"),
    [
        ("ok", "pass", "it answers"),
        ("length", "pass", "it answers"),
        ("401", "fail", "unauthorised"),
        ("402", "fail", "no_balance"),
        ("404", "fail", "not_found"),
        ("422", "fail", "bad_request"),
        ("429", "warn", "rate_limited"),
        ("503", "warn", "overloaded"),
        ("keepalive", "warn", "first_token_timeout"),
        ("empty_body", "warn", "empty_body"),
    ],
)
def test_a_call_tells_what_the_endpoint_is_worth(cloud: FaultServer, fault: str, status: str, word: str) -> None:
    """What no retry cures fails, a busy endpoint warns, an answer cut after its one token is an answer."""
    endpoint = Endpoint(url=cloud.url, key_env="PATH", model=f"fault:{fault}", first_token_s=0.5)
    settings = Settings(endpoint={"primary": replace(endpoint, first_token_s=30 if status == "pass" else 0.5)})
    check = models(settings, allow_calls=True)[0].check
    assert (check.status, word in check.what, cloud.calls) == (status, True, 1)


def test_nothing_is_called_unless_allowed(cloud: FaultServer) -> None:
    """And an endpoint that nobody listens at fails once it is called."""
    settings = Settings(endpoint={"primary": Endpoint(url=cloud.url, key_env="PATH")})
    assert (models(settings, allow_calls=False)[0].check.status, cloud.calls) == ("pass", 0)
    dead = Settings(endpoint={"primary": Endpoint(url="http://127.0.0.1:9", key_env="PATH")})
    check = models(dead, allow_calls=True)[0].check
    assert (check.status, "connect_failed" in check.what) == ("fail", True)


def test_only_answerers_of_the_order_count() -> None:
    """The reader is always the last; an unknown name is refused as the policy refuses it."""
    settings = Settings(
        endpoint={"a": Endpoint(key="k"), "b": Endpoint(key="k")}, answer=Answering(order=("b", "reader"))
    )
    assert [model.name for model in models(settings, allow_calls=False)] == ["b", "reader"]
    with pytest.raises(SettingsError, match="did you mean 'reader'"):
        models(replace(settings, answer=Answering(order=("raeder",))), allow_calls=False)


# ---------------------------------------------------------------- models


def test_built_in_models_are_checked_byte_for_byte(tmp_path: Path) -> None:
    """The release's own pass; one changed byte, and a missing reader, fail."""
    assert [check.status for check in built_in()] == ["pass"]
    (tmp_path / "reader-en").mkdir()
    shutil.copy(WEIGHTS / "checksums.json", tmp_path)
    (tmp_path / "reader-en" / "model.onnx").write_bytes(b"changed")
    assert [check.status for check in built_in(tmp_path)] == ["fail"]
    assert (reader().status, reader(tmp_path / "empty").status) == ("pass", "fail")


def test_the_local_chat_model_must_be_here_and_fit(tmp_path: Path) -> None:
    """A file that fits passes, one larger than memory warns, a name that is not here fails unless it may be fetched."""
    small, huge = tmp_path / "small.gguf", tmp_path / "huge.gguf"
    small.write_bytes(b"x")
    with huge.open("wb") as file:
        file.truncate(2 * 10**12)  # sparse
    found = [
        local_chat(LocalChat(model=str(small))).status,
        local_chat(LocalChat(model=str(huge))).status,
        local_chat(LocalChat(model="nobody/no-such-model")).status,
        local_chat(LocalChat(model="nobody/no-such-model", allow_download=True)).status,
    ]
    assert found == ["pass", "warn", "fail", "warn"]


# ---------------------------------------------------------------- corpora and files


def test_a_damaged_corpus_is_found(settings: Settings) -> None:
    """Words-only: a warning with the command; one byte changed at the same length: a failure."""
    folder = settings.corpora_folder / "leases"
    whole = corpus(folder, settings)
    assert (whole.status, whole.cure) == ("warn", "sparewheel reindex --corpus leases")
    file = next(path for path in folder.glob("snapshots/*/bm25/*") if path.stat().st_size > 8)
    content = file.read_bytes()
    file.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    damaged = corpus(folder, settings)
    assert (damaged.status, "sha256 differs" in damaged.what) == ("fail", True)


def test_a_corpus_that_is_complete_passes(settings: Settings) -> None:
    """With its dense index built."""
    from rag.assemble import dense_writer
    from rag.ingest.run import fill

    store = Store(settings.corpora_folder / "leases")
    fill(store, [dense_writer(store, settings)])
    check = corpus(store.folder, settings)
    assert (check.status, check.cure, "as it was written" in check.what) == ("pass", "", True)


def test_no_corpus_and_no_folder_are_told(tmp_path: Path) -> None:
    """A fresh machine gets the command to begin with."""
    fresh = Settings(data_folder=str(tmp_path / "none"))
    assert [check.status for check in (*corpora(fresh), *data_folder(fresh))] == ["warn", "warn"]
    assert [check.status for check in data_folder(Settings(data_folder=str(tmp_path)))] == ["pass"]


def test_a_corpus_open_to_every_account_is_told(settings: Settings) -> None:
    """A warning for a normal corpus, a failure for a sensitive one; a closed folder above is enough to pass."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(shutil.copytree(settings.corpora_folder / "leases", Path(place) / "leases"))
        folder.chmod(0o755)
        closed = open_to_others(folder)
        Path(place).chmod(0o755)
        normal = corpus(folder, settings)
        store = Store(folder)
        store.configure(sensitivity="high")
        sensitive = corpus(folder, settings)
    assert (closed, normal.status, sensitive.status) == (False, "warn", "fail")
    assert sensitive.cure == f"chmod -R o-rwx {folder}"


def test_a_file_counts_once_however_often_it_is_linked(tmp_path: Path) -> None:
    """Snapshots share their unchanged files."""
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").hardlink_to(tmp_path / "a")
    assert bytes_of(tmp_path) == 5


@pytest.mark.parametrize(("mode", "expected"), [(0o600, "pass"), (0o440, "pass"), (0o620, "fail"), (0o602, "fail")])
def test_secret_files_are_closed(tmp_path: Path, mode: int, expected: str) -> None:
    """A group may read, as Kubernetes mounts secrets; nobody else may, and only the owner writes."""
    file = tmp_path / "key"
    file.write_text("sk-1")
    file.chmod(mode)
    settings = Settings(endpoint={"primary": Endpoint(key_file=str(file))})
    assert [check.status for check in secrets(settings)] == [expected]


# ---------------------------------------------------------------- machine


@pytest.mark.parametrize(
    ("free_gb", "largest_gb", "expected"),
    [(50.0, 1.0, "pass"), (1.0, 0.1, "warn"), (50.0, 60.0, "warn"), (0.1, 0.0, "fail"), (4.0, 60.0, "fail")],
)
def test_disk_is_measured_against_the_largest_corpus(free_gb: float, largest_gb: float, expected: str) -> None:
    """The next snapshot is built beside the old one."""
    assert room(Path("/data"), free_gb, largest_gb).status == expected


@pytest.mark.parametrize(
    ("free_gb", "total_gb", "expected"), [(3.0, 8.0, "pass"), (0.2, 8.0, "warn"), (0.2, 0.3, "fail")]
)
def test_memory_is_measured_against_the_models(free_gb: float, total_gb: float, expected: str) -> None:
    """Too little in all fails, too little free warns."""
    assert space(free_gb, total_gb, 0.4).status == expected


def test_the_clock() -> None:
    """Kept by a time service, after the release, and no corpus from the future."""
    now = datetime(2026, 12, 1, tzinfo=UTC)
    found = [
        time_of_day(now, now - timedelta(days=1), True),
        time_of_day(now, None, False),
        time_of_day(now, now + timedelta(hours=1), True),
        time_of_day(datetime(1970, 1, 1, tzinfo=UTC), None, True),
    ]
    assert [check.status for check in found] == ["pass", "warn", "fail", "fail"]


# ---------------------------------------------------------------- listeners


@pytest.mark.parametrize(
    ("host", "guarded", "expected"),
    [
        ("127.0.0.1", False, "pass"),
        ("localhost", False, "pass"),
        ("::1", False, "pass"),
        ("0.0.0.0", True, "pass"),
        ("0.0.0.0", False, "fail"),
        ("10.1.2.3", False, "fail"),
        ("", False, "fail"),
    ],
)
def test_nothing_listens_beyond_this_machine_without_accounts(host: str, guarded: bool, expected: str) -> None:
    """Every address but loopback needs accounts."""
    assert exposed("page", host, 8501, guarded, "page.sign_in").status == expected


# ---------------------------------------------------------------- the 3-2-1 rule


def model(name: str, place: str = "this machine", status: str = "pass") -> Model:
    where = "local" if place == "this machine" else "cloud"
    return Model(name, name, where, place, Check(name, status, ""))  # type: ignore[arg-type]


FULL = [model("deepseek", "a.example"), model("second", "b.example"), model("reader")]


def test_three_models_two_ways_one_monitoring_pass() -> None:
    """A main model and two backups, in the cloud and here, watched."""
    watched = [Check("monitoring", "pass", "")]
    assert [c.status for c in (three_models(FULL), two_ways(FULL), one_monitoring(watched))] == ["pass"] * 3


@pytest.mark.parametrize(
    ("found", "expected", "word"),
    [
        (FULL[:1] + FULL[2:], "warn", "2 usable"),
        ([FULL[0], model("second", "b.example", "fail"), FULL[2]], "warn", "2 usable"),
        ([FULL[0], model("twin", "a.example"), FULL[2]], "warn", "fail together"),
        ([FULL[0], FULL[0], FULL[2]], "warn", "2 usable"),
        ([model("reader", status="fail")], "fail", "none"),
    ],
)
def test_fewer_than_three_models_are_told(found: list[Model], expected: str, word: str) -> None:
    """One that fails its own check, or is the same twice, does not count; one provider for all is no backup."""
    check = three_models(found)
    assert (check.status, word in check.what, bool(check.cure)) == (expected, True, True)


def test_one_way_of_deployment_is_told() -> None:
    """Without the cloud answers are extracts: a warning. Without a local one it is broken."""
    assert (two_ways(FULL[2:]).status, two_ways(FULL[:2]).status) == ("warn", "fail")


def test_no_monitoring_is_told() -> None:
    """Nothing that watches, or something that watches and does not work."""
    assert one_monitoring([]).status == "warn"
    assert one_monitoring([Check("monitoring", "fail", "gone", "start it")]).cure == "start it"


def test_a_sensitive_corpus_needs_its_backup_here() -> None:
    """Cloud models do not count where questions may not leave the machine."""
    assert local_models(["patients"], FULL).status == "warn"
    assert local_models(["patients"], [*FULL, model("local_chat")]).status == "pass"


# ---------------------------------------------------------------- the whole, and the command


def test_the_whole_examination(settings: Settings) -> None:
    """A line has a cure unless it passes; nothing fails on a healthy machine; a broken corpus spoils only its line."""
    found = checks(settings)
    assert [check for check in found if (check.status == "pass") != (check.cure == "")] == []
    assert (healthy(found), len({check.name for check in found})) == (True, len(found))
    (settings.corpora_folder / "leases" / "corpus.json").write_text("{")
    broken = checks(settings)
    assert [check.name for check in broken if check.status == "fail"] == ["corpus leases"]


def test_the_command(settings: Settings, monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 0 and at most 80 columns; with a failing line 1; --json has the four fields."""
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", settings.data_folder)
    with pytest.raises(SystemExit) as caught:
        main(["doctor"])
    out = capsys.readouterr().out
    assert (caught.value.code, max(map(len, out.splitlines())) <= 80, "0 fail" in out) == (0, True, True)
    monkeypatch.setenv("PRIMARY_ENDPOINT", "https://api.example.com")
    with pytest.raises(SystemExit) as caught:
        main(["doctor", "--json"])
    rows = json.loads(capsys.readouterr().out)
    failed = [row["name"] for row in rows if row["status"] == "fail"]
    assert (caught.value.code, failed, set(rows[0])) == (1, ["endpoint primary"], {"name", "status", "what", "cure"})
