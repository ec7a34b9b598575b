"""Word documents: tables, signs, what is in force, numbers of clauses."""

from __future__ import annotations

from tests.ingest.situations.made import Situation, W, cell, docx, numbered, numbers, paragraph, row, run, table

SITUATIONS: list[Situation] = []


def situation(*args, **more) -> None:
    SITUATIONS.append(Situation(*args, **more))


situation(
    "docx_hmerge",
    "a.docx",
    lambda: docx(
        table(
            row("Drug", cell("Dose", '<w:hMerge w:val="restart"/>'), cell("", "<w:hMerge/>")),
            row("", "Child", "Adult"),
            row("Amoril", "125 mg", "250 mg"),
            row("Zelfen", "", "75 mg"),
        )
    ),
    has=(
        "Amoril\\t— .*Child: 125 mg",
        "Zelfen\\t— .*Child: —",
        "Zelfen\\t— .*Adult: 75 mg",
    ),
)
situation(
    "docx_gridafter",
    "a.docx",
    lambda: docx(
        table(
            row("Unit", "Rent", "Deposit"), row("A", "1,100", pr='<w:gridAfter w:val="1"/>'), row("B", "1,200", "2,400")
        )
    ),
    has=(
        "\\bA\\t— Rent: 1,100",
        "\\bB\\t— Deposit: 2,400",
    ),
)
situation(
    "docx_table_in_box",
    "a.docx",
    lambda: docx(
        paragraph(
            '<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wp:inline><a:graphic><a:graphicData><wps:wsp><wps:txbx><w:txbxContent>'
            + table(row("Unit", "Rent"), row("A7", "1,100"), row("B8", "1,300"))
            + paragraph("x")
            + "</w:txbxContent></wps:txbx></wps:wsp></a:graphicData></a:graphic></wp:inline></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>"
            + table(row("Unit", "Rent"), row("A7", "1,100"), row("B8", "1,300"))
            + "</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"
        )
    ),
    has=("A7\\t— Rent: 1,100",),
    hasnot=("(?s)A7.*A7",),
)
situation(
    "docx_cell_deleted",
    "a.docx",
    lambda: docx(
        table(
            row("Unit", "Rent"),
            row("A", "1,100"),
            row("B", "1,200", pr='<w:del w:id="1" w:author="x"/>'),
            row("C", "1,300", pr='<w:ins w:id="2" w:author="x"/>'),
        )
    ),
    has=(
        "A\t— Rent: 1,100",
        "C\t— Rent: 1,300",
    ),
    hasnot=("1,200",),
    notes=("tracked",),
)
situation(
    "docx_celldel",
    "a.docx",
    lambda: docx(
        table(
            row("Unit", cell("Old rent", '<w:cellDel w:id="1" w:author="x"/>'), "Rent"),
            row(
                "A",
                cell(
                    "<w:p><w:del w:id='3' w:author='x'><w:r><w:delText>900</w:delText></w:r></w:del></w:p>",
                    '<w:cellDel w:id="1" w:author="x"/>',
                ),
                "1,100",
            ),
            row(
                "B",
                cell(
                    "<w:p><w:del w:id='3' w:author='x'><w:r><w:delText>950</w:delText></w:r></w:del></w:p>",
                    '<w:cellDel w:id="1" w:author="x"/>',
                ),
                "1,200",
            ),
        )
    ),
    has=("A\t— Rent: 1,100",),
    hasnot=(
        "Old rent",
        "900",
    ),
)
situation(
    "docx_nested2",
    "a.docx",
    lambda: docx(
        table(
            row("Phase", "Fees"),
            row(
                "One",
                cell(
                    paragraph("see")
                    + table(row("Role", "Rate"), row("Partner", "400"), row("Clerk", "90"))
                    + paragraph("")
                ),
            ),
            row("Two", "1,000"),
        )
    ),
    has=(
        "Partner\\t— .*400",
        "Clerk\\t— .*90",
        "Two\\t— .*1,000",
    ),
)
situation(
    "docx_caption_after_heading",
    "a.docx",
    lambda: docx(
        paragraph("Table 1. Dose by weight", pr='<w:pStyle w:val="Caption"/>')
        + table(row("Weight", "Dose"), row("10-20 kg", "5 mg"), row("20-40 kg", "10 mg"))
    ),
    has=(
        "Table 1\\. Dose by weight\\n\\nWeight\\tDose",
        "10-20 kg\\t— Dose: 5 mg",
    ),
)
situation(
    "docx_multi_para_cell",
    "a.docx",
    lambda: docx(
        table(
            row("Item", "Duty"),
            row("Roof", cell(paragraph("Landlord") + paragraph("within 30 days"))),
            row("Windows", cell(paragraph("Tenant") + paragraph("within 10 days"))),
        )
    ),
    has=(
        "Roof\\t— Landlord within 30 days",
        "Windows\\t— Tenant within 10 days",
    ),
)
situation(
    "docx_sym_variants",
    "a.docx",
    lambda: docx(
        paragraph(
            "Score ",
            '<w:r><w:sym w:font="Symbol" w:char="F0A3"/></w:r>',
            " 5; rate ",
            '<w:r><w:sym w:font="Symbol" w:char="F06C"/></w:r>',
            " and ",
            '<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>',
            " agreed ",
            '<w:r><w:sym w:font="Wingdings 2" w:char="F052"/></w:r>',
            " yes ",
            '<w:r><w:sym w:font="Symbol" w:char="00B3"/></w:r>',
            " 7",
        )
    ),
    has=(
        "Score ≤ 5",
        "rate λ",
        "(☑|☒|✓|✔) agreed",
        "(☑|☒|✓|✔) yes",
        "≥ 7",
    ),
)
situation(
    "docx_symbol_font_run",
    "a.docx",
    lambda: docx(
        paragraph(
            "Give 50 ",
            run("m", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>'),
            "g, and ",
            run("\uf0b3", '<w:rFonts w:ascii="Symbol" w:hAnsi="Symbol"/>'),
            " 30",
        )
    ),
    has=(
        "50 [µμ]g",
        "≥ 30",
    ),
)
situation(
    "docx_position_super",
    "a.docx",
    lambda: docx(paragraph("below 1.0 x 10", run("9", '<w:position w:val="6"/><w:sz w:val="14"/>'), "/L")),
    has=("10⁹/L",),
)
situation(
    "docx_nobreak_hyphen",
    "a.docx",
    lambda: docx(
        paragraph("section 4", "<w:r><w:noBreakHyphen/></w:r>", "A and in", "<w:r><w:softHyphen/></w:r>", "demnity")
    ),
    has=(
        "section 4[-‑]A",
        "indemnity",
    ),
)
situation(
    "docx_omml_more",
    "a.docx",
    lambda: docx(
        paragraph(
            "CrCl = ",
            "<m:oMath><m:f><m:num><m:d><m:e><m:r><m:t>140-age</m:t></m:r></m:e></m:d><m:r><m:t>×weight</m:t></m:r></m:num><m:den><m:r><m:t>72×SCr</m:t></m:r></m:den></m:f></m:oMath>",
            " and ",
            "<m:oMath><m:rad><m:deg/><m:e><m:r><m:t>x</m:t></m:r></m:e></m:rad><m:sSup><m:e><m:r><m:t>BMI</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>",
            "<m:oMath><m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr><m:sub><m:r><m:t>i=1</m:t></m:r></m:sub><m:sup><m:r><m:t>n</m:t></m:r></m:sup><m:e><m:r><m:t>f</m:t></m:r></m:e></m:nary></m:oMath>",
        )
    ),
    has=(
        "140-age.*weight.*/.*72×SCr",
        "BMI(²|\\^2)",
        "√",
        "∑",
    ),
)
situation(
    "docx_ligature_fullwidth",
    "a.docx",
    lambda: docx(paragraph("The ﬁnal oﬃcer; 第１２条 ３０％ ｍｇ")),
    has=("final officer",),
)
situation(
    "docx_pua",
    "a.docx",
    lambda: docx(paragraph("Dose \ue123\ue124 mg daily")),
    hasnot=("\ue123",),
    notes=("could not be read",),
)
situation(
    "docx_chem_sub",
    "a.docx",
    lambda: docx(
        paragraph(
            "H",
            run("2", '<w:vertAlign w:val="subscript"/>'),
            "O and SpO",
            run("2", '<w:vertAlign w:val="subscript"/>'),
            "; fee 500",
            run("1", '<w:vertAlign w:val="superscript"/>'),
            " euros",
        )
    ),
    has=(
        "H₂O",
        "SpO₂",
    ),
    hasnot=("5001",),
)
situation(
    "docx_moves",
    "a.docx",
    lambda: docx(
        paragraph("1. First.")
        + '<w:p><w:moveFrom w:id="1" w:author="a"><w:r><w:t>The fee is 10 euros.</w:t></w:r></w:moveFrom></w:p>'
        + paragraph("2. Second.")
        + '<w:p><w:moveTo w:id="2" w:author="a"><w:r><w:t>The fee is 10 euros.</w:t></w:r></w:moveTo></w:p>'
    ),
    has=("(?s)Second.*The fee is 10",),
    hasnot=("(?s)The fee.*The fee",),
    notes=("tracked",),
)
situation(
    "docx_vanish_style",
    "a.docx",
    lambda: docx(
        paragraph("Seen.")
        + paragraph("Secret cap 900.", pr='<w:pStyle w:val="H"/>')
        + paragraph(run("Also hidden 77.", "<w:webHidden/>"), " open"),
        {
            "styles.xml": (
                "styles",
                f'<w:styles {W}><w:style w:type="paragraph" w:styleId="H"><w:name w:val="H"/><w:rPr><w:vanish/></w:rPr></w:style></w:styles>',
            )
        },
    ),
    has=("Seen",),
    hasnot=("900",),
    notes=("hidden",),
)
situation(
    "docx_comment_reply",
    "a.docx",
    lambda: docx(
        '<w:p><w:commentRangeStart w:id="0"/>'
        + run("The cap is 5.")
        + '<w:commentRangeEnd w:id="0"/><w:r><w:commentReference w:id="0"/></w:r><w:r><w:commentReference w:id="1"/></w:r></w:p>',
        {
            "comments.xml": (
                "comments",
                f"""<w:comments {W}><w:comment w:id="0" w:author="Ann">{paragraph("Board must approve.")}</w:comment><w:comment w:id="1" w:author="Bob">{paragraph("Agreed.")}</w:comment></w:comments>""",
            )
        },
    ),
    has=(
        "Comment \\(Ann\\): Board must approve",
        "Comment \\(Bob\\): Agreed",
    ),
)
situation(
    "docx_vml_box",
    "a.docx",
    lambda: docx(
        paragraph(
            "Before.",
            "<w:r><w:pict><v:shape><v:textbox><w:txbxContent>"
            + paragraph("Boxed deadline 3 May.")
            + "</w:txbxContent></v:textbox></v:shape></w:pict></w:r>",
            "After.",
        )
    ),
    has=("Boxed deadline 3 May",),
    hasnot=("(?s)Boxed.*Boxed",),
)
situation(
    "docx_group_box",
    "a.docx",
    lambda: docx(
        '<w:p><w:r><mc:AlternateContent><mc:Choice Requires="wpg"><w:drawing><wp:anchor><a:graphic><a:graphicData><wpg:wgp><wps:wsp><wps:txbx><w:txbxContent>'
        + paragraph("Box one.")
        + "</w:txbxContent></wps:txbx></wps:wsp><wps:wsp><wps:txbx><w:txbxContent>"
        + paragraph("Box two.")
        + "</w:txbxContent></wps:txbx></wps:wsp></wpg:wgp></a:graphicData></a:graphic></wp:anchor></w:drawing></mc:Choice></mc:AlternateContent></w:r></w:p>"
    ),
    has=(
        "Box one",
        "Box two",
    ),
)
situation(
    "docx_cc",
    "a.docx",
    lambda: docx(
        "<w:p>"
        + run("Governing law: ")
        + '<w:sdt><w:sdtPr><w:dropDownList><w:listItem w:displayText="Ireland" w:value="IE"/></w:dropDownList></w:sdtPr><w:sdtContent>'
        + run("Ireland")
        + "</w:sdtContent></w:sdt>"
        + run(" Consent: ")
        + '<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="1"/></w14:checkbox></w:sdtPr><w:sdtContent>'
        + run("☒")
        + "</w:sdtContent></w:sdt></w:p><w:p>"
        + run("Name: ")
        + "<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>"
        + run("Click or tap here to enter text.")
        + "</w:sdtContent></w:sdt></w:p>"
    ),
    has=(
        "Governing law: Ireland",
        "Consent: ☒",
    ),
    hasnot=("Click or tap",),
)


def field(instr, res, ff=""):
    return f'<w:r><w:fldChar w:fldCharType="begin">{ff}</w:fldChar></w:r><w:r><w:instrText>{instr}</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>{run(res)}<w:r><w:fldChar w:fldCharType="end"/></w:r>'


situation(
    "docx_legacy_form",
    "a.docx",
    lambda: docx(
        "<w:p>"
        + run("Smoker: ")
        + '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:checkBox><w:default w:val="0"/><w:checked/></w:checkBox></w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMCHECKBOX </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
        + run(" Ward: ")
        + '<w:r><w:fldChar w:fldCharType="begin"><w:ffData><w:ddList><w:result w:val="1"/><w:listEntry w:val="North"/><w:listEntry w:val="South"/></w:ddList></w:ffData></w:fldChar></w:r><w:r><w:instrText> FORMDROPDOWN </w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r>'
        + run(" Name: ")
        + field(" FORMTEXT ", "Alba Norell")
        + "</w:p>"
    ),
    has=(
        "Smoker: ☒",
        "Ward: South",
        "Name: Alba Norell",
    ),
)
situation(
    "docx_fields",
    "a.docx",
    lambda: docx(
        "<w:p>"
        + run("See clause ")
        + field(" REF _Ref1 \\r \\h ", "4.2")
        + run(" and ")
        + '<w:hyperlink r:id="x">'
        + run("the annex")
        + "</w:hyperlink>"
        + run("; page ")
        + field(" PAGE ", "7")
        + run(" ")
        + '<w:fldSimple w:instr=" MERGEFIELD Buyer ">'
        + run("Harbour Foods")
        + "</w:fldSimple></w:p>"
    ),
    has=(
        "See clause 4.2 and the annex",
        "Harbour Foods",
    ),
    hasnot=(
        "REF",
        "MERGEFIELD",
    ),
)
situation(
    "docx_if_nested",
    "a.docx",
    lambda: docx(
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText> IF "</w:instrText></w:r>'
        + field(" MERGEFIELD x ", "1")
        + '<w:r><w:instrText>" = "1" "A pays" "B pays"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="separate"/></w:r>'
        + run("A pays")
        + '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
        + run(" the costs.")
        + "</w:p>"
    ),
    has=("^A pays the costs",),
    hasnot=("B pays",),
)
situation(
    "docx_altchunk",
    "a.docx",
    lambda: docx(
        paragraph("Before.") + '<w:altChunk r:id="rchunk"/>',
        {"chunk.htm": ("aFChunk", "<html><body><p>Chunk says 42 euros.</p></body></html>")},
    ),
    has=("Chunk says 42",),
)
situation(
    "docx_first_even_headers",
    "a.docx",
    lambda: docx(
        paragraph("Body.")
        + '<w:sectPr><w:headerReference w:type="first" r:id="rheader1"/><w:headerReference w:type="default" r:id="rheader2"/><w:footerReference w:type="default" r:id="rfooter1"/></w:sectPr>',
        {
            "header1.xml": ("header", f"<w:hdr {W}>{paragraph('Ref AB-1')}</w:hdr>"),
            "header2.xml": ("header", f"<w:hdr {W}>{paragraph('Version 3.2')}</w:hdr>"),
            "footer1.xml": (
                "footer",
                f"<w:ftr {W}>{table(row('Confidential', cell(paragraph('Page ', field(' PAGE ', '1')))))}{paragraph('')}</w:ftr>",
            ),
        },
    ),
    has=(
        "Ref AB-1",
        "Version 3.2",
        "Confidential",
    ),
)
situation(
    "docx_endnote_custom",
    "a.docx",
    lambda: docx(
        "<w:p>" + run("Dose 20 mg") + '<w:r><w:endnoteReference w:id="2"/></w:r>' + run(" daily") + "</w:p>",
        {
            "endnotes.xml": (
                "endnotes",
                f"""<w:endnotes {W}><w:endnote w:type="separator" w:id="0">{paragraph("x")}</w:endnote><w:endnote w:id="2">{paragraph("5 mg in renal impairment.")}</w:endnote></w:endnotes>""",
            )
        },
    ),
    has=(
        "5 mg in renal impairment",
        "20 mg",
    ),
    hasnot=("mgi",),
)
situation(
    "docx_ins_in_del",
    "a.docx",
    lambda: docx(
        "<w:p>"
        + run("Cap ")
        + '<w:ins w:id="1" w:author="a"><w:del w:id="2" w:author="b"><w:r><w:delText>100</w:delText></w:r></w:del></w:ins><w:ins w:id="3" w:author="a">'
        + run("200")
        + "</w:ins>"
        + run(" euros")
        + "</w:p>"
    ),
    has=("Cap 200 euros",),
    hasnot=("100",),
)
situation(
    "docx_style_strike",
    "a.docx",
    lambda: docx(
        paragraph(run("Old 10 ", '<w:rStyle w:val="Del"/>'), run("new 20"))
        + paragraph(run("kept 30", '<w:rStyle w:val="Del"/><w:strike w:val="0"/>')),
        {
            "styles.xml": (
                "styles",
                f'<w:styles {W}><w:style w:type="character" w:styleId="Del"><w:name w:val="Del"/><w:rPr><w:dstrike/></w:rPr></w:style></w:styles>',
            )
        },
    ),
    has=("new 20",),
    hasnot=("Old 10",),
)


def level(i, fmt, text, start=1, more=""):
    return f'<w:lvl w:ilvl="{i}"><w:start w:val="{start}"/><w:numFmt w:val="{fmt}"/>{more}<w:lvlText w:val="{text}"/></w:lvl>'


def abstract(id, inner):
    return f'<w:abstractNum w:abstractNumId="{id}">{inner}</w:abstractNum>'


def counted(id, a, more=""):
    return f'<w:num w:numId="{id}"><w:abstractNumId w:val="{a}"/>{more}</w:num>'


situation(
    "num_islgl",
    "a.docx",
    lambda: docx(
        paragraph("Terms", pr=numbered(1)) + paragraph("Rent", pr=numbered(1, 1)) + paragraph("Due", pr=numbered(1, 1)),
        numbers(
            abstract(0, level(0, "upperRoman", "Article %1.") + level(1, "decimal", "%1.%2", 1, "<w:isLgl/>"))
            + counted(1, 0)
        ),
    ),
    has=(
        "Article I. Terms",
        "1.1 Rent",
        "1.2 Due",
    ),
)
situation(
    "num_lvlrestart0",
    "a.docx",
    lambda: docx(
        paragraph("A", pr=numbered(1))
        + paragraph("one", pr=numbered(1, 1))
        + paragraph("B", pr=numbered(1))
        + paragraph("two", pr=numbered(1, 1)),
        numbers(
            abstract(0, level(0, "upperLetter", "%1.") + level(1, "decimal", "%2.", 1, '<w:lvlRestart w:val="0"/>'))
            + counted(1, 0)
        ),
    ),
    has=(
        "1\\. one",
        "2\\. two",
    ),
)
situation(
    "num_zh",
    "a.docx",
    lambda: docx(
        paragraph("租金", pr=numbered(1)) + paragraph("押金", pr=numbered(1)) + paragraph("甲", pr=numbered(1, 1)),
        numbers(
            abstract(0, level(0, "chineseCountingThousand", "第%1条", 9) + level(1, "ideographTraditional", "%2、"))
            + counted(1, 0)
        ),
    ),
    has=(
        "第九条 ?租金",
        "第十条 ?押金",
        "甲、",
    ),
)
situation(
    "num_in_cells",
    "a.docx",
    lambda: docx(
        table(
            row(cell(paragraph("The seller delivers.", pr=numbered(1))), cell("卖方交付。")),
            row(cell(paragraph("The buyer pays.", pr=numbered(1))), cell("买方付款。")),
        ),
        numbers(abstract(0, level(0, "decimal", "%1.")) + counted(1, 0)),
    ),
    has=(
        "1\\. The seller",
        "2\\. The buyer",
    ),
)
situation(
    "num_empty_items",
    "a.docx",
    lambda: docx(
        paragraph("One", pr=numbered(1)) + paragraph("", pr=numbered(1)) + paragraph("Three", pr=numbered(1)),
        numbers(abstract(0, level(0, "decimal", "%1.")) + counted(1, 0)),
    ),
    has=("3\\. Three",),
)
situation(
    "num_ordinal",
    "a.docx",
    lambda: docx(
        paragraph("x", pr=numbered(1)) + paragraph("y", pr=numbered(2)) + paragraph("z", pr=numbered(3)),
        numbers(
            abstract(0, level(0, "ordinalText", "%1"))
            + abstract(1, level(0, "cardinalText", "Part %1"))
            + abstract(2, level(0, "decimalZero", "%1)"))
            + counted(1, 0)
            + counted(2, 1)
            + counted(3, 2)
        ),
    ),
    has=(
        "First x",
        "Part One y",
        "01\\) z",
    ),
)
situation(
    "num_restart_override",
    "a.docx",
    lambda: docx(
        "".join((paragraph(t, pr=numbered(i)) for t, i in (("a", 1), ("b", 1), ("c", 2), ("d", 2), ("e", 1)))),
        numbers(
            abstract(0, level(0, "decimal", "%1."))
            + counted(1, 0)
            + counted(2, 0, '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>')
        ),
    ),
    has=(
        "2\\. b",
        "1\\. c",
        "2\\. d",
    ),
)
situation(
    "num_heading_style",
    "a.docx",
    lambda: docx(
        paragraph("Term", pr='<w:pStyle w:val="Heading1"/>')
        + paragraph("Length", pr='<w:pStyle w:val="Heading2"/>')
        + paragraph("Rent", pr='<w:pStyle w:val="Heading1"/>'),
        {
            **numbers(
                abstract(
                    0,
                    level(0, "decimal", "%1", 1, '<w:pStyle w:val="Heading1"/>')
                    + level(1, "decimal", "%1.%2", 1, '<w:pStyle w:val="Heading2"/>'),
                )
                + counted(1, 0)
            ),
            "styles.xml": (
                "styles",
                f'<w:styles {W}><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style><w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="1"/></w:numPr></w:pPr></w:style></w:styles>',
            ),
        },
    ),
    has=(
        "1 Term",
        "1.1 Length",
        "2 Rent",
    ),
)
situation(
    "num_suppressed",
    "a.docx",
    lambda: docx(
        paragraph("One", pr=numbered(1)) + paragraph("None", pr=numbered(0)) + paragraph("Two", pr=numbered(1)),
        numbers(abstract(0, level(0, "decimal", "%1.")) + counted(1, 0)),
    ),
    has=(
        "1\\. One",
        "2\\. Two",
        "(?m)^None",
    ),
)
situation(
    "num_tracked_numbering",
    "a.docx",
    lambda: docx(
        paragraph("One", pr=numbered(1))
        + "<w:p><w:pPr>"
        + numbered(1)
        + '<w:rPr><w:del w:id="1" w:author="a"/></w:rPr></w:pPr><w:del w:id="2" w:author="a"><w:r><w:delText>Gone</w:delText></w:r></w:del></w:p>'
        + paragraph("Two", pr=numbered(1)),
        numbers(abstract(0, level(0, "decimal", "%1.")) + counted(1, 0)),
    ),
    has=("2\\. Two",),
    hasnot=("Gone",),
)
