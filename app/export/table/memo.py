"""A table as a Word memo: document by document, what each question was answered with, quotes and pages below."""

from __future__ import annotations

import io
from typing import Any

from sparewheel.app.export.table.content import Wanted, clean, day, person, shown, sure, who
from sparewheel.app.export.word import opened, small
from sparewheel.app.words.page import say
from sparewheel.rag.review.cell import Cell
from sparewheel.rag.review.sheet import Sheet, state_of
from sparewheel.rag.review.table import Column


def write(sheet: Sheet, wanted: Wanted) -> bytes:
    language, tally = wanted.language, sheet.tally
    title = clean(sheet.table.name) or say(language, "review_memo", n=len(sheet.rows), corpus=wanted.corpus)
    document = opened(title, language)
    document.add_paragraph(title, style="Title")
    document.add_paragraph(say(language, "review_memo", n=len(sheet.rows), corpus=wanted.corpus))
    small(document.add_paragraph(), say(
        language, "review_memo_about", answered=tally.answered, cells=tally.cells, approved=tally.approved,
        corrected=tally.corrected, at=day(wanted.at)))  # fmt: skip
    for row in sheet.rows:
        document.add_paragraph(clean(row.name), style="Heading 1")
        if clean(row.id) != clean(row.name):
            small(document.add_paragraph(), clean(row.id))
        silent = []
        for column in sheet.table.columns:
            cell = sheet.cell(column, row)
            if cell is None or state_of(cell) == "silent":
                silent += [] if cell is None else [column.name]
                continue
            _answered(document, column, cell, wanted)
        if silent:
            small(document.add_paragraph(), f"{say(language, 'review_silent')}: {'; '.join(clean(s) for s in silent)}")
    if wanted.disclaimer:
        small(document.add_paragraph(), wanted.disclaimer)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _answered(document: Any, column: Column, cell: Cell, wanted: Wanted) -> None:
    language = wanted.language
    paragraph = document.add_paragraph()
    paragraph.add_run(f"{clean(column.name)}: ").bold = True
    paragraph.add_run(shown(cell, language))
    for cited in cell.answer.citations:
        place = f" ({say(language, 'review_page')} {cited.pages})" if cited.page else ""
        document.add_paragraph(f"“{clean(' '.join(cited.quote.split()))}”{place}", style="List Bullet")
    probability = sure(cell)
    facts = [who(cell, language), "" if probability is None else f"{probability:.0%}", day(cell.at)]
    if cell.correction is not None:
        facts.append(say(language, "review_machine_said", text=clean(cell.answer.text) or "-"))
    if cell.approval is not None:
        by = person(cell.approval.by, language)
        facts.append(say(language, "review_approved_by", who=by, at=day(cell.approval.at)))
    facts += [f"{person(said.by, language)}: {clean(said.text)}" for said in cell.comments]
    small(document.add_paragraph(), " · ".join(fact for fact in facts if fact))
