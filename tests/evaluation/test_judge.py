"""A chat model as the judge: worth what it agrees with people, kept with its prompt, and never shown what must stay."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from sparewheel.app.evaluation.judging import judge_of, judged
from sparewheel.app.service.work import make_corpus
from sparewheel.corpora import Question
from sparewheel.eval import judge
from sparewheel.eval.runs import open_run
from sparewheel.rag.errors import UsageError
from sparewheel.rag.settings import Endpoint, Settings

HAND = judge.by_hand()


def said(right: bool | None) -> str:
    return {True: "It holds the figure. RIGHT", False: "That is not right: WRONG.", None: "It depends."}[right]


def test_the_answers_of_people_are_drawn_once_and_for_all() -> None:
    """100 in both languages and of both kinds; a prompt holds question, reference and answer."""
    assert (len(HAND), [case.id for case in HAND]) == (100, [case.id for case in judge.by_hand()])
    chinese = [case for case in HAND if "只输出一个词" in case.prompt]
    assert 20 <= len(chinese) <= 80
    assert 0.2 < sum(case.right for case in HAND) / 100 < 0.8
    question = Question("1", "How long?", answers=("30 days", "a month"))
    prompt = judge.prompt_of(question, {"label": "", "text": "thirty days"})
    assert "Question: How long?\nReference: 30 days / a month\nAnswer: thirty days\n" in prompt


def test_a_judge_that_says_what_people_say_agrees_wholly(tmp_path: Path) -> None:
    """And one that contradicts never; one that cannot decide disagrees."""
    by_prompt = {case.prompt: case.right for case in HAND}
    found = {}
    for name, turned in (("same", lambda r: r), ("contrary", lambda r: not r), ("mute", lambda r: None)):
        (tmp_path / name).mkdir()

        async def ask(prompt: str, turned=turned) -> str:  # type: ignore[no-untyped-def]
            return said(turned(by_prompt[prompt]))

        asyncio.run(judge.judge(HAND, ask, tmp_path / name))
        found[name] = judge.figures(HAND, judge.opinions(tmp_path / name))
    assert [found[name]["agreement"]["value"] for name in ("same", "contrary", "mute")] == [1.0, 0.0, 0.0]
    assert (found["same"]["kappa"], found["mute"]["undecided"]) == (1.0, 100)
    assert found["same"]["agreement"]["low"] < 1


def test_a_judge_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    """What failed and what was cut off is asked again, nothing else."""
    asked: list[str] = []

    async def ask(prompt: str) -> str:
        asked.append(prompt)
        if len(asked) == 2:
            raise TimeoutError
        return "对" if "只输出" in prompt else "RIGHT"

    cases = HAND[:4]
    asyncio.run(judge.judge(cases, ask, tmp_path, concurrency=1))
    assert len(judge.opinions(tmp_path)) == 3
    file = tmp_path / judge.JUDGED
    file.write_text(file.read_text(encoding="utf-8")[:-5], encoding="utf-8")
    asyncio.run(judge.judge(cases, ask, tmp_path, concurrency=1))
    assert sorted(judge.opinions(tmp_path)) == sorted(case.id for case in cases)
    assert len(asked) == 6


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("RIGHT", True),
        ("**Wrong**.", False),
        ("incorrect", False),
        ("这个回答是对的", True),
        ("不正确", False),
        ("?", None),
    ],
)
def test_the_last_word_counts(text: str, right: bool | None) -> None:
    """Of either language."""
    assert judge.opinion(text) is right


def test_what_must_stay_is_shown_to_no_cloud(tmp_path: Path) -> None:
    """A corpus with sensitivity high has no judge but one of this machine; a name that is not there is told."""
    settings = Settings(data_folder=str(tmp_path), endpoint={"far": Endpoint(url="https://example.com", key="k")})
    for name, sensitivity in (("open", "normal"), ("closed", "high")):
        make_corpus(settings, name, "legal").configure(sensitivity=sensitivity)
    assert judge_of(["open"], settings, "")[0].name == "far"
    with pytest.raises(UsageError, match="must not leave this machine"):
        judge_of(["closed", "open"], settings, "")
    with pytest.raises(UsageError, match="'fr' may judge; did you mean 'far'"):
        judge_of(["open"], settings, "fr")
    with pytest.raises(UsageError, match="the settings name none"):
        judge_of(["open"], replace(settings, endpoint={}), "")


def test_one_folder_has_one_judge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two models in one figure would say nothing; the prompt is kept with it."""
    settings = Settings(
        data_folder=str(tmp_path / "data"), endpoint={"far": Endpoint(url="https://example.com", key="k")}
    )
    folder = tmp_path / "run"
    open_run(folder, {"suite": "mine"})

    async def reply(completer: object, prompt: str, within_s: float, max_tokens: int) -> str:
        return "对" if "只输出" in prompt else "RIGHT"

    monkeypatch.setattr("sparewheel.eval.one_reply.reply", reply)
    found = judged(folder, settings)
    assert (found["missing"], found["run"], found["prompt"]) == (0, {"judged": 0}, judge.PROMPT)
    assert found["by_hand"]["right"]["value"] == 1.0
    other = replace(settings, endpoint={"far": replace(settings.endpoint["far"], model="another")})
    with pytest.raises(UsageError, match="judged with another model"):
        judged(folder, other)


def test_only_answers_with_a_reference_are_judged(tmp_path: Path) -> None:
    """A refusal needs no judge, and where nothing is known nobody can say."""
    question = Question("1", "How long?", answers=("30 days",))
    rows = [
        ("answered", question),
        ("refused", replace(question, id="2")),
        ("answered", Question("3", "Why?")),
    ]
    open_run(tmp_path, {"suite": "mine"})
    with (tmp_path / "records.jsonl").open("w", encoding="utf-8") as out:
        for outcome, question in rows:
            record = {"id": question.id, "outcome": outcome, "text": "30 days", "label": "", "citations": []}
            out.write(json.dumps({**record, "question": asdict(question)}) + "\n")
    assert [(case.id, case.right) for case in judge.of_run(tmp_path)] == [("1", True)]
