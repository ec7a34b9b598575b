"""What chat pages ask a model on their own account: a title for the conversation, tags, searches, the tool to call.

None of it is a question about documents: it is answered from the conversation that the page sends with it, by rule, and
reaches neither the search nor the counts of questions. What a page wraps around a question (passages of attached files,
the answers of several models) is taken off.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sparewheel.rag.text import language_of

_TALK = re.compile(r"<chat_history>(.*)</chat_history>", re.DOTALL)
_TURN = re.compile(r"^(user|human|assistant|ai):[ \t]*", re.IGNORECASE | re.MULTILINE)
_TITLE = re.compile(
    r"^\W*(?:please )?(?:write|generate|create|provide|give|suggest)\b[^\n?？]{0,60}\b(?:concise|short|brief)\b"
    r"[^\n?？]{0,60}\btitle\b[^\n]{0,100}\b(?:conversation|chat|messages)\b"
    r"|^analy[sz]e (?:this|the) conversation and provide\b",
    re.IGNORECASE,
)
_MEMBER = re.compile(r'\{\s*"(title|tags|follow_ups|queries|prompt|text)"\s*:')
_TOOLS = re.compile(r"^Available Tools:.*tool_calls", re.DOTALL)
_FACE = re.compile(r"\bfitting emoji\b")
_MERGED = re.compile(r'set of responses from various models to the latest user query: "(.*?)"\s*\n', re.DOTALL)
_QUERY = re.compile(r"<user_query>\s*(.*?)\s*</user_query>", re.DOTALL)
_CONTEXT = re.compile(r"### Task:\n.*</context>", re.DOTALL)
_MARKS = re.compile(r"[<>\[\]\\`*_#|!\"“”]+")
_LONGEST_TITLE = 60
_LONGEST_QUERY = 300


@dataclass(frozen=True)
class Chore:
    """What a page wants for itself. kind: the member of the JSON object to reply with. asked: what the user said in the
    conversation that it is about. plain: the title alone, without an object."""

    kind: str
    asked: tuple[str, ...] = ()
    plain: bool = False

    def reply(self, about: str, *, as_object: bool = False) -> str:
        """about: the tag. as_object: a plain title as the JSON object that a response format asks for."""
        last = _plain(self.asked[-1], _LONGEST_QUERY) if self.asked else ""
        title = _plain(self.asked[0], _LONGEST_TITLE).rstrip("?？.。!！ ") if self.asked else ""
        if self.plain and not as_object:
            return title
        replies: dict[str, object] = {
            "title": title,
            "tags": [about],
            "follow_ups": [],
            "queries": [last] if last else [],
            "prompt": last,
            "text": "",
            "tool_calls": [],
        }
        told = {self.kind: replies[self.kind]}
        if as_object:
            told["language"] = {"zh": "Chinese"}.get(language_of(title), "English")
        return json.dumps(told, ensure_ascii=False)


_NOTHING = Chore("title", plain=True)  # for a template that is not known, or the emoji of a face


def chore(said: Sequence[tuple[str, str]]) -> Chore | None:
    """What a page asks on its own account, given (role, text) messages; None for what a person asks."""
    last = next((text for role, text in reversed(said) if role == "user"), "")
    system = next((text for role, text in said if role in ("system", "developer")), "")
    if any(role == "assistant" for role, _ in said):
        return None  # these come alone
    if _TOOLS.search(system):
        return Chore("tool_calls")
    if _TITLE.search(system) or _TITLE.search(last):
        return Chore("title", tuple(_asked(last) or _asked(system)) or (last,), plain=True)
    found = _TALK.search(last)
    if found and (wanted := _MEMBER.search(last[: found.start()])):
        return Chore(wanted[1], tuple(_asked(found[1])))
    return _NOTHING if found or _FACE.search(last[:300]) else None


def unwrapped(message: str) -> str:
    """The question in a message of the user, without what the page put around it."""
    if found := _MERGED.search(message) or _QUERY.search(message):
        return found[1]
    return _CONTEXT.sub("", message).strip() or message


def _asked(talk: str) -> list[str]:
    """What the user said in a conversation written out as lines that begin with who speaks."""
    _, *pieces = _TURN.split(talk)
    turns = zip(pieces[::2], pieces[1::2], strict=True)
    return [text.strip() for who, text in turns if who.lower() in ("user", "human") and text.strip()]


def _plain(text: str, longest: int) -> str:
    """One line without markup, cut between words."""
    line = " ".join(_MARKS.sub(" ", unwrapped(text)).split())
    if len(line) <= longest:
        return line
    head = line[: longest - 1]
    return (head.rsplit(" ", 1)[0] if " " in head else head) + "…"
