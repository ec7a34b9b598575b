"""A clause by its number: which one a question asks for, and where it stands in a document. English and Chinese."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LABEL_WORD = r"(?:clause|section|article|paragraph|para|sec|art|cl|rule|regulation|item)s?\.?"
_ASKED = re.compile(
    rf"(?:\b(?P<word>{_LABEL_WORD})\s*|(?P<sign>§+)\s*)(?P<number>\d{{1,3}}(?:\.\d{{1,3}})*|[IVXL]{{1,6}}"
    rf"(?=[\s?.,;:(]|$))(?P<item>(?:\s?\([a-z0-9]{{1,4}}\))*)",
    re.IGNORECASE,
)
_ASKED_ZH = re.compile(r"第\s*(?P<number>[〇零一二三四五六七八九十百千两\d]{1,7})\s*条")
_SAYS = frozenset(
    re.findall(
        r"\S+",
        "what does do say says said provide provides state states mean means contain contains is in the under of about"
        " happens happen summarise summarize summary please quote read show me give text cover covers deal with deals"
        " set out stipulate explain tell can you could and a an it this that agreement contract document for on"
        " handbook manual policy guideline guidelines protocol leaflet report",
    )
)
_SAYS_ZH = re.compile(
    r"怎么规定的?|是怎么说的|怎么[说写讲]的?|[说写讲]了?(?:的是)?(?:些)?什么|说了什么|规定了什么|写了什么|写的是什么|是什么|内容|规定|如何|请问|的|请|引用|列出|全文|原文|什么|合同|协议|本|里|中|讲|[？?。，\s]"
)
_TITLE_ZH = re.compile(
    r"《[^》]*》"
    r"|[\u3400-\u9fff（）]{0,20}(?:合同书?|协议书?|条例|规定|办法|法典?|规范|细则|章程|解释)(?=的?$|的|里|中|[，,])"
)
_OF_DOCUMENT = re.compile(  # "of the loan agreement", "in our NDA with Rillington"
    r"\b(?:of|in|under|from) (?:the |our |my |this |that )?(?:[\w&.’'-]+ ){0,5}?"
    r"(?:agreement|contract|lease|nda|msa|dpa|deed|act|policy|licen[cs]e|bylaws?|by-laws|terms|statutes?|document|loan"
    r"|handbook|manual|guidelines?|guidance|protocol|code|regulations?|rules|directive|charter|treaty|convention|plan"
    r"|leaflet|report|order|judgment|constitution|notice)\b"
    r"(?: (?:with|between|of) [^?.,]{2,60})?",
    re.IGNORECASE,
)
_LINE_LABEL = re.compile(
    rf"(?m)^[ \t>#*_|]*(?:(?P<word>{_LABEL_WORD})\s+|(?P<sign>§+)\s*)?(?P<number>\d{{1,3}}(?:\.\d{{1,3}})*"
    rf"|[IVXL]{{1,6}})"
    r"(?P<stop>[.):]|\s*[–—-]|)(?=[\s*_]|$)",
    re.IGNORECASE,
)
_LINE_LABEL_ZH = re.compile(r"(?m)^[ \t\u3000>#*_|]*第\s*(?P<number>[〇零一二三四五六七八九十百千两\d]{1,7})\s*条")
_PART_ZH = re.compile(r"(?m)^[ \t\u3000>#*_|]*第\s*[〇零一二三四五六七八九十百千两\d]{1,7}\s*[编章节]")
_ANNEX_WORD = r"(?:annex|schedule|exhibit|appendix|attachment)"
_ANNEX = re.compile(
    rf"(?m)^[ \t\u3000>#*_|]*(?:{_ANNEX_WORD}(?:\s+[A-Z0-9]{{1,3}}\b|\s*(?=[:–—\n-]))"
    r"|附(?:件|录|表)[一二三四五六七八九十\d]{0,3}(?=[\s：:（(]|$))",
    re.IGNORECASE,
)
_IN_ANNEX = re.compile(
    rf"\b(?:of|in|under|to) (?:the )?(?P<annex>{_ANNEX_WORD}(?: (?:\d{{1,3}}|[A-Z]))?)\b", re.IGNORECASE
)
_ABOUT = re.compile(r"(?i)\b(?:says?|states?|provides?)\s+(?:about|on|regarding|as to)\b.*")
_ITEM = re.compile(r"(?m)(?:^|(?<=[\s;,:]))\(([a-z0-9]{1,4})\)(?=\s)", re.IGNORECASE)
_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50}


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause that is asked for. alone: nothing but the clause is asked, so that it is quoted whole. about: what it
    says about something is asked, so that a short one is quoted whole. annex: the one it stands in ("schedule 2")."""

    written: str  # as the question writes it
    number: tuple[int, ...]
    items: tuple[str, ...] = ()
    word: str = ""  # "article" or "section" where the question says so
    chinese: bool = False
    alone: bool = False
    about: bool = False
    annex: str = ""


def asked(question: str) -> Clause | None:
    """The clause that the question names by number, None where it names none."""
    if found := _ASKED_ZH.search(question):
        before, behind = question[: found.start()], question[found.end() :]
        rest = _SAYS_ZH.sub("", _TITLE_ZH.sub("", before) + _TITLE_ZH.sub("", behind))
        return Clause(found[0], (_chinese_number(found["number"]),), chinese=True, alone=len(rest) <= 1)
    found = _ASKED.search(question)
    if found is None:
        return None
    rest = _OF_DOCUMENT.sub(" ", question[: found.start()] + " " + question[found.end() :])
    annex = _IN_ANNEX.search(rest)
    rest = _IN_ANNEX.sub(" ", rest)
    about = _ABOUT.search(rest) is not None
    rest_words = re.findall(r"[a-z]+", _ABOUT.sub("", rest).casefold())
    items = tuple(re.findall(r"\(([a-z0-9]+)\)", found["item"].casefold()))
    number = _number(found["number"])
    bare = all(word in _SAYS for word in rest_words)
    place = " ".join(annex["annex"].casefold().split()) if annex else ""
    return Clause(
        found[0].strip(), number, items, _word(found), alone=bare and not about, about=bare and about, annex=place
    )


@dataclass(frozen=True, slots=True)
class Label:
    """Where a clause begins: characters [start, end) are its label, "9.", "Article IV" or "第九条"."""

    start: int
    end: int
    number: tuple[int, ...]
    word: str
    written: str  # as it is called: "Clause 9"
    chinese: bool = False

    def ends_at(self, following: Label) -> bool:
        """Whether the clause ends where the following label stands."""
        return self.chinese or _ends(self.number, self.word, following.number, following.word)


def labels(text: str) -> list[Label]:
    """All labels at the beginning of a line, in order. A text with Chinese ones has no others."""
    chinese = [
        Label(m.end() - len(m[0].lstrip(" \t\u3000>#*_|")), m.end(), (_chinese_number(m["number"]),), "",
              m[0].lstrip(" \t\u3000>#*_|"), chinese=True)
        for m in _LINE_LABEL_ZH.finditer(text)
    ]  # fmt: skip
    return chinese or [
        Label(m.start(), m.end(), _number(m["number"]), _word(m), f"{_called(m)} {m['number']}")
        for m in _LINE_LABEL.finditer(text)
        if _is_label(text, m)
    ]


def _called(label: re.Match[str]) -> str:
    """ "Article" where the label says so, "Section" for a sign, else "Clause"."""
    return (_word(label) or "clause").capitalize()


def find(text: str, clause: Clause) -> tuple[int, int] | None:
    """Where the clause stands: from its label to where the next one of its level begins. None where it does not.

    Of several places of one number (a table of contents) it is the longest; one before the annexes comes first, or one
    in the annex that is named.
    """
    spans = _chinese_spans(text, clause) if clause.chinese else _spans(text, clause)
    annexes = [m for m in _ANNEX.finditer(text) if m.start() > len(text) / 4]
    if clause.annex:
        named = [m.start() for m in annexes if f"{' '.join(m[0].split()).casefold()} ".startswith(f"{clause.annex} ")]
        ends = [*(m.start() for m in annexes), len(text)]
        own = [s for s in spans if any(at <= s[0] < next(e for e in ends if e > at) for at in named)]
    else:
        own = [span for span in spans if span[0] < (annexes[0].start() if annexes else len(text))]
    return max(own or spans, key=lambda span: span[1] - span[0], default=None)


def _chinese_spans(text: str, clause: Clause) -> list[tuple[int, int]]:
    labels = list(_LINE_LABEL_ZH.finditer(text))
    ends = sorted([*(label.start() for label in labels), *(m.start() for m in _PART_ZH.finditer(text)), len(text)])
    return [
        _trimmed(text, label.start(), next(end for end in ends if end > label.start()))
        for label in labels
        if _chinese_number(label["number"]) == clause.number[0]
    ]


def _spans(text: str, clause: Clause) -> list[tuple[int, int]]:
    labels = [(m.start(), _number(m["number"]), _word(m)) for m in _LINE_LABEL.finditer(text) if _is_label(text, m)]
    fit = [i for i, (_, number, _) in enumerate(labels) if number == clause.number]
    same = [i for i in fit if labels[i][2] == clause.word]
    found = []
    for i in same or [i for i in fit if "" in (labels[i][2], clause.word)]:
        start, number, word = labels[i]
        end = next((s for s, n, w in labels[i + 1 :] if _ends(number, word, n, w)), len(text))
        if clause.items:
            inner = _item(text, start, end, clause.items)
            if inner is None:
                continue
            start, end = inner
        found.append(_trimmed(text, start, end))
    return found


def _ends(number: tuple[int, ...], word: str, following: tuple[int, ...], its_word: str) -> bool:
    """Whether a clause ends where the following label stands: the sections of an article are part of it."""
    within = word == "article" and its_word == "section"
    return not within and following[: len(number)] != number


def _word(found: re.Match[str]) -> str:
    """The word of the label by which it is asked for: "section" and "§" are one, "clause" fits all."""
    word = (found["word"] or ("section" if found["sign"] else "")).casefold().rstrip(".")
    return "article" if word.startswith("art") else "section" if word.startswith("sec") else ""


def _is_label(text: str, found: re.Match[str]) -> bool:
    """A number at the beginning of a line is a label where a mark or a word says so, or a title follows."""
    if found["word"] or found["sign"] or found["stop"].strip() or "." in found["number"]:
        return found["number"].isdigit() or "." in found["number"] or found["number"].isupper()
    return found["number"].isdigit() and bool(
        re.match(r"[ \t]+[A-Z\u3400-\u9fff]", text[found.end() : found.end() + 8])
    )


def _item(text: str, start: int, end: int, items: tuple[str, ...]) -> tuple[int, int] | None:
    for wanted in items:
        marks = list(_ITEM.finditer(text, start, end))
        place = next((i for i, mark in enumerate(marks) if mark[1].casefold() == wanted), None)
        if place is None:
            return None
        start = marks[place].start()
        follows = _next_item(wanted)
        end = next((mark.start() for mark in marks[place + 1 :] if mark[1].casefold() == follows), end)
    return start, end


def _next_item(item: str) -> str:
    return str(int(item) + 1) if item.isdigit() else chr(ord(item) + 1) if len(item) == 1 else ""


def _number(written: str) -> tuple[int, ...]:
    if written[0].isdigit():
        return tuple(int(part) for part in written.split("."))
    values = [_ROMAN[letter] for letter in written.casefold()]
    return (sum(-v if v < max(values[i:]) else v for i, v in enumerate(values)),)


def _chinese_number(written: str) -> int:
    """一百二十 → 120, 十二 → 12, 12 → 12."""
    digits = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
    units = {"十": 10, "百": 100, "千": 1000}
    if not any(c in units for c in written):
        return int("".join(str(digits.get(c, c)) for c in written))
    total = pending = 0
    for c in written:
        if c in units:
            total += (pending or 1) * units[c]
            pending = 0
        else:
            pending = digits[c] if c in digits else int(c)
    return total + pending


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    return start + len(text[start:end]) - len(text[start:end].lstrip()), start + len(text[start:end].rstrip())
