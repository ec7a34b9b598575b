"""Yes/no examples that only the clause decides: clauses of contracts as signed and turned round by rule, each asked in
wordings of both polarities; and ContractNLI's questions where the words of the evidence make the answer sure.

"Distributor shall not sell competing goods." / "May the party deal in competing products?" no;
"Distributor may sell competing goods." / the same question, yes.
"""

from __future__ import annotations

import json
import random
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from training.reader.contracts import LONGEST_ANSWER, _contracts, document, reworded
from training.reader.data import WINDOW_CHARS, Example, Spans, inside, window
from training.splits import legalbench_held_out

_HARMLESS = re.compile(
    r"\b(?:but not limited to|without limitation|whether or not|not be unreasonably|not limited to)\b", re.I
)
MOST_OFTEN, LEAST_CHARS = 6, 60
_ARTICLE = re.compile(
    r"\b(a)n?(?= (?:non-|royalty-bearing|time-limited|revocable|transferable|freely|sublicens))|\b(a)(?= exclusive)",
    re.I,
)
OTHER = {"yes": "no", "no": "yes"}


@dataclass(frozen=True)
class Turn:
    """One way to turn the clauses of some categories round; `left` must be gone from the turned clause. `yes` and `no`
    are the questions that the clause as signed answers so.
    """

    categories: Sequence[str]
    turns: Sequence[tuple[re.Pattern[str], str]]
    left: re.Pattern[str]
    yes: Sequence[str]
    no: Sequence[str]

    def turned(self, clause: str) -> str | None:
        """The clause that says the opposite; None where the rule does not reach it, or something else still says it."""
        text = clause
        for pattern, instead in self.turns:
            text = pattern.sub(partial(_in_case, instead), text)
        if text != clause:
            text = _ARTICLE.sub(lambda m: m[1] or m[2] + "n", text)
        return None if text == clause or self.left.search(_HARMLESS.sub(" ", text)) else text


def _in_case(instead: str, found: re.Match[str]) -> str:
    new = found.expand(instead)
    if found[0].isupper() and len(found[0].strip()) > 1:
        return new.upper()
    return new[0].upper() + new[1:] if found[0][0].isupper() and new else new


@cache
def rules() -> Sequence[Turn]:
    """What clause_turns.toml says."""
    loaded: dict[str, Any] = tomllib.loads(Path(__file__).with_name("clause_turns.toml").read_text(encoding="utf-8"))
    made = []
    for entry in loaded["turn"]:
        ways = entry if "turns" in entry else loaded["forbidden"]
        turns = [(re.compile(a, re.IGNORECASE), b) for a, b in ways["turns"]]
        left = re.compile(ways["left"], re.IGNORECASE)
        made.append(Turn(entry["category"], turns, left, entry["yes"], entry["no"]))
    return made


@dataclass(frozen=True)
class _Clause:
    """A clause that a rule reaches, in its contract."""

    title: str
    text: str
    span: tuple[int, int]
    spans: Spans  # all of its category


def clauses_turned(data: Path, rng: random.Random, pairs: int = 150) -> Iterator[Example]:
    """`clause-turned`: for every rule about `pairs` windows (MOST_OFTEN at most of one clause) of CUAD's training
    contracts with the clause as signed, and as many with it turned, asked the same; the span is the clause.
    """
    reached: list[list[_Clause]] = [[] for _ in rules()]
    for title, text, clauses in _contracts(data, "train"):
        for number, turn in enumerate(rules()):
            for category, (_, spans) in clauses.items():
                if category in turn.categories:
                    reached[number] += [
                        _Clause(title, text, s, spans)
                        for s in spans
                        if LEAST_CHARS <= s[1] - s[0] <= LONGEST_ANSWER and turn.turned(text[s[0] : s[1]]) is not None
                    ]
    for turn, found in zip(rules(), reached, strict=True):
        often = min(MOST_OFTEN, -(-pairs // max(1, len(found))))
        for clause in rng.sample(found * often, min(pairs, len(found) * often)):
            yield from pair(turn, clause.title, clause.text, clause.span, clause.spans, rng)


def pair(
    turn: Turn, title: str, text: str, span: tuple[int, int], spans: Spans, rng: random.Random
) -> Iterator[Example]:
    """One question on a window with the clause as signed and on one with it, and all of its category, turned."""
    question, label = rng.choice([*((q, "yes") for q in turn.yes), *((q, "no") for q in turn.no)])
    question = question if "third part" in question else reworded(question, rng)
    heading = re.sub(r"[_\s]+", " ", title)
    for answer, turning in ((label, False), (OTHER[label], True)):
        size = rng.choice((500, 900, 1300, WINDOW_CHARS))
        start, end = window(text, span, max(size, span[1] - span[0]), rng)
        passage, golds = text[start:end], inside(spans, start, end, 0.2)
        made = [turn.turned(passage[a:b]) for a, b in golds]
        if None in made or _overlap(golds):  # something else of its kind stands near that the rule does not reach
            passage, golds = text[span[0] : span[1]], ((0, span[1] - span[0]),)
            made = [turn.turned(passage)]
        if turning:
            passage, golds = put(passage, golds, [m or "" for m in made])
        yield Example("clause-turned", question, passage, golds, heading, answer, title)


def _overlap(spans: Spans) -> bool:
    ordered = sorted(spans)
    return any(a[1] > b[0] for a, b in pairwise(ordered))


def put(passage: str, spans: Spans, instead: Sequence[str]) -> tuple[str, Spans]:
    """The passage with each span's text replaced, and where the new texts stand; the spans do not overlap."""
    made, moved, done = "", [], 0
    for (start, end), new in sorted(zip(spans, instead, strict=True)):
        made += passage[done:start]
        moved.append((len(made), len(made) + len(new)))
        made, done = made + new, end
    return made + passage[done:], tuple(moved)


@dataclass(frozen=True)
class Sure:
    """A ContractNLI question (words of it), what its evidence says where it is sure, and the question turned round."""

    words: str
    yes: str = ""  # pattern of evidence that answers yes
    no: str = ""
    unless: str = r"$^"
    asked: Sequence[str] = ()  # the same in other words
    turned: Sequence[str] = ()  # with the other answer


@cache
def sure() -> Sequence[Sure]:
    """What nli_rules.toml says."""
    text = Path(__file__).with_name("nli_rules.toml").read_text(encoding="utf-8")
    return [Sure(**rule) for rule in tomllib.loads(text)["rule"]]


def sure_label(rule: Sure, evidence: str) -> str:
    """yes or no where the evidence has the words of one side only, "" otherwise."""
    if re.search(rule.unless, evidence, re.IGNORECASE):
        return ""
    said = [
        label
        for label, pattern in (("yes", rule.yes), ("no", rule.no))
        if pattern and re.search(pattern, evidence, re.I)
    ]
    return said[0] if len(said) == 1 else ""


def nli_labels(data: Path, rng: random.Random, copies: int = 2) -> Iterator[Example]:
    """`nli-label`: `copies` windows for each sure question of ContractNLI's training documents, asked as it is, in
    other words, or turned round with the other label.
    """
    folder = data / "legal/legalbench-rag"
    for test in json.loads((folder / "benchmarks/contractnli.json").read_text(encoding="utf-8"))["tests"]:
        yield from _of_test(test, folder, copies, rng)


def _of_test(test: Mapping[str, Any], folder: Path, copies: int, rng: random.Random) -> Iterator[Example]:
    path = test["snippets"][0]["file_path"]
    spans = tuple((s["span"][0], s["span"][1]) for s in test["snippets"] if s["file_path"] == path)
    own = test["query"].split("; ", 1)[-1]
    rule = next((r for r in sure() if r.words in own), None)
    if rule is None or legalbench_held_out(path) or spans[0][1] - spans[0][0] > LONGEST_ANSWER:
        return
    text = document(folder / "corpus" / path.replace("||", "__").replace(":", "_"))
    for _ in range(copies):
        start, end = window(text, spans[0], WINDOW_CHARS, rng)
        golds = inside(spans, start, end)
        told = tuple((a, b) for a, b in golds if sure_label(rule, text[start:end][a:b]))
        label = sure_label(rule, " ".join(text[start:end][a:b] for a, b in golds))
        if label and told:
            turning = rng.random() < (0.5 if label == "yes" else 0.3)
            question = rng.choice(rule.turned if turning else (own, *rule.asked))
            label = OTHER[label] if turning else label
            yield Example("nli-label", question, text[start:end], told, Path(path).stem, label, path)
