"""PDF and pictures: tables, signs, strokes, forms, attachments, columns, turned pages, scans."""

from __future__ import annotations

import io

import pypdf
import pypdf.generic as G
from PIL import Image, ImageDraw, ImageFont
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Table

from tests.ingest.situations.made import Situation, docx, paragraph

SITUATIONS: list[Situation] = []


def situation(*args, **more) -> None:
    SITUATIONS.append(Situation(*args, **more))


pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
STYLE = getSampleStyleSheet()["Normal"]


def drawn(f, **k):
    o = io.BytesIO()
    c = Canvas(o, **k)
    f(c)
    c.save()
    return o.getvalue()


def flowed(fl, **k):
    o = io.BytesIO()
    SimpleDocTemplate(o, **k).build(fl)
    return o.getvalue()


RENTS = [["Unit", "Tenant", "Rent"]] + [[f"U{i}", f"Tenant {i}", f"{1000 + i}"] for i in range(1, 90)]
situation(
    "pdf_tbl_3pages_noheader",
    "a.pdf",
    lambda: flowed([Paragraph("Rent roll", STYLE), Table(RENTS, style=[("GRID", (0, 0), (-1, -1), 0.5, "black")])]),
    has=(
        "U88\\t— Rent: 1088",
        "U88\\t— Tenant: Tenant 88",
    ),
)


def prose(t):
    return Paragraph(t, STYLE)


situation(
    "pdf_wrapped_ruled",
    "a.pdf",
    lambda: flowed(
        [
            Table(
                [
                    ["Item", "Tenant", "Landlord"],
                    [
                        "Windows",
                        prose("cleans the windows twice a year and keeps the frames in good order"),
                        prose("replaces windows that are rotten or broken by age"),
                    ],
                    ["Roof", prose(""), prose("repairs the roof")],
                ],
                colWidths=[80, 150, 150],
                style=[("GRID", (0, 0), (-1, -1), 0.5, "black"), ("VALIGN", (0, 0), (-1, -1), "TOP")],
            )
        ]
    ),
    has=(
        "Windows\\t— Tenant: cleans the windows twice a year and keeps the frames in good order",
        "Roof\\t— Tenant: —",
    ),
)
situation(
    "pdf_booktabs",
    "a.pdf",
    lambda: flowed(
        [
            prose("Table 3. Doses"),
            Table(
                [
                    ["Drug", "Child", "Adult"],
                    ["Amoril", "125 mg", "250 mg"],
                    ["Zelfen", "", "75 mg"],
                    ["Corvane", "10 mg", ""],
                ],
                colWidths=100,
                style=[
                    ("LINEABOVE", (0, 0), (-1, 0), 1, "black"),
                    ("LINEBELOW", (0, 0), (-1, 0), 0.5, "black"),
                    ("LINEBELOW", (0, -1), (-1, -1), 1, "black"),
                ],
            ),
            prose("Source: made."),
        ]
    ),
    has=(
        "Zelfen\\t— Child: —",
        "Zelfen\\t— Adult: 75 mg",
        "Corvane\\t— Child: 10 mg",
    ),
)
situation(
    "pdf_unruled_wrapped",
    "a.pdf",
    lambda: flowed(
        [
            Table(
                [
                    ["Item", "Duty of tenant", "Duty of landlord"],
                    [
                        "Windows",
                        prose("cleans the windows twice a year and keeps frames"),
                        prose("replaces windows that are rotten"),
                    ],
                    ["Garden", prose("mows the lawn"), prose("prunes trees taller than four metres each winter")],
                ],
                colWidths=[80, 170, 170],
                style=[("VALIGN", (0, 0), (-1, -1), "TOP")],
            )
        ]
    ),
    has=(
        "cleans the windows twice a year and keeps frames",
        "replaces windows that are rotten",
    ),
    hasnot=("windows that are rotten.*frames",),
)
situation(
    "pdf_vspan",
    "a.pdf",
    lambda: flowed(
        [
            Table(
                [
                    ["Drug", "Age", "Dose"],
                    ["Amoril", "1-5 y", "125 mg"],
                    ["", "6-12 y", "250 mg"],
                    ["Zelfen", "Adults", "75 mg"],
                ],
                style=[
                    ("GRID", (0, 0), (-1, -1), 0.5, "black"),
                    ("SPAN", (0, 1), (0, 2)),
                    ("VALIGN", (0, 1), (0, 2), "MIDDLE"),
                ],
            )
        ]
    ),
    has=("Amoril\\t6-12 y\\t— (Dose: )?250 mg|Amoril\\t— 6-12 y",),
)
situation(
    "pdf_landscape",
    "a.pdf",
    lambda: flowed(
        [
            Table(
                [
                    ["Clinic"] + [f"Q{i}" for i in range(1, 9)],
                    ["North"] + [str(10 * i) for i in range(1, 9)],
                    ["South"] + [str(11 * i) for i in range(1, 9)],
                ],
                style=[("GRID", (0, 0), (-1, -1), 0.5, "black")],
            )
        ],
        pagesize=(842, 595),
    ),
    has=("South\\t— Q7: 77",),
)
situation(
    "pdf_two_tables",
    "a.pdf",
    lambda: flowed(
        [
            prose("Rents"),
            Table([["Unit", "Rent"], ["A", "1,100"], ["B", "1,200"]], style=[("GRID", (0, 0), (-1, -1), 0.5, "black")]),
            prose("Deposits are held by the agent."),
            Table(
                [["Unit", "Deposit"], ["A", "2,200"], ["B", "2,400"]], style=[("GRID", (0, 0), (-1, -1), 0.5, "black")]
            ),
        ]
    ),
    has=(
        "A\\t— Rent: 1,100",
        "A\\t— Deposit: 2,200",
        "Deposits are held",
    ),
)


def symbols(c):
    t = c.beginText(60, 700)
    for s, f in (
        ("Give 50 ", "Helvetica"),
        ("m", "Symbol"),
        ("g when eGFR ", "Helvetica"),
        ("≥".encode().decode(), "Symbol"),
    ):
        t.setFont(f, 12)
        t.textOut("μ" if s == "m" else s)
    t.setFont("Helvetica", 12)
    t.textOut(" 30")
    c.drawText(t)


situation(
    "pdf_symbol_font",
    "a.pdf",
    lambda: drawn(symbols),
    has=(
        "50 [µμ]g",
        "≥ 30",
    ),
)
situation(
    "pdf_zapf_ticks",
    "a.pdf",
    lambda: drawn(
        lambda c: [
            c.setFont("ZapfDingbats", 12),
            c.drawString(60, 700, "✔"),
            c.setFont("Helvetica", 12),
            c.drawString(80, 700, "Consent given"),
            c.setFont("ZapfDingbats", 12),
            c.drawString(60, 680, "❑"),
            c.setFont("Helvetica", 12),
            c.drawString(80, 680, "Refused"),
        ]
    ),
    has=("[✓✔☑] ?Consent given",),
)


def footnote(c):
    c.drawString(60, 700, "The dose is 50 mg")
    c.setFont("Helvetica", 7)
    c.drawString(60 + c.stringWidth("The dose is 50 mg", "Helvetica", 12), 705, "1")
    c.setFont("Helvetica", 12)
    c.drawString(170, 700, "daily.")
    c.setFont("Helvetica", 8)
    c.drawString(60, 60, "1 Halve it in renal failure.")


situation(
    "pdf_footnote_mark",
    "a.pdf",
    lambda: drawn(footnote),
    has=("50 mg",),
    hasnot=("mg1",),
)
situation(
    "pdf_hyphen_end",
    "a.pdf",
    lambda: drawn(
        lambda c: [
            c.drawString(60, 700, "The tenant shall in-"),
            c.drawString(60, 686, "demnify the landlord; the indemnify clause is well-"),
            c.drawString(60, 672, "known to both parties."),
        ]
    ),
    has=("indemnify the landlord",),
)


def struck(c, rect=False):
    c.drawString(60, 700, "The deposit is 1,800 euros 2,400 euros.")
    x = 60 + c.stringWidth("The deposit is ", "Helvetica", 12)
    w = c.stringWidth("1,800 euros", "Helvetica", 12)
    if rect:
        c.rect(x, 703, w, 0.8, fill=1, stroke=0)
    else:
        c.line(x, 703.5, x + w, 703.5)
    c.drawString(60, 660, "Underlined term")
    c.line(60, 658, 60 + c.stringWidth("Underlined term", "Helvetica", 12), 658)


situation(
    "pdf_struck_line",
    "a.pdf",
    lambda: drawn(struck),
    has=(
        "2,400 euros",
        "Underlined term",
    ),
    hasnot=("1,800",),
    notes=("struck",),
)
situation(
    "pdf_struck_rect",
    "a.pdf",
    lambda: drawn(lambda c: struck(c, True)),
    has=(
        "2,400 euros",
        "Underlined term",
    ),
    hasnot=("1,800",),
    notes=("struck",),
)


def form(c):
    f = c.acroForm
    c.drawString(60, 700, "Ward:")
    f.choice(x=150, y=690, width=100, height=18, options=["North", "South"], value="South", name="ward")
    c.drawString(60, 660, "Sex:")
    c.drawString(100, 660, "female")
    f.radio(x=150, y=655, value="f", selected=True, name="sex")
    c.drawString(200, 660, "male")
    f.radio(x=250, y=655, value="m", selected=False, name="sex")
    c.drawString(60, 620, "Consent:")
    f.checkbox(x=150, y=615, checked=True, name="ok")
    c.drawString(60, 590, "Contact:")
    f.listbox(x=150, y=560, width=100, height=40, options=["mail", "phone"], value="phone", name="l")
    c.drawString(60, 540, "Notes:")
    f.textfield(x=150, y=500, width=200, height=50, value="No known allergy", name="n", fieldFlags="multiline")


situation(
    "pdf_form_kinds",
    "a.pdf",
    lambda: drawn(form),
    has=(
        "Ward: South",
        "Consent: ☒",
        "phone",
        "No known allergy",
    ),
    hasnot=("North",),
)


def without_appearance():
    r = pypdf.PdfReader(io.BytesIO(drawn(form)))
    w = pypdf.PdfWriter()
    w.append(r)
    for a in w.pages[0]["/Annots"]:
        a = a.get_object()
        if "/AP" in a and a.get("/FT") == "/Tx":
            del a[G.NameObject("/AP")]
    o = io.BytesIO()
    w.write(o)
    return o.getvalue()


situation(
    "pdf_form_no_ap",
    "a.pdf",
    lambda: without_appearance(),
    has=("No known allergy",),
)


def attached(name, data):
    w = pypdf.PdfWriter()
    w.append(pypdf.PdfReader(io.BytesIO(drawn(lambda c: c.drawString(60, 700, "Cover page.")))))
    w.add_attachment(name, data)
    o = io.BytesIO()
    w.write(o)
    return o.getvalue()


situation(
    "pdf_attach_docx",
    "a.pdf",
    lambda: attached("合同.docx", docx(paragraph("The price is 4.2 million."))),
    has=(
        "Cover page",
        "合同.docx",
        "4.2 million",
    ),
)
situation(
    "pdf_attach_exe",
    "a.pdf",
    lambda: attached("tool.exe", b"MZ\x00\x00"),
    has=("Cover page",),
    notes=("tool.exe",),
)


def xfa():
    w = pypdf.PdfWriter()
    w.append(
        pypdf.PdfReader(
            io.BytesIO(
                drawn(
                    lambda c: c.drawString(
                        60,
                        700,
                        "Please wait... If this message is not eventually replaced, your PDF viewer may not be able to display this type of document.",
                    )
                )
            )
        )
    )
    s = G.StreamObject()
    s._data = b'<xdp:xdp xmlns:xdp="http://ns.adobe.com/xdp/"><template xmlns="http://www.xfa.org/schema/xfa-template/2.8/"><subform name="f"/></template><xfa:datasets xmlns:xfa="http://www.xfa.org/schema/xfa-data/1.0/"><xfa:data><form1><PatientName>Alba Norell</PatientName><Allergy>penicillin</Allergy></form1></xfa:data></xfa:datasets></xdp:xdp>'
    w._root_object[G.NameObject("/AcroForm")] = w._add_object(
        G.DictionaryObject({G.NameObject("/XFA"): w._add_object(s), G.NameObject("/Fields"): G.ArrayObject()})
    )
    o = io.BytesIO()
    w.write(o)
    return o.getvalue()


situation(
    "pdf_xfa",
    "a.pdf",
    lambda: xfa(),
    refused="XFA",
)
LEFT = [
    "The committee reviewed the annual",
    "report and approved it. The lessee",
    "shall pay the service charge on",
    "the first day of each quarter in",
    "advance, with interest at the rate",
    "of four percent from the due date.",
]
RIGHT = [
    "The lessor insures the building",
    "against fire and storm, and shall",
    "rebuild it after a loss without",
    "delay. The cost of the insurance is",
    "shared by the lessees in proportion",
    "to the areas that they have let.",
]
THIRD = [
    "Notices are sent by registered post",
    "to the address stated above, and are",
    "taken as received on the third day",
    "after posting, unless the receiver",
    "proves that they came later than",
    "that day or did not come at all.",
]


def columns(c, sets, w, heading=None, order="row"):
    if heading:
        c.drawString(60, 780, heading)
    c.setFont("Helvetica", 8 if len(sets) > 2 else 11)
    its = [(60 + w * i, 740 - 13 * j, t) for i, s in enumerate(sets) for j, t in enumerate(s)]
    if order == "row":
        its.sort(key=lambda s: (-s[1], s[0]))
    for s in its:
        c.drawString(*s)


for o in ("row", "col"):
    situation(
        "pdf_three_cols_" + o,
        "a.pdf",
        drawn(
            lambda c, o=o: columns(
                c, (LEFT, RIGHT, THIRD), 165, "MASTER LEASE AGREEMENT OF THE HARBOUR, THIRD EDITION", o
            )
        ),
        has=[
            "shall pay the service charge on\\s+the first day",
            "against fire and storm, and shall\\s+rebuild",
            "taken as received on the third day\\s+after",
        ],
    )
situation(
    "pdf_rot180",
    "a.pdf",
    lambda: drawn(
        lambda c: [
            c.translate(595, 842),
            c.rotate(180),
            c.drawString(60, 700, "The option expires on 30 June 2027."),
            c.drawString(60, 686, "The price is 18 euros."),
        ]
    ),
    has=("The option expires on 30 June 2027\\.\\s+The price is 18",),
)


def turned(n):
    w = pypdf.PdfWriter()
    w.append(
        pypdf.PdfReader(
            io.BytesIO(
                drawn(
                    lambda c: [
                        c.translate(595, 0),
                        c.rotate(90),
                        c.drawString(60, 500, "The option expires on 30 June 2027."),
                        c.drawString(60, 486, "The price is 18 euros."),
                    ]
                )
            )
        )
    )
    w.pages[0].rotate(n)
    o = io.BytesIO()
    w.write(o)
    return o.getvalue()


for n in (90, 270):
    situation(f"pdf_rot{n}", "a.pdf", turned(n), has=["The option expires on 30 June 2027\\.\\s+The price is 18"])
CLAUSES = ["本合同自双方签字之日起", "生效。承租人每月五日前", "支付租金人民币三千元，", "逾期按日支付违约金。"]


def vertical(c):
    c.setFont("STSong-Light", 14)
    for i, col in enumerate(CLAUSES):
        for j, ch in enumerate(col):
            c.drawString(500 - 24 * i, 760 - 17 * j, ch)


situation(
    "pdf_vertical_zh",
    "a.pdf",
    lambda: drawn(vertical),
    has=("本合同自双方签字之日起\\s*生效。承租人每月五日前\\s*支付租金人民币三千元",),
)


def vertical_with_title(c):
    c.setFont("STSong-Light", 14)
    c.drawString(60, 800, "房屋租赁合同")
    for i, col in enumerate(CLAUSES * 3):
        for j, ch in enumerate(col):
            c.drawString(520 - 22 * i, 760 - 15 * j, ch)


situation(
    "pdf_vertical_zh_title",
    "a.pdf",
    lambda: drawn(vertical_with_title),
    has=(
        "房屋租赁合同",
        "生效。承租人每月五日前\\s*支付租金",
    ),
)


def with_running_heads(n=6, h="ACME v. HARBOUR — Case 12/2024"):

    def f(c):
        for i in range(n):
            c.setFont("Helvetica", 9)
            c.drawString(60, 810, h)
            c.drawString(480, 810, f"Page {i + 1} of {n}")
            c.drawString(60, 30, "Confidential")
            c.setFont("Helvetica", 11)
            for j in range(40):
                c.drawString(
                    60,
                    770 - 17 * j,
                    f"{i * 40 + j + 1}. The party {chr(65 + i)}{j} delivers part {i * j} in good time.",
                )
            c.showPage()

    return drawn(f)


situation(
    "pdf_heads",
    "a.pdf",
    lambda: with_running_heads(),
    has=("Case 12/2024",),
    hasnot=(
        "(?s)Confidential.*Confidential",
        "Page 3 of 6",
    ),
)


def picture(lines, size=(1240, 1754), font=None, fs=36):
    im = Image.new("RGB", size, "white")
    d = ImageDraw.Draw(im)
    f = ImageFont.load_default(size=fs) if not font else ImageFont.truetype(font, fs)
    for i, said in enumerate(lines):
        d.text((120, 140 + 60 * i), said, fill="black", font=f)
    return im


ORDER = [
    "ORDER OF THE COURT",
    "The motion of Halden Bank plc is granted.",
    "The guarantor pays 12,500 euros by 3 May 2025.",
]


def scanned(c, im=None, stamp=False, strips=1):
    im = im or picture(ORDER)
    h = 842 / strips
    for s in range(strips):
        part = im.crop((0, int(s * im.height / strips), im.width, int((s + 1) * im.height / strips)))
        c.drawImage(ImageReader(part), 0, 842 - h * (s + 1), 595, h)
    if stamp:
        c.setFont("Helvetica", 9)
        c.drawString(60, 825, "Case 1:24-cv-00123 Document 45 Filed 03/05/24 Page 1 of 1")


situation(
    "scan_stamp",
    "a.pdf",
    lambda: drawn(lambda c: scanned(c, stamp=True)),
    has=("Halden Bank",),
    notes=("OCR",),
    ocr=True,
)
situation(
    "scan_stamp_noocr",
    "a.pdf",
    lambda: drawn(lambda c: scanned(c, stamp=True)),
    refused="scanned",
)
situation(
    "scan_strips",
    "a.pdf",
    lambda: drawn(lambda c: scanned(c, strips=10)),
    refused="scanned",
)


def mixed(c):
    for i in range(30):
        c.drawString(60, 780 - 20 * i, f"{i + 1}. The tenant pays the costs of part {i} in good time.")
    c.showPage()
    scanned(c)


situation(
    "scan_mixed",
    "a.pdf",
    lambda: drawn(mixed),
    has=(
        "The tenant pays",
        "Halden Bank",
    ),
    notes=("OCR: 2",),
    ocr=True,
)


def garbled(c):
    t = "The landlord shall return the deposit to the tenant within fourteen days after the end of the tenancy and shall not keep it for longer than that".split()
    for i in range(8):
        c.drawString(
            60,
            700 - 20 * i,
            "".join(chr((ord(x) - 97 + 3) % 26 + 97) if x.islower() else x for x in " ".join(t[i * 3 : i * 3 + 9])),
        )


situation(
    "scan_garbled_noocr",
    "a.pdf",
    lambda: drawn(garbled),
    refused="letters|fonts",
)
situation(
    "png",
    "a.png",
    lambda: (lambda b: (picture(ORDER).save(b, "PNG"), b.getvalue())[1])(io.BytesIO()),
    has=("Halden Bank",),
    ocr=True,
)
situation(
    "tiff2",
    "a.tiff",
    lambda: (
        lambda b: (
            picture(ORDER).save(
                b, "TIFF", save_all=True, append_images=[picture(["SECOND PAGE", "The fee is 77 euros."])]
            ),
            b.getvalue(),
        )[1]
    )(io.BytesIO()),
    has=(
        "Halden Bank",
        "77 euros",
    ),
    ocr=True,
)


def photograph():
    im = picture(ORDER).rotate(90, expand=True)
    e = Image.Exif()
    e[274] = 6
    b = io.BytesIO()
    im.save(b, "JPEG", exif=e)
    return b.getvalue()


situation(
    "jpg_exif_rotated",
    "a.jpg",
    lambda: photograph(),
    has=("Halden Bank",),
    ocr=True,
)
