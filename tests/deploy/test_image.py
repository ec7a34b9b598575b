"""The Dockerfile: linted, and what it copies, installs, exposes and asks for is there."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from conftest import tool

from sparewheel.rag.settings import load_settings

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def requirements(extras: str) -> list[str]:
    """What the image's script prints for the extras."""
    command = [sys.executable, "deploy/requirements.py", extras]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def stage(name: str) -> str:
    """The text of one stage."""
    found = re.search(rf"^FROM \S+ AS {name}$(.+?)(?=^FROM |\Z)", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert found is not None, name
    return found[1]


def test_hadolint_finds_nothing() -> None:
    """With the one exception that the file explains."""
    done = subprocess.run(
        [tool("hadolint"), "deploy/Dockerfile"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")
    assert DOCKERFILE.count("hadolint ignore") == 1


def test_the_requirements_are_those_of_the_project() -> None:
    """The base, and the extras with the extras that they name; an unknown extra is an error."""
    base = set(PROJECT["dependencies"])
    extras = PROJECT["optional-dependencies"]
    own = {"sparewheel-models==1.*", "sparewheel-models-second==1.*"}
    assert set(requirements("serve,ui")) == (base - own) | set(extras["serve"]) | set(extras["ui"])
    assert not any("sparewheel" in line for line in requirements("all"))
    assert set(requirements("all")) > set(requirements("serve,ui,eval"))
    with pytest.raises(subprocess.CalledProcessError):
        requirements("no-such-extra")


@pytest.mark.parametrize(("part", "word", "other"), [("api", "fastapi", "streamlit"), ("ui", "streamlit", "torch")])
def test_an_image_has_what_its_command_needs_and_no_more(part: str, word: str, other: str) -> None:
    """The API has no page's libraries, neither has torch."""
    extras = re.search(r"^ARG EXTRAS=(.+)$", stage(f"{part}-dependencies"), re.MULTILINE)
    assert extras is not None
    names = {re.split(r"[<>=\[]", line)[0] for line in requirements(extras[1])}
    assert (word in names, other in names, "torch" in names) == (True, False, False)


def test_nothing_but_the_program_is_sent_to_the_builder() -> None:
    """All is left out but the packages that the wheel needs, and what the Dockerfile copies by name."""
    lines = (ROOT / "deploy/Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line[1:] for line in lines if line.startswith("!")}
    assert lines[1] == "*"
    assert {"rag", "corpora", "eval", "app"} <= let_in
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    named = {name for line in copied for name in line.split() if name != "."}
    assert named <= let_in
    assert [name for name in let_in if not (ROOT / name).exists()] == []


def test_the_program_runs_without_rights_or_tools() -> None:
    """Another user, pip and its like removed, and what it writes goes to /data and /tmp."""
    runtime = stage("runtime")
    assert "USER 10001:10001" in runtime
    assert "pip uninstall -y --root-user-action=ignore setuptools wheel pip" in runtime
    assert 'VOLUME ["/data", "/tmp"]' in runtime
    assert "--from=build" not in runtime
    assert not re.search(r"\b(gcc|build-essential|curl|git)\b", DOCKERFILE)


@pytest.mark.parametrize(("part", "path"), [("api", "/healthz"), ("ui", "/_stcore/health")])
def test_the_health_check_asks_the_port_that_is_listened_on(part: str, path: str) -> None:
    """The variables of both stages are settings, and the port is the program's default."""
    text = stage("runtime") + stage(part)
    pairs = dict(re.findall(r"\b((?:SPAREWHEEL)_\w+)=(\S+)", text))
    settings = load_settings("/dev/null", env=pairs)
    port = settings.api.port if part == "api" else settings.page.port
    assert f"http://127.0.0.1:{port}{path}" in stage(part)
    assert re.search(rf"^EXPOSE .*\b{port}\b", stage(part), re.MULTILINE)
