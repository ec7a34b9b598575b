"""A release: `make release VERSION=0.2.0` (or `make release` to try everything without changing anything).

Writes the version where it stands, dates the changelog's section, builds wheels and sdists, a bill of materials and
checksums in dist/, tries the wheels in new environments of every Python found, builds the images where a Docker daemon
runs, then commits and tags. Nothing is pushed or uploaded.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11", "3.12", "3.13")
# where the version of the program stands: a pattern with the version as its group
PLACES = {
    "pyproject.toml": r'(?m)^version = "([^"]+)"',
    "deploy/helm/sparewheel/Chart.yaml": r"(?m)^(?:appVersion|version): (\S+)",
    "deploy/compose.yaml": r"SPAREWHEEL_VERSION:-([^}]+)\}",
}
VERSION = re.compile(r"\d+\.\d+\.\d+(?:(?:a|b|rc)\d+)?")
UNRELEASED = "## [Unreleased]\n"


class ReleaseError(Exception):
    """What stands in the way, and what to do."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("version", nargs="?", default="", help="without it nothing is changed or tagged")
    parser.add_argument("--no-install", action="store_true", help="try the wheels with these packages only")
    given = parser.parse_args()
    try:
        release(given.version, install=not given.no_install)
    except ReleaseError as error:
        sys.exit(f"release: {error}")


def release(version: str, *, install: bool) -> None:
    if version:
        if not VERSION.fullmatch(version):
            raise ReleaseError(f"{version!r} is no version; write one like 0.2.0 or 0.2.0rc1")
        if _run("git", "status", "--porcelain").strip():
            raise ReleaseError("there are changes that are not committed; commit or stash them first")
        if _run("git", "tag", "--list", f"v{version}").strip():
            raise ReleaseError(f"the tag v{version} exists already; take the next version")
        write_version(ROOT, version, datetime.now(UTC).strftime("%Y-%m-%d"))
    version = version or current(ROOT)
    build()
    smoke(install=install)
    images(version)
    sums(ROOT / "dist")
    if _run("git", "status", "--porcelain", "--untracked-files=no").strip():
        _run("git", "commit", "-qam", f"Release {version}")
        _run("git", "tag", "-a", f"v{version}", "-m", section(ROOT, version))
        print(f"committed and tagged v{version}; look at it, then: git push --follow-tags")
    print(f"dist/ holds {len(list((ROOT / 'dist').iterdir()))} files of version {version}")


def current(root: Path) -> str:
    """The version of pyproject.toml."""
    found: str = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    return found


def write_version(root: Path, version: str, today: str) -> None:
    """Puts the version everywhere it stands, and what was unreleased under it. Raises ReleaseError without a note."""
    log = root / "CHANGELOG.md"
    text = log.read_text(encoding="utf-8")
    if not re.search(rf"{re.escape(UNRELEASED)}\s*\S", text) or re.search(rf"{re.escape(UNRELEASED)}\s*## \[", text):
        raise ReleaseError("CHANGELOG.md has nothing under [Unreleased]; write what changes for a user")
    log.write_text(text.replace(UNRELEASED, f"{UNRELEASED}\n## [{version}] - {today}\n", 1), encoding="utf-8")
    for name, pattern in PLACES.items():
        file = root / name
        text, count = re.subn(pattern, lambda m: m[0].replace(m[1], version), file.read_text(encoding="utf-8"))
        if not count:
            raise ReleaseError(f"{name} has no version any more; mend PLACES of deploy/release.py")
        file.write_text(text, encoding="utf-8")


def section(root: Path, version: str) -> str:
    """What the changelog says of a version."""
    text = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    found = re.search(rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|\Z)", text, re.MULTILINE | re.DOTALL)
    return f"Sparewheel {version}\n\n{found[1].strip() if found else ''}\n"


def build() -> None:
    """Wheels and sdists of both distributions, and the bill of materials where the Makefile has one."""
    shutil.rmtree(ROOT / "dist", ignore_errors=True)
    for folder in ("models", "models/second", "."):
        _run(sys.executable, "-m", "build", "-q", "--outdir", "dist", folder)
    if re.search(r"^sbom:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE):
        _run("make", "-s", "sbom")
        for made in ROOT.glob("*.cdx.json"):
            shutil.move(made, ROOT / "dist" / made.name)


def smoke(*, install: bool) -> None:
    """The wheels in an environment of their own, of every Python that is here."""
    if not install:
        _run("deploy/wheel_test.sh", sys.executable)
        return
    for version in PYTHONS:
        python = shutil.which(f"python{version}")
        if python and subprocess.run([python, "-V"], capture_output=True, check=False).returncode == 0:
            _run("deploy/wheel_test.sh", python, "--install")
            print(f"Python {version}: the wheels work")
        else:
            print(f"Python {version}: not here, left to the workflow")


def images(version: str) -> None:
    """Both images, where there is a daemon to build them."""
    if not shutil.which("docker") or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
        print("no Docker daemon here: the images are not built")
        return
    for part in ("api", "ui"):
        tag = f"sparewheel-{part}:{version}"
        _run("docker", "build", "-q", "-f", "deploy/Dockerfile", "--target", part, "-t", tag, ".")


def sums(folder: Path) -> None:
    """SHA256SUMS, as `sha256sum --check` reads it."""
    files = sorted(path for path in folder.iterdir() if path.name != "SHA256SUMS")
    lines = [f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n" for path in files]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def _run(*command: str) -> str:
    """What it printed. Raises ReleaseError with the end of what it said."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        said = f"{done.stderr[-700:]}\n{done.stdout[-1500:]}".strip()
        raise ReleaseError(f"{' '.join(command[:4])} ended with {done.returncode}:\n{said}")
    return done.stdout


if __name__ == "__main__":
    main()
