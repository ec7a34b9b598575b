"""Settings from file and environment: typed, bounded, and a misspelt key is told."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import pytest

from sparewheel.rag.errors import SettingsError
from sparewheel.rag.settings import Endpoint, describe, load_settings
from sparewheel.rag.settings.read import build


def from_toml(tmp_path, text, env=None):
    file = tmp_path / "sparewheel.toml"
    file.write_text(text, encoding="utf-8")
    return load_settings(file, env=env or {})


def test_file_then_environment(tmp_path) -> None:
    """The environment wins over the file, the file over the defaults."""
    text = '[retrieve]\nevidence_k = 5\nrrf_k = 10\n[endpoint.main]\nurl = "https://example.org"\nmodel = "m"\n'
    settings = from_toml(tmp_path, text, {"SPAREWHEEL_RETRIEVE__EVIDENCE_K": "7"})
    assert (settings.retrieve.evidence_k, settings.retrieve.rrf_k, settings.endpoint["main"].model) == (7, 10, "m")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[retreive]\n", "unknown setting 'retreive'; did you mean 'retrieve'"),
        ("[retrieve]\nevidence = 3", "unknown setting 'retrieve.evidence'; did you mean 'evidence_k'"),
        ("[retrieve]\nevidence_k = 0", "evidence_k = 0 is out of range 1 to 100"),
        ("[retrieve]\nevidence_k = 2.5", "evidence_k = 2.5 is not an int"),
        ("[retrieve]\nrerank = 'of'", "rerank = 'of' is not one of 'auto', 'off'; did you mean 'off'"),
        ("[answer]\nlocal_ahead = 'perhaps'", "speculative = 'perhaps' is not true or false"),
        ("retrieve = 3", "'retrieve' is a section"),
        ("[answer]\norder = 'a", "not valid TOML"),
    ],
)
def test_a_wrong_setting_names_itself_and_the_cure(tmp_path, text, message) -> None:
    """Every message holds the key and the value."""
    with pytest.raises(SettingsError, match=message.replace("(", r"\(")):
        from_toml(tmp_path, text)


def test_a_missing_file_is_an_error() -> None:
    """A file that was named must be there."""
    with pytest.raises(SettingsError, match=r"cannot read settings file '/no/such\.toml'"):
        load_settings("/no/such.toml", env={})


def test_endpoints_as_a_deployment_names_them() -> None:
    """PRIMARY_ENDPOINT and SECONDARY_ENDPOINT make two endpoints, in this order."""
    env = {
        "PRIMARY_ENDPOINT": "https://api.deepseek.com",
        "DEEPSEEK_API_KEY": "k1",
        "SECONDARY_ENDPOINT": "https://other.example/v1",
        "SECONDARY_ENDPOINT_MODEL": "m2",
        "SECONDARY_ENDPOINT_KEY_FILE": "/run/key",
    }
    found = load_settings(env=env).endpoint
    assert list(found) == ["primary", "secondary"]
    assert (found["primary"].key, found["secondary"].key) == ("k1", "")
    assert (found["secondary"].model, found["secondary"].key_file) == ("m2", "/run/key")


def test_a_deepseek_key_alone_is_enough() -> None:
    """DEEPSEEK_API_KEY makes the endpoint "deepseek"; no key, no endpoint."""
    assert load_settings(env={"DEEPSEEK_API_KEY": "k"}).endpoint == {"deepseek": Endpoint(key_env="DEEPSEEK_API_KEY")}
    assert load_settings(env={}).endpoint == {}


def test_every_setting_is_documented() -> None:
    """No key without a sentence."""
    rows = describe()
    assert len(rows) > 40
    assert [row.key for row in rows if len(row.doc) < 8] == []


def test_about_forty_settings_are_what_a_newcomer_sees() -> None:
    """The others are advanced: shown with --all, or once they were changed."""
    shown = [row.key for row in describe() if not row.advanced]
    assert len(shown) <= 40
    assert {"data_folder", "endpoint.NAME.url", "answer.order", "api.port"} <= set(shown)


@dataclass(frozen=True)
class Renamed:
    seconds: float = field(default=1.0, metadata={"doc": "", "low": 0, "high": 9, "was": "secs"})


def test_an_older_name_of_a_key_is_read_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """The warning names the new key; the newest name alone is silent."""
    with caplog.at_level(logging.WARNING):
        assert build(Renamed, {"seconds": 2.0}, "file", "part.") == Renamed(2.0)
        assert caplog.messages == []
        assert build(Renamed, {"secs": 3.0}, "file", "part.") == Renamed(3.0)
    assert caplog.messages == ["file: setting 'part.secs' is now called 'part.seconds'; please rename it"]
