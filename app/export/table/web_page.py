"""A table as one web page that is complete in itself: no script, no font, nothing from elsewhere."""

from __future__ import annotations

from html import escape

from sparewheel.app.export.table.content import Wanted, clean, day, person, shown, sure, who
from sparewheel.app.words.page import say
from sparewheel.rag.review.cell import Cell
from sparewheel.rag.review.sheet import Sheet, state_of

_CSS = """
:root{color-scheme:light dark}body{font:15px/1.45 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;margin:24px}
h1{font-size:22px;margin:0 0 4px}p{margin:0 0 16px}.frame{overflow:auto;max-height:90vh;border:1px solid #8885}
table{border-collapse:separate;border-spacing:0;font-size:14px}th,td{padding:8px 10px;vertical-align:top;
border-right:1px solid #8883;border-bottom:1px solid #8883;text-align:left;min-width:180px;max-width:340px}
thead th{position:sticky;top:0;background:Canvas;z-index:1}tbody th{position:sticky;left:0;background:Canvas}
summary{cursor:pointer}blockquote{margin:6px 0;padding-left:8px;border-left:3px solid #8886}
.quiet{color:GrayText}.small{font-size:12.5px;color:GrayText}
"""


def write(sheet: Sheet, wanted: Wanted) -> bytes:
    language = wanted.language
    name = escape(clean(sheet.table.name))
    heads = "".join(f'<th scope="col" title="{_attr(c.question)}">{escape(clean(c.name))}</th>'
                    for c in sheet.table.columns)  # fmt: skip
    rows = []
    for row in sheet.rows:
        title, target = escape(clean(row.name)), wanted.link(row, None)
        head = f'<a href="{_attr(target)}">{title}</a>' if target else title
        cells = "".join(f"<td>{_cell(sheet.cell(column, row), wanted)}</td>" for column in sheet.table.columns)
        rows.append(f'<tr><th scope="row">{head}</th>{cells}</tr>')
    tally = sheet.tally
    about = say(language, "review_memo_about", answered=tally.answered, cells=tally.cells, approved=tally.approved,
                corrected=tally.corrected, at=day(wanted.at))  # fmt: skip
    disclaimer = f"<p class=small>{escape(wanted.disclaimer)}</p>" if wanted.disclaimer else ""
    page = (
        f'<!doctype html><html lang="{"zh-CN" if language == "zh" else "en"}"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{name}</title>'
        f"<style>{_CSS}</style><h1>{name}</h1><p>{escape(about)}</p>"
        f'<div class="frame"><table><thead><tr><th scope="col">{escape(say(language, "review_document"))}</th>{heads}'
        f"</tr></thead><tbody>{''.join(rows)}</tbody></table></div>{disclaimer}</html>"
    )
    return page.encode("utf-8", "replace")


def _cell(cell: Cell | None, wanted: Wanted) -> str:
    language = wanted.language
    text = escape(shown(cell, language))
    if cell is None or state_of(cell) != "answered":
        return f'<span class="quiet">{text}</span>'
    probability = sure(cell)
    facts = [who(cell, language), "" if probability is None else f"{probability:.0%}", day(cell.at)]
    if cell.approval is not None:
        by = person(cell.approval.by, language)
        facts.append(say(language, "review_approved_by", who=by, at=day(cell.approval.at)))
    small = f'<div class="small">{escape(" · ".join(fact for fact in facts if fact))}</div>'
    quotes = "".join(f"<blockquote>{escape(clean(' '.join(c.quote.split())))}{_page(c.pages, language)}</blockquote>"
                     for c in cell.answer.citations)  # fmt: skip
    return f"<details><summary>{text}</summary>{quotes}{small}</details>"


def _page(page: str, language: str) -> str:
    return f' <span class="small">({escape(say(language, "review_page"))} {page})</span>' if page else ""


def _attr(text: str) -> str:
    return escape(clean(text), quote=True)
