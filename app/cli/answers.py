"""An answer on the terminal. What only lists or changes corpora does not load it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparewheel.app.cli.common import shorten
from sparewheel.app.view import heading, probability, provenance, similar
from sparewheel.app.words.answers import letters
from sparewheel.rag.answer.unread import CATALOGUE
from sparewheel.rag.memory.kept import PERSON
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Answer, Citation

if TYPE_CHECKING:
    from rich.console import Console


def print_answer(
    answer: Answer, to: Console, *, disclaimer: str = "", settings: Settings | None = None, said: str = ""
) -> None:
    """The answer, who gave it, and where each citation was read. settings: those it was asked with, to tell why an
    endpoint did not answer and what to do. said: what was shown of its text already."""
    from rich.padding import Padding
    from rich.text import Text

    from sparewheel.app.cli.trouble import troubles

    style = {"answered": "bold", "refused": "yellow", "failed": "red"}[answer.outcome]
    text = f"{answer.label.capitalize()}. {answer.text}" if answer.label else answer.text
    for line in heading(answer, "en"):
        to.print(Text(line, style="dim"))
    if not said or said.split() != text.split():
        to.print(Text(text or "No answer: " + "; ".join(answer.notes), style=style))
    for citation in answer.citations:
        to.print(Padding(Text.assemble((f"[{citation.marker}] ", "cyan"), place(citation)), (0, 0, 0, 2)))
        quote = " ".join(citation.quote.split())
        if quote != " ".join(answer.text.split()):
            to.print(Padding(Text(f"“{shorten(quote, 300)}”", style="italic"), (0, 0, 0, 6)))
    to.print(Text(byline(answer), style="dim"))
    for trouble in troubles(answer, settings) if settings is not None else ():
        to.print(Text(trouble, style="yellow"))
    for note in (*answer.notes, similar(answer, "en")):
        if note:
            to.print(Text(f"Note: {note}", style="yellow"))
    if disclaimer and answer.outcome == "answered":
        to.print(Text(disclaimer, style="dim"))


def place(citation: Citation) -> str:
    """Where a citation was read: file, page and heading, with the title where it says more than the file's name."""
    parts = [citation.document_id]
    if citation.title and letters(citation.title) not in letters(citation.document_id):
        parts.insert(0, citation.title)
    if citation.page:
        parts.append(f"page{'s' if citation.last_page else ''} {citation.pages}")
    if citation.headings:
        parts.append(citation.headings[-1])
    return ", ".join(parts) + f" (characters {citation.start}-{citation.end})"


def byline(answer: Answer) -> str:
    """Who answered, how sure, how long; and why not the one that should have."""
    by = f"memory: {provenance(answer.remembered, 'en')}" if answer.remembered else answer.answered_by
    parts = [f"answered by {by or ('nobody' if answer.reason else 'nobody: no passage was close enough')}"]
    if answer.outcome == "answered" and answer.answered_by != CATALOGUE:
        sure = probability(answer)
        person = answer.remembered is not None and answer.remembered.answered_by == PERSON
        written = f"written by a {'person' if person else 'model'}"
        parts.append(written if person or sure is None else f"confidence {sure:.0%}")
    parts.append(f"{answer.timings.get('total', 0.0):.2f} s")
    if answer.degraded:
        failed = [f"{a.answerer}: {a.reason}" for a in answer.attempts if a.outcome in ("failed", "skipped")]
        parts.append("degraded (" + ", ".join(failed) + ")")
    return " · ".join(parts)
