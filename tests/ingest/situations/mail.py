"""Messages, zips, RTF, OpenDocument, books, other Word files, slides."""

from __future__ import annotations

import io
import struct
import zipfile
from email.message import EmailMessage

from tests.ingest.situations.compound import compound
from tests.ingest.situations.made import REL, Situation, docx, paragraph, row, table

SITUATIONS: list[Situation] = []


def situation(*args, **more) -> None:
    SITUATIONS.append(Situation(*args, **more))


def mail(f):
    m = EmailMessage()
    m["From"] = "Ann <a@x.org>"
    m["To"] = "b@x.org"
    m["Date"] = "Mon, 3 Feb 2025 10:00:00 +0000"
    m["Subject"] = "Sale"
    f(m)
    return m.as_bytes()


PRICE = docx(paragraph("The price is 4.2 million euros."))
situation(
    "eml_attach",
    "a.eml",
    lambda: mail(
        lambda m: (
            m.set_content("Please see the contract."),
            m.add_attachment(PRICE, maintype="application", subtype="octet-stream", filename="合同.docx"),
        )
    ),
    has=(
        "Please see",
        "合同.docx",
        "4.2 million",
        "From: Ann",
    ),
)


def forwarded(m):
    m.set_content("fyi")
    i = EmailMessage()
    i["From"] = "c@x.org"
    i["Subject"] = "Inner"
    i["Date"] = "Mon, 3 Feb 2025 10:00:00 +0000"
    i.set_content("The deadline is 3 May.")
    m.add_attachment(i)


situation(
    "eml_forwarded",
    "a.eml",
    lambda: mail(forwarded),
    has=(
        "fyi",
        "Inner",
        "The deadline is 3 May",
    ),
)


def alternative(m):
    m.set_content("plain text body")
    m.add_alternative(
        "<html><body><table><tr><th>Unit</th><th>Rent</th></tr><tr><td>A</td><td>1,100</td></tr><tr><td>B</td><td>1,200</td></tr></table></body></html>",
        subtype="html",
    )


situation(
    "eml_alt_html_table",
    "a.eml",
    lambda: mail(alternative),
    has=("plain text body|A\t— Rent: 1,100",),
)


def htmlonly(m):
    m.set_content("<html><body><p>The rent is <del>900</del> 1,000.</p></body></html>", subtype="html")


situation(
    "eml_html",
    "a.eml",
    lambda: mail(htmlonly),
    has=("The rent is",),
    hasnot=("900",),
)
GBK_MAIL = (
    b"From: =?GB2312?B?1cXI/Q==?= <a@x.cn>\r\nTo: b@x.cn\r\nSubject: =?GB2312?B?us/NrA==?=\r\nDate: Mon, 3 Feb 2025 10:00:00 +0800\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=gb2312\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    + __import__("base64").b64encode("租金每月一千元。".encode("gbk"))
)
situation(
    "eml_gbk",
    "a.eml",
    lambda: GBK_MAIL,
    has=(
        "租金每月一千元",
        "合同",
        "张三",
    ),
)
situation(
    "eml_raw_utf8_wrong",
    "a.eml",
    lambda: (
        "From: a@x.org\r\nSubject: Grün\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: 8bit\r\n\r\nGrünwald zahlt 5 €.".encode()
    ),
    has=("Grünwald zahlt 5 €",),
)
situation(
    "eml_flowed_reply",
    "a.eml",
    lambda: mail(lambda m: m.set_content("New offer: 1,500.\n\nOn 1 Feb Ann wrote:\n> Old offer: 1,250.\n")),
    has=("New offer: 1,500",),
)


def zipped(d, flag=None):
    o = io.BytesIO()
    z = zipfile.ZipFile(o, "w")
    for n, b in d.items():
        z.writestr(n, b)
    z.close()
    return o.getvalue()


def gbkzip():
    b = zipped({"XXXX.txt": "租金每月一千元。".encode()})
    return b.replace(b"XXXX.txt", "合同".encode("gbk") + b".txt")


situation(
    "zip_gbk",
    "a.zip",
    lambda: gbkzip(),
    has=(
        "合同.txt",
        "租金每月",
    ),
)
situation(
    "zip_nested",
    "a.zip",
    lambda: zipped(
        {"in.zip": zipped({"deal/sale.docx": PRICE, "__MACOSX/._x": b"x", "~$sale.docx": b"x"}), "n.exe": b"MZ"}
    ),
    has=(
        "4.2 million",
        "sale.docx",
    ),
    notes=("n.exe",),
)
situation(
    "zip_mail",
    "a.zip",
    lambda: zipped(
        {
            "m.eml": mail(
                lambda m: (
                    m.set_content("hello"),
                    m.add_attachment(PRICE, maintype="application", subtype="x", filename="c.docx"),
                )
            )
        }
    ),
    has=(
        "hello",
        "4.2 million",
    ),
)


def msgtree(subject, body, sender="Ann", html=None, att=(), rtf=None, top=True):
    t = {"__properties_version1.0": b"\x00" * (32 if top else 24) + struct.pack("<HHIQ", 64, 57, 6, 133500000000000000)}

    def U(s):
        return s.encode("utf-16-le")

    t["__substg1.0_0037001F"] = U(subject)
    t["__substg1.0_0C1A001F"] = U(sender)
    t["__substg1.0_0E04001F"] = U("Bob")
    if body:
        t["__substg1.0_1000001F"] = U(body)
    if html:
        t["__substg1.0_10130102"] = html.encode()
    if rtf:
        t["__substg1.0_10090102"] = rtf
    for i, a in enumerate(att):
        n = f"__attach_version1.0_#{i:08X}"
        if isinstance(a, dict):
            t[n] = {
                "__substg1.0_3701000D": a,
                "__properties_version1.0": b"\x00" * 8,
                "__substg1.0_3001001F": U("Inner message"),
            }
        else:
            t[n] = {
                "__substg1.0_3707001F": U(a[0]),
                "__substg1.0_37010102": a[1],
                "__properties_version1.0": b"\x00" * 8,
            }
    return t


situation(
    "msg_plain",
    "a.msg",
    lambda: compound(msgtree("Sale", "The price is 4.2 million.")),
    has=(
        "The price is 4.2 million",
        "Subject: Sale",
        "From: Ann",
        "2024",
    ),
)
situation(
    "msg_attach",
    "a.msg",
    lambda: compound(msgtree("Sale", "see file", att=[("sale.docx", PRICE)])),
    has=(
        "see file",
        "sale.docx",
        "4.2 million euros",
    ),
)
situation(
    "msg_in_msg",
    "a.msg",
    lambda: compound(msgtree("Outer", "see below", att=[msgtree("Inner", "The deadline is 3 May.", top=False)])),
    has=(
        "see below",
        "Inner",
        "The deadline is 3 May",
    ),
)
situation(
    "msg_html",
    "a.msg",
    lambda: compound(msgtree("Sale", "", html="<p>The rent is <del>900</del> 1,000.</p>")),
    has=("The rent is 1,000",),
    hasnot=("900",),
)


def plain_rtf(rtf):
    b = rtf.encode("latin-1")
    return struct.pack("<IIII", len(b) + 12, len(b), 1095517517, 0) + b


situation(
    "msg_rtf_only",
    "a.msg",
    lambda: compound(msgtree("Sale", "", rtf=plain_rtf("{\\rtf1\\ansi The notice period is two months.\\par}"))),
    has=("The notice period is two months",),
)


def rich(s):
    return "{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0 Arial;}{\\f1\\fcharset2 Symbol;}}" + s + "}"


situation(
    "rtf_basic",
    "a.rtf",
    lambda: rich(
        "The fee is 50 {\\f1 m}g \\'80 20\\par {\\strike old 900}{new 800}\\par{\\v hidden 77}{\\deleted gone 66}{\\super 9}\\u8805?30\\par"
    ),
    has=(
        "50 [µμ]g",
        "€ 20",
        "new 800",
        "≥ ?30",
    ),
    hasnot=(
        "old 900",
        "hidden 77",
        "gone 66",
    ),
)
situation(
    "rtf_gbk",
    "a.rtf",
    lambda: (
        "{\\rtf1\\ansi\\ansicpg936{\\fonttbl{\\f0\\fcharset134 SimSun;}}\\f0 "
        + "".join(f"\\'{b:02x}" for b in "租金每月一千元".encode("gbk"))
        + "\\par}"
    ),
    has=("租金每月一千元",),
)
situation(
    "rtf_table",
    "a.rtf",
    lambda: rich(
        "\\trowd\\cellx2000\\cellx4000\\intbl Unit\\cell Rent\\cell\\row\\trowd\\cellx2000\\cellx4000\\intbl A\\cell 1,100\\cell\\row\\trowd\\cellx2000\\cellx4000\\intbl B\\cell \\cell\\row\\pard after\\par"
    ),
    has=(
        "A\\t— (Rent: )?1,100",
        "B\\t— (Rent: )?—",
        "after",
    ),
)
situation(
    "rtf_listtext",
    "a.rtf",
    lambda: rich(
        "{\\listtext 4.1\\tab}Notice is two months.\\par{\\pntext\\f0 b)\\tab}Second.\\par{\\footnote Halve in renal failure.}{\\header Ref LX-1\\par}"
    ),
    has=(
        "4\\.1\\s+Notice",
        "b\\)\\s+Second",
        "Halve in renal",
        "Ref LX-1",
    ),
)
situation(
    "rtf_as_doc",
    "a.doc",
    lambda: rich("The fee is 50.\\par"),
    has=("The fee is 50",),
)


def odt(body, styles="", auto=""):
    ns = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f'<?xml version="1.0"?><office:document-content {ns}><office:automatic-styles>{auto}</office:automatic-styles><office:body><office:text>{body}</office:text></office:body></office:document-content>',
            "styles.xml": f'<?xml version="1.0"?><office:document-styles {ns}><office:styles>{styles}</office:styles></office:document-styles>',
            "META-INF/manifest.xml": "<x/>",
        }
    )


situation(
    "odt_tracked",
    "a.odt",
    lambda: odt(
        '<text:tracked-changes><text:changed-region text:id="c1"><text:deletion><text:p>gone 900</text:p></text:deletion></text:changed-region></text:tracked-changes><text:p>Fee <text:change text:change-id="c1"/>800</text:p><text:p text:style-name="H">hid 70</text:p><text:p>x<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>Halve it.</text:p></text:note-body></text:note></text:p><text:p><text:span text:style-name="S">old 60</text:span> new 50</text:p>',
        auto='<style:style style:name="S" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style><style:style style:name="H" style:family="paragraph"><style:text-properties text:display="none"/></style:style>',
    ),
    has=(
        "Fee 800",
        "Halve it",
        "new 50",
    ),
    hasnot=(
        "gone 900",
        "old 60",
        "hid 70",
    ),
)
situation(
    "odt_list",
    "a.odt",
    lambda: odt(
        '<text:list text:style-name="L"><text:list-item text:start-value="4"><text:p>Rent</text:p><text:list><text:list-item><text:p>Due</text:p></text:list-item></text:list></text:list-item><text:list-item><text:p>Term</text:p></text:list-item></text:list>',
        auto='<text:list-style style:name="L"><text:list-level-style-number text:level="1" style:num-format="1" style:num-suffix="."/><text:list-level-style-number text:level="2" text:display-levels="2" style:num-format="1"/></text:list-style>',
    ),
    has=(
        "4\\. Rent",
        "4\\.1 Due",
        "5\\. Term",
    ),
)
situation(
    "odt_table_span",
    "a.odt",
    lambda: odt(
        '<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Drug</text:p></table:table-cell><table:table-cell><text:p>Age</text:p></table:table-cell><table:table-cell><text:p>Dose</text:p></table:table-cell></table:table-row></table:table-header-rows><table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>Amoril</text:p></table:table-cell><table:table-cell><text:p>1-5 y</text:p></table:table-cell><table:table-cell><text:p>125 mg</text:p></table:table-cell></table:table-row><table:table-row><table:covered-table-cell/><table:table-cell><text:p>6-12 y</text:p></table:table-cell><table:table-cell/></table:table-row></table:table>'
    ),
    has=(
        "Amoril\\t6-12 y\\t— Dose: —",
        "Amoril\\t1-5 y\\t— Dose: 125 mg",
    ),
)
situation(
    "epub",
    "a.epub",
    lambda: zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles><rootfile full-path="O/c.opf"/></rootfiles></container>',
            "O/c.opf": '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Guide</dc:title></metadata><manifest><item id="a" href="a.xhtml"/><item id="b" href="b%20c.xhtml"/></manifest><spine><itemref idref="b"/><itemref idref="a"/></spine></package>',
            "O/a.xhtml": "<html><body><h1>Two</h1><p>second</p></body></html>",
            "O/b c.xhtml": "<html><body><h1>One</h1><p>first 5 mg</p></body></html>",
        }
    ),
    has=("(?s)first 5 mg.*second",),
)
situation(
    "docm",
    "a.docm",
    lambda: docx(paragraph("The buyer is Harbour."), main="document.macroEnabledTemplate.main+xml"),
    has=("The buyer is Harbour",),
)
strict = docx(paragraph("The buyer is Harbour.") + table(row("Unit", "Rent"), row("A", "5"), row("B", "6")))


def tostrict(b):
    z = zipfile.ZipFile(io.BytesIO(b))
    o = io.BytesIO()
    w = zipfile.ZipFile(o, "w")
    for n in z.namelist():
        w.writestr(
            n,
            z.read(n)
            .replace(
                b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                b"http://purl.oclc.org/ooxml/wordprocessingml/main",
            )
            .replace(
                b"http://schemas.openxmlformats.org/officeDocument/2006/relationships",
                b"http://purl.oclc.org/ooxml/officeDocument/relationships",
            ),
        )
    w.close()
    return o.getvalue()


situation(
    "docx_strict",
    "a.docx",
    lambda: tostrict(strict),
    has=(
        "The buyer is Harbour",
        "A\\t— Rent: 5",
    ),
)


def pptx(slides, notes=None):
    if notes is None:
        notes = {}
    A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    d = {
        "[Content_Types].xml": "<Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'/>",
        "_rels/.rels": f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{REL}officeDocument" Target="ppt/presentation.xml"/></Relationships>',
        "ppt/presentation.xml": f"<p:presentation {A}><p:sldIdLst>"
        + "".join(f'<p:sldId id="{256 + i}" r:id="s{i}"/>' for i in range(len(slides)))
        + "</p:sldIdLst></p:presentation>",
        "ppt/_rels/presentation.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        + "".join(
            f'<Relationship Id="s{i}" Type="{REL}slide" Target="slides/slide{i}.xml"/>' for i in range(len(slides))
        )
        + "</Relationships>",
    }
    for i, (inner, attr) in enumerate(slides):
        d[f"ppt/slides/slide{i}.xml"] = f"<p:sld {A} {attr}><p:cSld><p:spTree>{inner}</p:spTree></p:cSld></p:sld>"
    for i, n in notes.items():
        d[f"ppt/slides/_rels/slide{i}.xml.rels"] = (
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="n" Type="{REL}notesSlide" Target="../notesSlides/n{i}.xml"/></Relationships>'
        )
        d[f"ppt/notesSlides/n{i}.xml"] = f"<p:notes {A}><p:cSld><p:spTree>{shape(n)}</p:spTree></p:cSld></p:notes>"
    return zipped(d)


def shape(t, r=""):
    return f"<p:sp><p:nvSpPr><p:nvPr/></p:nvSpPr><p:txBody><a:p><a:r><a:rPr {r}/><a:t>{t}</a:t></a:r></a:p></p:txBody></p:sp>"


SLIDE_TABLE = (
    "<p:graphicFrame><a:graphic><a:graphicData><a:tbl>"
    + "".join(
        "<a:tr>"
        + "".join(f"<a:tc><a:txBody><a:p><a:r><a:t>{c}</a:t></a:r></a:p></a:txBody></a:tc>" for c in r)
        + "</a:tr>"
        for r in (("Unit", "Rent"), ("A", "1,100"), ("B", "1,200"))
    )
    + "</a:tbl></a:graphicData></a:graphic></p:graphicFrame>"
)
situation(
    "pptx",
    "a.pptx",
    lambda: pptx(
        [
            (
                shape("Deal terms")
                + SLIDE_TABLE
                + "<p:grpSp>"
                + shape("Grouped 42")
                + "</p:grpSp>"
                + shape("struck 13", 'strike="sngStrike"'),
                "",
            ),
            (shape("hidden slide 99"), 'show="0"'),
        ],
        {0: "Speaker says 7"},
    ),
    has=(
        "Deal terms",
        "A\\t— Rent: 1,100",
        "Grouped 42",
        "Speaker says 7",
    ),
    hasnot=(
        "struck 13",
        "hidden slide 99",
    ),
    notes=("hidden",),
)
