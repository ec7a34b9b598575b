"""A chat model's opinion of the answers of a run: an option beside the rules of `eval.verdict`, which stay what counts.

What a judge says is worth what it agrees with people, so it first judges 100 answers that were labelled by hand
(`eval.validation`), and its agreement stands beside its figure. Answers only: a refusal needs no judge. Kept in the
folder of the run, the prompt and the model with it:

    judge.jsonl   one line an answer, as soon as it is judged: id, right (true, false, null: not to be made out), said
    judge.json    model, prompt, agreement, figures
"""

from __future__ import annotations

import asyncio
import json
import random
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sparewheel.corpora import Question
from sparewheel.eval.runs import iter_records, question_of
from sparewheel.eval.significance import mean_interval
from sparewheel.eval.suites import known
from sparewheel.eval.validation import beyond_chance, labelled
from sparewheel.eval.verdict import right

JUDGED, ABOUT = "judge.jsonl", "judge.json"
LABELS = 100
MAX_TOKENS = 400  # a model that reasons aloud gets to its word
LABEL = "label "  # ids of the answers labelled by hand
PROMPT = {
    "en": """Somebody asked a question about documents. Decide whether the answer serves them. It does if it says what \
the reference says, in whatever words, with the same figures, units and bounds and the same yes or no; further words \
around it do not matter. It does not if a figure differs, if it says the opposite, if it says something else, or if it \
leaves out a part that was asked for.

Question: {question}
Reference: {reference}
Answer: {answer}

Reply with one word, RIGHT or WRONG.""",
    "zh": """有人就文件提了一个问题，请判断所给回答是否令提问者满意。\
只要说出了参考答案的意思（用词不限），数字、单位、界限以及是与否都一致，就是对的，多出的文字不影响判断。\
数字不同、意思相反、答非所问，或者漏掉所问的一部分，就是错的。

问题：{question}
参考答案：{reference}
回答：{answer}

只输出一个词：对 或 错。""",
}
SILENT = {"en": "(the documents do not say; any answer is wrong)", "zh": "（文件中没有；任何回答都是错的）"}
_WORD = re.compile(r"\b(right|wrong|correct|incorrect)\b|(不正确|正确|错误|不对|[对错])", re.IGNORECASE)
_CHOICE = re.compile(r"right or wrong|对\s*或\s*错", re.IGNORECASE)
Ask = Callable[[str], Awaitable[str]]  # prompt -> reply


@dataclass(frozen=True)
class Case:
    """One answer to be judged, and what is known of it: the hand's label, or the rules' verdict."""

    id: str
    prompt: str
    right: bool


def prompt_of(question: Question, answer: Mapping[str, Any]) -> str:
    """The prompt in the question's language."""
    language = "zh" if question.language == "zh" else "en"
    reference = " + ".join(question.parts) or " / ".join((*filter(None, (question.label,)), *question.answers))
    text = ": ".join(part for part in (answer["label"], answer["text"]) if part)
    asked = " → ".join((*(before for before, _ in question.history), question.text))
    wanted = reference if question.answerable else SILENT[language]
    return PROMPT[language].format(question=asked, reference=wanted, answer=text)


def opinion(said: str) -> bool | None:
    """The last such word of the reply, for a model may reason first; None where there is none, or both as a choice."""
    words = [found.group().casefold() for found in _WORD.finditer(_CHOICE.sub("", said))]
    return words[-1] in ("right", "correct", "正确", "对") if words else None


def by_hand() -> list[Case]:
    """100 answers labelled by hand, drawn by chance and always the same, in both languages."""
    every = [one for one in labelled() if one.answer["outcome"] == "answered" and _worded(one.question)]
    drawn = random.Random(7).sample(every, LABELS)  # noqa: S311 (no secret)
    return [Case(f"{LABEL}{i}", prompt_of(one.question, one.answer), one.hand) for i, one in enumerate(drawn)]


def of_run(folder: Path) -> list[Case]:
    """The answers of a run of which a reference is known."""
    found = []
    for record in iter_records(folder):
        question = question_of(record)
        if record["outcome"] == "answered" and known(question) and _worded(question):
            found.append(Case(record["id"], prompt_of(question, record), right(question, record) == 1))
    return found


def _worded(question: Question) -> bool:
    return bool(question.answers or question.parts or question.label) or not question.answerable


async def judge(
    cases: Sequence[Case], ask: Ask, folder: Path, *, concurrency: int = 4, told: Callable[[], None] = lambda: None
) -> None:
    """Asks about every case that is not judged yet; a call that fails leaves its case to the next time."""
    done = set(opinions(folder))
    whole = _whole_lines(folder)
    if whole:
        (folder / JUDGED).write_text("".join(whole), encoding="utf-8")  # one that was cut off is asked again
    waiting = iter([case for case in cases if case.id not in done])
    with (folder / JUDGED).open("a", encoding="utf-8") as out:

        async def work() -> None:
            for case in waiting:
                try:
                    said = await ask(case.prompt)
                except Exception:  # noqa: S112 (whatever is wrong with the model, the others are asked)
                    continue
                row = {"id": case.id, "right": opinion(said), "said": said[-400:]}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
                out.flush()
                told()

        async with asyncio.TaskGroup() as group:
            for _ in range(concurrency):
                group.create_task(work())


def opinions(folder: Path) -> dict[str, bool | None]:
    """Id -> what the judge said so far; a line that was cut off is left out."""
    return {row["id"]: opinion(row["said"]) for row in map(json.loads, _whole_lines(folder))}


def _whole_lines(folder: Path) -> list[str]:
    file = folder / JUDGED
    return [line + "\n" for line in file.read_text(encoding="utf-8").split("\n")[:-1]] if file.exists() else []


def figures(cases: Iterable[Case], said: Mapping[str, bool | None]) -> dict[str, Any]:
    """How the judge compares with what is known of the cases; a case that it did not decide counts as a disagreement.

    right: the share it calls right, with its interval. agreement, kappa: with the hand, or with the rules.
    """
    pairs = [(case.right, said[case.id]) for case in cases if case.id in said]
    if not pairs:
        return {"judged": 0}
    wanted = [right for right, _ in pairs]
    taken = [not right if opinion is None else opinion for right, opinion in pairs]
    return {
        "judged": len(pairs),
        "undecided": sum(opinion is None for _, opinion in pairs),
        "right": _share([opinion is True for _, opinion in pairs]),
        "known_right": _share(wanted),
        "agreement": _share([a == b for a, b in zip(wanted, taken, strict=True)]),
        "kappa": round(beyond_chance(wanted, taken), 3),
    }


def _share(of: Sequence[bool]) -> dict[str, float]:
    values = np.array(of, float)
    low, high = mean_interval(values)
    return {"value": round(float(values.mean()), 3), "low": round(low, 3), "high": round(high, 3)}
