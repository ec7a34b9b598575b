"""What a release writes and refuses; the building itself is tried by `make release`."""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("release", ROOT / "deploy" / "release.py")
assert spec is not None
assert spec.loader is not None
release = importlib.util.module_from_spec(spec)
spec.loader.exec_module(release)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files in which the version stands, as they are in the repository."""
    for name in (*release.PLACES, "CHANGELOG.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    log = tmp_path / "CHANGELOG.md"
    log.write_text("# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A wheel.\n\n## [0.1.0] - 2026-01-01\n\n- First.\n")
    return tmp_path


def test_the_version_stands_everywhere_after_a_release(checkout: Path) -> None:
    """In the package, both fields of the chart and both images; the notes move under it, with the date."""
    release.write_version(checkout, "9.8.7", "2027-01-02")
    assert release.current(checkout) == "9.8.7"
    chart = (checkout / "deploy/helm/sparewheel/Chart.yaml").read_text()
    assert ("\nversion: 9.8.7\n" in chart, "appVersion: 9.8.7" in chart) == (True, True)
    assert (checkout / "deploy/compose.yaml").read_text().count("SPAREWHEEL_VERSION:-9.8.7}") == 2
    assert "## [Unreleased]\n\n## [9.8.7] - 2027-01-02\n" in (checkout / "CHANGELOG.md").read_text()
    assert release.section(checkout, "9.8.7").strip().endswith("- A wheel.")


def test_a_release_without_notes_is_refused(checkout: Path) -> None:
    """Nobody would know what changed; nothing is written then."""
    log = checkout / "CHANGELOG.md"
    log.write_text("# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-01-01\n\n- First.\n")
    before = release.current(checkout)
    with pytest.raises(release.ReleaseError, match="nothing under"):
        release.write_version(checkout, "9.8.7", "2027-01-02")
    assert release.current(checkout) == before


@pytest.mark.parametrize("version", ["1.2", "v1.2.3", "1.2.3-beta", "next"])
def test_what_is_no_version_is_refused(version: str) -> None:
    """With how one is written, before anything is built."""
    with pytest.raises(release.ReleaseError, match=r"0\.2\.0"):
        release.release(version, install=False)


def test_the_versions_in_the_repository_agree() -> None:
    """Chart, images and package are one release."""
    version = release.current(ROOT)
    for name, pattern in release.PLACES.items():
        assert set(release.re.findall(pattern, (ROOT / name).read_text(encoding="utf-8"))) == {version}, name


def test_checksums_are_those_of_the_files(tmp_path: Path) -> None:
    """One line a file, as sha256sum reads it."""
    (tmp_path / "a.whl").write_bytes(b"wheel")
    release.sums(tmp_path)
    release.sums(tmp_path)
    assert (tmp_path / "SHA256SUMS").read_text() == f"{hashlib.sha256(b'wheel').hexdigest()}  a.whl\n"
