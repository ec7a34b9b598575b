# ruff: noqa: E501
"""What is built on: licences that may be used, a bill of materials, and audits in CI."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("licences", ROOT / "deploy" / "licences.py")
licences = importlib.util.module_from_spec(spec)
sys.modules["licences"] = licences
spec.loader.exec_module(licences)


def test_every_installed_package_has_a_licence_that_may_be_used():
    """Or is known by name, with the reason."""
    found = list(licences.packages())
    assert len(found) > 50
    assert [f"{p.name}: {p.licence}" for p in found if not p.is_allowed] == []


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True), ("MIT License", True), ("Apache-2.0 OR BSD-3-Clause", True), ("Apache Software License", True),
        ("BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0", True), ("Mozilla Public License 2.0 (MPL 2.0)", True),
        ("GPL-3.0", False), ("GNU Affero General Public License v3", False), ("MIT AND GPL-2.0", False), ("", False),
        ("LGPL-3.0-only", False), ("Proprietary", False), ("CC BY-NC 4.0", False), ("MIT; Other/Proprietary License", False),
    ],
)  # fmt: skip
def test_only_licences_on_the_list_are_allowed(licence, allowed):
    """One of several that is not, and the package is not."""
    assert licences.Package("x", "1", licence, "").is_allowed is allowed


def test_the_bill_of_materials_names_every_package_with_its_hashes(tmp_path):
    """CycloneDX, made from the lock by the command of `make sbom`."""
    pytest.importorskip("cyclonedx_py")
    target = re.search(r"^sbom:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    options = re.search(r"cyclonedx_py (requirements .*?) -o ", target.replace("\\\n", " "))[1].split()
    out = tmp_path / "sbom.json"
    subprocess.run([sys.executable, "-m", "cyclonedx_py", *options, "-o", str(out)], cwd=ROOT, check=True)
    bill = json.loads(out.read_text())
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "sparewheel")
    names = {component["name"].lower() for component in bill["components"]}
    locked = {m.lower() for m in re.findall(r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements.lock").read_text(), re.M)}
    assert locked - names == set()
    hashed = [c for c in bill["components"] if any(ref.get("hashes") for ref in c.get("externalReferences", ()))]
    assert len(hashed) > 0.9 * len(locked)


def test_ci_audits_what_is_locked():
    """Known faults of packages, by two sources, and the licences."""
    ci = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    for step in ("make sbom", "make licences", "make audit", "osv-scanner"):
        assert step in ci
