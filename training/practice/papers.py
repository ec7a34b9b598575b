"""Questions on made documents, as the readers' examples: `practice("zh", 40_000, rng, filler)`.

A document of a kind (a lease, a leaflet, a judgment) states some of the facts that such documents state, each in one of
several wordings, among sentences of real texts (`filler`). A passage of it is read: questions for a fact that stands
there have its value for an answer; questions for one that stands elsewhere in the document, or nowhere in it, have
none, however near the other facts come. Asked plainly, in everyday words, politely, as yes or no, as either-or, in a few
words, misspelt, with the document named or not.
"""

from __future__ import annotations

import random
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from training.practice.values import VALUES, Draw
from training.reader.data import Example

Language = Literal["en", "zh"]
NONE = ("none", "无")  # the kind of value of a fact whose sentences mark their answer themselves
STOPS = {"en": ". ", "zh": "。"}
LENGTHS = {
    "en": (350, 600, 900, 1000, 1000, 1300, 1600),
    "zh": (120, 200, 300, 400, 512, 512),
}  # characters of a passage
ASKED = 7  # questions on one passage
STATED = 0.55  # share of the facts of a kind that a document states
OFTEN = {"en": ("nda", "leaflet", "services"), "zh": ("判决", "判决", "说明书", "租赁")}  # kinds drawn more often
FORMS = ("lay", "noun", "yes", "no", "either", "polite")
SHARES = (9, 4, 1, 1, 1.2, 2)


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence of a document. value: what answers, at [start, end) of the text; other: another value of its kind; of a
    rule, value is "yes" or "no" and the whole sentence answers.
    """

    noun: str
    text: str
    start: int
    end: int
    value: str
    other: str
    rule: bool
    asks: tuple[str, ...]


@cache
def facts(language: Language) -> Mapping[str, Any]:
    """The file of the language: near, titles, fact, rule, table, condition."""
    return tomllib.loads(Path(__file__).with_name(f"{language}.toml").read_text(encoding="utf-8"))


@cache
def kinds(language: Language) -> tuple[str, ...]:
    """The kinds of document, those with many facts more often."""
    named = [kind for fact in facts(language)["fact"] for kind in fact["of"].split()]
    return tuple(sorted({k for k in named if named.count(k) > 3}))


def practice(language: Language, count: int, rng: random.Random, filler: Sequence[str]) -> Iterator[Example]:
    """About `count` examples; filler: sentences of real texts, as they are."""
    made = 0
    while made < count:
        for example in of_document(language, rng, filler):
            made += 1
            yield example


def of_document(language: Language, rng: random.Random, filler: Sequence[str]) -> Iterator[Example]:
    """The questions on two passages of one document."""
    kind = rng.choice((*kinds(language), *OFTEN[language]))
    stated, left_out = document(language, kind, rng)
    lines = laid_out(language, stated, rng, filler)
    offered = [table for table in facts(language)["table"] if kind in table["of"].split()]
    if offered and rng.random() < 0.5:
        rows, others = table_of(language, rng.choice(offered), rng)
        at = rng.randint(0, len(lines))
        lines[at:at] = [(f"{said.text}\n", said, 0) for said in rows]
        left_out = [*left_out, *others]
    group, heading = f"practice-{language}/{rng.random()}", _heading(language, kind, rng)
    for _ in range(2):
        for example in asked(language, lines, left_out, rng, group):
            yield replace(example, heading=heading)


def _heading(language: Language, kind: str, rng: random.Random) -> str:
    """What stands over a passage: the title of the document, perhaps who it is between, and a heading."""
    if kind not in facts(language).get("titles", {}):
        return ""
    title: str = rng.choice(facts(language)["titles"][kind])
    names = _WORDS[language]["names"]
    named = rng.choice(("", f" ({rng.choice(names)})", f" ({rng.choice(names)}; {rng.choice(names)})"))
    return title + named + rng.choice(("", f" {rng.choice(_HEADINGS[language])}"))


def document(language: Language, kind: str, rng: random.Random) -> tuple[list[Said], list[Said]]:
    """The facts that a document states, in some order, and those that it does not."""
    draws, found = VALUES[language], list[Said]()
    for fact in facts(language)["fact"]:
        if kind in fact["of"].split():
            found.append(fact_said(fact, draws, rng))
    for rule in facts(language)["rule"]:
        if kind in rule["of"].split():
            label = rng.choice(("yes", "no"))
            text = rng.choice(rule[label])
            found.append(Said(rule["asks"][0], text, 0, len(text), label, "", True, tuple(rule["asks"])))
    rng.shuffle(found)
    cut = max(2, round(len(found) * rng.uniform(STATED - 0.25, STATED + 0.25)))
    stated = [part for said in found[:cut]
              for part in (conditioned(language, said, kind, rng) if rng.random() < 0.25 else [said])]  # fmt: skip
    return stated, found[cut:]


def fact_said(fact: Mapping[str, Any], draws: Mapping[str, Draw], rng: random.Random) -> Said:
    """A fact in one of its wordings, with values."""
    value = other = ""
    if fact["v"] not in NONE:
        value = draws[fact["v"]](rng)
        other = next((o for _ in range(8) if (o := draws[fact["v"]](rng)) != value), "")
    wording = rng.choice(fact["says"])
    if "<" not in wording:
        wording = wording.replace("{v}", "<{v}>")
    text = re.sub(r"\{(\w+)\}", lambda m: value if m[1] == "v" else draws[m[1]](rng), wording)
    start = text.index("<")
    end = text.index(">") - 1
    text = text.replace("<", "").replace(">", "")
    whole = text[start:end]
    if limit := _LIMIT.search(text, 0, start):
        start = limit.start()
    return Said(fact["noun"], text, start, end, value if value == whole else "", other, False, tuple(fact["asks"]))


def table_of(language: Language, table: Mapping[str, Any], rng: random.Random) -> tuple[list[Said], list[Said]]:
    """The rows that a table has, as texts hold them (rag.table_text), and those that it lacks."""
    colon, made = ": " if language == "en" else "：", list[Said]()
    for row in table["rows"]:
        value = VALUES[language][table["v"]](rng)
        if table.get("row_asked"):  # which row has this cell
            asks = tuple(ask.format(row=row) for ask in table["asks"])
            text = f"{value}\t— {table['column']}{colon}{row}"
            made.append(Said(f"{table['column']} {row}", text, 0, len(value), "", "", False, asks))
            continue
        text = f"{row}\t— {table['column']}{colon}{value}"
        range = re.match(r"(\d+)[–～](\d+)", row)
        n = str(rng.randint(int(range[1]), int(range[2]))) if range else row
        named = row if row[-1].isdigit() or language == "zh" else row.lower()
        asks = tuple(ask.format(n=n, row=named) for ask in table["asks"] if range or "{n}" not in ask)
        made.append(Said(f"{table['column']} {row}", text, len(text) - len(value), len(text), "", "", False, asks))
    first, many = rng.randrange(2), rng.randint(2, len(made) - 1)
    return made[first : first + many], [*made[:first], *made[first + many :]]


_LIMIT = re.compile(  # words before a value that it means something else without
    r"(?:\b(?:(?:no|not) (?:more|less|later|longer|earlier) than|at (?:least|most)|up to|within|inside|every|once in) "
    r"|不超过|不高于|不低于|不少于|至少|提前|每隔)$",
    re.IGNORECASE,
)


def conditioned(language: Language, said: Said, kind: str, rng: random.Random) -> list[Said]:
    """The fact, and the same under a condition with another value: who names the condition means the other."""
    pairs = [c for c in facts(language)["condition"] if kind in c["of"].split()]
    if not pairs or not said.value or not said.other or "\t" in said.text or said.text.count(said.value) != 1:
        return [said]
    pair = rng.choice(pairs)
    front = rng.choice(_CONDITIONS[language]).format(pair["says"])
    text = said.text.replace(said.value, said.other)
    if language == "en":
        text = text[0].lower() + text[1:]
    end = len(front) + said.end + len(said.other) - len(said.value)
    asks = tuple(rng.choice(_CONDITIONAL[language]).format(pair["asks"], ask) for ask in said.asks)
    noun = f"{said.noun} / {pair['says']}"
    special = Said(noun, front + text, len(front) + said.start, end, "", "", False, asks)
    return [said, special] if rng.random() < 0.7 else [special, said]


_CONDITIONS = {"en": ("For {}, ", "In the case of {}, ", "With {}, "), "zh": ("对于{}，", "{}的，", "如为{}，")}
_CONDITIONAL = {"en": ("{}, {}", "{}: {}", "{1} ({0})"), "zh": ("{}，{}", "{}的话{}", "如果是{}，{}")}


Line = tuple[str, Said | None, int]  # text with its numbering and stop, what it says, where that begins in it


def laid_out(language: Language, stated: Sequence[Said], rng: random.Random, filler: Sequence[str]) -> list[Line]:
    """The lines of a document: numbered, headed or plain, several facts in one where it is plain."""
    style = rng.choice(("numbered", "numbered", "plain", "plain", "headed", "run on"))
    share = rng.choice((0.0, 0.15, 0.4)) if filler else 0.0
    lines: list[Line] = []
    for number, said in enumerate(stated, 1):
        front = _number(language, number, rng) if style == "numbered" else ""
        if style == "headed" and rng.random() < 0.4:
            front = f"{rng.choice(_HEADINGS[language])}\n"
        stop = STOPS[language].strip() if rng.random() < 0.9 else ";" if language == "en" else "；"
        behind = "\n" if style in ("numbered", "headed") or rng.random() < 0.25 else " " if language == "en" else ""
        if style == "numbered" and rng.random() < 0.3:
            behind = "\n\n"
        if rng.random() < share:
            lines.append((f"{rng.choice(filler)}{behind}", None, 0))
        lines.append((f"{front}{said.text}{stop}{behind}", said, len(front)))
    return lines


_HEADINGS = {
    "en": (
        "General",
        "Terms",
        "3. Details",
        "## How to use",
        "Further provisions",
        "B. Conditions",
        "Important",
        "SCHEDULE",
    ),
    "zh": ("一般约定", "二、有关事项", "## 使用说明", "其他", "【注意】", "（三）细则", "第二章 规则", "附则"),
}


def _number(language: Language, number: int, rng: random.Random) -> str:
    from training.practice.values import chinese

    if language == "zh":
        return (f"第{chinese(number)}条 ", f"{number}. ", f"（{chinese(number)}）", f"{number}、")[rng.randrange(4)]
    return (f"{number}. ", f"{number}.{rng.randint(1, 4)} ", f"({chr(96 + min(number, 26))}) ", f"Section {number}. ")[
        rng.randrange(4)
    ]


def asked(language: Language, lines: Sequence[Line], left_out: Sequence[Said], rng: random.Random, group: str
          ) -> Iterator[Example]:  # fmt: skip
    """Questions on a passage of the document: as many that it answers as that it does not."""
    first = rng.randrange(len(lines))
    most, passage = rng.choice(LENGTHS[language]), ""
    shown: list[tuple[Said, int]] = []
    for text, said, begins in lines[first:]:
        if passage and len(passage) + len(text) > most:
            break
        if said:
            shown.append((said, len(passage) + begins))
        passage += text
    passage = passage.rstrip()
    here = {said.noun for said, _ in shown}
    elsewhere = [said for _, said, _ in lines if said and said.noun not in here]
    absent = [s for s in (*left_out, *left_out, *elsewhere) if not near(language, s.noun, here)]
    for said, at in rng.sample(shown, min(len(shown), ASKED // 2 + 1)):
        yield _example(language, said, at, passage, rng, group)
    for said in rng.sample(absent, min(len(absent), ASKED // 2 + 1)):
        yield _example(language, said, -1, passage, rng, group)


def near(language: Language, noun: str, here: set[str]) -> bool:
    """Whether something that stands here says nearly the same."""
    plain, there = noun.partition(" / ")[0], {name.partition(" / ")[0] for name in here}
    return plain in there or any(plain in alike and there & set(alike) for alike in facts(language)["near"])


def _example(language: Language, said: Said, at: int, passage: str, rng: random.Random, group: str) -> Example:
    form = rng.choices(FORMS, SHARES)[0]
    if said.rule:
        form = rng.choice(("lay", "lay", "polite"))
    elif form in ("yes", "no", "either") and not (said.value and said.other):
        form = "lay"
    question = worded(language, said, form, rng)
    label, whole = "", (0, len(said.text))
    if said.rule:
        label = said.value
    elif form in ("yes", "no"):
        label = form
    span = whole if label else (said.start, said.end)
    source = "practice" if at >= 0 else "practice-negative"
    if at < 0:
        return Example(source, question, passage, group=group)
    return Example(source, question, passage, ((at + span[0], at + span[1]),), label=label, group=group)


def worded(language: Language, said: Said, form: str, rng: random.Random) -> str:
    """The question for a fact in one of FORMS."""
    words = _WORDS[language]
    noun, lay = said.noun, rng.choice(said.asks)
    two = (said.value, said.other) if rng.random() < 0.5 else (said.other, said.value)
    plain = (
        said.rule
        or "\t" in said.text
        or " / " in noun
        or form not in words
        or (form == "polite" and rng.random() < 0.5)
    )
    text = lay
    if not plain:
        text = rng.choice(words[form]).format(noun=noun, yes=said.value, no=said.other, one=two[0], two=two[1])
    if rng.random() < 0.2:
        text = rng.choice(words["named"]).format(text.rstrip("?"), rng.choice(words["names"]))
    if plain and form == "polite":
        text = rng.choice(words["before"]).format(text)
    if rng.random() < 0.08:
        text = _misspelt(language, text, rng)
    return _ended(language, text, rng)


def _ended(language: Language, text: str, rng: random.Random) -> str:
    """With or without its question mark, in capitals as people write or not."""
    if language == "zh":
        return text.rstrip("？?") + rng.choice(("？", "？", "", "?", "呢？" if text[-1] not in "吗呢啊？" else "？"))
    if rng.random() < 0.5:
        text = text[0].upper() + text[1:]
    return text.rstrip("?") + rng.choice(("?", "?", ""))


def _misspelt(language: Language, text: str, rng: random.Random) -> str:
    """Two letters change places; in Chinese a character becomes another that sounds alike."""
    if language == "zh":
        known = [i for i, c in enumerate(text) if c in _SOUND]
        for i in rng.sample(known, min(len(known), 2)):
            text = text[:i] + _SOUND[text[i]] + text[i + 1 :]
        return text
    long = [m for m in re.finditer(r"[a-z]{5,}", text)]
    if not long:
        return text
    i = rng.choice(long).start() + rng.randint(1, 2)
    return text[:i] + text[i + 1] + text[i] + text[i + 2 :]


_SOUND = dict(zip("期限金押付款利率剂量温度保存时间租通知违约费用工资审验赔偿罪判借钱药病疗治",
                  "其线今鸭负宽力律济亮文渡宝村石件组同之围月肥拥公姿沈研陪常最叛接前要并辽制", strict=True))  # fmt: skip

_WORDS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "en": {
        "noun": ("what is the {noun}", "{noun}", "the {noun}?", "tell me the {noun}", "what does it say about the {noun}", "find the {noun}"),
        "polite": ("could you tell me what the {noun} is", "I would like to know the {noun}", "please could you look up the {noun}", "would you mind telling me the {noun}", "can you give me the {noun}"),
        "yes": ("is the {noun} {yes}", "am I right that the {noun} is {yes}", "the {noun} is {yes}, correct", "does it say {yes} for the {noun}"),
        "no": ("is the {noun} {no}", "am I right that the {noun} is {no}", "the {noun} is {no}, correct", "does it say {no} for the {noun}"),
        "either": ("is the {noun} {one} or {two}", "which is it for the {noun}: {one} or {two}", "{one} or {two}: what is the {noun}"),
        "before": ("hello, {}", "quick question: {}", "sorry to bother you, {}", "{}, please", "hi! {}"),
        "named": ("{} under the {} agreement", "{} in the {} contract", "for {1}: {0}", "{} according to the {} document", "{}, {}", "about {1}, {0}"),
        "names": ("Halden", "Corvin and Meyer", "Brightley", "Zentrop", "Oakmere Foods", "Lavensky", "Tormund Ltd", "Pellucid"),
    },
    "zh": {
        "noun": ("{noun}是多少", "{noun}是什么", "{noun}", "{noun}是怎么规定的", "{noun}怎么说的", "关于{noun}有什么约定", "查一下{noun}"),
        "polite": ("请问{noun}是多少", "麻烦告诉我{noun}", "您好，想了解一下{noun}", "能不能帮我看看{noun}是怎么写的", "请问{noun}是怎么规定的"),
        "yes": ("{noun}是{yes}吗", "{noun}是不是{yes}", "{noun}为{yes}，对吗", "{noun}是否为{yes}"),
        "no": ("{noun}是{no}吗", "{noun}是不是{no}", "{noun}为{no}，对吗", "{noun}是否为{no}"),
        "either": ("{noun}是{one}还是{two}", "{one}还是{two}，{noun}是哪个", "{noun}到底是{one}还是{two}"),
        "before": ("请问{}", "您好，{}", "麻烦问一下，{}", "想问问{}", "我想知道{}", "请教一下，{}", "{}，谢谢"),
        "named": ("{1}的{0}", "{1}，{0}", "按照{1}，{0}", "{1}里{0}", "关于{1}，{0}"),
        "names": ("恒远的合同", "跟东方签的那份", "安瑞宁", "张某这个案子", "这份文件", "锦川公司的协议", "瑞格平", "本案中", "合同里", "说明书上"),
    },
}  # fmt: skip


_SENTENCE = {
    "en": re.compile(r"(?<=[.;] )[A-Z][^.;\n]{40,220}[.;]"),
    "zh": re.compile(r"[^。；\n#>\s][^。；\n]{15,70}[。；]"),
}


def sentences(language: Language, texts: Iterable[str], most: int, rng: random.Random) -> list[str]:
    """Up to `most` sentences of real texts, a few of each."""
    found: list[str] = []
    for text in texts:
        own = _SENTENCE[language].findall(text[:60_000])
        found += rng.sample(own, min(len(own), 12))
        if len(found) >= most:
            break
    return found
