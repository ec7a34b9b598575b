"""The table in the browser: a real HTML table with buttons for cells, whose texts are set as text, never as markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

CSS = """
.frame { overflow: auto; max-height: 40rem; border: 1px solid var(--st-border-color); border-radius: .5rem; }
table { border-collapse: separate; border-spacing: 0; font: inherit; font-size: .9rem; width: max-content; }
th, td { padding: 0; border-right: 1px solid var(--st-border-color); border-bottom: 1px solid var(--st-border-color);
  vertical-align: top; text-align: left; width: 14rem; min-width: 14rem; max-width: 14rem; }
thead th { position: sticky; top: 0; z-index: 2; background: var(--st-secondary-background-color); font-weight: 600;
  padding: .45rem .6rem; }
tbody th { position: sticky; left: 0; z-index: 1; background: var(--st-background-color); font-weight: 600;
  padding: .45rem .6rem; overflow-wrap: anywhere; }
thead th:first-child { left: 0; z-index: 3; }
th:first-child { width: 13rem; min-width: 13rem; max-width: 13rem; }
td { height: 1px; }
button { all: unset; box-sizing: border-box; display: flex; flex-direction: column; justify-content: flex-start;
  width: 100%; height: 100%; min-height: 4.6rem; padding: .45rem .6rem; cursor: pointer;
  overflow-wrap: anywhere; line-height: 1.35; }
button:hover { background: light-dark(#eef3fa, #22303f); }
button:focus-visible { outline: 3px solid var(--st-link-color); outline-offset: -3px; }
button[aria-pressed=true] { outline: 3px solid var(--st-primary-color); outline-offset: -3px; }
small { display: block; margin-top: .2rem; font-size: .8rem; color: light-dark(#4d5766, #b3bdca); }
.quiet { color: light-dark(#5d6775, #9aa5b1); }
.unsure { background: light-dark(#fdf1d3, #45360f); }
.approved { background: light-dark(#e1f3e4, #173d22); }
@media (max-width: 640px) {
  .frame { max-height: 30rem; }
  th:first-child { width: 7.5rem; min-width: 7.5rem; max-width: 7.5rem; font-size: .82rem; }
  th, td { width: 11.5rem; min-width: 11.5rem; max-width: 11.5rem; }
}
"""
JS = """
export default function(component) {
  const { data, parentElement, setTriggerValue } = component;
  let frame = parentElement.querySelector('.frame');
  if (!frame) {
    frame = document.createElement('div');
    frame.className = 'frame';
    frame.tabIndex = 0;
    parentElement.appendChild(frame);
  }
  const made = (tag, text) => { const e = document.createElement(tag); e.textContent = text; return e; };
  const table = document.createElement('table');
  table.setAttribute('aria-label', data.name);
  const head = table.createTHead().insertRow();
  for (const [name, question] of [[data.first, ''], ...data.columns]) {
    const th = made('th', name);
    th.scope = 'col';
    th.title = question;
    head.appendChild(th);
  }
  const body = table.createTBody();
  data.rows.forEach((row, number) => {
    const tr = body.insertRow();
    const th = made('th', row.name);
    th.scope = 'row';
    tr.appendChild(th);
    row.cells.forEach(([text, facts, look], place) => {
      const button = made('button', text);
      button.type = 'button';
      button.setAttribute('aria-pressed', number === data.chosen[0] && place === data.chosen[1]);
      button.setAttribute('aria-label', `${row.name}, ${data.columns[place][0]}: ${text}`);
      if (facts) button.appendChild(made('small', facts));
      button.onclick = () => setTriggerValue('cell', [number, place]);
      const td = tr.insertCell();
      td.className = look;
      td.appendChild(button);
    });
  });
  const [left, top] = [frame.scrollLeft, frame.scrollTop];
  frame.replaceChildren(table);
  frame.scrollTo(left, top);
}
"""


@st.cache_resource(show_spinner=False)
def component() -> Callable[..., Any]:
    """Registered once for the process."""
    made: Callable[..., Any] = st.components.v2.component("sparewheel_review_table", css=CSS, js=JS)
    return made


def draw(data: dict[str, Any], key: str) -> tuple[int, int] | None:
    """data: name, first (head of the first column), columns [(name, question)], rows [{name, cells [(text, facts,
    look)]}], chosen (row, column; -1 where none is). The (row, column) that was clicked just now."""
    result = component()(data=data, key=key, on_cell_change=lambda: None)
    return None if result.cell is None else (int(result.cell[0]), int(result.cell[1]))
