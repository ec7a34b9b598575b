"""Pages, Markdown, sheets, lists of values, plain text and XML."""

from __future__ import annotations

import datetime
import io

import openpyxl
from openpyxl.styles import Font

from tests.ingest.situations.made import Situation

SITUATIONS: list[Situation] = []


def situation(*args, **more) -> None:
    SITUATIONS.append(Situation(*args, **more))


def page(b, head=""):
    return f"<html><head>{head}</head><body>{b}</body></html>"


situation(
    "html_rowspan0",
    "a.html",
    lambda: page(
        "<table><tr><th>Drug</th><th>Age</th><th>Dose</th></tr><tr><td rowspan=0>Amoril</td><td>1-5 y</td><td>125 mg</td></tr><tr><td>6-12 y</td><td>250 mg</td></tr></table>"
    ),
    has=("Amoril\\t6-12 y\\t?— (Dose: )?250 mg",),
)
situation(
    "html_hidden_row",
    "a.html",
    lambda: page(
        '<table><tr><th>Unit</th><th>Rent</th></tr><tr style="display:none"><td>X</td><td>999</td></tr><tr><td>A</td><td>1,100</td></tr></table>'
    ),
    has=("A\\t— Rent: 1,100",),
    hasnot=("999",),
)
situation(
    "html_nested",
    "a.html",
    lambda: page(
        "<table><tr><th>Phase</th><th>Fees</th></tr><tr><td>One</td><td>see <table><tr><th>Role</th><th>Rate</th></tr><tr><td>Partner</td><td>400</td></tr></table></td></tr><tr><td>Two</td><td>1,000</td></tr></table>"
    ),
    has=(
        "Partner.*400",
        "Two\\t— .*1,000",
    ),
    hasnot=("Partner Rate",),
)
situation(
    "html_scope_row",
    "a.html",
    lambda: page(
        '<table><caption>Late fees</caption><tr><td></td><th scope="col">10 days</th><th scope="col">30 days</th></tr><tr><th scope="row">Residential</th><td>15</td><td>45</td></tr><tr><th scope="row">Commercial</th><td>40</td><td>120</td></tr></table>'
    ),
    has=(
        "Late fees",
        "Commercial\\t— 30 days: 120",
    ),
)
situation(
    "html_all_th_rows",
    "a.html",
    lambda: page("<table><tr><th>Name</th><td>Alba</td></tr><tr><th>Allergy</th><td>penicillin</td></tr></table>"),
    has=(
        "Name\\t— Alba",
        "Allergy\\t— penicillin",
    ),
)
situation(
    "html_br_cells",
    "a.html",
    lambda: page(
        "<table><tr><th>Unit</th><th>Rent<br>per month</th></tr><tr><td>A</td><td>1,100<br>euros</td></tr></table>"
    ),
    has=("A\\t— Rent per month: 1,100 euros",),
)
situation(
    "html_del_ins",
    "a.html",
    lambda: page(
        '<p>Deposit <del>1,800</del><ins>2,400</ins> euros; fee <span style="text-decoration:line-through">70</span> 80; <span class="old">90</span>95</p>',
        "<style>.old{text-decoration:line-through}</style>",
    ),
    has=(
        "Deposit 2,400",
        "fee 80",
        "95",
    ),
    hasnot=(
        "1,800",
        "70",
        "90",
    ),
)
situation(
    "html_ol",
    "a.html",
    lambda: page(
        '<ol start="4"><li>Rent<ol type="a"><li>Monthly</li><li value="5">Yearly</li></ol></li><li>Term</li></ol><ol type="I" reversed><li>x</li><li>y</li></ol>'
    ),
    has=(
        "4\\. Rent",
        "\\(a\\) Monthly",
        "\\(e\\) Yearly",
        "5\\. Term",
        "II\\. x",
        "I\\. y",
    ),
)
situation(
    "html_ol_css",
    "a.html",
    lambda: page(
        '<ol class="alpha"><li>Rent</li><li>Term</li></ol>', "<style>ol.alpha{list-style-type:lower-alpha}</style>"
    ),
    has=(
        "\\(?a[.)] Rent",
        "\\(?b[.)] Term",
    ),
)
situation(
    "html_counters",
    "a.html",
    lambda: page(
        '<ol class="c"><li>Rent<ol class="c"><li>Monthly</li></ol></li></ol>',
        '<style>ol.c{counter-reset:item;list-style:none} ol.c>li{counter-increment:item} ol.c>li::before{content:counters(item,".") " "}</style>',
    ),
    has=(
        "1\\. Rent",
        "1\\.1 Monthly",
    ),
)
situation(
    "html_form",
    "a.html",
    lambda: page(
        '<form>Name: <input value="Alba Norell"> <input type=checkbox checked> Consent <select><option>North<option selected>South</select><textarea>None known</textarea><input type=hidden value="tok9"></form>'
    ),
    has=(
        "Alba Norell",
        "South",
        "None known",
        "☒",
    ),
    hasnot=(
        "tok9",
        "North",
    ),
)
situation(
    "html_sup_mathml",
    "a.html",
    lambda: page(
        '<p>below 10<sup>9</sup>/L; m<sup>2</sup>; see note<sup><a href="#f1">1</a></sup>; CO<sub>2</sub> <math><msup><mi>x</mi><mn>2</mn></msup></math> in&shy;demnity</p>'
    ),
    has=(
        "10⁹/L",
        "m²",
        "CO₂",
        "x(²|\\^2)",
        "indemnity",
    ),
    hasnot=("note1",),
)
situation(
    "html_charset",
    "a.html",
    lambda: page("<p>Grünwald Ärztehaus</p>", '<meta charset="iso-8859-1">'),
    has=("Grünwald Ärztehaus",),
)
situation(
    "html_gb2312_gbk",
    "a.html",
    lambda: (
        '<html><head><meta charset="gb2312"></head><body><p>镕基公司应支付一百元，朱镕签字</p></body></html>'.encode(
            "gbk"
        )
    ),
    has=("镕基公司",),
)
situation(
    "html_utf16",
    "a.html",
    lambda: page("<p>The notary is Quill.</p>", '<meta charset="utf-16">'),
    has=("The notary is Quill",),
)
situation(
    "html_details_tabs",
    "a.html",
    lambda: page(
        '<details><summary>More</summary><p>Fee is 7 euros.</p></details><div class="tabpane" aria-hidden="true">x</div>'
    ),
    has=("Fee is 7 euros",),
)
situation(
    "html_word_saved",
    "a.doc",
    lambda: (
        '<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><meta charset=utf-8></head><body><p class=MsoNormal>The rent is 1,200 euros.<![if !supportFootnotes]>x<![endif]></p><p class=MsoListParagraph style="mso-list:l0 level1 lfo1"><![if !supportLists]><span style="mso-list:Ignore">4.1<span>&nbsp;&nbsp;</span></span><![endif]>Notice is two months.</p></body></html>'
    ),
    has=(
        "The rent is 1,200",
        "4\\.1 ?\\s*Notice is two months",
    ),
)
situation(
    "mht",
    "a.mht",
    lambda: (
        'From: <Saved by Blink>\r\nSubject: Lease\r\nDate: Mon, 3 Feb 2025 10:00:00 -0000\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related; type="text/html"; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Location: http://x/\r\n\r\n<html><body><h1>Lease</h1><p>The rent is 1,200 =E2=82=AC.</p></body></html>\r\n--b\r\nContent-Type: image/png\r\nContent-Location: http://x/a.png\r\n\r\nx\r\n--b--\r\n'
    ),
    has=("The rent is 1,200 €",),
)
situation(
    "md_pipes",
    "a.md",
    lambda: "| Unit | Rent \\| net | Note |\n|:--|--:|---|\n| A | 1,100 | `a\\|b` |\n| B | | x |\n",
    has=(
        "A\\t— Rent \\| net: 1,100",
        "B\\t— Rent \\| net: —",
    ),
)
situation(
    "md_html_table",
    "a.md",
    lambda: (
        "# Fees\n\n<table><tr><th>Unit</th><th>Rent</th></tr><tr><td>A</td><td>1,100</td></tr></table>\n\nEnd ~~old 5~~ new 6 <!-- hid 9 --> - [x] ticked\n"
    ),
    has=(
        "A\\t— Rent: 1,100",
        "new 6",
    ),
    hasnot=(
        "old 5",
        "hid 9",
    ),
)
situation(
    "md_tasks",
    "a.md",
    lambda: "- [x] Consent given\n- [ ] Refused\n\n1. one\n4. two\n",
    has=(
        "☒ Consent|\\[x\\] Consent",
        "4\\. two|2\\. two",
    ),
)
situation(
    "md_front",
    "a.md",
    lambda: (
        "---\nauthor: T. Okafor\nlast_reviewed: 2025-02-03\nparties:\n  - Acme\n  - Harbour\n---\n# Memo\ntext[^1]\n\n[^1]: Footnote says 5 mg.\n"
    ),
    has=(
        "T\\. Okafor",
        "2025-02-03",
        "Acme",
        "Footnote says 5 mg",
    ),
)
situation(
    "md_setext_grid",
    "a.md",
    lambda: (
        "Title\n=====\n\n+------+-------+\n| Unit | Rent  |\n+======+=======+\n| A    | 1,100 |\n+------+-------+\n| B    | 1,200 |\n+------+-------+\n"
    ),
    has=("A\\t— Rent: 1,100",),
)


def workbook(f):
    b = openpyxl.Workbook()
    f(b)
    o = io.BytesIO()
    b.save(o)
    return o.getvalue()


def x1(b):
    s = b.active
    s.title = "Fees"
    s["A1"] = "Fee schedule 2025"
    s.merge_cells("A1:E1")
    for r in [
        ["", "Residential", None, "Commercial", None],
        ["Service", "10 days", "30 days", "10 days", "30 days"],
        ["Late rent", 15, 45, 40, 120],
        ["Key", 5, None, 10, 20],
    ]:
        s.append(r)
    s.merge_cells("B2:C2")
    s.merge_cells("D2:E2")


situation(
    "xlsx_two_headers",
    "a.xlsx",
    lambda: workbook(x1),
    has=(
        "Fee schedule 2025",
        "Late rent\\t— Commercial, 30 days: 120",
        "Key\\t— Residential, 30 days: —",
    ),
)


def x2(b):
    s = b.active
    s.title = "S"
    s["A1"] = "Unit"
    s["B1"] = "Rent"
    s["A2"] = "A"
    s["B2"] = 1100
    s["A3"] = "B"
    s["B3"] = 1200
    s["D1"] = "Drug"
    s["E1"] = "Dose"
    s["D2"] = "Amoril"
    s["E2"] = "5 mg"
    s["D3"] = "Zelfen"
    s["E3"] = "7 mg"


situation(
    "xlsx_side_by_side",
    "a.xlsx",
    lambda: workbook(x2),
    has=(
        "\\bA\\t— Rent: 1100",
        "(^|\\n)Amoril\\t— Dose: 5 mg",
    ),
    hasnot=(
        "A\\t— Dose",
        "A\\t— Drug",
    ),
)


def x3(b):
    s = b.active
    s.append(["Date", "Amount", "Share", "Net", "Code", "When"])
    s.append([datetime.date(2025, 3, 1), 1234.5, 0.175, -20, 7, datetime.datetime(2025, 3, 1, 14, 30)])
    s["B2"].number_format = '#,##0.00 "€"'
    s["C2"].number_format = "0.0%"
    s["D2"].number_format = "#,##0;(#,##0)"
    s["E2"].number_format = "0000"
    s["A2"].number_format = "dd.mm.yyyy"
    s.append([datetime.date(2025, 4, 1), 1, 0.2, 3, 8, None])


situation(
    "xlsx_formats",
    "a.xlsx",
    lambda: workbook(x3),
    has=(
        "2025-03-01",
        "1,234.50 €",
        "17.5%",
        "\\(20\\)",
        "0007",
        "2025-03-01 14:30",
    ),
)


def x4(b):
    s = b.active
    s.append(["Unit", "Rent", "Secret"])
    s.append(["A", 1, 9999])
    s.append(["B", 2, 8888])
    s.append(["C", 3, 7777])
    s.column_dimensions["C"].hidden = True
    s.row_dimensions[3].hidden = True
    h = b.create_sheet("H")
    h["A1"] = "hiddensheet"
    h.sheet_state = "veryHidden"


situation(
    "xlsx_hidden",
    "a.xlsx",
    lambda: workbook(x4),
    has=(
        "A\\t— (Rent: )?1",
        "C\\t— (Rent: )?3",
    ),
    hasnot=(
        "9999",
        "8888",
        "hiddensheet",
    ),
    notes=(
        "hidden row or column",
        "hidden sheet",
    ),
)


def x5(b):
    s = b.active
    s.append(["Item", "Sum"])
    s.append(["A", 10])
    s.append(["Total", "=SUM(B2:B2)"])


situation(
    "xlsx_formula_nocache",
    "a.xlsx",
    lambda: workbook(x5),
    has=("A",),
    notes=("formulas have no stored value",),
)


def x6(b):
    from openpyxl.cell.rich_text import CellRichText, TextBlock
    from openpyxl.cell.text import InlineFont

    s = b.active
    s["A1"] = "Item"
    s["B1"] = "Price"
    s["A2"] = "Deposit"
    s["B2"] = CellRichText(TextBlock(InlineFont(strike=True), "1,800 "), "2,400")
    s["A3"] = "Fee"
    s["B3"] = "#REF!"
    s["A4"] = "x"
    s["B4"] = "old"
    s["B4"].font = Font(strike=True)


situation(
    "xlsx_rich_strike",
    "a.xlsx",
    lambda: workbook(x6),
    has=("2,400",),
    hasnot=(
        "1,800",
        "old",
    ),
)


def x7(b):
    s = b.active
    s["A1"] = "Report"
    s["A3"] = "Unit"
    s["B3"] = "Rent"
    s["A4"] = "A"
    s["B4"] = 5
    s["A5"] = "B"
    s["B5"] = 6
    s["A8"] = "Notes"
    s["A9"] = "Rent is net of VAT."
    s2 = b.create_sheet("Deposits")
    s2.append(["Unit", "Deposit"])
    s2.append(["A", 50])
    s2.append(["B", 60])


situation(
    "xlsx_sheets",
    "a.xlsx",
    lambda: workbook(x7),
    has=(
        "A\\t— Rent: 5",
        "A\\t— Deposit: 50",
        "Deposits",
        "Rent is net of VAT",
    ),
)


def x8(b):
    s = b.active
    s.append(["Unit", "Tenant", "Rent"])
    s.append(["North", "Ann", 1])
    s.append([None, "Bob", 2])
    s.append(["South", "Cy", 3])
    s.merge_cells("A2:A3")


situation(
    "xlsx_vmerge",
    "a.xlsx",
    lambda: workbook(x8),
    has=("North\\tBob\\t— Rent: 2",),
)
situation(
    "csv_semicolon_gbk",
    "a.csv",
    lambda: "药品;剂量;频次\n阿莫瑞;1,5 克;每日三次\n泽芬;;每日一次\n".encode("gbk"),
    has=(
        "阿莫瑞\\t— 剂量: 1,5 克",
        "泽芬\\t— 剂量: —",
    ),
)
situation(
    "csv_utf16_tab",
    "a.csv",
    lambda: "Unit\tRent\nA\t1.100,00\nB\t1.200,00\n".encode("utf-16"),
    has=("A\\t— Rent: 1\\.100,00",),
)
situation(
    "csv_quoted_newline",
    "a.csv",
    lambda: 'Unit,Note,Rent\nA,"two\nlines, ok",5\nB,,6\n',
    has=(
        "A\\t— Note: two lines, ok",
        "B\\t— Note: —",
    ),
)
situation(
    "csv_preamble",
    "a.csv",
    lambda: "Report of 3 May\n\nUnit,Rent\nA,5\nB,6\n",
    has=(
        "Report of 3 May",
        "A\\t— Rent: 5",
    ),
)
situation(
    "csv_pipe",
    "a.csv",
    lambda: "Unit|Rent\nA|5\nB|6\n",
    has=("A\\t— Rent: 5",),
)
situation(
    "txt_gbk",
    "a.txt",
    lambda: "第一条 租金每月一千元。\n第二条 押金两千元。".encode("gbk"),
    has=("第一条 租金每月一千元",),
)
situation(
    "txt_utf16le_nobom",
    "a.txt",
    lambda: "The rent is 1,200 euros per month.".encode("utf-16-le"),
    has=("The rent is 1,200",),
)
situation(
    "txt_big5",
    "a.txt",
    lambda: "租金為每月一千元，押金兩個月，承租人應於每月五日前支付。".encode("big5"),
    has=("租金為每月",),
)
situation(
    "txt_pua",
    "a.txt",
    lambda: "Dose \ue123\ue124 mg daily of Amoril for adults and children.",
    hasnot=("\ue123",),
    notes=("could not be read",),
)
situation(
    "txt_tagchars",
    "a.txt",
    lambda: "Cap 5.\U000e0041\U000e0042 End",
    has=("Cap 5\\. End",),
)
situation(
    "xml_utf16",
    "a.xml",
    lambda: (
        '<?xml version="1.0" encoding="utf-16"?><act><section><num>1</num><p>The landlord must return the deposit.</p></section></act>'.encode(
            "utf-16"
        )
    ),
    has=("landlord must return",),
)
situation(
    "xml_gb18030",
    "a.xml",
    lambda: (
        '<?xml version="1.0" encoding="GB18030"?><article><body><p>本研究纳入三百名患者。</p></body></article>'.encode(
            "gb18030"
        )
    ),
    has=("三百名患者",),
)
situation(
    "xml_spreadsheet2003",
    "a.xml",
    lambda: (
        '<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="Rent"><Table><Row><Cell><Data ss:Type="String">Unit</Data></Cell><Cell><Data ss:Type="String">Rent</Data></Cell></Row><Row><Cell><Data ss:Type="String">A</Data></Cell><Cell><Data ss:Type="Number">1100</Data></Cell></Row><Row><Cell><Data ss:Type="String">B</Data></Cell><Cell><Data ss:Type="Number">1200</Data></Cell></Row></Table></Worksheet></Workbook>'
    ),
    has=(
        "A\\t— Rent: 1100",
        "B\\t— Rent: 1200",
    ),
)
situation(
    "xml_wordml_flat",
    "a.xml",
    lambda: (
        '<?xml version="1.0"?><?mso-application progid="Word.Document"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/office/2006/xmlPackage"><pkg:part pkg:name="/_rels/.rels"><pkg:xmlData><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships></pkg:xmlData></pkg:part><pkg:part pkg:name="/word/document.xml"><pkg:xmlData><w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>The rent is </w:t></w:r><w:r><w:t>1,200 euros.</w:t></w:r></w:p><w:p><w:r><w:t>Second.</w:t></w:r></w:p></w:body></w:document></pkg:xmlData></pkg:part></pkg:package>'
    ),
    has=("The rent is 1,200 euros",),
)
situation(
    "xml_jats",
    "a.xml",
    lambda: (
        '<article><front><article-meta><title-group><article-title>Trial</article-title></title-group></article-meta></front><body><sec><title>Results</title><p>See <xref ref-type="bibr">1</xref>. Below 10<sup>9</sup>/L.</p><table-wrap><label>Table 2</label><caption><p>Doses</p></caption><table><thead><tr><th rowspan="2">Drug</th><th colspan="2">Dose</th></tr><tr><th>Child</th><th>Adult</th></tr></thead><tbody><tr><td>Amoril</td><td>125 mg</td><td>250 mg</td></tr><tr><td>Zelfen</td><td/><td>75 mg</td></tr></tbody></table><table-wrap-foot><p>Not in renal failure.</p></table-wrap-foot></table-wrap></sec></body></article>'
    ),
    has=(
        "Table 2.*Doses",
        "Amoril\\t— Dose, Child: 125 mg",
        "Zelfen\\t— Dose, Child: —",
        "10⁹/L",
        "Not in renal failure",
    ),
)
situation(
    "xml_uslm",
    "a.xml",
    lambda: (
        '<lawDoc xmlns="http://schemas.gpo.gov/xml/uslm"><main><section identifier="/us/usc/t1/s4"><num value="4">§ 4.</num><heading> Deposits</heading><subsection><num value="a">(a)</num><content>The landlord <term>shall</term> return the deposit within <b>14</b> days.</content></subsection></section></main></lawDoc>'
    ),
    has=(
        "§ 4\\. Deposits",
        "\\(a\\) The landlord shall return the deposit within 14 days",
    ),
)
situation(
    "xml_spl",
    "a.xml",
    lambda: (
        '<document xmlns="urn:hl7-org:v3"><title>Amoril tablets</title><component><structuredBody><component><section><code code="34068-7"/><title>DOSAGE</title><text><paragraph>Give <content styleCode="bold">5 mg</content> once daily.</paragraph><table><thead><tr><th>Age</th><th>Dose</th></tr></thead><tbody><tr><td>1-5 y</td><td>125 mg</td></tr><tr><td>6-12 y</td><td>250 mg</td></tr></tbody></table></text></section></component></structuredBody></component></document>'
    ),
    has=(
        "Give 5 mg once daily",
        "6-12 y\\t— Dose: 250 mg",
    ),
)
situation(
    "xml_cda",
    "a.xml",
    lambda: (
        '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>Discharge</title><recordTarget><patientRole><patient><name><given>Alba</given><family>Norell</family></name><birthTime value="19700102"/></patient></patientRole></recordTarget><component><structuredBody><component><section><title>Allergies</title><text><list><item>penicillin</item><item>latex</item></list></text></section></component></structuredBody></component></ClinicalDocument>'
    ),
    has=(
        "Alba Norell",
        "penicillin",
        "1970",
    ),
)
situation(
    "fhir_bundle",
    "a.json",
    lambda: (
        '{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","name":[{"given":["Alba"],"family":"Norell"}],"birthDate":"1970-01-02"}},{"resource":{"resourceType":"MedicationRequest","medicationCodeableConcept":{"coding":[{"display":"ramipril 5 mg tablet"}]},"dosageInstruction":[{"text":"one daily","doseAndRate":[{"doseQuantity":{"value":5,"unit":"mg"}}]}]}},{"resource":{"resourceType":"Observation","code":{"text":"Potassium"},"valueQuantity":{"value":5.1,"unit":"mmol/L"}}}]}'
    ),
    has=(
        "Name: Alba Norell",
        "ramipril 5 mg",
        "one daily",
        "5 mg",
        "(?i)Potassium",
        "5.1 mmol/L",
    ),
)
