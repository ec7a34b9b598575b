"""Tables with known truth, made by rule: rent rolls, dose tables, fee schedules, laboratory ranges, payment plans; and
how each is written in every format. No real person, company or medicine."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SYLLABLES = (
    "am",
    "cor",
    "zel",
    "pex",
    "vor",
    "lin",
    "tra",
    "mil",
    "dov",
    "fen",
    "ril",
    "sol",
    "bex",
    "nor",
    "kal",
    "ume",
)


@dataclass(frozen=True)
class Made:
    """top: header rows as (text, columns it spans); "" under a cell that spans both rows. rows: first the name of the
    group of rows ("" repeats the one above, as merged or blank), then the cells. keys: how many columns name a row."""

    kind: str
    caption: str
    top: tuple[tuple[tuple[str, int], ...], ...]
    rows: tuple[tuple[str, ...], ...]
    keys: int = 1

    @property
    def width(self) -> int:
        return len(self.rows[0])

    def header(self, column: int) -> tuple[str, ...]:
        """The names over a column, from the outermost."""
        path = []
        for row in self.top:
            at = 0
            for text, wide in row:
                if at <= column < at + wide and text:
                    path.append(text)
                at += wide
        return tuple(path)

    def truth(self) -> Iterator[tuple[tuple[str, ...], tuple[str, ...], str]]:
        """(names of the row, names of the column, cell) of each cell that is no name."""
        above = ""
        for row in self.rows:
            above = row[0] or above
            for column in range(self.keys, self.width):
                yield (above, *row[1 : self.keys]), self.header(column), row[column]


def name(draw: random.Random) -> str:
    return "".join(draw.sample(SYLLABLES, 3)).capitalize()


def rent_roll(draw: random.Random) -> Made:
    house, size = name(draw), draw.choice((6, 14, 55))
    rows = [
        (f"Unit {n}", f"{name(draw)} Ltd", f"{draw.randrange(9, 60) * 50:,}", draw.choice(("", f"{n * 100 + 7:,}")),
         f"{draw.randrange(1, 28)} May 20{draw.randrange(26, 39)}")
        for n in draw.sample(range(1, 400), size)
    ]  # fmt: skip
    top = tuple((text, 1) for text in ("Unit", "Tenant", "Monthly rent EUR", "Deposit EUR", "Expires"))
    return Made("rent roll", f"Rent roll, {house} House", (top,), tuple(rows))


def dose_table(draw: random.Random) -> Made:
    ages = ("1-5 years", "6-12 years", "Adults", "Over 65")
    rows = [
        (name(draw), *(draw.choice(("", f"{draw.randrange(1, 40) * 25} mg", "5 mg/kg")) for _ in ages))
        for _ in range(draw.randrange(4, 9))
    ]  # fmt: skip
    rows = [row if any(row[1:]) else (row[0], "10 mg", *row[2:]) for row in rows]
    return Made("dose table", "Single oral doses by age", (tuple((t, 1) for t in ("Medicine", *ages)),), tuple(rows))


def grouped_doses(draw: random.Random) -> Made:
    rows: list[tuple[str, ...]] = []
    for _ in range(draw.randrange(3, 6)):
        for i, age in enumerate(("1-5 years", "6-12 years", "adults")[: draw.randrange(2, 4)]):
            times = draw.choice(("once daily", "twice daily", "every 8 hours"))
            rows.append((name(draw) if not i else "", age, f"{draw.randrange(1, 40) * 25} mg", times))
    top = tuple((text, 1) for text in ("Medicine", "Age group", "Single dose", "Frequency"))
    return Made("grouped doses", "Doses by medicine and age", (top,), tuple(rows), keys=2)


def fee_schedule(draw: random.Random) -> Made:
    top = (
        (("Service", 1), ("Private clients", 2), ("Business clients", 2)),
        (("", 1), ("fixed fee", 1), ("per hour", 1), ("fixed fee", 1), ("per hour", 1)),
    )
    services = draw.sample(("Lease review", "Will", "Company formation", "Land search", "Mediation", "Debt claim",
                            "Trade mark filing", "Notarial copy"), draw.randrange(4, 8))  # fmt: skip
    rows = [(s, *(f"€ {draw.randrange(8, 90) * 10}" for _ in range(4))) for s in services]
    return Made("fee schedule", "Fees of the office", top, tuple(rows))


def laboratory(draw: random.Random) -> Made:
    tests = draw.sample(("Sodium", "Potassium", "Creatinine", "Ferritin", "Platelets", "Albumin", "Urea"), 5)
    rows = [
        (t, draw.choice(("mmol/L", "µmol/L", "g/L")), f"{(low := draw.randrange(2, 90))}-{low + draw.randrange(3, 60)}",
         f"{draw.randrange(1, 150)}", draw.choice(("normal", "high", "low", "")))
        for t in tests
    ]  # fmt: skip
    top = tuple((text, 1) for text in ("Test", "Unit", "Reference range", "Result", "Flag"))
    return Made("laboratory", "Laboratory results", (top,), tuple(rows))


def payment_plan(draw: random.Random) -> Made:
    rows = [
        (
            f"Instalment {n}",
            f"{draw.randrange(1, 28)} March 20{24 + n}",
            f"{draw.randrange(10, 99)},{draw.randrange(100, 999)}.00",
        )
        for n in range(1, draw.randrange(5, 10))
    ]
    top = tuple((text, 1) for text in ("Instalment", "Due date", "Amount USD"))
    return Made("payment plan", "Payment plan", (top,), tuple(rows))


MAKERS: tuple[Callable[[random.Random], Made], ...] = (
    rent_roll, dose_table, grouped_doses, fee_schedule, laboratory, payment_plan)  # fmt: skip


def made_tables(rounds: int) -> list[Made]:
    """Every kind, `rounds` times, always the same ones."""
    return [make(random.Random(f"{make.__name__} {i}")) for i in range(rounds) for make in MAKERS]


# ---------------------------------------------------------------- the formats


def flat(made: Made) -> list[list[str]]:
    """Header and rows without spans, as CSV and Markdown have them."""
    return [[", ".join(made.header(c)) for c in range(made.width)], *map(list, made.rows)]


def markdown(made: Made) -> bytes:
    head, *rows = flat(made)
    lines = [f"## {made.caption}", "", "| " + " | ".join(head) + " |", "|" + "---|" * made.width]
    return "\n".join([*lines, *("| " + " | ".join(row) + " |" for row in rows)]).encode()


def comma(made: Made) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(flat(made))
    return out.getvalue().encode()


def html(made: Made) -> bytes:
    rows = []
    for r, row in enumerate(made.top):
        cells = []
        for i, (text, wide) in enumerate(row):
            if r and not text:
                continue
            down = ' rowspan="2"' if len(made.top) > 1 and not r and made.top[1][i : i + 1] == (("", 1),) else ""
            cells.append(f'<th colspan="{wide}"{down}>{text}</th>')
        rows.append(f"<tr>{''.join(cells)}</tr>")
    for row, span in _spans(made):
        first = f'<td rowspan="{span}">{row[0]}</td>' if span else ""
        rows.append(f"<tr>{first}{''.join(f'<td>{text}</td>' for text in row[1:])}</tr>")
    return f"<html><body><table><caption>{made.caption}</caption>{''.join(rows)}</table></body></html>".encode()


def _spans(made: Made) -> Iterator[tuple[tuple[str, ...], int]]:
    """Each row, and how many rows its first cell spans (0: it is spanned)."""
    for r, row in enumerate(made.rows):
        span = 1
        while row[0] and r + span < len(made.rows) and not made.rows[r + span][0]:
            span += 1
        yield row, span if row[0] else 0


def docx(made: Made) -> bytes:
    import docx as python_docx

    document = python_docx.Document()
    document.add_paragraph(made.caption)
    table = document.add_table(len(made.top) + len(made.rows), made.width)
    for r, row in enumerate(made.top):
        at = 0
        for i, (text, wide) in enumerate(row):
            cell = table.cell(r, at)
            if wide > 1:
                cell = cell.merge(table.cell(r, at + wide - 1))
            if len(made.top) > 1 and not r and made.top[1][i : i + 1] == (("", 1),):
                cell = cell.merge(table.cell(1, at))
            if text:
                cell.text = text
            at += wide
    for r, (row, span) in enumerate(_spans(made), len(made.top)):
        for c, text in enumerate(row):
            if c or span:
                table.cell(r, c).text = text
        if span > 1:
            table.cell(r, 0).merge(table.cell(r + span - 1, 0)).text = row[0]
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def xlsx(made: Made) -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = made.caption[:31]
    for row in flat(made):
        sheet.append([text or None for text in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def pdf_ruled(made: Made) -> bytes:
    return _pdf(made, ruled=True)


def pdf_unruled(made: Made) -> bytes:
    return _pdf(made, ruled=False)


def _pdf(made: Made, *, ruled: bool) -> bytes:
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table, TableStyle

    style: list[tuple[object, ...]] = [("GRID", (0, 0), (-1, -1), 0.5, "black")] if ruled else []
    data: list[list[str]] = []
    for r, row in enumerate(made.top):
        line: list[str] = []
        for text, wide in row:
            if wide > 1:
                style.append(("SPAN", (len(line), r), (len(line) + wide - 1, r)))
                style.append(("ALIGN", (len(line), r), (len(line), r), "CENTER"))
            elif len(made.top) > 1 and not r:
                style.append(("SPAN", (len(line), 0), (len(line), 1)))
            line += [text, *[""] * (wide - 1)]
        data.append(line)
    for r, (row, span) in enumerate(_spans(made), len(made.top)):
        if ruled and span > 1:
            style.append(("SPAN", (0, r), (0, r + span - 1)))
            style.append(("VALIGN", (0, r), (0, r), "TOP"))
        data.append(list(row))
    out = io.BytesIO()
    styles = getSampleStyleSheet()
    above, below = (Paragraph(text, styles["Normal"]) for text in (made.caption, "The figures hold until replaced."))
    table = Table(data, style=TableStyle(style), repeatRows=len(made.top))
    SimpleDocTemplate(out).build([above, table, below])
    return out.getvalue()


FORMATS: dict[str, tuple[str, Callable[[Made], bytes]]] = {
    "PDF, ruled": (".pdf", pdf_ruled),
    "PDF, without rules": (".pdf", pdf_unruled),
    "DOCX": (".docx", docx),
    "HTML": (".html", html),
    "Markdown": (".md", markdown),
    "CSV": (".csv", comma),
    "XLSX": (".xlsx", xlsx),
}
