"""Office Open XML packages (ECMA-376 part 2): parts in a zip and the relations between them."""

from __future__ import annotations

import posixpath
import re
import zipfile
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.zipped import open_zip

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MOST_DEPTH = 400  # elements; a Word document nests a few dozen
_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
# Strict documents (ISO/IEC 29500) write the same elements in other namespaces.
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w+)/(\w+)")
_STRICT_NAMES = {
    b"officeDocument/relationships": b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    b"officeDocument/math": b"http://schemas.openxmlformats.org/officeDocument/2006/math",
}


class Package:
    """The parts of a package by name. `main` is the part that the document begins with."""

    def __init__(self, data: bytes, kind: str, cure: str) -> None:
        """Raises DocumentError for what is no such package."""
        self._cure = cure
        self._archive = open_zip(data, kind, cure)
        self._names = {name.replace("\\", "/").lstrip("/").lower(): name for name in self._archive.namelist()}
        if "[content_types].xml" not in self._names:
            raise DocumentError(f"not {kind}: a zip without [Content_Types].xml", cure=cure)
        self.main = next((target for kind, target in self._relations("").values() if kind == "officeDocument"), "")
        if not self.has(self.main):
            raise DocumentError(f"a damaged {kind.removeprefix('a ')} (no document in the package)", cure=cure)

    def has(self, name: str) -> bool:
        return name.lower() in self._names

    def bytes_of(self, name: str) -> bytes:
        """The part's bytes. Raises DocumentError when the zip is broken there."""
        try:
            return self._archive.read(self._names[name.lower()])
        except (zipfile.BadZipFile, KeyError, EOFError, OSError, ValueError, NotImplementedError) as error:
            raise DocumentError(f"damaged: its part {name!r} cannot be unpacked ({error})", cure=self._cure) from error

    def xml(self, name: str) -> Element:
        """The part's root element, transitional names for strict ones. Raises DocumentError when it is no XML."""
        return parse_part(self.bytes_of(name), name, self._cure)

    def related(self, part: str) -> dict[str, tuple[str, str]]:
        """Relation id -> (last word of its kind, name of the part it leads to), of relations within the package."""
        return self._relations(part)

    def first(self, part: str, kind: str) -> str:
        """The name of the part that a relation of this kind leads to, "" for none."""
        found = (target for each, target in self._relations(part).values() if each == kind)
        return next((target for target in found if self.has(target)), "")

    def _relations(self, part: str) -> dict[str, tuple[str, str]]:
        folder, _, name = part.rpartition("/")
        place = posixpath.join(folder, "_rels", f"{name}.rels")
        if not self.has(place):
            return {}
        return {
            each.get("Id", ""): (
                each.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, unquote(each.get("Target", "")))).lstrip("/"),
            )
            for each in self.xml(place).iter(_RELATIONS)
            if each.get("TargetMode") != "External"
        }


def parse_part(data: bytes, name: str, cure: str) -> Element:
    """The root element of an XML part. Raises DocumentError for XML that is broken, hostile, or nested too deep."""
    from xml.etree.ElementTree import ParseError

    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        root: Element = fromstring(_STRICT.sub(_transitional, data))
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise DocumentError(f"damaged: {name!r} is not well-formed XML ({error})", cure=cure) from error
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > _MOST_DEPTH:
            raise DocumentError(f"nested more than {_MOST_DEPTH} elements deep", cure=cure)
        level = [child for element in level for child in element]
    return root


def _transitional(found: re.Match[bytes]) -> bytes:
    words = found[1] + b"/" + found[2]
    known = _STRICT_NAMES.get(words)
    return known or b"http://schemas.openxmlformats.org/" + found[1] + b"/2006/" + found[2]
