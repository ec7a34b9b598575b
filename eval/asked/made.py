"""What a made collection is, and the ways in which a fact of one of its documents is asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from sparewheel.corpora import Question

T = TypeVar("T")
FORMS = ("plain", "lay", "polite", "yes", "no", "either", "typo")  # how one fact is asked for


@dataclass(frozen=True)
class Fact:
    """One value of one document. sentence: verbatim in the text; lay: a question in everyday words, with {name}."""

    noun: str
    value: str
    sentence: str
    lay: str
    also: tuple[str, ...] = ()  # other wordings of the value


@dataclass(frozen=True)
class Paper:
    """One document: the ways in which people name it, and its facts by key."""

    file: str
    text: str
    names: tuple[str, ...]
    facts: Mapping[str, Fact]


@dataclass(frozen=True)
class Made:
    """Files by name, the questions on them, and the documents that are asked about fact by fact."""

    files: Mapping[str, str]
    questions: Sequence[Question]
    papers: Sequence[Paper] = ()


def rank(*parts: object) -> int:
    """A number that is the same each time, and looks drawn by chance."""
    return int.from_bytes(hashlib.sha256("/".join(map(str, parts)).encode()).digest()[:6], "big")


def shuffled(values: Sequence[T], salt: str) -> list[T]:
    """The values in an order that depends on `salt` alone: each once, so that no two documents share one."""
    return [values[i] for i in sorted(range(len(values)), key=lambda i: rank(salt, i))]


def half(question_id: str) -> Literal["tuned", "untuned"]:
    """Which half of the suite a question is of, by a hash of its id: on the untuned half nobody tunes, and nobody
    looks at its cases."""
    return "tuned" if rank("half", question_id) % 2 else "untuned"


def asked(paper: Paper, fact: Fact, other: str, form: str, name: str, id: str, language: str) -> Question:
    """The fact asked for in one form. other: another document's value, which is wrong here."""
    value = fact.value
    forms = _ZH if language == "zh" else _EN
    text = fact.lay.format(name=name) if form == "lay" else forms[form].format(
        name=name, noun=fact.noun, value=value, other=other, first=min(value, other), second=max(value, other)
    )  # fmt: skip
    if form == "typo":
        text = misspelt(text, keep=name)
    label: Literal["yes", "no", ""] = "yes" if form == "yes" else "no" if form == "no" else ""
    return Question(
        id=id,
        text=text[0].upper() + text[1:] if language == "en" and form != "typo" else text,
        answers=(value, *fact.also, fact.sentence),
        document_id=paper.file,
        label=label,
        category=form,
        language=language,
        evidence=fact.sentence,
    )


_EN = {
    "plain": "What is {noun} in {name}?",
    "polite": "Could you please tell me what {noun} is under {name}?",
    "yes": "Is {noun} in {name} {value}?",
    "no": "Is it correct that {noun} in {name} is {other}?",
    "either": "Is {noun} in {name} {first} or {second}?",
    "typo": "what is {noun} in {name}",
}
_ZH = {
    "plain": "{name}的{noun}是多少？",
    "polite": "您好，麻烦帮我查一下{name}里{noun}是多少，谢谢",
    "yes": "{name}的{noun}是{value}吗？",
    "no": "{name}的{noun}是不是{other}？",
    "either": "{name}的{noun}是{first}还是{second}？",
    "typo": "{name}的{noun}是多少",
}
_SLIPS = {  # sounds alike, or lies beside it on the keyboard
    "通知": "通之", "期限": "其限", "剂量": "计量", "温度": "文度", "违约": "违约的", "质保": "质宝", "年龄": "年令", "首付": "首负",
    "验收": "验受", "培训": "陪训", "间隔": "间格", "有效": "有郊", "保密": "保蜜", "交付": "交负", "是多少": "是多小",
}  # fmt: skip


def misspelt(text: str, keep: str) -> str:
    """Two slips in the words around `keep`, a name: letters turned round in the longest words, or a character that
    sounds alike."""
    before, _, after = text.partition(keep)
    slips = 2
    for wrong in (word for word in _SLIPS if word in before + after):
        if slips:
            before, after, slips = (
                before.replace(wrong, _SLIPS[wrong], 1),
                after.replace(wrong, _SLIPS[wrong], 1),
                slips - 1,
            )
    for word in sorted(
        {w for w in (before + " " + after).split() if w.isascii() and w.isalpha() and len(w) > 5}, key=len
    ):
        if slips:
            turned = word[:2] + word[3] + word[2] + word[4:]
            before, after, slips = before.replace(word, turned), after.replace(word, turned), slips - 1
    return before + keep + after


def round_robin(papers: Sequence[Paper], each: int, prefix: str, language: str) -> Iterator[Question]:
    """`each` questions on every paper: its facts, the forms and its names in turn, so that all of them come up."""
    for number, paper in enumerate(papers):
        keys = shuffled(sorted(paper.facts), f"{prefix}{number}")[:each]
        for turn, key in enumerate(keys):
            form = FORMS[(number + 2 * turn) % len(FORMS)]
            rival = next(p for p in (*papers[number + 1 :], *papers) if key in p.facts and p is not paper)
            name = paper.names[(number + turn) % len(paper.names)]
            id = f"{prefix}/{number + 1:02}-{key}-{form}"
            yield asked(paper, paper.facts[key], rival.facts[key].value, form, name, id, language)


def refusal(id: str, text: str, category: str, language: str, history: tuple[tuple[str, str], ...] = ()) -> Question:
    """A question that no document answers."""
    return Question(id, text, answerable=False, category=category, language=language, history=history)


def follow_up(
    id: str,
    text: str,
    paper: Paper,
    key: str,
    history: tuple[tuple[str, str], ...],
    language: str,
    category: str = "follow_up",
) -> Question:
    """A question that is whole only with the turns before it."""
    fact = paper.facts[key]
    return Question(
        id=id,
        text=text,
        answers=(fact.value, *fact.also, fact.sentence),
        document_id=paper.file,
        category=category,
        language=language,
        evidence=fact.sentence,
        history=history,
    )


def turn(paper: Paper, key: str, language: str) -> tuple[str, str]:
    """A plain question on a paper with its right answer: a turn of a conversation."""
    fact, name = paper.facts[key], paper.names[0]
    return (_ZH if language == "zh" else _EN)["plain"].format(name=name, noun=fact.noun), fact.sentence
