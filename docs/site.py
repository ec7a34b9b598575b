"""The pages of the site that lie at the root of the repository: the README is its first page, and so on.

A hook of mkdocs (`mkdocs.yml`); not part of the product. Links between them and the pages in docs/ lead to where the
pages are on the site; a link to a file of the repository that is no page loses its target and keeps its words.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Any

from mkdocs.structure.files import File

PAGES = {  # file of the repository -> page of the site
    "README.md": "index.md",
    "SECURITY.md": "reporting.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
    "benchmarks/README.md": "benchmarks.md",
}
_LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Any, config: Any) -> Any:
    root = PurePosixPath(config.docs_dir).parent
    for source, page in PAGES.items():
        with open(root / source, encoding="utf-8") as file:
            files.append(File.generated(config, page, content=linked(file.read(), PurePosixPath(source).parent)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    return markdown if page.file.src_uri in PAGES.values() else linked(markdown, PurePosixPath("docs"))


def linked(markdown: str, folder: PurePosixPath) -> str:
    """The page with its links as the site needs them. folder: where its file lies in the repository."""

    def link(found: re.Match[str]) -> str:
        image, words, target, anchor = found[1], found[2], found[3], found[4] or ""
        path = _normal(folder / target)
        if path.startswith("docs/"):
            return f"{image}[{words}]({path.removeprefix('docs/')}{anchor})"
        return f"{image}[{words}]({PAGES[path]}{anchor})" if path in PAGES else words

    return _LINK.sub(link, markdown)


def _normal(path: PurePosixPath) -> str:
    """Without `..`."""
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts[-1:] = []
        else:
            parts.append(part)
    return "/".join(parts)
