"""Questions as people ask them on our own sample documents (`on_samples.jsonl`). Apache-2.0.

A record: {"same_as": "legal-011", "question": "break clause foundry yard, how long before do we need to write?",
           "kind": "lay"} has the gold of `corpora`'s question of that id; without "same_as" no document answers it
           ("domain" says whose documents are asked). "label" replaces the label of the other question: "" for none.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from sparewheel import corpora
from sparewheel.corpora import Question
from sparewheel.rag.text import language_of


def questions_on_samples(domain: str) -> list[Question]:
    """Those on the sample documents of `legal` or `medical`, in file order."""
    known = {question.id: question for question in corpora.sample_questions(domain)}
    found = []
    lines = Path(__file__).with_name("on_samples.jsonl").read_text(encoding="utf-8").splitlines()
    for number, row in enumerate(map(json.loads, lines)):
        if row.get("domain", row.get("same_as", "").partition("-")[0]) != domain:
            continue
        text = row["question"]
        question = known[row["same_as"]] if "same_as" in row else Question("", "", answerable=False)
        found.append(
            replace(
                question,
                id=f"samples-{domain}/{number:03}",
                text=text,
                label=row.get("label", question.label),
                category=row["kind"],
                language=language_of(text),
                history=tuple((asked, said) for asked, said in row.get("history", ())),
            )
        )
    return found
