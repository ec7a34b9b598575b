"""Documents with known truth in the formats of offices, statutes and papers: JATS, Akoma Ntoso, XLSX, CSV, PPTX, RTF,
ODT, EML, EPUB. Written by hand, without the libraries that read them.

Each holds what is easily lost there: clauses with their numbers, a table with a header of two levels, raised digits,
struck, deleted and hidden text, an order that is not the order of the bytes, numbers that only their format shows.
"""

from __future__ import annotations

import html as markup
import io
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage

from benchmarks.made_documents import Makers, Written, clauses, table
from benchmarks.made_tables import Made, comma, flat, name
from benchmarks.made_tables import html as html_table

KEPT = "2,400 euros"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"
_DRAWN = "http://schemas.openxmlformats.org/drawingml/2006/main"
_SLIDES = "http://schemas.openxmlformats.org/presentationml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


@dataclass(frozen=True)
class Content:
    """texts: the clauses. old: what is struck from the sentence with `KEPT`. hidden: a sentence that is not shown.
    limit: stands before "x 10⁹/L"."""

    texts: list[str]
    made: Made
    first: int
    old: str
    hidden: str
    limit: str

    def written(self, kind: str, suffix: str, data: bytes, *, hides: bool = False) -> Written:
        """With the truth that all these documents share."""
        labels = [(f"{i}.", text[:12]) for i, text in enumerate(self.texts, self.first)]
        gone = [self.old, *([self.hidden] if hides else [])]
        exact = [KEPT, f"{self.limit} x 10⁹/L"]
        return Written(kind, suffix, data, self.texts, list(self.made.truth()), exact, gone, labels)

    def numbered(self) -> Iterator[tuple[str, str]]:
        """Number and text of each clause, the text escaped for XML."""
        return ((f"{i}.", markup.escape(text)) for i, text in enumerate(self.texts, self.first))


def content(draw: random.Random, count: int = 7) -> Content:
    hidden = f"Draft note of {name(draw)}: to be decided by {name(draw)}."
    old, limit = f"{draw.randrange(100, 999)} dollars", f"{draw.randrange(1, 9)}.{draw.randrange(1, 9)}"
    return Content(clauses(draw, count), table(draw), 1, old, hidden, limit)


# ---------------------------------------------------------------- XML


def jats_paper(draw: random.Random) -> Written:
    """Sections with labels, a floating table, a reference list that is no text."""
    of = content(draw)
    sections = "".join(f'<sec id="s{n}"><label>{n}</label><p>{text}</p></sec>' for n, text in of.numbered())
    data = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) Journal Archiving '
        'DTD v1.2//EN" "JATS-archivearticle1.dtd">\n<article xmlns:xlink="http://www.w3.org/1999/xlink"><front>'
        f"<article-meta><title-group><article-title>Report {name(draw)}</article-title></title-group></article-meta>"
        f"</front><body>{sections}<sec><title>Limits</title><p>The deposit is <strike>{of.old}</strike> {KEPT}.</p>"
        f"<p>Stop below {of.limit} x 10<sup>9</sup>/L.</p><table-wrap><label>Table 1</label><caption><p>"
        f"{of.made.caption}</p></caption>{_html_rows(of.made)}</table-wrap></sec></body></article>"
    )
    return of.written("paper", ".xml", data.encode())


def akoma_ntoso(draw: random.Random) -> Written:
    """An act whose sections have numbers, with deleted text and a table."""
    of = content(draw)
    body = "".join(
        f'<section eId="sec_{n}"><num>{n}</num><content><p>{text}</p></content></section>' for n, text in of.numbered()
    )
    data = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0">'
        f'<act name="act"><meta><identification source="#x"/></meta><preface><longTitle><p>{name(draw)} Act</p>'
        f"</longTitle></preface><body>{body}<section><heading>Amounts</heading><content><p>The deposit is "
        f"<del>{of.old}</del> {KEPT}.</p><p>Stop below {of.limit} x 10<sup>9</sup>/L.</p>{_html_rows(of.made)}"
        "</content></section></body></act></akomaNtoso>"
    )
    return of.written("act", ".xml", data.encode())


def _html_rows(made: Made) -> str:
    page = html_table(made).decode()
    return page[page.index("<table>") : page.index("</body>")]


# ---------------------------------------------------------------- sheets


def _ledger(draw: random.Random) -> tuple[Made, list[tuple[float, float, float]]]:
    """A table as it is shown, and the numbers that stand in its cells."""
    numbers = [
        (draw.randrange(10, 999), draw.randrange(-9999, 9999) + 0.5, draw.randrange(1, 99) / 1000) for _ in "1" * 9
    ]
    rows = []
    for code, amount, rate in numbers:
        shown = f"({-amount:,.2f})" if amount < 0 else f"{amount:,.2f}"
        rows.append((f"{name(draw)} {name(draw)}", f"{code:05}", shown, f"{rate:.1%}"))
    top = tuple((text, 1) for text in ("Account", "Code", "Balance", "Interest"))
    return Made("ledger", "Balances", (top,), tuple(rows)), numbers


def csv_ledger(draw: random.Random) -> Written:
    """Codes with leading zeros, negative amounts in brackets; comma, semicolon or tab; UTF-8 with or without mark."""
    made, _ = _ledger(draw)
    text = comma(made).decode()
    if (sign := draw.choice(",;\t")) != ",":
        text = "\r\n".join(sign.join(row) for row in flat(made))
    exact = [cell for row in made.rows for cell in row[1:]]
    mark = draw.choice(("utf-8", "utf-8-sig"))
    return Written("ledger", ".csv", text.encode(mark), [], list(made.truth()), exact)


def xlsx_ledger(draw: random.Random) -> Written:
    """Numbers that their formats show (00417, (1,204.50), 4.5%), a struck row, a hidden sheet."""
    import openpyxl
    from openpyxl.styles import Font

    made, numbers = _ledger(draw)
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append([text for text, _ in made.top[0]])
    for row, values in zip(made.rows, numbers, strict=True):
        sheet.append([row[0], *values])
        for cell, pattern in zip(sheet[sheet.max_row][1:], ("00000", "#,##0.00;(#,##0.00)", "0.0%"), strict=True):
            cell.number_format = pattern
    closed, secret = f"{name(draw)} closed account", f"{name(draw)} draft figures"
    sheet.append([closed])
    sheet.cell(sheet.max_row, 1).font = Font(strike=True)
    hidden = book.create_sheet("Drafts")
    hidden.append([secret])
    hidden.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    exact = [cell for row in made.rows for cell in row[1:]]
    return Written("ledger", ".xlsx", out.getvalue(), [], list(made.truth()), exact, [closed, secret])


# ---------------------------------------------------------------- PPTX


@dataclass(frozen=True)
class _Spot:
    text: str = ""
    wide: int = 1
    tall: int = 1
    covered: str = ""  # "h" or "v": it belongs to the cell beside or above


def _grid(made: Made) -> list[list[_Spot]]:
    """Every place of the table; those that a spanning cell covers say so."""
    grid = []
    for r, row in enumerate(made.top):
        line: list[_Spot] = []
        for i, (text, wide) in enumerate(row):
            tall = 2 if len(made.top) > 1 and not r and made.top[1][i : i + 1] == (("", 1),) else 1
            line += [_Spot(covered="v")] if r and not text else [_Spot(text, wide, tall)]
            line += [_Spot(covered="h")] * (wide - 1)
        grid.append(line)
    return [*grid, *([_Spot(text) for text in row] for row in made.rows)]


def pptx_slides(draw: random.Random) -> Written:
    """Numbered points, a struck run, raised digits, a table with merged cells, a hidden slide, the slides' files in
    another order than they are shown."""
    of = content(draw)
    points = "".join(_point(text, '<a:pPr><a:buAutoNum type="arabicPeriod"/></a:pPr>') for text in of.texts)
    limits = (
        f'<a:p><a:r><a:t>The deposit is </a:t></a:r><a:r><a:rPr strike="sngStrike"/><a:t>{of.old}</a:t></a:r><a:r>'
        f"<a:t> {KEPT}.</a:t></a:r></a:p><a:p><a:r><a:t>Stop below {of.limit} x 10</a:t></a:r><a:r>"
        '<a:rPr baseline="30000"/><a:t>9</a:t></a:r><a:r><a:t>/L.</a:t></a:r></a:p>'
    )
    shown = [_shape(points), _shape(limits), _frame(of.made), _shape(_point(of.hidden))]
    files = draw.sample(range(1, 5), 4)
    parts = {
        "[Content_Types].xml": _types(4),
        "_rels/.rels": _links({"r1": ("officeDocument", "ppt/presentation.xml")}),
    }
    parts["ppt/_rels/presentation.xml.rels"] = _links(
        {f"r{n}": ("slide", f"slides/slide{n}.xml") for n in sorted(files)}
    )
    ids = "".join(f'<p:sldId id="{256 + n}" r:id="r{n}"/>' for n in files)
    parts["ppt/presentation.xml"] = (
        f'<p:presentation xmlns:p="{_SLIDES}" xmlns:r="{_LINKS}"><p:sldIdLst>{ids}</p:sldIdLst>'
        '<p:sldSz cx="9144000" cy="6858000"/><p:notesSz cx="6858000" cy="9144000"/></p:presentation>'
    )
    for n, shape in zip(files, shown, strict=True):
        hides = ' show="0"' if shape is shown[-1] else ""
        parts[f"ppt/slides/slide{n}.xml"] = (
            f'<p:sld xmlns:p="{_SLIDES}" xmlns:a="{_DRAWN}" xmlns:r="{_LINKS}"{hides}><p:cSld><p:spTree><p:nvGrpSpPr>'
            f'<p:cNvPr id="1" name=""/><p:cNvGrpSpPr/><p:nvPr/></p:nvGrpSpPr><p:grpSpPr/>{shape}'
            "</p:spTree></p:cSld></p:sld>"
        )
    return of.written("slides", ".pptx", _zip(parts), hides=True)


def _point(text: str, look: str = "") -> str:
    return f"<a:p>{look}<a:r><a:t>{markup.escape(text)}</a:t></a:r></a:p>"


def _shape(paragraphs: str) -> str:
    return (
        '<p:sp><p:nvSpPr><p:cNvPr id="2" name="Text 1"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm>'
        '<a:off x="100" y="100"/><a:ext cx="8000000" cy="5000000"/></a:xfrm><a:prstGeom prst="rect"/></p:spPr>'
        f"<p:txBody><a:bodyPr/>{paragraphs}</p:txBody></p:sp>"
    )


def _frame(made: Made) -> str:
    rows = ""
    for line in _grid(made):
        cells = ""
        for spot in line:
            span = f' gridSpan="{spot.wide}"' * (spot.wide > 1) + f' rowSpan="{spot.tall}"' * (spot.tall > 1)
            span += f' {spot.covered}Merge="1"' if spot.covered else ""
            cells += f"<a:tc{span}><a:txBody><a:bodyPr/>{_point(spot.text)}</a:txBody></a:tc>"
        rows += f'<a:tr h="300000">{cells}</a:tr>'
    columns = '<a:gridCol w="900000"/>' * made.width
    return (
        '<p:graphicFrame><p:nvGraphicFramePr><p:cNvPr id="3" name="Table 1"/><p:cNvGraphicFramePr/><p:nvPr/>'
        '</p:nvGraphicFramePr><p:xfrm><a:off x="100" y="100"/><a:ext cx="8000000" cy="5000000"/></p:xfrm><a:graphic>'
        f'<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/table"><a:tbl><a:tblPr firstRow="1"/>'
        f"<a:tblGrid>{columns}</a:tblGrid>{rows}</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
    )


def _types(slides: int) -> str:
    kind = "application/vnd.openxmlformats-officedocument.presentationml"
    each = "".join(
        f'<Override PartName="/ppt/slides/slide{n}.xml" ContentType="{kind}.slide+xml"/>' for n in range(1, slides + 1)
    )
    return (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats'
        '-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override '
        f'PartName="/ppt/presentation.xml" ContentType="{kind}.presentation.main+xml"/>{each}</Types>'
    )


def _links(links: dict[str, tuple[str, str]]) -> str:
    each = "".join(f'<Relationship Id="{i}" Type="{_LINKS}/{kind}" Target="{to}"/>' for i, (kind, to) in links.items())
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{each}</Relationships>'


def _zip(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for part, text in parts.items():
            archive.writestr(zipfile.ZipInfo(part), text.encode())
    return out.getvalue()


# ---------------------------------------------------------------- RTF, ODT


def rtf_letter(draw: random.Random) -> Written:
    """As Word writes it: the numbers of clauses as list text; struck, hidden and deleted runs."""
    of = content(draw)
    items = "".join(
        f"\\pard\\ls1 {{\\listtext\\pard\\plain {i}.\\tab}}{text}\\par\n" for i, text in enumerate(of.texts, of.first)
    )
    edges = "".join(f"\\cellx{1500 * (c + 1)}" for c in range(of.made.width))
    rows = "".join(
        f"\\trowd{edges}" + "".join(f"\\pard\\intbl {_rtf(cell)}\\cell" for cell in row) + "\\row\n"
        for row in flat(of.made)
    )
    data = (
        f"{{\\rtf1\\ansi\\ansicpg1252\\deff0{{\\fonttbl{{\\f0 Times;}}}}\n{items}\\pard The deposit is "
        f"{{\\strike {of.old}}} {KEPT}.\\par\n{{\\v {of.hidden}}}Stop below {of.limit} x 10{{\\super 9}}/L."
        f"\\par\n{rows}\\pard End.\\par}}"
    )
    return of.written("letter", ".rtf", data.encode("ascii"), hides=True)


def _rtf(text: str) -> str:
    return "".join(c if c.isascii() else f"\\u{ord(c)}?" for c in text)


def odt_contract(draw: random.Random) -> Written:
    """A numbered list that starts anywhere, struck and deleted text, raised digits, a table with merged cells."""
    of = content(draw)
    start = draw.randrange(2, 20)
    of = Content(of.texts, of.made, start, of.old, of.hidden, of.limit)
    items = "".join(f"<text:list-item><text:p>{text}</text:p></text:list-item>" for _, text in of.numbered())
    rows = ""
    for line in _grid(of.made):
        cells = ""
        for spot in line:
            span = f' table:number-columns-spanned="{spot.wide}"' * (spot.wide > 1)
            span += f' table:number-rows-spanned="{spot.tall}"' * (spot.tall > 1)
            said = f"<table:table-cell{span}><text:p>{markup.escape(spot.text)}</text:p></table:table-cell>"
            cells += "<table:covered-table-cell/>" if spot.covered else said
        rows += f"<table:table-row>{cells}</table:table-row>"
    spaces = " ".join(f'xmlns:{short}="{_OFFICE}{short}:1.0"' for short in ("office", "text", "table", "style"))
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<office:document-content {spaces} xmlns:fo="{_OFFICE}xsl-fo-compatible:1.0" xmlns:dc="http://purl.org/dc/'
        'elements/1.1/" office:version="1.2"><office:automatic-styles><style:style style:name="T1" style:family="text">'
        '<style:text-properties style:text-line-through-style="solid"/></style:style><style:style style:name="T2" '
        'style:family="text"><style:text-properties style:text-position="super 58%"/></style:style><text:list-style '
        'style:name="L1"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="." '
        f'text:start-value="{start}"/></text:list-style></office:automatic-styles><office:body><office:text>'
        '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><office:change-info><dc:creator>A'
        f"</dc:creator></office:change-info><text:p>{of.hidden}</text:p></text:deletion></text:changed-region>"
        f'</text:tracked-changes><text:list text:style-name="L1">{items}</text:list><text:p>The deposit is <text:span '
        f'text:style-name="T1">{of.old}</text:span> {KEPT}.<text:change text:change-id="c1"/></text:p><text:p>'
        f'Stop below {of.limit} x 10<text:span text:style-name="T2">9</text:span>/L.</text:p><table:table>'
        f'<table:table-column table:number-columns-repeated="{of.made.width}"/>{rows}</table:table></office:text>'
        "</office:body></office:document-content>"
    )
    kind = "application/vnd.oasis.opendocument.text"
    manifest = (
        f'<manifest:manifest xmlns:manifest="{_OFFICE}manifest:1.0"><manifest:file-entry manifest:full-path="/" '
        f'manifest:media-type="{kind}"/><manifest:file-entry manifest:full-path="content.xml" '
        'manifest:media-type="text/xml"/></manifest:manifest>'
    )
    parts = {"mimetype": kind, "content.xml": body, "META-INF/manifest.xml": manifest}
    return of.written("contract", ".odt", _zip(parts), hides=True)


# ---------------------------------------------------------------- EML, EPUB


def _page(of: Content, texts: str) -> str:
    return (
        f"<html><head><title>Notice</title></head><body>{texts}<p>The deposit is <del>{of.old}</del> {KEPT}.</p>"
        f'<p>Stop below {of.limit} x 10<sup>9</sup>/L.</p><p style="display:none">{of.hidden}</p>'
        f"{_html_rows(of.made)}</body></html>"
    )


def eml_notice(draw: random.Random) -> Written:
    """A message in HTML, quoted-printable or base64, with a sheet attached."""
    of = content(draw)
    items = "".join(f"<li>{text}</li>" for _, text in of.numbered())
    attached, _ = _ledger(draw)
    message = EmailMessage()
    message["From"], message["To"] = f"{name(draw)} <a@example.org>", "b@example.org"
    message["Date"], message["Subject"] = "Mon, 02 Mar 2026 09:00:00 +0100", f"Notice of {name(draw)}"
    page = _page(of, f"<ol>{items}</ol>")
    message.set_content(page, subtype="html", cte=draw.choice(("quoted-printable", "base64")))
    message.add_attachment(comma(attached), maintype="text", subtype="csv", filename="balances.csv")
    written = of.written("message", ".eml", message.as_bytes(), hides=True)
    written.cells += attached.truth()
    return written


def epub_book(draw: random.Random) -> Written:
    """Chapters whose files lie in another order than the book's spine states."""
    of = content(draw)
    numbered = [f"<p>{n} {text}</p>" for n, text in of.numbered()]
    half = len(numbered) // 2
    head = "<html xmlns='http://www.w3.org/1999/xhtml'><head><title>1</title></head>"
    pages = [f"{head}<body><h1>Part one</h1>{''.join(numbered[:half])}</body></html>"]
    pages.append(
        _page(of, f"<h1>Part two</h1>{''.join(numbered[half:])}").replace("<html>", head.split("<head>")[0], 1)
    )
    names = ["b.xhtml", "a.xhtml"]  # as shown
    items = "".join(f'<item id="{n[0]}" href="{n}" media-type="application/xhtml+xml"/>' for n in sorted(names))
    spine = "".join(f'<itemref idref="{n[0]}"/>' for n in names)
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata xmlns:dc="http://purl.org/dc/elements/'
        f'1.1/"><dc:title>Handbook {name(draw)}</dc:title><dc:creator>A</dc:creator></metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>"
    )
    container = (
        '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile '
        'full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
    )
    parts = {"mimetype": "application/epub+zip", "META-INF/container.xml": container, "OEBPS/content.opf": package}
    parts |= {f"OEBPS/{n}": page for n, page in sorted(zip(names, pages, strict=True))}
    return of.written("book", ".epub", _zip(parts), hides=True)


MAKERS: Makers = {
    jats_paper: 14, akoma_ntoso: 14, csv_ledger: 14, xlsx_ledger: 14, pptx_slides: 14,
    rtf_letter: 14, odt_contract: 14, eml_notice: 14, epub_book: 14,
}  # fmt: skip
