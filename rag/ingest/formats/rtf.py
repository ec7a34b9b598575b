"""Rich Text Format 1.9: text, tables, notes; struck-out, hidden and deleted text is left out and counted."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.symbols import in_font, is_symbol_font, subscript, superscript
from sparewheel.rag.ingest.formats.tables import table_of
from sparewheel.rag.settings import Ingest

_TOKEN = re.compile(rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|([^\\{}\r\n]+)")
_SKIPPED = frozenset(
    (
        *("colortbl", "stylesheet", "pict", "object", "listtable", "listoverridetable", "themedata", "datastore"),
        *("generator", "latentstyles", "fldinst", "bkmkstart", "bkmkend", "revtbl", "rsidtbl", "mmathPr", "xmlnstbl"),
        *("colorschememapping", "pnseclvl", "nonesttables", "filetbl", "operator", "info", "private"),
    )
)
_SIGNS = {
    **{"par": "\n\n", "sect": "\n\n", "page": "\n\n", "line": "\n", "tab": "\t", "emdash": "—", "endash": "–"},
    **{"lquote": "‘", "rquote": "’", "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ", "enspace": " "},
}
_PLACES = ("fonttbl", "footnote", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf")
_CODEPAGES = {
    **{0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 134: "gb18030", 136: "big5", 161: "cp1253"},
    **{162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874"},
    238: "cp1250",
}  # charset of a font -> encoding


@dataclass(frozen=True)
class _State:
    skipped: bool = False
    struck: bool = False
    hidden: bool = False
    deleted: bool = False
    raised: str = ""
    font: int = -1
    fallback: int = 1  # bytes that stand for a \\u character in old programs
    place: str = ""  # "fonttbl", "footnote", "title", ... where the text goes
    in_table: bool = False


def parse_rtf(data: bytes, settings: Ingest) -> Parsed:
    """Raises DocumentError for what does not begin as RTF does."""
    if not data.lstrip()[:5] == b"{\\rtf":
        raise DocumentError("not RTF", cure="save it again in a word processor")
    reader = _Reader()
    reader.read(data)
    return reader.parsed()


class _Reader:
    def __init__(self) -> None:
        self.builder = TextBuilder()
        self.left: Counter[str] = Counter()
        self._fonts: dict[int, tuple[int, str]] = {}  # number -> charset and name
        self._codepage = "cp1252"
        self._stack: list[_State] = []
        self._state = _State()
        self._bytes = b""
        self._text = ""  # of the paragraph or cell that is read
        self._row: list[str] = []
        self._rows: list[list[str]] = []
        self._notes: list[tuple[str, str]] = []
        self._note = ""
        self._margins: list[str] = []  # headers and footers, each with the word it is told by
        self._title = ""
        self._gone = ""  # why the run before was left out
        self._to_skip = 0
        self._high = 0xD800

    def read(self, data: bytes) -> None:
        """All tokens of the file."""
        starred = False
        for found in _TOKEN.finditer(data):
            word, number, code, sign, brace, plain = found.groups()
            if code is not None:
                if self._to_skip:
                    self._to_skip -= 1
                else:
                    self._bytes += bytes.fromhex(code.decode())
                continue
            if plain is not None:
                cut = min(self._to_skip, len(plain))
                self._to_skip -= cut
                self._bytes += plain[cut:]
                continue
            self._flush()
            if brace is not None:
                self._brace(brace == b"{")
                self._to_skip = 0
            elif sign is not None:
                starred = sign == b"*"
                self._sign(sign)
                continue
            elif word is not None:
                self._word(word.decode(), int(number) if number else None, starred)
            starred = False
        self._flush()
        self._end_paragraph()
        self._end_table()
        for said in dict.fromkeys(" ".join(margin.split()) for margin in self._margins):
            if re.search(r": .*\w{2}", said):
                self.builder.add(said)

    def parsed(self) -> Parsed:
        gone = [(kind, n) for kind, n in self.left.items() if n and kind != "changed"]
        notes = [f"{n} {kind}{'s' if n > 1 else ''} left out" for kind, n in gone]
        if changes := self.left["changed"]:
            notes.append(f"{changes} tracked change{'s' if changes > 1 else ''}: read as accepted")
        headings = tuple(self.builder.headings)
        return Parsed(self.builder.text, "application/rtf", self._title.strip(), headings, notes=tuple(notes))

    def _brace(self, opens: bool) -> None:
        if opens:
            self._stack.append(self._state)
        elif self._stack:
            ended = self._state
            self._state = self._stack.pop()
            if ended.place == "footnote" and self._state.place != "footnote":
                mark = str(len(self._notes) + 1)
                self._notes.append((mark, " ".join(self._note.split())))
                self._note = ""
                self._text += superscript(mark, "", linked=True)

    def _sign(self, sign: bytes) -> None:
        shown = {b"~": " ", b"_": "-", b"{": "{", b"}": "}", b"\\": "\\", b"\n": "\n\n", b"\r": "\n\n"}.get(sign, "")
        if shown == "\n\n":
            self._end_paragraph()
        elif shown:
            self._add(shown)

    def _word(self, word: str, number: int | None, starred: bool) -> None:
        state = self._state
        on = number != 0
        if word in _SKIPPED or (starred and word not in ("footnote", "shpinst", "shptxt", "fldrslt", "title")):
            self._state = replace(state, skipped=True)
            if word == "info":
                self._state = replace(state, skipped=True, place="info")
        elif word in ("strike", "striked"):
            self._state = replace(state, struck=on)
        elif word == "v":
            self._state = replace(state, hidden=on)
        elif word == "deleted":
            self._state = replace(state, deleted=on)
        elif word in ("super", "sub", "nosupersub", "up", "dn"):
            raised = {"super": "superscript", "sub": "subscript", "up": "superscript", "dn": "subscript"}.get(word, "")
            self._state = replace(state, raised=raised if on else "")
        elif word == "plain":
            self._state = replace(state, struck=False, hidden=False, deleted=False, raised="")
        elif word == "f" and number is not None:
            self._state = replace(state, font=number)
        elif word == "uc" and number is not None:
            self._state = replace(state, fallback=number)
        elif word == "u" and number is not None:
            self._unicode(number)
        elif word == "ansicpg" and number:
            self._codepage = f"cp{number}" if number != 936 else "gb18030"
        elif word in _PLACES:
            self._enter(word)
        elif word == "title" and state.place == "info":
            self._state = replace(state, place="title", skipped=False)
        elif word == "fcharset" and state.place == "fonttbl" and number is not None:
            self._fonts[state.font] = (number, "")
        elif word == "pard":
            self._state = replace(state, in_table=False)
        elif word == "intbl":
            self._state = replace(state, in_table=True)
        elif word in ("cell", "nestcell"):
            self._row.append(self._text.strip())
            self._text = ""
        elif word in ("row", "nestrow"):
            self._rows += [self._row] if self._row else []
            self._row = []
        elif word in _SIGNS:
            shown = _SIGNS[word]
            self._end_paragraph() if shown == "\n\n" and not state.place else self._add(shown)

    def _enter(self, place: str) -> None:
        """What follows in the group is no running text."""
        self._state = replace(self._state, place=place)
        if place[:6] in ("header", "footer"):
            self._margins.append(f"{place[:6].capitalize()}: ")

    def _unicode(self, number: int) -> None:
        number += 65536 if number < 0 else 0
        self._to_skip = self._state.fallback
        if 0xD800 <= number < 0xDC00:
            self._high = number  # first half of a pair
        elif 0xDC00 <= number < 0xE000:
            self._add(chr(0x10000 + ((self._high - 0xD800) << 10) + number - 0xDC00))
        else:
            self._add(chr(number))

    def _flush(self) -> None:
        if self._bytes:
            charset, name = self._fonts.get(self._state.font, (-1, ""))
            raw, self._bytes = self._bytes, b""
            if charset == 2 and is_symbol_font(name or "Symbol") and self._state.place != "fonttbl":
                self._add(in_font("".join(map(chr, raw)), name or "Symbol"))
                return
            try:
                encoding = _CODEPAGES.get(charset, self._codepage) if charset > 0 else self._codepage
                self._add(raw.decode(encoding, "replace"))
            except LookupError:
                self._add(raw.decode("cp1252", "replace"))

    def _add(self, text: str) -> None:
        state = self._state
        if state.place == "fonttbl":
            charset, name = self._fonts.get(state.font, (-1, ""))
            self._fonts[state.font] = (charset, (name + text).split(";")[0].strip())
        elif state.place == "title":
            self._title += text
        elif state.skipped:
            return
        elif state.struck or state.hidden or state.deleted:
            kind = "changed" if state.deleted else "struck-out passage" if state.struck else "hidden passage"
            if text.strip() and self._gone != kind:
                self.left[kind] += 1
                self._gone = kind
        else:
            self._gone = "" if text.strip() else self._gone
            if state.place == "footnote":
                self._note += text
                return
            if state.place[:6] in ("header", "footer"):
                self._margins[-1] += text
                return
            if state.raised:
                text = superscript(text, self._text[-12:]) if state.raised == "superscript" else subscript(text)
            self._text += text

    def _end_paragraph(self) -> None:
        if self._state.in_table and not self._state.place:
            self._text += "\n"
            return
        self._end_table()
        text, self._text = self._text.strip(), ""
        self.builder.add(text)
        for mark, said in self._notes:
            if said:
                self.builder.add(f"{superscript(mark, '', linked=True)} {said}")
        self._notes = [(mark, "") for mark, _ in self._notes]

    def _end_table(self) -> None:
        if self._rows:
            rows, self._rows = self._rows, []
            self.builder.table(table_of(rows))
