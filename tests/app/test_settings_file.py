"""What `sparewheel models detect --write` does to the settings file."""

from __future__ import annotations

import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sparewheel.app import detect
from sparewheel.app.cli import main
from sparewheel.app.settings_file import write_endpoints
from sparewheel.rag.errors import SettingsError
from sparewheel.rag.settings import load_settings

SECTION = '[endpoint.ollama]\nurl = "http://127.0.0.1:11434/v1"\nmodel = "new"\n'
OTHERS = (
    '# mine\n[retrieve]\nevidence_k = 5  # enough\n\n[endpoint.ollama]\nmodel = "old"\n\n# the page\n[page]\nport = 1\n'
)


def test_a_new_file_holds_the_section_and_is_private(tmp_path: Path) -> None:
    """Its folders are made, too."""
    file = tmp_path / "new" / "sparewheel.toml"
    write_endpoints(file, {"ollama": SECTION})
    assert (file.read_text(), file.stat().st_mode & 0o777) == (SECTION, 0o600)


def test_all_else_in_the_file_is_kept(tmp_path: Path) -> None:
    """Values, comments and rights."""
    file = tmp_path / "sparewheel.toml"
    file.write_text("# mine\n[retrieve]\nevidence_k = 5  # enough\n")
    file.chmod(0o640)
    write_endpoints(file, {"ollama": SECTION})
    assert file.read_text() == f"# mine\n[retrieve]\nevidence_k = 5  # enough\n\n{SECTION}"
    assert file.stat().st_mode & 0o777 == 0o640


def test_an_endpoint_of_the_name_is_replaced_only_by_force(tmp_path: Path) -> None:
    """Without it nothing is written, not even the other endpoint; with it the rest of the file stays."""
    file = tmp_path / "sparewheel.toml"
    file.write_text(OTHERS)
    with pytest.raises(SettingsError, match="--force"):
        write_endpoints(file, {"vllm": SECTION.replace("ollama", "vllm"), "ollama": SECTION})
    assert file.read_text() == OTHERS
    write_endpoints(file, {"ollama": SECTION}, force=True)
    kept = "# mine\n[retrieve]\nevidence_k = 5  # enough\n\n# the page\n[page]\nport = 1\n"
    assert file.read_text() == f"{kept}\n{SECTION}"


@pytest.mark.parametrize(
    "text",
    [
        'endpoint = { ollama = { model = "old" } }\n',
        '[endpoint]\nollama.model = "old"\n',
        'endpoint = { other = { model = "old" } }\n',
        "[endpoint\n",
        '[endpoint.ollama]\nmodel = """\n[page]\n"""\n',
    ],
)
def test_what_cannot_be_changed_safely_is_left(tmp_path: Path, text: str) -> None:
    """A layout in which more would change, and a file that is no TOML."""
    file = tmp_path / "sparewheel.toml"
    file.write_text(text)
    with pytest.raises(SettingsError):
        write_endpoints(file, {"ollama": SECTION}, force=True)
    assert file.read_text() == text


class Models(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"data": [{"id": "qwen3:8b"}]}')

    def log_message(self, *_: object) -> None:
        pass


def test_the_command_writes_what_it_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Into the file of --config, which the settings then read; a second time only by --force."""
    server = HTTPServer(("127.0.0.1", 0), Models)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    find = detect.detect
    monkeypatch.setattr(detect, "detect", lambda: find({server.server_port: "ollama"}))
    file, codes = tmp_path / "sparewheel.toml", []
    for options in (["--write"], ["--write"], ["--write", "--force"]):
        with pytest.raises(SystemExit) as caught:
            main(["--config", str(file), "models", "detect", *options])
        codes.append(caught.value.code)
    server.shutdown()
    server.server_close()
    assert codes == [0, 2, 0]
    assert load_settings(file, env={}).endpoint["ollama"].model == "qwen3:8b"
    assert list(tomllib.loads(file.read_text())) == ["endpoint"]
