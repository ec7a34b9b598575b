"""Data as lines of text: JSON and XML whose facts stand in fields, FHIR among them. A line is "field, field: value"."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.decode import decode
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.xml_text import PARAGRAPHS, name_of, plain_name
from sparewheel.rag.settings import Ingest

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

Value = Mapping[str, "Value"] | list["Value"] | str | int | float | bool | None
_MOST_DEPTH = 200
_PARENTS_SHOWN = 3  # fields over a value that are named on its line
# Of FHIR: what identifies rather than says, and what repeats in code what its text says.
_UNSAID = {
    *("system", "meta", "fullUrl", "extension", "modifierExtension", "contained", "resourceType", "userSelected"),
    "contentType",
}


def parse_json(data: bytes, settings: Ingest) -> Parsed:
    """A line for each value, under the names of the fields it lies in; FHIR resources as such; JSON Lines too."""
    text, encoding = decode(data)
    try:
        value: Value = json.loads(text)
    except RecursionError as error:
        raise DocumentError("nested too deep", cure="save it as text") from error
    except ValueError:
        try:
            value = [json.loads(line) for line in text.splitlines() if line.strip()]
        except ValueError as error:
            raise DocumentError(f"not well-formed JSON: {error}", cure="correct it, or save it as text") from error
    builder = TextBuilder()
    kind = value.get("resourceType") if isinstance(value, Mapping) else None
    if kind:
        write_fhir(builder, value, str(kind))
    else:
        write_records(builder, value)
    return Parsed(
        builder.text,
        "application/fhir+json" if kind else "application/json",
        headings=tuple(builder.headings),
        metadata={"encoding": encoding},
    )


def write_records(builder: TextBuilder, value: Value) -> None:
    """Each value a line; objects of a list a blank line apart."""
    for line in _lines(value, ()):
        builder.add(line, tight=True) if line else builder.gap()


def _lines(value: Value, path: tuple[str, ...]) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _lines(inner, (*path, plain_name(str(key))))
    elif isinstance(value, list):
        if all(not isinstance(each, Mapping | list) for each in value):
            yield from _lines(", ".join(_said(each) for each in value), path)
            return
        for each in value:
            yield ""
            yield from _lines(each, path)
        yield ""
    elif said := _said(value):
        names = ", ".join(dict.fromkeys(path[-_PARENTS_SHOWN:]))
        yield f"{names}: {said}" if names else said


def _said(value: Value) -> str:
    if value is None:
        return ""
    return ("yes" if value else "no") if isinstance(value, bool) else " ".join(str(value).split())


def is_data(root: Element) -> bool:
    """Whether no element holds text beside others and none is a paragraph: facts rather than prose."""
    for element in root.iter():
        if name_of(element) in PARAGRAPHS - {"text", "content", "item", "title", "term"}:
            return False
        if len(element) and (
            (element.text and not element.text.isspace())
            or any(child.tail and not child.tail.isspace() for child in element)
        ):
            return False
    return not root.tag.startswith("{urn:hl7-org:v3}")


def records_of(element: Element, depth: int = 0) -> Value:
    """The element as nested fields: children of one name are a list, attributes are fields beside them. An element that
    only has a `value` is that value."""
    text = (element.text or "").strip()
    if name_of(element) == "div":
        return " ".join("".join(element.itertext()).split())
    fields: dict[str, list[Value]] = {}
    for key, stated in element.attrib.items():
        if "schemaLocation" not in key:
            fields.setdefault(key.rpartition("}")[2], []).append(stated)
    for child in element:
        if name_of(child) and depth < _MOST_DEPTH:
            fields.setdefault(name_of(child), []).append(records_of(child, depth + 1))
    if not fields or (text and not len(element)):
        return " ".join([text, *(str(v[0]) for k, v in fields.items() if k != "id")]).strip() if fields else text
    if set(fields) <= {"value", "id"} and "value" in fields:
        return fields["value"][0]
    return {key: values[0] if len(values) == 1 else values for key, values in fields.items()}


def write_fhir(builder: TextBuilder, value: Value, kind: str) -> None:
    """A FHIR resource under its kind, quantities in one piece, codes by their text, without what only machines read; of
    a bundle each of its resources."""
    if kind == "Bundle" and isinstance(value, Mapping):
        entries = value.get("entry")
        for entry in entries if isinstance(entries, list) else [entries]:
            held = entry.get("resource") if isinstance(entry, Mapping) else None
            if isinstance(held, Mapping):
                write_fhir(builder, *_resource(held))
        return
    builder.heading(plain_name(kind).capitalize(), 1)
    for line in _lines(_fhir(value), ()):
        builder.add(line[:1].upper() + line[1:], tight=True) if line else builder.gap()


def _resource(held: Mapping[str, Value]) -> tuple[Value, str]:
    """A resource and its kind, which JSON states in it and XML around it."""
    if kind := held.get("resourceType"):
        return held, str(kind)
    return next(((inner, name) for name, inner in held.items()), (held, "Resource"))


def _fhir(value: Value) -> Value:
    if isinstance(value, list):
        return [_fhir(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    if "value" in value and ({"unit", "code"} & value.keys()):
        return " ".join(
            _said(value.get(key))
            for key in ("comparator", "value", "unit" if "unit" in value else "code")
            if value.get(key)
        )
    if "coding" in value and not value.get("text"):
        codings = value["coding"] if isinstance(value["coding"], list) else [value["coding"]]
        shown = [_said(each.get("display") or each.get("code")) for each in codings if isinstance(each, Mapping)]
        return ", ".join(dict.fromkeys(filter(None, shown)))
    if "div" in value and "status" in value:
        return _plain(_said(value["div"]))
    if isinstance(value.get("text"), str) and value.keys() <= {"text", "coding", "id"}:
        return value["text"]
    if "family" in value:
        return _name(value)
    if "start" in value and value.keys() <= {"start", "end"}:
        return f"from {_said(value['start'])}" + (f" to {_said(value['end'])}" if value.get("end") else "")
    if "numerator" in value and "denominator" in value:
        return f"{_said(_fhir(value['numerator']))} / {_said(_fhir(value['denominator']))}"
    said = {key: inner for key, inner in value.items() if key not in _UNSAID and not _is_link(inner)}
    return {key.removesuffix("CodeableConcept"): _fhir(inner) for key, inner in said.items()}


def _name(value: Mapping[str, Value]) -> str:
    """A person's name in one piece."""
    parts = (value.get(key) for key in ("prefix", "given", "family", "suffix"))
    return " ".join(_said(each) for part in parts if part for each in (part if isinstance(part, list) else [part]))


def _is_link(value: Value) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://", "urn:"))


def _plain(markup: str) -> str:
    """The text of a narrative that is given as XHTML."""
    import html
    import re

    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", markup)).split())
