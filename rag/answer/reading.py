"""What a chat endpoint sends in a 200, read leniently in form and strictly in substance.

The form is read from the body itself, not from its content type: an event stream, or one JSON object. Text counts as an
answer when its finish reason came and is no failure's; whatever is broken around it (usage, a missing [DONE], a reset
after the finish reason) costs nothing. Text is cleaned here, and thoughts are parted from the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sparewheel.rag.answer.prices import cost_usd
from sparewheel.rag.answer.thoughts import Thoughts
from sparewheel.rag.clean import says_something
from sparewheel.rag.reliability.faults import failure, of_finish_reason, of_words
from sparewheel.rag.reliability.said import words_of
from sparewheel.rag.settings import Endpoint
from sparewheel.rag.types import Progress, Usage

MOST_BODY_BYTES = 4 << 20  # of an answer that comes in one piece, or of one event
LEAST_REPEATED = 3  # characters of a text so far that the next piece repeats, and ...
LEAST_WHOLE = 16  # ... of one that it repeats without going on
_OF_AN_ANSWER = {"", "message", "error", "data", "completion", "delta"}  # names of events that may hold a piece of it
_DONE = "[DONE]"
_ENVELOPES = ("data", "result", "response", "output")
_FIELDS = (b":", b"event", b"id", b"retry", b"data")
_GLUED = re.compile(r"\s*(?:data:)?\s*")
_DECODER = json.JSONDecoder(strict=False)  # a tab within a text costs nothing
_NO_REASON = {"", "null", "none"}  # DashScope sends "null" until the end


@dataclass(frozen=True, slots=True)
class Completion:
    """The end of a whole answer: what the endpoint said of it. tool_calls as the protocol gives them, joined."""

    model: str
    finish_reason: str
    usage: Usage
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    reasoning: str = ""


@dataclass
class Reading:
    """What has been read of one answer, line by line. tools: the model was offered some."""

    endpoint: Endpoint
    tools: bool = False
    started: bool = False
    ended: bool = False  # [DONE] came
    text_came: bool = False
    finish_reason: str = ""
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    tool_calls: dict[int, dict[str, Any]] = field(default_factory=dict)
    _form: str = ""  # "events" or "object", once the first line that is not blank has told
    _event: str = ""
    _body: bytes = b""  # of an object, or of an event whose data takes several lines
    _choice: object = None  # the index of the choice that is read
    _so_far: str = ""  # of the text, thoughts included
    _thoughts: Thoughts = field(default_factory=Thoughts)
    _reasoning: list[str] = field(default_factory=list)

    @property
    def events(self) -> bool:
        """An event stream, whose blank lines part its events."""
        return self._form == "events"

    @property
    def finished(self) -> bool:
        """The finish reason of a whole answer is here: nothing that comes now can take the answer back."""
        return bool(self.finish_reason) and (self.text_came or bool(self.tool_calls))

    def line(self, line: bytes) -> str | Progress:
        """The text of the answer that a line carries; ALIVE, or THINKING for a thought, when it carries none."""
        if not self._form:
            line = line.removeprefix(b"\xef\xbb\xbf").lstrip()
            if not line:
                return Progress.ALIVE
            self._form = "events" if line.startswith(_FIELDS) else "object"
        if self._form == "object":
            self._body += line + b"\n"
            if len(self._body) > MOST_BODY_BYTES:
                raise failure("malformed", f"a body of over {MOST_BODY_BYTES} bytes")
            return Progress.ALIVE
        return self._line_of_events(line)

    def rest(self) -> str:
        """The text that is known only at the end of the body."""
        if self._form == "object":
            text = self._take(_parse(self._body), "message")
            return (text if isinstance(text, str) else "") + self._shown(self._thoughts.rest())
        if self._body and not self.finished:
            raise failure("malformed", f"not JSON: {words_of(self._body[:200])!r}")
        return self._shown(self._thoughts.rest())

    def completion(self) -> Completion:
        """The end, if this was an answer: raises Unavailable otherwise. Call `rest` first."""
        if not (self.started or self.ended):
            raise failure("empty_body")
        if self.tool_calls and not self.tools:
            raise failure(
                "tool_call", ", ".join(str(call["function"]["name"]) for call in self.tool_calls.values())[:80]
            )
        if fault := of_finish_reason(self.finish_reason or None):
            raise failure(fault)
        if not (self.text_came or self.tool_calls):
            raise failure("blank_answer")
        calls = tuple(self.tool_calls[i] for i in sorted(self.tool_calls))
        reasoning = "".join(self._reasoning) + self._thoughts.thought
        return Completion(self.model, self.finish_reason, self.usage, calls, reasoning)

    def _line_of_events(self, line: bytes) -> str | Progress:
        name, _, value = line.partition(b":")
        if line.lstrip().startswith(b"{"):  # an error object in the middle of a stream, outside the protocol
            value = line
        elif name == b"event":
            self._event = value.strip().decode("utf-8", "replace")
            return Progress.ALIVE
        elif name != b"data":
            if not line and self._body and not self.finished:  # the event ends here
                raise failure("malformed", f"not JSON: {words_of(self._body[:200])!r}")
            self._event = self._event if line else ""
            return Progress.ALIVE
        value = value.strip()
        if _is_done(value):
            self.ended = True
            return Progress.ALIVE
        if not value:
            return Progress.ALIVE
        data = self._body + value
        try:
            chunks = _objects(data)
        except (ValueError, RecursionError) as error:
            if self._event not in _OF_AN_ANSWER:  # "ping", "heartbeat": words for nobody
                return Progress.ALIVE
            if len(data) > MOST_BODY_BYTES or isinstance(error, RecursionError) or not _may_go_on(data):
                raise failure("malformed", f"not JSON: {words_of(data[:200])!r}") from error
            self._body = data + b"\n"
            return Progress.ALIVE
        self._body = b""
        came = [self._take(self._of_event(chunk), "delta") for chunk in chunks if chunk is not None]
        text = "".join(item for item in came if isinstance(item, str))
        return text or (Progress.THINKING if Progress.THINKING in came else Progress.ALIVE)

    def _of_event(self, chunk: Any) -> Any:
        if chunk == _DONE:
            self.ended = True
            return {}
        if self._event == "error" and isinstance(chunk, dict):
            return {"error": chunk.get("error") or chunk}
        return chunk

    def _take(self, chunk: Any, part: str) -> str | Progress:
        """Whatever is not as the protocol has it is "malformed", of whatever kind it is."""
        try:
            return self._read(chunk, part)
        except (TypeError, AttributeError, KeyError, ValueError, RecursionError) as error:
            raise failure("malformed", f"not as the protocol has it: {type(error).__name__}") from error

    def _read(self, chunk: Any, part: str) -> str | Progress:
        if not isinstance(chunk, dict):
            raise failure("malformed", f"expected an object, got {type(chunk).__name__}")
        if "choices" not in chunk:  # DashScope's and other gateways' own envelope
            chunk = next((inner for key in _ENVELOPES if "choices" in (inner := chunk.get(key) or ())), chunk)
        choices = chunk.get("choices")
        if chunk.get("error") or (not choices and "usage" not in chunk and _says_error(chunk)):
            if self.finished:
                return Progress.ALIVE
            raise failure(of_words(words_of(chunk) or "an error object without words"))
        self.started = self.started or bool(choices) or part == "delta"
        self.model = str(chunk.get("model") or self.model)
        if isinstance(chunk.get("usage"), dict):
            self.usage = usage(chunk["usage"], self.endpoint)
        if choices is not None and not isinstance(choices, list):
            raise failure("malformed", "choices are no list")
        text, thought = "", ""
        for choice in choices or ():
            self._choice = choice.get("index") if self._choice is None else self._choice
            if choice.get("index") != self._choice:
                continue  # a second answer that nobody asked for
            delta = choice.get(part) or choice.get("message") or choice.get("delta") or {}
            said, thoughts = _parts(delta.get("content", choice.get("text")))
            text += self._new(said)
            thought += thoughts + _parts(delta.get("reasoning_content") or delta.get("reasoning"))[0]
            if delta.get("refusal"):
                raise failure("content_filter", words_of(str(delta["refusal"])))
            for call in delta.get("tool_calls") or ([{"function": c}] if (c := delta.get("function_call")) else ()):
                self._join(call)
            reason = str(choice.get("finish_reason") or "").strip()
            self.finish_reason = reason if reason.casefold() not in _NO_REASON else self.finish_reason
        if thought:
            self._reasoning.append(thought)
        before = len(self._thoughts.thought)
        shown = self._shown(self._thoughts(text))
        thinking = self.endpoint.thinking and (thought or len(self._thoughts.thought) > before)
        return shown or (Progress.THINKING if thinking else Progress.ALIVE)

    def _new(self, said: str) -> str:
        """What is new in a piece of text: some servers send the text so far in every piece, or the whole at the end."""
        again = len(self._so_far) >= LEAST_REPEATED and said.startswith(self._so_far)
        if again and (len(said) > len(self._so_far) or len(said) >= LEAST_WHOLE):
            said = said[len(self._so_far) :]
        self._so_far += said
        return said

    def _shown(self, text: str) -> str:
        self.text_came = self.text_came or says_something(text)
        return text

    def _join(self, call: Mapping[str, Any]) -> None:
        """Tool calls come in pieces: the name once, the arguments as text to be joined."""
        known = self.tool_calls.setdefault(
            call.get("index", len(self.tool_calls)),
            {"id": "", "type": "function", "function": {"name": "", "arguments": ""}},
        )
        known["id"] = call.get("id") or known["id"]
        for key, value in (call.get("function") or {}).items():
            known["function"][key] = known["function"].get(key, "") + (value or "")


def _parts(content: Any) -> tuple[str, str]:
    """(text, thought) of a content: a text, a list of parts as Mistral and Anthropic have it, or nothing."""
    if content is None:
        return "", ""
    if isinstance(content, str):
        return content, ""
    if isinstance(content, list):
        found = [_parts(part) for part in content]
        return "".join(text for text, _ in found), "".join(thought for _, thought in found)
    if isinstance(content, dict):
        text, thought = _parts(content.get("text", content.get("content")))
        kind = str(content.get("type") or "")
        inner = "".join(_parts(content.get("thinking") or content.get("reasoning")))
        return ("", text + thought + inner) if kind in ("thinking", "reasoning") or inner else (text, thought)
    raise failure("malformed", f"content is {type(content).__name__}")


def _says_error(chunk: Mapping[str, Any]) -> bool:
    return any(chunk.get(key) for key in ("message", "msg", "detail", "error_msg", "errors")) and "choices" not in chunk


def _is_done(value: bytes) -> bool:
    return value.strip(b" \"'").upper() == _DONE.encode()


def _objects(data: bytes) -> list[Any]:
    """The JSON values of one event: one, or several that a proxy has glued together. Raises ValueError."""
    text, at, found = data.decode("utf-8").strip(), 0, list[Any]()
    while at < len(text):
        if found and (glued := _GLUED.match(text, at)):
            at = glued.end()
        if text.startswith(_DONE, at):
            return [*found, _DONE]
        value, at = _DECODER.raw_decode(text, at)
        found.append(value)
    return found


def _may_go_on(data: bytes) -> bool:
    """Whether a JSON object may be continued on the next line: it is not complete yet."""
    return data.lstrip()[:1] in (b"{", b"[") and not data.rstrip().endswith(b"}")


def _parse(data: bytes) -> Any:
    try:
        return json.loads(data, strict=False)
    except (ValueError, RecursionError) as error:
        kind = "a page" if data.lstrip()[:1] == b"<" else "no JSON"
        raise failure("malformed", f"{kind}: {words_of(data)!r}") from error


def usage(given: Mapping[str, Any], endpoint: Endpoint) -> Usage:
    """Tokens as reported, and what they cost at this hour. Cache hits in DeepSeek's form or in OpenAI's; what is not
    reported, or no number, is 0, and hits that are not reported are misses."""
    prompt, completion = _count(given.get("prompt_tokens")), _count(given.get("completion_tokens"))
    details = given.get("prompt_tokens_details")
    reported = given.get("prompt_cache_hit_tokens")
    if reported is None and isinstance(details, Mapping):
        reported = details.get("cached_tokens")
    hit = min(prompt, _count(reported))
    miss = _count(given.get("prompt_cache_miss_tokens")) or prompt - hit
    return Usage(prompt, completion, hit, miss, cost_usd(endpoint, hit, miss, completion))


def _count(value: Any) -> int:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return 0
    return int(number) if 0 <= number < 1e12 and not isinstance(value, bool) else 0
