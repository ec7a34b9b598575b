"""The Python in README and docs runs, and the pages of the site are all there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sparewheel.corpora import samples
from sparewheel.rag.assemble import keyword_writer
from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder
from sparewheel.rag.ingest.run import ingest
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.settings import Settings, load_settings
from sparewheel.rag.types import Profile

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
NEEDS = {"OpenAI(": "a server", "dataset(": "public data"}  # what stands in a snippet -> what it needs


def snippets() -> list[tuple[str, str]]:
    """(page, its Python: all snippets of a page are one program)."""
    found = [(page.name, "\n".join(PYTHON.findall(page.read_text(encoding="utf-8")))) for page in PAGES]
    return [(page, code) for page, code in found if code]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the corpus "contracts": one sample lease."""
    folder = tmp_path_factory.mktemp("docs")
    settings = Settings(data_folder=str(folder))
    store = Store.create(corpus_folder(settings.corpora_folder, "contracts"), CorpusConfig("contracts", "legal"))
    lease = samples("legal") / "documents" / "commercial-lease.pdf"
    ingest(store, [lease], settings=settings.ingest, profile=Profile("legal"), writers=[keyword_writer()])
    return folder


@pytest.mark.parametrize(("page", "code"), snippets(), ids=lambda value: value if value.endswith(".md") else "")
def test_the_python_of_a_page_runs(data: Path, tmp_path: Path, page: str, code: str) -> None:
    """In a folder of its own, as a reader would type it."""
    for sign, needed in NEEDS.items():
        if sign in code and not (needed == "public data" and load_settings().public_data):
            compile(code, page, "exec")
            pytest.skip(f"needs {needed}: compiled only")
    environment = {**os.environ, "SPAREWHEEL_DATA_FOLDER": str(data), "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr[-2000:]) == (0, done.stderr[-2000:])


def test_every_page_is_in_the_sites_menu() -> None:
    """A page that the menu leaves out is one that nobody finds."""
    menu = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").split("\nnav:")[1]
    listed = set(re.findall(r"([\w-]+\.md)", menu))
    assert {page.name for page in PAGES if page.name != "README.md"} <= listed
    generated = {"index.md", "reporting.md", "contributing.md", "changelog.md", "benchmarks.md"}
    assert {name for name in listed - generated if not (ROOT / "docs" / name).exists()} == set()


def test_links_between_pages_lead_somewhere() -> None:
    """Files of the repository that README and docs link to exist."""
    pages = [
        *PAGES,
        *sorted((ROOT / "docs" / "zh").glob("*.md")),
        ROOT / "README.zh-CN.md",
        *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "benchmarks/README.md")),
    ]
    links = [
        (page.name, target)
        for page in pages
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert links == []
