"""rag/ingest/formats: signs, raised digits, numbers of clauses and text that is not in force, in every format alike."""

from __future__ import annotations

import pytest

from sparewheel.rag.ingest.formats.docx import parse_docx
from sparewheel.rag.ingest.formats.html import parse_html
from sparewheel.rag.ingest.formats.number_words import in_format
from sparewheel.rag.ingest.formats.records import parse_json
from sparewheel.rag.ingest.formats.symbols import superscript, symbol
from sparewheel.rag.ingest.formats.xml import parse_xml
from sparewheel.rag.settings import Ingest
from tests.ingest.source_files import zipped

W = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
    ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
    ' xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape"'
)
_TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def word(body: str, **parts: str) -> bytes:
    """A DOCX with this body and these parts (footnotes=..., numbering=...), each the inside of its root element."""
    roots = {"footnotes": "footnotes", "comments": "comments", "numbering": "numbering", "header": "hdr"}
    entries = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="r" Type="{_TYPES}/officeDocument"'
        ' Target="word/document.xml"/></Relationships>',
        "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{_PACKAGE}">'
        + "".join(f'<Relationship Id="{n}" Type="{_TYPES}/{n}" Target="{n}.xml"/>' for n in parts)
        + "</Relationships>",
    }
    entries |= {f"word/{n}.xml": f"<w:{roots[n]} {W}>{inner}</w:{roots[n]}>" for n, inner in parts.items()}
    return zipped({name: text.encode() for name, text in entries.items()})


def read(body: str, **parts: str):
    return parse_docx(word(body, **parts), Ingest())


def p(runs: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr>{runs}</w:p>"


def r(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


@pytest.mark.parametrize(
    ("before", "raised", "text"),
    [
        ("1.0 x 10", "9", "1.0 x 10⁹"),
        ("mL/min/1.73 m", "2", "mL/min/1.73 m²"),
        ("s", "−1", "s⁻¹"),
        ("50 mg", "1", "50 mg⁽¹⁾"),
        ("impairment", "2,3", "impairment⁽²,³⁾"),
        ("12.5", "a", "12.5⁽ᵃ⁾"),
        ("Lessee", "[4]", "Lessee⁽⁴⁾"),
        ("5", "th", "5th"),
    ],
)
def test_an_exponent_is_no_footnote_mark(before, raised, text):
    """Exponents and marks of notes are told apart by what they stand behind; no digit joins a number."""
    assert before + superscript(raised, before) == text


def test_symbol_fonts():
    """The sign that is seen, whether the code is given plainly or in private use; a replacement for the unknown."""
    assert [symbol(code, font) for code, font in ((0xF06D, "Symbol"), (0xB3, "Symbol"), (0xF0FE, "Wingdings"))] == [
        "μ",
        "≥",
        "☑",
    ]
    assert symbol(0xF021, "Wingdings 3") == "\ufffd"


def test_numbers_in_the_formats_of_lists():
    """Chinese over a hundred, formal Chinese, letters past z, ordinals, circled."""
    kinds = ("chineseCounting", "chineseLegalSimplified", "upperLetter", "ordinalText", "decimalEnclosedCircle")
    assert [in_format(number, kind) for number, kind in zip((105, 21, 28, 42, 12), kinds, strict=True)] == [
        "一百零五",
        "贰拾壹",
        "BB",
        "Forty-second",
        "⑫",
    ]


def test_docx_text_that_is_not_in_force():
    """Struck, hidden, deleted and moved-away text is left out and counted; a deleted clause is not numbered."""
    number = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr>'
    lists = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/>'
        '</w:lvl></w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
    )
    gone = f"<w:del>{r('').replace('w:t', 'w:delText')}</w:del>"
    body = (
        p(r("The rent is ") + r("800 ", "<w:strike/>") + r("900.") + r(" Draft!", "<w:vanish/>"), number)
        + p(gone, number + "<w:rPr><w:del/></w:rPr>")
        + p(f"<w:moveFrom>{r('Moved.')}</w:moveFrom><w:moveTo>{r('Here.')}</w:moveTo>", number)
    )
    parsed = read(body, numbering=lists)
    assert parsed.text == "1. The rent is 900.\n\n2. Here."
    assert parsed.notes == (
        "2 tracked changes: read as accepted",
        "1 struck-out passage left out",
        "1 hidden passage left out",
    )


def test_docx_numbers_restart_and_count_empty_items():
    """A list that begins anew, an empty item that is counted, and isLgl."""
    lists = (
        '<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/>'
        '</w:lvl><w:lvl w:ilvl="1"><w:numFmt w:val="decimal"/><w:isLgl/><w:lvlText w:val="%1.%2"/></w:lvl>'
        '</w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num><w:num w:numId="2">'
        '<w:abstractNumId w:val="0"/><w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride></w:num>'
    )

    def item(text: str, level: int, number: int) -> str:
        return p(r(text), f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')

    body = item("a", 0, 1) + item("", 0, 1) + item("b", 1, 1) + item("c", 0, 2) + item("d", 0, 2)
    assert read(body, numbering=lists).text == "2.1 b".join(("I. a\n\n", "\n\nI. c\n\nII. d"))


def test_docx_notes_boxes_equations_and_headers():
    """Notes below their paragraph, a text box once, an equation as text, the header of every page once at the end."""
    box = f"<wps:txbx><w:txbxContent>{p(r('Boxed.'))}</w:txbxContent></wps:txbx>"
    body = (
        p(
            r("Take 20 mg")
            + '<w:r><w:footnoteReference w:id="2"/></w:r>'
            + f"<w:r><mc:AlternateContent><mc:Choice><w:drawing>{box}</w:drawing></mc:Choice>"
            + f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r>"
        )
        + p(
            "<m:oMath><m:f><m:num><m:r><m:t>dose</m:t></m:r></m:num><m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>"
        )
        + f'<w:sectPr><w:headerReference xmlns:r="{_TYPES}" r:id="header"/></w:sectPr>'
    )
    parsed = read(
        body,
        footnotes=f'<w:footnote w:id="2">{p(r("5 mg in renal impairment."))}</w:footnote>',
        header=p(r("Ref. 7-A")),
    )
    assert (
        parsed.text
        == "Take 20 mg⁽¹⁾\n⁽¹⁾ 5 mg in renal impairment.\n\nBoxed.\n\ndose/2\n\nHeader: Ref. 7-A".replace(
            "⁾\n⁽", "⁾\n\n⁽"
        )
    )


def test_docx_table_with_spans_in_a_content_control():
    """A cell that spans rows names each of them; a row in a content control is a row."""

    def row(*cells: str) -> str:
        return "<w:tr>" + "".join(cells) + "</w:tr>"

    def cell(text: str, properties: str = "") -> str:
        return f"<w:tc><w:tcPr>{properties}</w:tcPr>{p(r(text))}</w:tc>"

    table = "".join(
        (
            row(cell("Drug"), cell("Age"), cell("Dose")),
            row(cell("Amoril", '<w:vMerge w:val="restart"/>'), cell("1-5 years"), cell("125 mg")),
            "<w:sdt><w:sdtContent>",
            row(cell("", "<w:vMerge/>"), cell("6-12 years"), cell("250 mg")),
            "</w:sdtContent></w:sdt>",
        )
    )
    lines = read(f"<w:tbl>{table}</w:tbl>").text.split("\n\n")
    assert lines[-1] == "Amoril\t6-12 years\t— Dose: 250 mg"


def test_html_says_what_the_page_shows():
    """Numbers of lists, hidden and struck text, ticks, signs; UTF-8 wins over a wrong statement."""
    page = """<meta charset="iso-8859-1"><style>.x{display:none}</style><ol start=4 type=i><li>four<li value=9>nine</ol>
    <p class=x>hidden</p><p>Grünwald <s>old</s> 10<sup>9</sup>/L, <span style="font-family:Symbol">m</span>g</p>
    <p><input type=checkbox checked>Yes</p>"""
    parsed = parse_html(page.encode(), Ingest())
    assert parsed.text == "(iv) four\n(ix) nine\n\nGrünwald 10⁹/L, μg\n\n☒ Yes"
    assert parsed.notes == ("1 struck-out passage left out",)


def test_xml_statute_in_reading_order():
    """Akoma Ntoso: numbers before what they number, notes below their paragraph, deleted text left out."""
    act = """<akomaNtoso xmlns="http://docs.oasis-open.org/legaldocml/ns/akn/3.0"><act><body><section><num>7</num>
    <heading>Duties</heading><subsection><num>(1)</num><content><p>The <def>landlord</def> must<authorialNote
    marker="1"><p>As amended.</p></authorialNote> <del>not</del> repair.</p></content></subsection></section></body>
    </act></akomaNtoso>"""
    parsed = parse_xml(act.encode(), Ingest())
    assert parsed.text == "7 Duties\n\n(1) The landlord must⁽¹⁾ repair.\n\n⁽¹⁾ As amended."
    assert parsed.notes == ("1 struck-out passage left out",)


def test_xml_in_an_encoding_that_expat_does_not_know():
    """GB18030 as it is stated."""
    assert (
        parse_xml('<?xml version="1.0" encoding="GB18030"?><d><p>三百名</p></d>'.encode("gb18030"), Ingest()).text
        == "三百名"
    )


def test_fhir_in_both_of_its_forms():
    """Facts in attributes and in JSON: a quantity in one piece, a code by its name, no addresses of code systems."""
    expected = "Observation\n\nCode: Haemoglobin\nValue quantity: 7.2 g/dL"
    xml = """<Observation xmlns="http://hl7.org/fhir"><code><coding><system value="http://loinc.org"/>
    <display value="Haemoglobin"/></coding></code><valueQuantity><value value="7.2"/><unit value="g/dL"/>
    </valueQuantity></Observation>"""
    data = b"""{"resourceType": "Observation", "code": {"coding": [{"system": "http://loinc.org",
    "display": "Haemoglobin"}]}, "valueQuantity": {"value": 7.2, "unit": "g/dL"}}"""
    assert [parse_xml(xml.encode(), Ingest()).text, parse_json(data, Ingest()).text] == [expected, expected]
