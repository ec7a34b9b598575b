"""Examples made from plain Chinese text: yes/no questions, LeCoQA's answers found in the law."""

from __future__ import annotations

import random
from collections.abc import Iterator

from training.chinese.examples import Example
from training.chinese.texts import WINDOW_CHARS, clauses, sentences

_NEGATORS = ("并没有", "尚未", "并未", "从未", "没有", "不得", "不能", "不", "未", "没", "无")
_OPENERS = frozenset(
    ("但", "但是", "因此", "并且", "而且", "所以", "同时", "其中", "此外", "另外", "因", "由于", "如果", "虽然")
)
_QUESTIONS = ("是否{verb}{rest}？", "是否{verb}{rest}?", "有没有{verb}{rest}？", "{verb}{rest}吗？")


def yes_no(place: int, text: str, start: int, end: int, rng: random.Random) -> Example | None:
    """One clause of the window as a yes/no question, its sentence the evidence; None where no clause has the form.

    Subject, perhaps a negator, verb, rest: the question drops the negator, the label is "no" when there was one. Tries
    three clauses, half of the time ones with a negator first, as there are fewer.
    """
    window = text[start:end]
    tried = [(a, b) for a, b in clauses(window) if 7 <= b - a <= 40]
    rng.shuffle(tried)
    if rng.random() < 0.5:
        tried.sort(key=lambda span: not any(mark in window[span[0] : span[1]] for mark in "不未没无"))
    found = next(((a, b, parts) for a, b in tried[:3] if (parts := statement(window[a:b]))), None)
    if not found:
        return None
    a, b, (subject, negator, verb, rest) = found
    verb = {"不得": "可以", "不能": "可以", "没有": "有", "并没有": "有", "无": "有"}.get(negator, "") + verb
    verb = verb.removeprefix("有") if verb.startswith("有有") else verb
    pattern = rng.choices(_QUESTIONS, (6, 1, 1, 2))[0]
    question = subject + pattern.format(verb=verb, rest=rest)
    x, y = next((s for s in sentences(window) if s[0] <= a and b <= s[1]), (a, b))
    return Example("yesno", place, start, end, end, end, question, x, y, 2 if negator else 1)


def statement(clause: str) -> tuple[str, str, str, str] | None:
    """(subject, negator or "", verb, rest) of a plain statement, else None."""
    import jieba.posseg

    words = [(pair.word, pair.flag) for pair in jieba.posseg.lcut(clause.strip())]
    while words and words[0][0] in _OPENERS:
        words = words[1:]
    nouns = 0
    for i, (word, flag) in enumerate(words):
        if nouns and (word in _NEGATORS or flag.startswith("v")) and i + 1 < len(words):
            negator = word if word in _NEGATORS else ""
            verb = "" if negator else word
            rest = "".join(word for word, _ in words[i + 1 :])
            subject = "".join(word for word, _ in words[:i])
            plain = not any(mark in verb + rest for mark in ("不", "未", "没", "无", "是否"))
            return (subject, negator, verb, rest) if plain and len(rest) > 1 and verb not in ("是", "为") else None
        nouns += flag.startswith(("n", "r"))
    return None


def quoted(article: str, answer: str) -> tuple[int, int] | None:
    """The run of sentences of the article that the lawyer's answer repeats most; None where it repeats little.

    A sentence counts as repeated when 60 % of its bigrams are in the answer.
    """
    known = {answer[i : i + 2] for i in range(len(answer) - 1)}
    best: tuple[float, int, int] = (0.0, 0, 0)
    for start, end in sentences(article):
        grams = [article[i : i + 2] for i in range(start, end - 1)]
        share = sum(gram in known for gram in grams) / max(1, len(grams))
        if share >= 0.6 and end - start >= 8:
            run = (best[0] + share * (end - start), best[1], end) if best[2] == start and best[0] else None
            best = run or max(best, (share * (end - start), start, end))
    return (best[1], best[2]) if best[0] else None


def law_windows(text: str, rng: random.Random) -> Iterator[tuple[int, int]]:
    """Windows of a statute with a random phase, without its head."""
    at = text.find("<!-- INFO END -->")
    start = (at + len("<!-- INFO END -->") if at >= 0 else 0) + rng.randint(0, 200)
    while start + 100 < len(text):
        yield start, min(len(text), start + WINDOW_CHARS)
        start += WINDOW_CHARS
