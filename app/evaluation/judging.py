"""A run judged by a chat model of the settings that may see its corpora."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sparewheel.rag.errors import UsageError, suggest
from sparewheel.rag.settings import Settings

if TYPE_CHECKING:
    from sparewheel.rag.answer.endpoint import Completer


def judged(
    folder: Path,
    settings: Settings,
    endpoint: str = "",
    *,
    begun: Callable[[int], None] = lambda total: None,
    told: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """What stands in judge.json afterwards. endpoint: the judge's name in the settings; "": the first that may.

    Raises UsageError where no chat model may judge, or where another judge has begun in the folder.
    """
    from sparewheel.eval.judge import ABOUT, MAX_TOKENS, PROMPT, by_hand, figures, judge, of_run, opinions
    from sparewheel.eval.one_reply import reply
    from sparewheel.eval.runs import iter_records
    from sparewheel.rag.reliability.loop import background

    corpora = sorted({record["corpus"] for record in iter_records(folder)})
    completer, _ = judge_of(corpora, settings, endpoint)

    async def ask(text: str) -> str:
        model, within_s = judge_of(corpora, settings, completer.name)  # before each: a corpus may become confidential
        return await reply(model, text, within_s, MAX_TOKENS)

    prompt = hashlib.sha256(json.dumps(PROMPT, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    about = {"endpoint": completer.name, "model": completer.model, "prompt_sha256": prompt}
    file = folder / ABOUT
    if file.exists():
        before = json.loads(file.read_text(encoding="utf-8"))
        if changed := [name for name, value in about.items() if before[name] != value]:
            raise UsageError(f"{folder} is judged with another {', '.join(changed)}; remove judge.json and judge.jsonl")
    else:
        file.write_text(json.dumps(about), encoding="utf-8")
    hand, run = by_hand(), of_run(folder)
    said = opinions(folder)
    begun(sum(case.id not in said for case in (*hand, *run)))
    background.run(judge([*hand, *run], ask, folder, told=told))
    said = opinions(folder)
    found = {**about, "prompt": PROMPT, "missing": sum(case.id not in said for case in (*hand, *run))}
    found |= {"by_hand": figures(hand, said), "run": figures(run, said)}
    file.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return found


def judge_of(corpora: list[str], settings: Settings, endpoint: str) -> tuple[Completer, float]:
    """The chat model, and the seconds that it may take for an answer."""
    from sparewheel.app.people.access import admitted
    from sparewheel.rag.assemble import chat_models
    from sparewheel.rag.places import place_of

    place = place_of(settings)
    levels = {admitted(place, corpus, None).sensitivity for corpus in corpora}
    models = chat_models(settings, "high" if "high" in levels else "normal")
    names = [completer.name for completer, _ in models]
    if not models:
        why = "the corpora of this run must not leave this machine" if "high" in levels else "the settings name none"
        raise UsageError(f"no chat model may judge: {why}; see docs/settings.md, endpoint and local_chat")
    if endpoint and endpoint not in names:
        raise UsageError(
            f"no chat model {endpoint!r} may judge{suggest(endpoint, names)}; there are: {', '.join(names)}"
        )
    return models[names.index(endpoint) if endpoint else 0]
