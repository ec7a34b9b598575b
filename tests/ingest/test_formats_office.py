"""rag/ingest/formats: workbooks, presentations, OpenDocument, RTF, mail, books, zips, CSV; the kind by first bytes."""

from __future__ import annotations

import io
from collections import Counter
from datetime import date
from xml.etree import ElementTree

import pytest

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.archive import parse_zip
from sparewheel.rag.ingest.formats.csv_text import parse_csv
from sparewheel.rag.ingest.formats.epub import parse_epub
from sparewheel.rag.ingest.formats.mail import parse_eml
from sparewheel.rag.ingest.formats.odf import parse_odf
from sparewheel.rag.ingest.formats.pptx import _paragraphs, parse_pptx
from sparewheel.rag.ingest.formats.registry import kind_of, parser_of
from sparewheel.rag.ingest.formats.rtf import parse_rtf
from sparewheel.rag.ingest.formats.xlsx import parse_xlsx, shown_value
from sparewheel.rag.settings import Ingest
from tests.ingest.source_files import zipped

_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def test_workbook():
    """Values as the sheet shows them, merged cells, hidden rows left out and counted, the sheet's name a heading."""
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    sheet.title = "Rent roll"
    for row in (["Unit", "Tenant", "From", "Rent"], ["1", "Marlow", date(2024, 3, 1), 1450.5], ["2", "Old", None, 1]):
        sheet.append(row)
    sheet["D2"].number_format = '#,##0.00 "€"'
    sheet.row_dimensions[3].hidden = True
    out = io.BytesIO()
    book.save(out)
    parsed = parse_xlsx(out.getvalue(), Ingest())
    assert parsed.text == (
        "Rent roll\n\nUnit\tTenant\tFrom\tRent\n\n"
        "Unit 1\t— Tenant: Marlow\nUnit 1\t— From: 2024-03-01\nUnit 1\t— Rent: 1,450.50 €"
    )
    assert "Old" not in parsed.text
    assert parsed.notes == ("1 hidden row or column left out",)


@pytest.mark.parametrize(
    ("value", "format", "text"),
    [
        (0.125, "0.0%", "12.5%"),
        (1234.5, "$#,##0.00", "$1,234.50"),
        (7, "000", "007"),
        (3.0, "General", "3"),
        (5, '0" mg"', "5 mg"),
        (-1204.5, "#,##0.00_);(#,##0.00)", "(1,204.50)"),
        (-3, "0;[Red]0", "-3"),
    ],
)
def test_numbers_as_a_sheet_shows_them(value, format, text):
    """Percentages, currencies, leading zeros, units, negative amounts in brackets; a sign is never lost."""
    assert shown_value(value, format) == text


def test_numbers_of_a_slide():
    """Points have the numbers that are shown: from where they start, by level, anew after a point without one."""
    numbered = '<a:pPr lvl="{}"><a:buAutoNum type="{}" startAt="{}"/></a:pPr>'
    looks = [numbered.format(0, "arabicPeriod", 3), numbered.format(1, "alphaLcParenBoth", 1)]
    order = [looks[0], looks[1], looks[1], looks[0], looks[1], "", looks[0]]
    points = "".join(f"<a:p>{look}<a:r><a:t>x</a:t></a:r></a:p>" for look in order)
    shape = ElementTree.fromstring(
        f'<a:txBody xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">{points}</a:txBody>'
    )
    assert _paragraphs(shape, Counter()) == ["3. x", "(a) x", "(b) x", "4. x", "(a) x", "x", "3. x"]


def test_presentation():
    """Each slide under its title, tables as tables, hidden slides left out."""
    a = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:r="' + _TYPES + '"'

    def slide(title: str, body: str, more: str = "") -> bytes:
        text = "<p:txBody><a:p><a:r><a:t>{}</a:t></a:r></a:p></p:txBody></p:sp>"
        tree = '<p:sp><p:nvPr><p:ph type="title"/></p:nvPr>' + text.format(title) + "<p:sp>" + text.format(body)
        return f'<p:sld xmlns:p="p" {a} {more}><p:cSld><p:spTree>{tree}</p:spTree></p:cSld></p:sld>'.encode()

    slides = "".join(f'<p:sldId r:id="s{n}"/>' for n in (1, 2))
    links = "".join(f'<Relationship Id="s{n}" Type="{_TYPES}/slide" Target="slides/{n}.xml"/>' for n in (1, 2))
    data = zipped(
        {
            "[Content_Types].xml": b"<Types/>",
            "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r" Type="{_TYPES}/officeDocument"'
            ' Target="ppt/presentation.xml"/></Relationships>'.encode(),
            "ppt/presentation.xml": f'<p:presentation xmlns:p="p" {a}>{slides}</p:presentation>'.encode(),
            "ppt/_rels/presentation.xml.rels": f'<Relationships xmlns="{_RELATIONS}">{links}</Relationships>'.encode(),
            "ppt/slides/1.xml": slide("Sale", "The buyer is Harbour."),
            "ppt/slides/2.xml": slide("Old", "gone", 'show="0"'),
        }
    )
    parsed = parse_pptx(data, Ingest())
    assert (parsed.text, parsed.notes) == ("Slide 1: Sale\n\nThe buyer is Harbour.", ("1 hidden slide left out",))


def test_opendocument():
    """Numbered items, struck text by its style, a deleted change, a table."""
    content = """<d:document-content xmlns:d="office" xmlns:t="text" xmlns:s="style" xmlns:b="table">
    <d:automatic-styles><s:style s:name="T1"><s:text-properties s:text-line-through-style="solid"/></s:style>
    <t:list-style s:name="L1"><t:list-level-style-number t:level="1" s:num-format="1" s:num-suffix="."/></t:list-style>
    </d:automatic-styles><d:body><d:text><t:tracked-changes><t:changed-region/></t:tracked-changes><t:h>Lease</t:h>
    <t:list t:style-name="L1"><t:list-item><t:p>Rent is <t:span t:style-name="T1">8</t:span>9.</t:p></t:list-item>
    </t:list><b:table><b:table-row><b:table-cell><t:p>Unit</t:p></b:table-cell><b:table-cell><t:p>A</t:p>
    </b:table-cell></b:table-row></b:table></d:text></d:body></d:document-content>"""
    parsed = parse_odf(zipped({"content.xml": content.encode()}), Ingest())
    assert parsed.text.startswith("Lease\n\n1. Rent is 9.")
    assert parsed.notes == ("1 tracked change: read as accepted", "1 struck-out passage left out")


def test_rtf():
    """Chinese by its code page, Unicode, a table, a footnote; struck and hidden text left out and counted."""
    data = (
        rb"{\rtf1\ansi\ansicpg936{\fonttbl{\f0\fcharset134 SimSun;}{\f1\fcharset2 Symbol;}}{\info{\title Lease}}"
        rb"\f0 \'d7\'e2\'bd\'f0 {\strike 800} 900\u8364?{\super{\footnote Net.}}, {\f1 m}g{\v no}\par"
        rb"\trowd\intbl Unit\cell A\cell\row\pard End\par}"
    )
    parsed = parse_rtf(data, Ingest())
    assert parsed.text == "租金  900€⁽¹⁾, μg\n\n⁽¹⁾ Net.\n\nUnit\t— A\n\nEnd"
    assert (parsed.title, set(parsed.notes)) == (
        "Lease",
        {"1 struck-out passage left out", "1 hidden passage left out"},
    )


MAIL = b"""From: a@example.org
To: b@example.org
Subject: =?utf-8?b?5ZCI5ZCM?=
Date: Mon, 03 Jun 2024 10:00:00 +0000
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=x

--x
Content-Type: text/plain; charset=utf-8

See the lease.
--x
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="lease.txt"

The rent is 900.
--x
Content-Type: application/octet-stream
Content-Disposition: attachment; filename="tool.exe"

MZ
--x--
"""


def test_mail_with_attachments():
    """Headers, message and the names of the attachments, documents of their own; what could not be read is told."""
    parsed = parse_eml(MAIL, Ingest())
    assert (parsed.title, parsed.text.split("\n\n")[1:]) == ("合同", ["See the lease.", "Attachment: lease.txt"])
    assert [(each.name, each.parsed.text) for each in parsed.members] == [("lease.txt", "The rent is 900.")]
    assert [note.split(";")[0] for note in parsed.notes] == [
        "1 file in it: read, each as a document of its own",
        "tool.exe not read: no parser for files named *.exe",
    ]


def test_zip_of_documents():
    """Each file under its path, mail in it with its attachments, system files silently left out, depth limited."""
    parsed = parse_zip(
        zipped({"a/lease.txt": b"Rent 900.", "m.eml": MAIL, "__MACOSX/._x": b"x", "Thumbs.db": b"x"}), Ingest()
    )
    assert parsed.text == "Files in it:\na/lease.txt\nm.eml"
    assert [each.name for each in parsed.members] == ["a/lease.txt", "m.eml"]
    assert [each.name for each in parsed.members[1].parsed.members] == ["lease.txt"]
    assert parsed.notes[1:] == (
        "m.eml: 1 file in it: read, each as a document of its own",
        "m.eml: tool.exe not read: no parser for files named *.exe; convert it to PDF, .docx or text if it is a"
        " document",
    )
    inner = zipped({"a.txt": b"deep"})
    for _ in range(6):
        inner = zipped({"in.zip": inner})
    with pytest.raises(DocumentError, match="packed more than 3 deep"):
        parse_zip(inner, Ingest())


def test_book():
    """Chapters in the order of the spine."""
    container = b'<container><rootfiles><rootfile full-path="b/c.opf"/></rootfiles></container>'
    package = (
        b'<package><metadata><title>Guide</title></metadata><manifest><item id="a" href="2.xhtml"/><item id="b"'
        b' href="1.xhtml"/></manifest><spine><itemref idref="b"/><itemref idref="a"/></spine></package>'
    )
    files = {
        "META-INF/container.xml": container,
        "b/c.opf": package,
        "b/1.xhtml": b"<p>One</p>",
        "b/2.xhtml": b"<p>Two</p>",
    }
    parsed = parse_epub(zipped(files), Ingest())
    assert (parsed.text, parsed.title) == ("One\n\nTwo", "Guide")


def test_csv_with_semicolons():
    """The delimiter is found; each cell stands with its row and its column."""
    text = parse_csv(b"Unit;Tenant;Rent\nA;Marlow, Ltd;1.200,50\n", Ingest()).text
    assert text == "Unit\tTenant\tRent\n\nUnit A\t— Tenant: Marlow, Ltd\nUnit A\t— Rent: 1.200,50"


def test_the_kind_is_what_the_bytes_say():
    """A .doc that is RTF, a .docx that is a PDF and a page saved as .doc are read as what they are."""
    assert [kind_of(b"%PDF-1.7"), kind_of(b"{\\rtf1 x}"), kind_of(b"<!DOCTYPE html><p>x"), kind_of(b"plain")] == [
        ".pdf",
        ".rtf",
        ".html",
        "",
    ]
    assert parser_of("a.doc", b"{\\rtf1 x}").__name__ == "parse_rtf"
    assert parser_of("a.md", b"<html>x").__name__ == "parse_markdown"
