"""Questions that no document answers: a clause that is not there, a party nobody knows, another document's topic."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence

from sparewheel.eval.making.draft import Draft, Name
from sparewheel.eval.making.rules import topic
from sparewheel.rag import clauses
from sparewheel.rag.types import Chunk, Document

_LABEL = re.compile(r"(?m)^[ \t>*_]*(\d{1,2})\.\d{1,2}[.)]?[ \t]+(?=[A-Z])")
_LABEL_ZH = re.compile(r"(?m)^[ \t\u3000>#*_]*(第[一二三四五六七八九十百\d]{1,6}条)(?=[\s\u3000*])")
_BEGINNING = 5  # letters by which two words are taken for one: diagnosis, diagnoses
_BEGIN, _MIDDLE = ("Tarn", "Vol", "Brix", "Quil", "Hesp", "Dren", "Moor", "Jund"), "aeiou"
_END, _FORMS = (
    ("vik", "dane", "mere", "shaw", "gate"),
    ("Trading Ltd", "Holdings plc", "Logistics GmbH", "Partners LLC"),
)
_FIRST_ZH, _SECOND_ZH = "澄屿珩澜霁翊昭砚", "衡泓岑奕沐峤阔朔"
_FORMS_ZH = ("商贸有限公司", "实业有限公司", "科技有限公司")
_DIGITS = "零一二三四五六七八九"


def absent(
    document: Document, topics: Sequence[str], foreign: Sequence[str], name: Name, chance: random.Random
) -> Iterator[Draft]:
    """One of each kind that the document allows. topics: of its own; foreign: of other documents, same language."""
    zh, kind = document.language == "zh", document.metadata.get("kind", "")
    if asked := _clause(document, name, chance):
        yield _draft("absent clause", document, asked, name)
    if topics and kind and document.metadata.get("parties"):
        who, about = invented(zh, chance), chance.choice(list(topics))
        asked = (
            f"与{who}签订的{kind}对{about}是怎么说的？" if zh else f"What does the {kind} with {who} say about {about}?"
        )
        yield Draft("absent name", document.id, document.language, asked)
    strange = [about for about in foreign if _is_foreign(about, document.text, zh)]
    if strange:
        about = chance.choice(strange)
        asked = f"{name.text}对{about}是怎么说的？" if zh else f"What does {name.text} say about {about}?"
        yield _draft("absent topic", document, asked, name)


def topics_of(chunks: Sequence[Chunk]) -> list[str]:
    """What the headings of the passages speak of, each once, in order."""
    return list(dict.fromkeys(about for chunk in chunks for heading in chunk.headings if (about := topic(heading))))


def invented(zh: bool, chance: random.Random) -> str:
    """The name of a company that does not exist."""
    if zh:
        return chance.choice(_FIRST_ZH) + chance.choice(_SECOND_ZH) + chance.choice(_FORMS_ZH)
    return f"{chance.choice(_BEGIN)}{chance.choice(_MIDDLE)}{chance.choice(_END)} {chance.choice(_FORMS)}"


def _clause(document: Document, name: Name, chance: random.Random) -> str:
    """A clause some numbers behind the last one; "" where clauses have no numbers, or there is one of it after all."""
    more = chance.randint(3, 9)
    if document.language == "zh":
        found = [clause for label in _LABEL_ZH.findall(document.text) if (clause := clauses.asked(label))]
        numbers = [clause.number[0] for clause in found]
        asked = f"{name.text}第{chinese_number(max(numbers) + more)}条是怎么规定的？" if len(numbers) > 2 else ""
    else:
        numbers = [int(label) for label in _LABEL.findall(document.text)]
        written = f"{max(numbers) + more}.{chance.randint(1, 4)}" if len(numbers) > 2 else ""
        asked = f"What does clause {written} of {name.text} say?" if written else ""
    wanted = clauses.asked(asked) if asked else None
    return asked if wanted and clauses.find(document.text, wanted) is None else ""


def chinese_number(value: int) -> str:
    """1 to 999: 12 is 十二, 120 is 一百二十."""
    hundreds, tens, ones = value // 100, value // 10 % 10, value % 10
    text = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 and not hundreds else _DIGITS[tens]) + "十"
    elif hundreds and ones:
        text += "零"
    return text + (_DIGITS[ones] if ones else "")


def _is_foreign(about: str, text: str, zh: bool) -> bool:
    """Stands none of the words in the document, in any form? One word alone ("restrictions") may be there in
    other words."""
    if zh:
        return len(about) >= 4 and not any(about[i : i + 2] in text for i in range(len(about) - 1))
    words = {word[:_BEGINNING] for word in re.findall(r"[a-z]{4,}", about.casefold())}
    there = {word[:_BEGINNING] for word in re.findall(r"[a-z]{4,}", text.casefold())}
    return len(words) >= 2 and not there & words


def _draft(kind: str, document: Document, asked: str, name: Name) -> Draft:
    return Draft(kind, document.id, document.language, asked, within=name.within)
