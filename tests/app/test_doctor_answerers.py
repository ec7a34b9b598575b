"""The doctor's lines about answerers and the 3-2-1 rule, both ways: well, and wrong with the cure."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from sparewheel.app.doctor import Check
from sparewheel.app.doctor.answerers import Model, endpoint_check, models
from sparewheel.app.doctor.local_models import built_in, local_chat, reader
from sparewheel.app.doctor.rule import local_models, one_monitoring, three_models, two_ways
from sparewheel.eval.availability.server import FaultServer
from sparewheel.rag.errors import SettingsError
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.settings import Answering, Endpoint, LocalChat, Settings
from sparewheel.rag.weights import WEIGHTS


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
        "deepseek-flash at api.deepseek.com, its key can be read; not called (--allow-calls)",
    )


@pytest.mark.parametrize(
    ("endpoint", "status", "what"),
    [
        (Endpoint(key_file="/nowhere/key"), "fail", "cannot be read"),
        (Endpoint(key_env="SPAREWHEEL_TEST_NO_SUCH_KEY"), "fail", "'SPAREWHEEL_TEST_NO_SUCH_KEY' holds no key"),
        (Endpoint(key="two words"), "fail", "is no key"),
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
        ("404", "fail", "HTTP 404: Model Not Exist"),
        ("422", "fail", "unknown_parameter"),
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
    """The release's own pass; a folder without sums warns; one changed byte, and a missing reader, fail."""
    assert [check.status for check in (*built_in(), *built_in(tmp_path))] == ["pass", "warn"]
    (tmp_path / "reader-en").mkdir()
    shutil.copy(WEIGHTS / "checksums.json", tmp_path)
    (tmp_path / "reader-en" / "model.onnx").write_bytes(b"changed")
    assert [check.status for check in built_in(tmp_path)] == ["fail"]
    assert (reader().status, reader(tmp_path / "empty").status) == ("pass", "fail")


def test_the_local_chat_model_must_be_here_or_may_be_fetched() -> None:
    """A name that is not here fails unless it may be fetched, and then it is not counted yet."""
    absent = LocalChat(model="nobody/no-such-model")
    fetched = replace(absent, allow_download=True)
    assert [local_chat(absent).status, local_chat(fetched).status] == ["fail", "warn"]
    rule = three_models(models(Settings(local_chat=fetched), allow_calls=False))
    assert (rule.status, "not counted: local_chat" in rule.what) == ("warn", True)


def test_a_busy_endpoint_is_not_counted_once_it_was_called(cloud: FaultServer) -> None:
    """It warns only, but the rule counts the models that answered."""
    found = {name: Endpoint(url=cloud.url, key_env="PATH", model=f"fault:{name}") for name in ("ok", "503")}
    settings = Settings(endpoint=found)
    assert [m.name for m in models(settings, allow_calls=False) if m.usable] == ["ok", "503", "reader"]
    assert [m.name for m in models(settings, allow_calls=True) if m.usable] == ["ok", "reader"]


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
    counted, unwatched = Check("metrics", "pass", "shown"), Check("Prometheus", "warn", "none", "start one")
    assert one_monitoring([counted, unwatched]).cure == "start one"


def test_a_sensitive_corpus_needs_its_backup_here() -> None:
    """Cloud models do not count where questions may not leave the machine."""
    assert local_models(["patients"], FULL).status == "warn"
    assert local_models(["patients"], [*FULL, model("local_chat")]).status == "pass"
