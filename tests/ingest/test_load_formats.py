"""rag/ingest/formats: Markdown, HTML, DOCX, JATS and MedQuAD as text with headings."""

from __future__ import annotations

import io

from sparewheel.rag.ingest.load import load
from sparewheel.rag.settings import Ingest


def loaded(folder, name: str, data: bytes | str):
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return load(path, name, Ingest())


def headings(document) -> list[tuple[str, int]]:
    return [(document.text[start:end], level) for start, end, level in document.headings]


# ---------------------------------------------------------------- Markdown


def test_markdown_headings(tmp_path):
    """`#` lines and underlined lines are headings, those inside code are not, front matter is left out."""
    text = "---\ntitle: x\n---\n# One #\n\nTwo\n---\n\n```\n# no heading\n```\n### Three\ntext\n"
    document = loaded(tmp_path, "a.md", text)
    assert headings(document) == [("One", 1), ("Two", 2), ("Three", 3)]
    assert document.text.startswith("# One #")


# ---------------------------------------------------------------- HTML

PAGE = """<!doctype html><html><head><title>Leaflet</title><meta name="author" content="A. Author">
<style>p {}</style></head>
<body><script>alert(1)</script><nav>Home | About</nav>
<h1>Ibuprofen <em>200 mg</em></h1>
<p>Take with   food.<br>Not at night.</p><p style="display: none">hidden</p><p hidden>hidden</p>
<h2>Doses</h2>
<table><tr><th>Age</th><th>Dose</th></tr><tr><td>12+</td><td>1 <b>tablet</b><br>a day <i hidden>x</i></td></tr></table>
<ol><li>Shake</li><li>Drink<ul><li>slowly</li></ul></li></ol>
<ol type="a" start="3"><li>third</li></ol>
<!-- comment -->Tail</body></html>"""


def test_html_is_what_a_reader_sees(tmp_path):
    """Headings, paragraphs, table rows, numbered items; no scripts, styles, navigation, comments or hidden text."""
    document = loaded(tmp_path, "a.html", PAGE)
    assert document.text == (
        "Ibuprofen 200 mg\n\nTake with food.\nNot at night.\n\nDoses\n\n"
        "Age\tDose\n\n12+\t— Dose: 1 tablet a day\n\n1. Shake\n2. Drink\n- slowly\n(c) third\n\nTail"
    )
    assert headings(document) == [("Ibuprofen 200 mg", 1), ("Doses", 2)]
    assert (document.title, document.metadata["author"]) == ("Leaflet", "A. Author")


def test_html_tables_that_only_lay_out_the_page(tmp_path):
    """A row that holds whole paragraphs is read as the blocks in it, as filings of contracts need."""
    document = loaded(tmp_path, "a.html", "<table><tr><td><p>1. Term.</p><p>2. Price.</p></td></tr></table>")
    assert document.text == "1. Term.\n\n2. Price."


def test_html_encoding_stated_in_the_page(tmp_path):
    """The charset of the page is used when its bytes fit it, and doubted when they do not."""
    page = '<meta charset="{}"><p>第一條 為了規範合同行為，制定本辦法。</p>'
    for stated, real in (("gb2312", "gb18030"), ("big5", "big5"), ("utf-8", "gb18030")):
        document = loaded(tmp_path, "a.html", page.format(stated).encode(real))
        assert document.text.startswith("第一條 為了規範")


def test_html_nested_a_thousand_deep(tmp_path):
    """Depth costs no recursion."""
    assert loaded(tmp_path, "a.html", "<div>" * 5000 + "deep" + "</div>" * 5000).text == "deep"


# ---------------------------------------------------------------- DOCX


def docx_bytes(build) -> bytes:
    import docx

    document = docx.Document()
    build(document)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def test_docx_headings_lists_and_tables(tmp_path):
    """In document order, tables as rows, list numbers as the page shows them; title and author from the file."""

    def build(document):
        document.core_properties.title = "Office Lease"
        document.core_properties.author = "A. Author"
        document.add_heading("Lease", 0)
        document.add_paragraph("Between A and B.")
        document.add_heading("Rent", 2)
        document.add_paragraph("Pay monthly", style="List Number")
        document.add_paragraph("Pay in euros", style="List Number")
        document.add_paragraph("by transfer", style="List Bullet")
        table = document.add_table(2, 2)
        for cell, text in zip((c for row in table.rows for c in row.cells), ("Year", "Rent", "1", "900"), strict=True):
            cell.text = text
        document.add_paragraph("Signed.")

    document = loaded(tmp_path, "a.docx", docx_bytes(build))
    assert document.text == (
        "Lease\n\nBetween A and B.\n\nRent\n\n1. Pay monthly\n\n2. Pay in euros\n\n- by transfer\n\n"
        "Year\t— Rent\n\n1\t— 900\n\nSigned."
    )
    assert headings(document) == [("Lease", 1), ("Rent", 2)]
    assert (document.title, document.metadata["author"]) == ("Office Lease", "A. Author")


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def numbered(levels: list[tuple[str, str]], items: list[int]) -> bytes:
    """A DOCX whose paragraphs are items of one multilevel list; levels: (format, text), items: level of each."""
    from docx.oxml import parse_xml

    def build(document):
        root = document.part.numbering_part.element
        inner = "".join(
            f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{text}"/></w:lvl>'
            for n, (kind, text) in enumerate(levels)
        )
        root.insert(0, parse_xml(f'<w:abstractNum {W} w:abstractNumId="77">{inner}</w:abstractNum>'))
        root.append(parse_xml(f'<w:num {W} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
        for level in items:
            properties = document.add_paragraph("x")._p.get_or_add_pPr()
            properties.append(parse_xml(f'<w:numPr {W}><w:ilvl w:val="{level}"/><w:numId w:val="77"/></w:numPr>'))

    return docx_bytes(build)


def test_docx_multilevel_numbers(tmp_path):
    """Clause numbers that the word processor only shows are in the text, so that clause 1.2(b) can be asked for."""
    levels = [("decimal", "%1."), ("decimal", "%1.%2"), ("lowerLetter", "(%3)"), ("lowerRoman", "(%4)")]
    document = loaded(tmp_path, "a.docx", numbered(levels, [0, 1, 1, 2, 2, 3, 3, 3, 3, 0, 1, 2]))
    labels = [line.split()[0] for line in document.text.split("\n") if line]
    assert labels == ["1.", "1.1", "1.2", "(a)", "(b)", "(i)", "(ii)", "(iii)", "(iv)", "2.", "2.1", "(a)"]


def test_docx_chinese_numbers(tmp_path):
    """第十一条 and （二） as Chinese contracts number them."""
    document = loaded(
        tmp_path, "a.docx", numbered([("chineseCounting", "第%1条"), ("chineseCounting", "（%2）")], [0] * 11 + [1, 1])
    )
    labels = [line.split()[0] for line in document.text.split("\n") if line]
    assert labels[9:] == ["第十条", "第十一条", "（一）", "（二）"]


def test_docx_tracked_changes(tmp_path):
    """Inserted text is read, deleted text is not."""
    from docx.oxml import parse_xml

    def build(document):
        paragraph = document.add_paragraph("Rent is ")._p
        paragraph.append(parse_xml(f"<w:del {W}><w:r><w:delText>900</w:delText></w:r></w:del>"))
        paragraph.append(parse_xml(f"<w:ins {W}><w:r><w:t>950</w:t></w:r></w:ins>"))

    assert loaded(tmp_path, "a.docx", docx_bytes(build)).text == "Rent is 950"


# ---------------------------------------------------------------- XML

JATS = """<?xml version="1.0"?><!DOCTYPE article PUBLIC "-//NLM//DTD JATS (Z39.96) v1.2//EN" "JATS.dtd">
<article><front><journal-meta><journal-title>Lancet</journal-title></journal-meta><article-meta>
<article-id pub-id-type="doi">10.1/x</article-id>
<title-group><article-title>Masks <italic>in</italic> wards</article-title>
</title-group><pub-date><year>2020</year></pub-date><abstract><p>We tried masks.</p></abstract></article-meta></front>
<body><sec><label>1</label><title>Methods</title><p>Sixty wards<xref>[1]</xref>.</p>
<sec><title>Ethics</title><p>Approved.</p>
<list><list-item><p>first</p></list-item></list></sec></sec>
<table-wrap><caption><p>Table 1</p></caption><table><tr><td>a</td><td>b</td></tr></table></table-wrap></body>
<back><ref-list><ref>Someone 1999</ref></ref-list></back></article>"""


def test_jats_paper(tmp_path):
    """Title, abstract and sections with their levels; references are left out; a DOCTYPE alone is no attack."""
    document = loaded(tmp_path, "a.nxml", JATS)
    assert headings(document) == [("Masks in wards", 1), ("Abstract", 2), ("1 Methods", 2), ("Ethics", 3)]
    assert document.text.endswith("Approved.\n\nfirst\n\nTable 1\n\na\t— b")
    assert document.title == "Masks in wards"
    assert document.metadata["doi"] == "10.1/x"
    assert document.metadata["year"] == "2020"


MEDQUAD = """<Document id="7" source="CDC" url="https://x"><Focus>Measles</Focus><QAPairs>
<QAPair pid="1"><Question qid="7-1" qtype="information">What is (are) Measles ?</Question>
<Answer>A virus disease.    - It spreads fast.     - It can be prevented.</Answer></QAPair>
<QAPair pid="2"><Question qid="7-2">Is it deadly??</Question><Answer></Answer></QAPair></QAPairs></Document>"""


def test_medquad_questions_are_headings(tmp_path):
    """Each answered question is a heading above its answer; one without answer is left out."""
    document = loaded(tmp_path, "a.xml", MEDQUAD)
    assert document.text == "What is (are) Measles?\n\nA virus disease.\n- It spreads fast.\n- It can be prevented."
    assert headings(document) == [("What is (are) Measles?", 1)]
    assert (document.title, document.metadata["source"], document.metadata["url"]) == ("Measles", "CDC", "https://x")


def test_other_xml_is_read_as_text(tmp_path):
    """In reading order: inline elements stay within their line, blocks stand apart."""
    law = "<law><name>Act</name><sec>One <b>two</b> three <i>f<u>o</u>ur</i> five</sec></law>"
    assert loaded(tmp_path, "a.xml", law).text == "Act\nOne two three four five"
