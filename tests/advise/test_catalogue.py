"""The catalogue's figures follow from its formula, and a changed weight file is noticed."""

import json

import pytest
from click.testing import CliRunner

from sparewheel.app.advise.catalogue import BITS, Fit, Open, catalogue, find, fit
from sparewheel.app.advise.machine import Machine, gpus, machine
from sparewheel.app.cli.models import models
from sparewheel.rag.disk import sha256_of
from sparewheel.rag.errors import NotFound, StoreError
from sparewheel.rag.weights import built_in, verify

SMALL = Open("small", "Small", "hub/small", 10.0, 4096, "MIT", "en", "tests")


def test_the_catalogue_has_the_models_people_ask_for():
    """The five that were asked for are there, every row has its facts, and names are unique to lists."""
    names = [model.name for model in catalogue()]
    assert {"llama-3.1-8b", "qwen2-7b", "mixtral-8x22b", "phi-3-mini", "gemma-2b"} <= set(names)
    assert all(m.parameters > 0 and m.context > 0 and m.licence and m.use and "/" in m.hub for m in catalogue())
    assert [m.parameters for m in catalogue()] == sorted(m.parameters for m in catalogue())
    assert not set(names) & {m.name for m in built_in()}


def test_memory_follows_the_formula():
    """Billions x bits a weight / 8 x 1.2: ten billion at 16 bit are 24 GB."""
    assert [round(SMALL.memory_gb(bits), 2) for bits in BITS] == [24.0, 12.75, 6.75]


@pytest.mark.parametrize(
    ("memory", "gpu", "expected"),
    [
        (64, (80.0,), Fit("gpu", 16)),
        (64, (8.0,), Fit("gpu", 4)),
        (64, (8.0, 8.0), Fit("gpu", 8)),
        (64, (), Fit("cpu", 8)),
        (7, (), Fit("cpu", 4)),
        (4, (4.0,), Fit("", 0)),
    ],
)
def test_a_model_runs_where_it_fits_best(memory, gpu, expected):
    """The GPUs first, together, with the most bits that fit; then main memory, at most 8 bits; else nowhere."""
    assert fit(SMALL, Machine(8, memory, memory, tuple(("card", gb) for gb in gpu))) == expected


def test_this_machine_is_measured():
    """Cores and memory are this machine's; free is no more than all."""
    here = machine()
    assert here.cores >= 1
    assert 0 < here.free_gb <= here.memory_gb


def test_gpus_are_read_from_the_drivers_tool(tmp_path):
    """Name and memory of each card; a machine without the tool, or with a broken driver, has none."""
    tool = tmp_path / "smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA H100 80GB HBM3, 81559'\necho 'broken, [N/A]'\n")
    tool.chmod(0o755)
    ((name, memory),) = gpus((str(tool),))
    assert (name, round(memory)) == ("NVIDIA H100 80GB HBM3", 86)
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert gpus((str(tool),)) == gpus(("no-such-tool",)) == []


def test_an_unknown_model_is_named_with_the_nearest():
    """The error suggests what was meant."""
    with pytest.raises(NotFound, match=r"llama-3\.1-8b"):
        find("llama-3.1-7b")


@pytest.fixture
def weights(tmp_path):
    folder = tmp_path / "embed-en"
    folder.mkdir()
    (folder / "model.onnx").write_bytes(b"weights")
    (tmp_path / "checksums.json").write_text(json.dumps({"embed-en/model.onnx": sha256_of(folder / "model.onnx")}))
    return tmp_path


def test_an_untouched_file_verifies(weights):
    """The committed sum is the file's."""
    assert verify(weights) == {"embed-en/model.onnx": ""}


def test_changed_missing_and_foreign_files_are_told_apart(weights):
    """Each trouble has its own words and its cure."""
    model = weights / "embed-en" / "model.onnx"
    model.write_bytes(b"Weights")
    (weights / "embed-en" / "config.json").write_text("{}")
    found = verify(weights)
    assert found["embed-en/model.onnx"].startswith("changed: sha256")
    assert "not a file of this release" in found["embed-en/config.json"]
    model.unlink()
    assert verify(weights)["embed-en/model.onnx"] == "missing; reinstall sparewheel-models"


def test_a_missing_list_of_sums_is_an_error(tmp_path):
    """Without it nothing can be said of the files."""
    with pytest.raises(StoreError, match="checksums"):
        verify(tmp_path)


def test_the_list_fits_eighty_columns_and_has_every_model():
    """No line is longer than 80 characters and every model is on one."""
    result = CliRunner().invoke(models, ["list"])
    assert result.exit_code == 0
    assert max(map(len, result.output.splitlines())) <= 80
    assert all(model.name in result.output for model in (*built_in(), *catalogue()))


def test_the_list_as_json():
    """Machine, built-in and open models; --fits leaves out what doesn't run here."""
    whole = json.loads(CliRunner().invoke(models, ["list", "--json"]).output)
    fitting = json.loads(CliRunner().invoke(models, ["list", "--fits", "--json"]).output)
    assert [row["name"] for row in whole["open"]] == [model.name for model in catalogue()]
    assert [row for row in whole["open"] if row["runs"]] == fitting["open"]
    assert whole["machine"]["cores"] >= 1


def test_info_tells_memory_and_licence():
    """One model's facts, for people and as JSON."""
    assert "19.2 GB at 16 bit" in CliRunner().invoke(models, ["info", "llama-3.1-8b"]).output
    row = json.loads(CliRunner().invoke(models, ["info", "mixtral-8x22b", "--json"]).output)
    assert (row["licence"], row["memory_gb"]["4"]) == ("Apache-2.0", 95.2)
