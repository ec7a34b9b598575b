"""The numbered clauses of a document by their headings, and the one that a question asks for by what it deals with.

wanted("Which clause deals with liability?")  ->  "liability"
about(text, "liability")                      ->  [Entry(..., label="Clause 9 (Liability)")]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sparewheel.rag.clauses import Label, labels
from sparewheel.rag.retrieve.names import stem
from sparewheel.rag.text import simplified

ENOUGH = 0.66  # of the topic's words must stand in a heading: "Notices" is not about the notice period
MOST_SAYING = 2  # clauses that have the words of the topic, and are quoted for it

_NOUN = r"(?:clause|section|article|paragraph|provision|part)s?"
_WHICH = re.compile(rf"^\W*(?:please )?(?:(?:in|under|by) )?(?:which|what) {_NOUN}\b(?P<rest>[^?]*)", re.IGNORECASE)
_OF_WHAT = r"(?:\s*(?:of|in|under|from) (?:the|this|that|our|my|its?) (?:[\w-]+ ){0,3}?(?:agreement|contract|lease|nda|deed|document|policy))"  # noqa: E501
_DEALS = re.compile(
    rf"^{_OF_WHAT}?\s*(?:deals? with|covers?|governs?|regulates?|address(?:es)?|(?:is|are) (?:about|on)|concerns?"
    r"|sets? out|talks? about|speaks? of|mentions?|contains?|relates? to|provides? for)\s+(?:the )?(?P<topic>.+)$"
    rf"|^{_OF_WHAT}?\s*(?:is|are) (?:the )?(?P<found>.+?)"
    r"\s+(?:dealt with|covered|governed|regulated|addressed|found|set out|mentioned|in|provided for)\W*$",
    re.IGNORECASE,
)
_WHICH_ZH = re.compile(r"(?:在|由|是)?(?:哪一?个?条款?|哪一款|哪几条|第几条款?)")
_ASKS_ZH = re.compile(
    r"请问|规定|约定|涉及|有关|关于|讲到?|说到?|写到?|提到?|处理|本?(?:合同|协议)(?:书|里|中|的)*|内容|条款|[是了的在里中呢吗，。？?\s]"
)
_SMALL = frozenset(re.findall(r"\S+", "the a an of for and or to in on by with any its his her their this that our my"))
_SENTENCE = re.compile(
    r"\b(?:is|are|was|were|shall|must|may|will|has|have|does|do|agrees?)\b|[应须为是将得可]|不得", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_\u3400-\u9fff]+")
_HAN_PAIR = re.compile(r"(?=([\u3400-\u9fff]{2}))")


@dataclass(frozen=True, slots=True)
class Entry:
    """A clause: characters [start, end) of the document, what it says from `body` on."""

    start: int
    body: int
    end: int
    label: str  # "Clause 9 (Liability)", "第九条（违约责任）"
    heading: str = ""


def wanted(question: str) -> str | None:
    """What the clause that the question asks for deals with; "" where a whole sentence says it, None where no clause
    is asked for in this way."""
    if found := _WHICH_ZH.search(question):
        return _ASKS_ZH.sub("", question[: found.start()] + question[found.end() :])
    which = _WHICH.match(question)
    if which is None:
        return None
    deals = _DEALS.match(which["rest"])
    topic = (deals["topic"] or deals["found"]) if deals else ""
    return re.sub(rf"{_OF_WHAT}\W*$", "", topic, flags=re.IGNORECASE).strip(" .")


def outline(text: str) -> list[Entry]:
    """The numbered clauses in order, those within others too."""
    found = labels(text)
    ends = [next((other.start for other in found[i + 1 :] if one.ends_at(other)), len(text))
            for i, one in enumerate(found)]  # fmt: skip
    return [_entry(text, one, end) for one, end in zip(found, ends, strict=True)]


def put(topic: str, *, chinese: bool) -> str:
    """The question by which a reader finds what is said about the topic: asked for a number, it would point at one."""
    return f"{topic}是怎么规定的？" if chinese else f"What does the agreement say about {topic}?"


def speaks_of(text: str, topic: str) -> bool:
    """Whether the text has the words of the topic, most of them at least."""
    asked = _words(topic)
    return len(asked & _words(text)) >= ENOUGH * len(asked)


def about(text: str, topic: str) -> list[Entry]:
    """The clauses whose heading names the topic, those that name little else; where none does, those that have all its
    words, if they are few. [] for no topic."""
    asked = _words(topic)
    if not asked:
        return []
    entries = outline(text)
    scored = [
        ((len(asked & said) / len(asked), len(asked & said) / len(said)), entry)
        for entry in entries
        if (said := _words(entry.heading))
    ]
    scored = [(score, entry) for score, entry in scored if score[0] >= ENOUGH]
    best = max((score for score, _ in scored), default=(0.0, 0.0))
    same: dict[str, Entry] = {}  # a table of contents has the label, too: the longer one is the clause
    for entry in (entry for score, entry in scored if score == best):
        held = same.get(entry.label)
        if held is None or entry.end - entry.start > held.end - held.start:
            same[entry.label] = entry
    return list(same.values()) or _saying(text, entries, asked)


def _saying(text: str, entries: Sequence[Entry], asked: set[str]) -> list[Entry]:
    """The innermost clauses that have all the words, none where they are many: then it must be read which one it is.
    One word alone is soon mentioned in passing."""
    if len(asked) < 2:
        return []
    inner = [e for e, after in zip(entries, [*entries[1:], None], strict=True) if after is None or after.start >= e.end]
    found = [entry for entry in inner if asked <= _words(text[entry.body : entry.end])]
    return found if len(found) <= MOST_SAYING else []


def at(text: str, place: int) -> str:
    """The label of the innermost clause in which the character stands; "" outside of all."""
    within = [entry for entry in outline(text) if entry.start <= place < entry.end]
    return min(within, key=lambda entry: entry.end - entry.start).label if within else ""


def _entry(text: str, label: Label, end: int) -> Entry:
    line_end = text.find("\n", label.end)
    line = text[label.end : line_end if line_end >= 0 else len(text)]
    lead = len(line) - len(line.lstrip(" \t\u3000*_#.:：、)—–-"))
    heading = _heading(line[lead:], label.chinese)
    body = label.end + lead + len(heading)
    while body < end and text[body] in " \t\r\n\u3000*_.:：。":
        body += 1
    heading = heading.strip(" \t\u3000*_#")
    brackets = "（{}）" if label.chinese else " ({})"
    return Entry(
        label.start, body, end,
        label.written + (brackets.format(heading) if heading else ""), heading,
    )  # fmt: skip


def _heading(line: str, chinese: bool) -> str:
    """What names the clause: the line where it is short and no sentence, else what stands before its first stop."""
    longest = 16 if chinese else 70
    stop = re.search(r"[：:。]|[ \u3000]{2,}" if chinese else r"[:.](?=\s)|\s[–—]\s", line)
    named = line[: stop.start()] if stop and line[stop.end() :].strip(" *_") else line
    named = named.rstrip()
    if len(named) > longest or named.endswith((".", "。", "；", ";", ",", "，")) or _SENTENCE.search(named):
        return ""
    return "" if re.search("[，；,;]" if chinese else ";", named) else named


def _words(text: str) -> set[str]:
    """Stems of the words; Chinese by pairs of characters."""
    pairs: Sequence[str] = _HAN_PAIR.findall(simplified(text))
    return {stem(word) for word in _WORD.findall(text.casefold()) if word not in _SMALL} | {*pairs}
