"""A situation: a document with one difficulty, and what must or must not stand in its text; Word files from XML."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Situation:
    """has and hasnot: regular expressions of the text, notes of the report; refused: why it is not read; ocr: with it."""

    name: str
    file: str
    data: Callable[[], bytes | str] | bytes | str
    has: tuple[str, ...] = ()
    hasnot: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str = ""
    ocr: bool = False

    def bytes(self) -> bytes:
        data = self.data() if callable(self.data) else self.data
        return data.encode() if isinstance(data, str) else data


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" xmlns:w14="http://schemas.microsoft.com/office/word/2010/wordml" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" xmlns:v="urn:schemas-microsoft-com:vml" xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:wpg="http://schemas.microsoft.com/office/word/2010/wordprocessingGroup" xmlns:w15="http://schemas.microsoft.com/office/word/2012/wordml"'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
CT = "application/vnd.openxmlformats-officedocument.wordprocessingml."


def docx(body, parts=None, main="document.main+xml", extra_rels=""):
    """parts: name-> (kind, xml inner with root tag)"""
    parts = parts or {}
    out = io.BytesIO()
    z = zipfile.ZipFile(out, "w")
    over = "".join(
        (
            f'<Override PartName="/word/{n}" ContentType="{CT}{k}+xml"/>'
            for n, (k, _) in parts.items()
            if n.endswith("xml")
        )
    )
    z.writestr(
        "[Content_Types].xml",
        f'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Default Extension="htm" ContentType="text/html"/><Override PartName="/word/document.xml" ContentType="{CT}{main}"/>{over}</Types>',
    )
    z.writestr(
        "_rels/.rels",
        f'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="{REL}officeDocument" Target="word/document.xml"/></Relationships>',
    )
    rels = "".join(
        (f'''<Relationship Id="r{n.split(".")[0]}" Type="{REL}{k}" Target="{n}"/>''' for n, (k, _) in parts.items())
    )
    z.writestr(
        "word/_rels/document.xml.rels",
        f'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rels}{extra_rels}</Relationships>',
    )
    z.writestr("word/document.xml", f'<?xml version="1.0"?><w:document {W}><w:body>{body}</w:body></w:document>')
    for n, (_k, x) in parts.items():
        z.writestr("word/" + n, x)
    z.close()
    return out.getvalue()


def paragraph(*runs, pr=""):
    return f"<w:p>{(f'<w:pPr>{pr}</w:pPr>' if pr else '')}{''.join(r if r.startswith('<') else run(r) for r in runs)}</w:p>"


def run(t, pr=""):
    return f"""<w:r>{(f"<w:rPr>{pr}</w:rPr>" if pr else "")}<w:t xml:space="preserve">{t}</w:t></w:r>"""


def cell(inner, pr=""):
    return f"<w:tc><w:tcPr>{pr}</w:tcPr>{(inner if inner.startswith('<') else paragraph(inner))}</w:tc>"


def row(*cells, pr=""):
    return f"<w:tr>{(f'<w:trPr>{pr}</w:trPr>' if pr else '')}{''.join(c if c.startswith('<w:tc') or c.startswith('<w:sdt') else cell(c) for c in cells)}</w:tr>"


def table(*rows):
    return f"<w:tbl><w:tblPr/>{''.join(rows)}</w:tbl>"


def numbers(inner):
    return {"numbering.xml": ("numbering", f'<?xml version="1.0"?><w:numbering {W}>{inner}</w:numbering>')}


def numbered(pid, lvl=0, extra=""):
    return f'{extra}<w:numPr><w:ilvl w:val="{lvl}"/><w:numId w:val="{pid}"/></w:numPr>'
