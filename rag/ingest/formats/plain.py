"""Plain text and Markdown."""

from __future__ import annotations

import re

from sparewheel.rag.ingest.formats.decode import decode
from sparewheel.rag.ingest.formats.parsed import Parsed
from sparewheel.rag.ingest.formats.tables import paragraphs, table_of
from sparewheel.rag.settings import Ingest

_HEADING = re.compile(r"^ {0,3}(#{1,6})[ \t]{1,80}(\S[^\n]{0,300}?)(?:[ \t]{1,80}#{1,80})?[ \t]{0,80}$", re.MULTILINE)
_UNDERLINED = re.compile(r"^(?=\S)([^\n]{1,120})\n(=+|-{3,})[ \t]*$", re.MULTILINE)
_FENCE = re.compile(r"^(`{3,}+|~{3,}+)[^\n]*\n.*?^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^(?:---|\.\.\.)[ \t]*$\n?", re.MULTILINE | re.DOTALL)
_STRUCK = re.compile(r"(?<![~\\])~~(?=\S)(?:(?!\n\s*\n)[^~])*?(?<=\S)~~(?!~)[ \t]?")
_GRID = re.compile(r"^\+[-=+:]{3,}\+[ \t]*\n(?:[|+][^\n]*[|+][ \t]*(?:\n|\Z)){2,}", re.MULTILINE)  # as pandoc draws it
_MARKUP_TABLE = re.compile(r"<table\b(?:(?!<table\b).)*?</table>", re.DOTALL | re.IGNORECASE)
_DELIMITERS = re.compile(r"^[ \t|:-]+$", re.MULTILINE)  # the line below the header of a pipe table


def parse_text(data: bytes, settings: Ingest) -> Parsed:
    """Plain text; metadata names the encoding."""
    text, encoding = decode(data)
    return Parsed(text, "text/plain", metadata={"encoding": encoding})


def parse_markdown(data: bytes, settings: Ingest) -> Parsed:
    """Markdown with its mark-up kept in the text, tables as `formats.tables` writes them, struck text left out; the
    facts of a front matter stand first. Headings are `#` lines and underlined lines outside code. notes: how many
    passages are struck."""
    text, encoding = decode(data)
    metadata = {"encoding": encoding}
    title = ""
    if front := _FRONT_MATTER.match(text):
        facts = _facts(front[1])
        title = facts.pop("title", "")
        head = "\n".join(f"{name}: {value}" for name, value in facts.items())
        text = head + ("\n\n" if head else "") + text[front.end() :].lstrip("\n")
    text, struck = _outside_code(text)
    code = [(found.start(), found.end()) for found in _FENCE.finditer(text)]
    headings = [(found.start(2), found.end(2), len(found[1])) for found in _HEADING.finditer(text)]
    headings += [
        (found.start(1), found.end(1), 1 if found[2][0] == "=" else 2)
        for found in _UNDERLINED.finditer(text)
        if not found[1].lstrip().startswith(("#", "|", "- ", "* ", ">"))
        and "\n" in (text[found.start() - 2 : found.start() - 1] or "\n")
    ]
    notes = (f"{struck} struck-out passage{'s' if struck > 1 else ''} left out",) if struck else ()
    outside = sorted(h for h in headings if not any(start <= h[0] < end for start, end in code))
    return Parsed(text, "text/markdown", title, headings=tuple(outside), metadata=metadata, notes=notes)


def _facts(front: str) -> dict[str, str]:
    """The plain "name: value" lines of a front matter, a list on one line."""
    facts: dict[str, str] = {}
    name = ""
    for line in front.split("\n"):
        if pair := re.match(r"([A-Za-z_\u4e00-\u9fff][\w .-]{0,60}?)[ \t]*:[ \t]*(.*)$", line):
            name = pair[1].replace("_", " ")
            facts[name] = pair[2].strip().strip("\"'")
        elif name and line.strip().startswith("- "):
            facts[name] = ", ".join(filter(None, (facts[name], line.strip()[2:].strip().strip("\"'"))))
    return {name: value for name, value in facts.items() if value}


def _outside_code(text: str) -> tuple[str, int]:
    """The text with its pipe tables as records and without struck passages, code as it is; and how many were struck."""
    parts: list[str] = []
    struck = place = 0
    for start, end in [*(found.span() for found in _FENCE.finditer(text)), (len(text), len(text))]:
        prose, count = _STRUCK.subn("", _without_comments(text[place:start]))
        struck += count
        parts += [_with_tables(_with_markup_tables(_piped(prose))), text[start:end]]
        place = end
    return "".join(parts), struck


def _without_comments(text: str) -> str:
    """The text without what stands between "<!--" and "-->". In one pass: a page may open thousands and close none."""
    parts, place = list[str](), 0
    while (start := text.find("<!--", place)) >= 0 and (end := text.find("-->", start)) >= 0:
        parts.append(text[place:start])
        place = end + 3
    return "".join((*parts, text[place:]))


def _piped(text: str) -> str:
    """The text with its tables that are drawn with "+---+" as pipe tables; lines of one cell joined."""
    return _GRID.sub(lambda found: _as_pipes(found.group()), text) if "+-" in text else text


def _as_pipes(drawn: str) -> str:
    rows: list[list[str]] = [[]]
    header = False
    for line in drawn.rstrip("\n").split("\n"):
        if line.startswith("+"):
            header = header or (len(rows) == 2 and "=" in line)
            rows += [[]] if rows[-1] else []
            continue
        cells = [cell.strip() for cell in _pipe_cells(line)]
        rows[-1] = [" ".join(filter(None, pair)) for pair in zip(rows[-1], cells, strict=False)] if rows[-1] else cells
    rows = [row for row in rows if row]
    if not rows or len({len(row) for row in rows}) > 1:  # cells that span
        return drawn
    lines = [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows]
    return "\n".join([lines[0], "|---" * len(rows[0]) + "|", *lines[1:]]) + "\n"


def _with_markup_tables(text: str) -> str:
    """The text with its tables that are written in HTML as lines of cells."""
    if "<table" not in text.lower():
        return text
    from sparewheel.rag.ingest.formats.html import parse_html

    return _MARKUP_TABLE.sub(lambda found: f"\n{parse_html(found.group().encode(), Ingest()).text}\n", text)


def _with_tables(text: str) -> str:
    """The text with its pipe tables as lines of cells."""
    parts: list[str] = []
    place = 0
    for found in _DELIMITERS.finditer(text):
        start = text.rfind("\n", 0, max(found.start() - 1, 0)) + 1
        header = text[start : max(found.start() - 1, start)]
        if start < place or "-" not in found.group() or "|" not in header:
            continue
        if len(_pipe_cells(header)) != len(_pipe_cells(found.group())):
            continue
        end = found.end()
        rows = [_pipe_cells(header)]
        while end < len(text):
            following = text[end + 1 : line_end if (line_end := text.find("\n", end + 1)) >= 0 else len(text)]
            if "|" not in following:
                break
            rows.append(_pipe_cells(following))
            end += 1 + len(following)
        width = len(rows[0])
        table = table_of([[*row[:width], *[""] * (width - len(row))] for row in rows], header_rows=1)
        written = "\n\n".join("\n".join(lines) for lines in paragraphs(table))
        parts += [text[place:start], written]
        place = end
    return "".join((*parts, text[place:]))


def _pipe_cells(line: str) -> list[str]:
    line = re.sub(r"^\s*\||(?<!\\)\|\s*$", "", line)
    return [
        re.sub(r"(?<!\w)(\*\*|__|\*|_|`)(?=\S)(.+?)(?<=\S)\1(?!\w)", r"\2",
               re.sub(r"<br\s*/?>", " ", cell.replace("\\|", "|")).strip())
        for cell in re.split(r"(?<!\\)\|", line)
    ]  # fmt: skip
