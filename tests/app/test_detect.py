"""Chat servers on this machine are found by their ports, and their settings can be used as they are printed."""

import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer

from sparewheel.app.detect import detect, section


class Ollama(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"data": [{"id": "qwen3:8b"}, {"id": "llama3"}]}')

    def log_message(self, *_):
        pass


def test_a_server_is_found_with_its_models_and_a_silent_port_is_none():
    """The printed section is valid TOML that names url and model."""
    server = HTTPServer(("127.0.0.1", 0), Ollama)
    threading.Thread(target=server.handle_request, daemon=True).start()
    [found] = detect({server.server_port: "ollama", 1: "vllm"})
    server.server_close()
    assert found.models == ("qwen3:8b", "llama3")
    written = tomllib.loads(section(found))["endpoint"]["ollama"]
    assert (written["url"], written["model"]) == (f"http://127.0.0.1:{server.server_port}/v1", "qwen3:8b")
