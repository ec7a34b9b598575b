"""An answer on the terminal. What only lists or changes corpora does not load it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sparewheel.app.cli.common import shorten
from sparewheel.app.view import heading, notes, probability, provenance, similar
from sparewheel.app.words import Language, say
from sparewheel.app.words import terminal as words
from sparewheel.app.words.answers import OUT_OF_TIME, SECONDS, letters
from sparewheel.rag.answer.unread import CATALOGUE
from sparewheel.rag.memory.kept import PERSON
from sparewheel.rag.settings import Settings
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Answer, Citation

if TYPE_CHECKING:
    from rich.console import Console


def print_answer(
    answer: Answer, to: Console, *, disclaimer: str = "", settings: Settings | None = None, said: str = ""
) -> None:
    """The answer, who gave it, and where each citation was read, in the language of the question. settings: those it
    was asked with, to tell why an endpoint did not answer and what to do. said: what was shown of its text already."""
    from rich.padding import Padding
    from rich.text import Text

    from sparewheel.app.cli.trouble import troubles

    language: Language = "zh" if language_of(answer.question) == "zh" else "en"
    style = {"answered": "bold", "refused": "yellow", "failed": "red"}[answer.outcome]
    text = f"{answer.label.capitalize()}. {answer.text}" if answer.label else answer.text
    for line in heading(answer, language):
        to.print(Text(line, style="dim"))
    if not said or said.split() != text.split():
        to.print(Text(text or say(words.NO_ANSWER, language, why="; ".join(answer.notes)), style=style))
    for citation in answer.citations:
        to.print(Padding(Text.assemble((f"[{citation.marker}] ", "cyan"), place(citation, language)), (0, 0, 0, 2)))
        quote = " ".join(citation.quote.split())
        if quote != " ".join(answer.text.split()):
            to.print(Padding(Text(f"“{shorten(quote, 300)}”", style="italic"), (0, 0, 0, 6)))
    to.print(Text(byline(answer, language), style="dim"))
    for trouble in troubles(answer, settings, language) if settings is not None else ():
        to.print(Text(trouble, style="yellow"))
    for note in notes(answer, language) if language == "zh" else (*answer.notes, similar(answer, "en")):
        if note:
            to.print(Text(say(words.NOTE, language, note=note), style="yellow"))
    if disclaimer and answer.outcome == "answered":
        to.print(Text(disclaimer, style="dim"))


def place(citation: Citation, language: Language) -> str:
    """Where a citation was read: file, page and heading, with the title where it says more than the file's name."""
    parts = [citation.document_id]
    if citation.title and letters(citation.title) not in letters(citation.document_id):
        parts.insert(0, citation.title)
    if citation.page:
        parts.append(say(words.PAGES if citation.last_page else words.PAGE, language, pages=citation.pages))
    if citation.headings:
        parts.append(citation.headings[-1])
    where = ("，" if language == "zh" else ", ").join(parts)
    return where + say(words.CHARACTERS, language, start=citation.start, end=citation.end)


def byline(answer: Answer, language: Language) -> str:
    """Who answered, how sure, how long; and why not the one that should have."""
    who = answer.answered_by or say(words.NOBODY if answer.reason else words.NOBODY_NEAR, language)
    if answer.remembered:
        who = say(words.BY_MEMORY, language, kept=provenance(answer.remembered, language))
    parts = [say(words.BY, language, who=who)]
    if answer.outcome == "answered" and answer.answered_by != CATALOGUE:
        sure = probability(answer)
        person = answer.remembered is not None and answer.remembered.answered_by == PERSON
        if person or sure is None:
            parts.append(say(words.WRITTEN_BY_PERSON if person else words.WRITTEN_BY_MODEL, language))
        else:
            parts.append(say(words.SURE, language, share=sure))
    parts.append(say(SECONDS, language, seconds=answer.timings.get("total", 0.0)))
    if answer.degraded:
        failed = [f"{a.answerer}: {a.reason}" for a in answer.attempts if a.outcome in ("failed", "skipped")]
        parts.append(say(words.DEGRADED, language, why=", ".join(failed) or say(OUT_OF_TIME, language)))
    return " · ".join(parts)
