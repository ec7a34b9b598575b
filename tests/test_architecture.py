"""The import directions of docs/architecture.md, held against every import statement, lazy ones included."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("rag", "corpora", "eval", "app")  # sparewheel.<package> in an import
OWN = (*(f"sparewheel.{name}" for name in PACKAGES), "training")

# package -> what it may import of ours; "rag*" is any module of rag, "rag" its leaves
LEAF_NAMES = "types events errors settings text clean table_text disk threads forking versions records rights sql"
LEAVES = {"sparewheel.rag", *(f"sparewheel.rag.{name}" for name in LEAF_NAMES.split())}
ALLOWED = {
    "sparewheel.rag": {"sparewheel.rag*"},
    "sparewheel.corpora": {"sparewheel.rag", "sparewheel.corpora*"},
    "sparewheel.eval": {"sparewheel.rag*", "sparewheel.corpora*", "sparewheel.eval*"},
    "training": {"sparewheel.rag*", "sparewheel.corpora*", "sparewheel.eval*", "training*"},
    "sparewheel.app": {"sparewheel.rag*", "sparewheel.corpora*", "sparewheel.eval*", "sparewheel.app*"},
}
# inside rag: room -> the rooms it may import beside the leaves and itself
ROOMS = {
    "memory": {"answer"},  # the form and the figures of a question
    "ingest": set(),
    "retrieve": {"weights"},
    "answer": {"reliability"},
    "reliability": set(),
    "observe": {"ingest", "places", "postgres", "weights"},  # shows the age of indexes and the sums of models
    "postgres": {"ingest", "retrieve", "reliability"},  # the other engine of the room ingest
    "review": set(),
    "compat": {"runnable", "retrieve", "assemble", "chain"},
}
MOST_BRANCHES = 20  # of one function: McCabe's number, as ruff counts it (C901)


def modules() -> list[tuple[str, Path]]:
    found = []
    for package in (*PACKAGES, "training"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
            found.append((name if package == "training" else f"sparewheel.{name}", path))
    return found


KNOWN = dict(modules())


def imports(path: Path) -> set[str]:
    """Every module of ours that the file names in an import, also inside functions and TYPE_CHECKING blocks."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            named = {f"{node.module}.{alias.name}" for alias in node.names}
            found.update(name if name in KNOWN else node.module for name in named)
    return {name for name in found if package_of(name) in OWN}


def package_of(module: str) -> str:
    parts = module.split(".")
    return ".".join(parts[: 2 if parts[0] == "sparewheel" else 1])


def test_packages_import_only_downwards() -> None:
    """rag imports nothing else of ours; nothing imports app."""
    wrong = []
    for module, path in modules():
        allowed = ALLOWED[package_of(module)]
        for name in imports(path):
            package = package_of(name)
            fits = f"{package}*" in allowed or (package in allowed and name in LEAVES)
            if not fits:
                wrong.append(f"{module} imports {name}")
    assert wrong == []


def test_steps_never_import_one_another() -> None:
    """A room of rag imports the leaves and itself; only chain and assemble know several."""
    wrong = []
    for module, path in modules():
        parts = module.split(".")
        if parts[:2] != ["sparewheel", "rag"] or len(parts) < 3 or parts[2] not in ROOMS:
            continue
        for name in imports(path):
            room = name.removeprefix("sparewheel.rag.").split(".")[0]
            if name not in LEAVES and room != parts[2] and room not in ROOMS[parts[2]]:
                wrong.append(f"{module} imports {name}")
    assert wrong == []


def test_the_checkout_is_imported_under_one_name() -> None:
    """`import rag` works in a checkout by accident of the working folder; nothing of ours may rely on it."""
    wrong = []
    files = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py"), *(path for _, path in modules())]
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                named = [node.module or ""]
            wrong += [f"{path.relative_to(ROOT)}: {name}" for name in named if name.split(".")[0] in PACKAGES]
    assert wrong == []


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """The strongly connected components of more than one module (Tarjan 1972)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(node: str) -> None:
        index[node] = low[node] = len(index)
        stack.append(node)
        for other in graph[node]:
            if other not in index:
                visit(other)
                low[node] = min(low[node], low[other])
            elif other in stack:
                low[node] = min(low[node], index[other])
        if low[node] == index[node]:
            place = stack.index(node)
            component = sorted(stack[place:])
            del stack[place:]
            if len(component) > 1:
                found.append(component)

    for node in graph:
        if node not in index:
            visit(node)
    return found


def test_no_imports_in_a_circle() -> None:
    """Also none hidden in a function or behind TYPE_CHECKING: two files that import each other are one."""
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [["a", "b", "c"]]
    graph = {module: {name for name in imports(path) if name in KNOWN} - {module} for module, path in modules()}
    assert circles(graph) == []


def test_no_function_is_too_branched_to_read() -> None:
    """A function fits a screen and a head."""
    command = [sys.executable, "-m", "ruff", "check", "--select", "C901", "--output-format", "concise"]
    limit = ["--config", f"lint.mccabe.max-complexity={MOST_BRANCHES}"]
    done = subprocess.run(
        [*command, *limit, *PACKAGES, "training"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("heavy", ["torch", "transformers", "faiss", "onnxruntime", "langchain_core", "jieba", "numpy"])
def test_importing_sparewheel_is_light(heavy: str) -> None:
    """`import sparewheel` loads nothing heavy."""
    code = f"import sparewheel, sparewheel.rag.types, sparewheel.rag.errors, sys; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_no_two_test_files_share_a_name() -> None:
    """pytest would import the one for the other, and stop collecting the whole suite."""
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []
