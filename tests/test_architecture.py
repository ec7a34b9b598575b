"""The import directions of docs/architecture.md, held against every import statement, lazy ones included."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("rag", "corpora", "eval", "training", "app")

# package -> what it may import of ours; "rag*" is any module of rag, "rag" its front door (with the shared leaves)
LEAVES = {"rag", "rag.types", "rag.events", "rag.errors", "rag.settings", "rag.text"}
ALLOWED = {
    "rag": {"rag*"},
    "corpora": {"rag", "corpora*"},
    "eval": {"rag*", "corpora*", "eval*"},
    "training": {"rag*", "corpora*", "eval*", "training*"},
    "app": {"rag*", "corpora*", "eval*", "app*"},
}
# inside rag: room -> the rooms it may import beside the leaves and itself
ROOMS = {
    "ingest": set(),
    "retrieve": set(),
    "answer": {"rag.reliability"},
    "reliability": set(),
    "observe": {"rag.ingest", "rag.models"},  # shows the age of indexes and the sums of models
    "compat": {"rag.runnable", "rag.retrieve", "rag.assemble", "rag.chain"},
}


def modules() -> list[tuple[str, Path]]:
    found = []
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return found


def imports(path: Path) -> set[str]:
    """Every module of ours that the file names in an import, also inside functions and TYPE_CHECKING blocks."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update(name if is_module(name) else node.module for name in named)
    return {name for name in found if name.split(".")[0] in PACKAGES}


def is_module(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def test_packages_import_only_downwards() -> None:
    """rag imports nothing else of ours; nothing imports app."""
    wrong = []
    for module, path in modules():
        allowed = ALLOWED[module.split(".")[0]]
        for name in imports(path):
            package = name.split(".")[0]
            fits = f"{package}*" in allowed or (package in allowed and name in LEAVES)
            if not fits:
                wrong.append(f"{module} imports {name}")
    assert wrong == []


def test_steps_never_import_one_another() -> None:
    """A room of rag imports the leaves and itself; only chain and assemble know several."""
    wrong = []
    for module, path in modules():
        parts = module.split(".")
        if parts[0] != "rag" or len(parts) < 2 or parts[1] not in ROOMS:
            continue
        own = f"rag.{parts[1]}"
        allowed = ROOMS[parts[1]]
        for name in imports(path):
            room = ".".join(name.split(".")[:2])
            if name not in LEAVES and room != own and room not in allowed:
                wrong.append(f"{module} imports {name}")
    assert wrong == []


def test_no_file_is_too_long_to_read() -> None:
    """A file is read top to bottom: 300 lines at most."""
    lines = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for _, path in modules()}
    assert {name: count for name, count in lines.items() if count > 300} == {}


@pytest.mark.parametrize("heavy", ["torch", "transformers", "faiss", "onnxruntime", "langchain_core", "jieba", "numpy"])
def test_importing_rag_is_light(heavy: str) -> None:
    """`import rag` loads nothing heavy."""
    code = f"import rag, rag.types, rag.errors, sys; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
