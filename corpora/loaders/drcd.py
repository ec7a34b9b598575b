"""DRCD: questions on Wikipedia in Traditional Chinese. CC BY-SA 3.0 (arXiv 1806.00920).

A record:
    {"id": "1147-5-1", "question": "陸特和漢斯雷頓開創了哪一地區對梵語的學術研究？",
     "answers": [{"id": "1", "text": "歐洲", "answer_start": 1}, {"id": "2", "text": "歐洲", ...}]}

All are answerable. The splits share articles (other paragraphs of them), so ids start with the split.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sparewheel.corpora.loaders import squad_form
from sparewheel.corpora.records import Question
from sparewheel.rag.types import Document


def documents(folder: Path, split: str) -> Iterator[Document]:
    file = folder / f"DRCD_{split}.json"
    for article in squad_form.articles(file):
        yield squad_form.document(article, f"{split}/{article['id']}", article["title"], file, language="zh")


def questions(folder: Path, split: str) -> Iterator[Question]:
    for article in squad_form.articles(folder / f"DRCD_{split}.json"):
        yield from squad_form.questions(article, f"{split}/{article['id']}", language="zh", id_prefix=f"{split}/")
