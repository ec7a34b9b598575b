"""The commands of docs/getting-started.md, as its reader types them, in its order."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from sparewheel.app.cli import main
from sparewheel.corpora import samples

PAGE = (Path(__file__).parents[2] / "docs" / "getting-started.md").read_text(encoding="utf-8")
COMMANDS = [
    line
    for block in re.findall(r"^```bash\n(.*?)^```$", PAGE, re.M | re.S)
    for line in block.splitlines()
    if line.startswith("sparewheel ")
]
REFUSED = 3  # of a question that the sample does not answer


def test_every_command_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    """Over one sample lease in ~/contracts, without a network: the endpoint that the page names does not answer."""
    folder = tmp_path / "contracts"
    folder.mkdir()
    lease = samples("legal") / "documents" / "commercial-lease.pdf"
    (folder / "msa-2024.pdf").write_bytes(lease.read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SPAREWHEEL_DATA_FOLDER", str(tmp_path / "data"))
    monkeypatch.setenv("SPAREWHEEL_INGEST__WORKERS", "1")
    monkeypatch.delenv("DEEPSEEK_API_KEY", raising=False)
    monkeypatch.setattr("sparewheel.app.detect.detect", lambda: [])
    codes = {}
    for command in COMMANDS:
        with pytest.raises(SystemExit) as ended:
            main([word.replace("~", str(tmp_path)) for word in shlex.split(command)[1:]])
        codes[command] = ended.value.code
    assert len(COMMANDS) >= 7
    assert {command: code for command, code in codes.items() if code not in (0, REFUSED)} == {}
    assert [code for command, code in codes.items() if " ask " not in command and code] == []
    out = " ".join(capsys.readouterr().out.split())
    assert "1 January, 1 April, 1 July and 1 October" in out
    assert "needs a key: export DEEPSEEK_API_KEY" in out
