"""Documents with known truth, made by rule: contracts, notices and result sheets, as PDF, DOCX, HTML, Markdown, XLSX.

No real person or company. What each holds is easily lost: clauses with their numbers, a table, raised digits, struck
text, running heads, columns, turned pages, values of a form.
"""

from __future__ import annotations

import html as markup
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from benchmarks.made_tables import Made, dose_table, fee_schedule, name, rent_roll
from benchmarks.made_tables import docx as docx_table
from benchmarks.made_tables import html as html_table
from benchmarks.made_tables import markdown as markdown_table
from benchmarks.made_tables import xlsx as xlsx_table

VERBS = ("delivers", "insures", "repairs", "inspects", "returns", "registers", "stores", "cleans")
THINGS = ("the goods", "the building", "the samples", "the records", "the keys", "the vehicle", "the roof", "the pump")
WHEN = ("on the first working day of each quarter", "at its own cost before the end of the term",
        "in writing to the address stated above", "as soon as the other party has given notice of it")  # fmt: skip


@dataclass
class Written:
    """A made file. sentences: in reading order. cells: as `Made.truth`. exact: strings that must stand so. gone: what
    must not stand in the text. labels: (number of a clause, how its text begins)."""

    kind: str
    suffix: str
    data: bytes = b""
    sentences: list[str] = field(default_factory=list)
    cells: list[tuple[tuple[str, ...], tuple[str, ...], str]] = field(default_factory=list)
    exact: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    labels: list[tuple[str, str]] = field(default_factory=list)


def sentence(draw: random.Random) -> str:
    days = draw.randrange(3, 90)
    return (f"{name(draw)} Ltd {draw.choice(VERBS)} {draw.choice(THINGS)} {draw.choice(WHEN)}, "
            f"within {days} days and for {draw.randrange(1, 900) * 100:,} euros.")  # fmt: skip


def clauses(draw: random.Random, count: int) -> list[str]:
    return [sentence(draw) for _ in range(count)]


def table(draw: random.Random) -> Made:
    return draw.choice((rent_roll, dose_table, fee_schedule))(draw)


# ---------------------------------------------------------------- PDF


def pdf_contract(draw: random.Random) -> Written:
    """Numbered clauses over several pages under a running head, with a ruled table."""
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

    made, head = table(draw), f"{name(draw)} file {draw.randrange(1000, 9999)}"
    texts = clauses(draw, 70)
    styles = getSampleStyleSheet()
    flow: list[object] = [Paragraph(f"{i}. {text}", styles["Normal"]) for i, text in enumerate(texts, 1)]
    style: list[tuple[object, ...]] = [("GRID", (0, 0), (-1, -1), 0.5, "black")]
    data = []
    for r, row in enumerate(made.top):
        line: list[str] = []
        for text, wide in row:
            if wide > 1:
                style.append(("SPAN", (len(line), r), (len(line) + wide - 1, r)))
            elif len(made.top) > 1 and not r:
                style.append(("SPAN", (len(line), 0), (len(line), 1)))
            line += [text, *[""] * (wide - 1)]
        data.append(line)
    flow[40:40] = [Table([*data, *map(list, made.rows)], style=TableStyle(style), repeatRows=len(made.top))]

    def running(canvas: object, document: object) -> None:
        canvas.drawString(72, 810, head)  # type: ignore[attr-defined]
        canvas.drawString(280, 30, f"Page {document.page}")  # type: ignore[attr-defined]

    out = io.BytesIO()
    SimpleDocTemplate(out).build(flow, onFirstPage=running, onLaterPages=running)
    return Written("contract", ".pdf", out.getvalue(), texts, list(made.truth()), [], ["Page 2"],
                   [(f"{i}.", text[:12]) for i, text in enumerate(texts, 1)])  # fmt: skip


def pdf_columns(draw: random.Random) -> Written:
    """Two columns of prose, drawn row by row or column by column."""
    texts = clauses(draw, 8)
    columns = [_wrapped(" ".join(half), draw.choice((28, 36))) for half in (texts[:4], texts[4:])]
    spots = [(60 + 240 * c, 760 - 14 * i, line) for c, lines in enumerate(columns) for i, line in enumerate(lines)]
    if draw.random() < 0.5:
        spots.sort(key=lambda spot: -spot[1])
    return Written("columns", ".pdf", _drawn(lambda c: [c.drawString(*spot) for spot in spots]), texts)


def pdf_turned(draw: random.Random) -> Written:
    """A page set sideways."""
    texts = clauses(draw, 4)
    lines = [line for text in texts for line in _wrapped(text, 70)]

    def on(canvas: object) -> None:
        canvas.rotate(90)  # type: ignore[attr-defined]
        for i, line in enumerate(lines):
            canvas.drawString(80, -80 - 14 * i, line)  # type: ignore[attr-defined]

    return Written("turned page", ".pdf", _drawn(on), texts)


def pdf_form(draw: random.Random) -> Written:
    """A filled form: values of fields, ticks, raised digits."""
    values = [(label, name(draw)) for label in ("Patient:", "Known allergy:", "Next of kin:")]
    limit = f"{draw.randrange(1, 9)}.{draw.randrange(1, 9)}"

    def on(canvas: object) -> None:
        for i, (label, value) in enumerate(values):
            canvas.drawString(60, 700 - 30 * i, label)  # type: ignore[attr-defined]
            canvas.acroForm.textfield(x=180, y=695 - 30 * i, width=200, height=16, value=value, name=label)  # type: ignore[attr-defined]
        text = canvas.beginText(60, 560)  # type: ignore[attr-defined]
        for part, size, rise in ((f"Stop below {limit} x 10", 12, 0), ("9", 7, 5), ("/L.", 12, 0)):
            text.setFont("Helvetica", size)
            text.setRise(rise)
            text.textOut(part)
        canvas.drawText(text)  # type: ignore[attr-defined]

    sentences = [f"{label} {value}" for label, value in values]
    return Written("form", ".pdf", _drawn(on), sentences, [], [f"{limit} x 10⁹/L"])


def _drawn(on: Callable[..., object]) -> bytes:
    from reportlab.pdfgen.canvas import Canvas

    out = io.BytesIO()
    canvas = Canvas(out)
    on(canvas)
    canvas.save()
    return out.getvalue()


def _wrapped(text: str, columns: int) -> list[str]:
    import textwrap

    return textwrap.wrap(text, columns)


# ---------------------------------------------------------------- other formats


def docx_contract(draw: random.Random) -> Written:
    """Clauses that Word numbers, struck text, raised digits, a table with merged cells."""
    import docx

    made, texts = table(draw), clauses(draw, 9)
    document = docx.Document(io.BytesIO(docx_table(made)))
    old, limit = f"{draw.randrange(100, 999)} dollars", f"{draw.randrange(1, 9)}.0"
    for text in texts:
        document.add_paragraph(text, style="List Number")
    paragraph = document.add_paragraph("The deposit is ")
    paragraph.add_run(old).font.strike = True
    paragraph.add_run(" 2,400 euros.")
    paragraph = document.add_paragraph(f"Stop below {limit} x 10")
    paragraph.add_run("9").font.superscript = True
    paragraph.add_run("/L.")
    out = io.BytesIO()
    document.save(out)
    labels = [(f"{i}.", text[:12]) for i, text in enumerate(texts, 1)]
    return Written("contract", ".docx", out.getvalue(), texts, list(made.truth()), [f"{limit} x 10⁹/L"], [old], labels)


def html_notice(draw: random.Random) -> Written:
    made, texts = table(draw), clauses(draw, 9)
    start, old, limit = draw.randrange(2, 30), f"{draw.randrange(100, 999)} dollars", f"{draw.randrange(1, 9)}.0"
    items = "".join(f"<li>{markup.escape(text)}</li>" for text in texts)
    more = f"<p>The deposit is <del>{old}</del> 2,400 euros.</p><p>Stop below {limit} x 10<sup>9</sup>/L.</p>"
    body = html_table(made).decode().replace("<body>", f'<body><ol start="{start}">{items}</ol>{more}')
    labels = [(f"{i}.", text[:12]) for i, text in enumerate(texts, start)]
    return Written("notice", ".html", body.encode(), texts, list(made.truth()), [f"{limit} x 10⁹/L"], [old], labels)


def markdown_memo(draw: random.Random) -> Written:
    made, texts = table(draw), clauses(draw, 9)
    old, author = f"{draw.randrange(100, 999)} dollars", f"{name(draw)} {name(draw)}"
    lines = [f"---\nauthor: {author}\n---", *(f"{i}. {text}" for i, text in enumerate(texts, 1)),
             f"The deposit is ~~{old}~~ 2,400 euros.", markdown_table(made).decode()]  # fmt: skip
    labels = [(f"{i}.", text[:12]) for i, text in enumerate(texts, 1)]
    return Written("memo", ".md", "\n\n".join(lines).encode(), texts, list(made.truth()), [author], [old], labels)


def xlsx_sheet(draw: random.Random) -> Written:
    made = table(draw)
    return Written("workbook", ".xlsx", xlsx_table(made), [], list(made.truth()))


Makers = dict[Callable[[random.Random], Written], int]  # how many of each

MAKERS: Makers = {
    pdf_contract: 20, pdf_columns: 20, pdf_turned: 10, pdf_form: 16,
    docx_contract: 40, html_notice: 40, markdown_memo: 40, xlsx_sheet: 24,
}  # fmt: skip


def made_documents(makers: Makers) -> Iterator[Written]:
    """All of them, always the same ones."""
    for make, count in makers.items():
        for i in range(count):
            yield make(random.Random(f"{make.__name__} {i}"))
