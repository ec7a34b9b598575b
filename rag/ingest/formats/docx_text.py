"""The text of a Word paragraph as the page shows it: what is in force, with its signs, raised digits and note marks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sparewheel.rag.ingest.formats.docx_styles import Styles, W, is_on, style_of, value
from sparewheel.rag.ingest.formats.formulas import formula, local
from sparewheel.rag.ingest.formats.number_words import roman
from sparewheel.rag.ingest.formats.symbols import in_font, subscript, superscript, symbol

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_INSIDE = frozenset(
    ("hyperlink", "smartTag", "customXml", "sdtContent", "fldSimple", "bdo", "dir", "rubyBase", "ruby", "subDoc")
)  # elements that only hold runs
_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_PAGE_FIELDS = ("PAGE", "NUMPAGES", "SECTIONPAGES")


@dataclass
class Note:
    """A footnote, endnote or comment that a paragraph refers to. mark: what stands in the text; "" for a comment."""

    kind: str  # "footnote", "endnote", "comment"
    id: str
    mark: str = ""


@dataclass
class _Field:
    """A field that is open: its instruction is read until its result begins."""

    instruction: str = ""
    in_result: bool = False
    skipped: bool = False


@dataclass
class Line:
    """What a paragraph says. gone: something of it is not shown, so it is not counted where nothing else is left."""

    text: str
    notes: list[Note] = field(default_factory=list)
    boxes: list[Element] = field(default_factory=list)  # contents of its text boxes
    gone: bool = False


class Reader:
    """Reads the paragraphs of one part in order; fields may reach over several of them.

    left: what is not in the text, by kind; shared by the readers of a document.
    """

    def __init__(self, styles: Styles, left: Counter[str]) -> None:
        self.left = left
        self._styles = styles
        self._fields: list[_Field] = []
        self._marks: Counter[str] = Counter()
        self._pieces: list[tuple[str, str]] = []  # (text, how it is raised)
        self._line = Line("")
        self._style = ""
        self._struck = False  # the run before was struck too: one passage

    def read(self, paragraph: Element) -> Line:
        """The paragraph's text, trimmed, with the notes and text boxes that hang on it."""
        self._pieces, self._line, self._struck = [], Line(""), False
        self._style = style_of(paragraph)
        for child in paragraph:
            self._inline(child)
        self._line.text = self._joined().strip()
        return self._line

    def _inline(self, element: Element) -> None:
        name = local(element)
        if name == "r":
            self._run(element)
        elif name in ("ins", "moveTo"):
            self.left["tracked"] += name == "ins"
            self._each(element)
        elif name in ("del", "moveFrom"):
            self.left["tracked"] += 1
            self._line.gone = True
        elif name == "sdt":
            self._control(element)
        elif name in ("oMath", "oMathPara"):
            if text := formula(element):
                self._pieces.append((f" {text} ", ""))
        elif name == "AlternateContent":
            self._alternative(element)
        elif name == "fldSimple" and _is_page_field(element.get(f"{W}instr", "")):
            pass
        elif name in _INSIDE:
            self._each(element)

    def _each(self, element: Element) -> None:
        for child in element:
            self._inline(child)

    def _control(self, element: Element) -> None:
        """A content control; one that still shows its prompt holds nothing."""
        properties = element.find(f"{W}sdtPr")
        prompt = properties is not None and properties.find(f"{W}showingPlcHdr") is not None
        if prompt and properties is not None and properties.find(f"{_W14}checkbox") is None:
            return
        for content in element.iterfind(f"{W}sdtContent"):
            self._each(content)

    def _alternative(self, element: Element) -> None:
        """The first choice with something in it: Word writes a text box twice, for itself and for older programs."""
        for choice in element:
            before = len(self._pieces), len(self._line.boxes)
            for child in choice:
                if local(child) in ("drawing", "pict", "object"):
                    self._drawing(child)
                else:
                    self._inline(child)
            if (len(self._pieces), len(self._line.boxes)) != before:
                return

    def _drawing(self, element: Element) -> None:
        stack = [element]
        while stack:
            node = stack.pop()
            if local(node) == "txbxContent":
                self._line.boxes.append(node)
            elif local(node) == "AlternateContent":
                self._alternative(node)
            elif local(node) == "t" and not node.tag.startswith(W):  # text of a diagram
                self._pieces.append((f" {node.text or ''} ", ""))
            else:
                stack.extend(reversed(node))

    def _run(self, run: Element) -> None:
        look = self._styles.look(run.find(f"{W}rPr"), self._style)
        marks = [child for child in run if local(child) in ("fldChar", "instrText")]
        if (look.struck or look.hidden) and not marks:
            self._leave_out(run, "struck" if look.struck else "hidden")
            return
        if any(child.text and child.text.strip() for child in run.iterfind(f"{W}t")):
            self._struck = False
        for child in run:
            name = local(child)
            if name == "fldChar":
                self._field_mark(child)
            elif name == "instrText" and self._fields:
                self._fields[-1].instruction += child.text or ""
            elif not self._shown():
                continue
            elif name == "t":
                self._pieces.append((in_font(child.text or "", look.font), look.raised))
            elif name == "sym":
                self._symbol(child)
            elif name in _SIGNS:
                self._pieces.append((_SIGNS[name], ""))
            elif name in ("footnoteReference", "endnoteReference", "commentReference"):
                self._note(child, name.removesuffix("Reference"))
            elif name in ("drawing", "pict", "object"):
                self._drawing(child)
            elif name in ("AlternateContent", "ruby", "oMath"):
                self._inline(child)

    def _leave_out(self, run: Element, kind: str) -> None:
        if any(child.text and child.text.strip() for child in run.iterfind(f"{W}t")):
            self.left[kind] += not (self._struck and self._line.gone)
            self._struck = self._line.gone = True
        for child in run:  # a note on struck words is struck with them, a picture is not
            if local(child) in ("drawing", "pict", "AlternateContent"):
                self._inline(child)

    def _symbol(self, element: Element) -> None:
        try:
            code = int(element.get(f"{W}char", ""), 16)
        except ValueError:
            return
        self._pieces.append((symbol(code, element.get(f"{W}font", "")), ""))

    def _note(self, element: Element, kind: str) -> None:
        id = element.get(f"{W}id", "")
        mark = ""
        if kind != "comment" and _is_counted(element):
            self._marks[kind] += 1
            mark = str(self._marks[kind]) if kind == "footnote" else roman(self._marks[kind])
            self._pieces.append((mark, "note"))
        self._line.notes.append(Note(kind, id, mark))

    def _field_mark(self, element: Element) -> None:
        kind = element.get(f"{W}fldCharType", "")
        if kind == "begin":
            self._fields.append(_Field())
            if self._shown(above=1) and (data := element.find(f"{W}ffData")) is not None:
                self._form_field(data)
        elif kind == "separate" and self._fields:
            self._fields[-1].in_result = True
            self._fields[-1].skipped = _is_page_field(self._fields[-1].instruction)
        elif kind == "end" and self._fields:
            self._fields.pop()

    def _form_field(self, data: Element) -> None:
        """A tick or a choice of a form; what is typed into one stands in its result."""
        if (box := data.find(f"{W}checkBox")) is not None:
            state = box.find(f"{W}checked")
            ticked = is_on(state if state is not None else box.find(f"{W}default"))
            self._pieces.append(("☒" if ticked else "☐", ""))
        elif (choices := data.find(f"{W}ddList")) is not None:
            entries = [value(each) for each in choices.iterfind(f"{W}listEntry")]
            chosen = value(choices.find(f"{W}result")) or value(choices.find(f"{W}default")) or "0"
            if chosen.isdigit() and int(chosen) < len(entries):
                self._pieces.append((entries[int(chosen)], ""))

    def _shown(self, *, above: int = 0) -> bool:
        open_fields = self._fields[: len(self._fields) - above]
        return all(each.in_result and not each.skipped for each in open_fields)

    def _joined(self) -> str:
        """The pieces as one text; neighbours that are raised alike are raised together."""
        text, at = "", 0
        while at < len(self._pieces):
            raised, inner = self._pieces[at][1], ""
            while at < len(self._pieces) and self._pieces[at][1] == raised:
                inner += self._pieces[at][0]
                at += 1
            if raised in ("superscript", "note"):
                text += superscript(inner, text[-12:], linked=raised == "note")
            else:
                text += subscript(inner) if raised == "subscript" else inner
        return text


def _is_counted(reference: Element) -> bool:
    """Whether the mark of a note is counted rather than typed by the author."""
    return not is_on(reference.find(f"{W}customMarkFollows")) and reference.get(f"{W}customMarkFollows") not in (
        "1",
        "true",
        "on",
    )


def _is_page_field(instruction: str) -> bool:
    words = instruction.split()
    return bool(words) and words[0].upper() in _PAGE_FIELDS
