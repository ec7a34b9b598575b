"""A chat model asks a question of a passage; the answer has to be words of the passage.

Which models may see the documents is decided by the policy of the answerers, for every passage anew: with sensitivity
"high" only those of this machine.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Sequence

from sparewheel.eval.making.draft import Draft, Name
from sparewheel.eval.one_reply import reply
from sparewheel.rag.answer.endpoint import Completer
from sparewheel.rag.reliability.loop import background
from sparewheel.rag.text import sentences
from sparewheel.rag.types import Chunk, Document

UNREADABLE = "the chat model wrote no question in the form asked for"
INVENTED = "the chat model's answer does not stand in the passage"
GIVEN_AWAY = "the chat model's question says the answer itself"
SILENT = "no chat model answered"
MAX_TOKENS = 600
_ASK = {
    "en": """Write one question that a {who} would ask and that this passage of {name} answers. The question must be \
understood without the passage, so it names the document as {name}, and it must not use the passage's own words where \
others say the same. The answer is a short piece of the passage, copied word for word. Reply with JSON only:
{{"question": "...", "answer": "..."}}

Passage:
{text}""",
    "zh": """请根据{name}的下面这段文字，写一个{who}会提出、并且这段文字能够回答的问题。\
问题要能脱离这段文字单独看懂，因此要写明文件名{name}；\
尽量不照抄原文的用词。答案是从这段文字中逐字摘出的一小段。只输出 JSON：
{{"question": "……", "answer": "……"}}

文字：
{text}""",
}
_WHO = {
    "en": {"legal": "lawyer or manager", "medical": "doctor, nurse or patient"},
    "zh": {"legal": "律师或业务人员", "medical": "医生、护士或患者"},
}
_ANYONE = {"en": "reader", "zh": "读者"}


class ChatWriter:
    """A `Write` over the chat models that may see the documents now, best first: the next is asked where one fails."""

    def __init__(self, models: Callable[[], Sequence[tuple[Completer, float]]], domain: str) -> None:
        """models: (completer, seconds it may take), looked up before each passage."""
        self._models, self._domain = models, domain

    def __call__(self, document: Document, chunk: Chunk, name: Name) -> Draft | str:
        """The draft, or why there is none."""
        language = "zh" if document.language == "zh" else "en"
        who = _WHO[language].get(self._domain, _ANYONE[language])
        prompt = _ASK[language].format(who=who, name=name.text, text=chunk.text)
        for completer, within_s in self._models():
            try:
                said = background.run(reply(completer, prompt, within_s, MAX_TOKENS))
            except Exception as error:  # whatever is wrong with this one, the next is asked
                logging.getLogger(__name__).info("%s wrote no question: %s", completer.name, type(error).__name__)
                continue
            return draft_of(said, document, chunk, name)
        return SILENT


def draft_of(said: str, document: Document, chunk: Chunk, name: Name) -> Draft | str:
    """What the model wrote as a draft; its answer has to stand in the passage, white space aside."""
    found = re.search(r"\{.*\}", said, re.DOTALL)
    try:
        row = json.loads(found.group()) if found else None
    except json.JSONDecodeError:
        row = None
    if not isinstance(row, dict) or not all(
        isinstance(row.get(key), str) and row[key].strip() for key in ("question", "answer")
    ):
        return UNREADABLE
    question, answer = " ".join(row["question"].split()), row["answer"].strip()
    place = re.search(r"\s*".join(re.escape(c) for c in answer if not c.isspace()), chunk.text)
    if place is None:
        return INVENTED
    if answer.casefold() in question.casefold():
        return GIVEN_AWAY
    if name.text.strip("“”《》").removeprefix("the ").casefold() not in question.casefold():
        question = f"{name.text}：{question}" if document.language == "zh" else f"{_capital(name.text)}: {question}"
    around = [span for span in sentences(chunk.text) if span[0] < place.end() and place.start() < span[1]]
    start, end = chunk.start + around[0][0], chunk.start + around[-1][1]
    return Draft("chat", document.id, document.language, question, (answer,), start, end, within=name.within)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
