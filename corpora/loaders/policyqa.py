"""PolicyQA: questions on 20 website privacy policies. MIT repository, built on OPP-115 (arXiv 2010.02557).

A record:
    {"id": "ctnk84gy3t6wdijv", "question": "How does this website inform users about their policy changes?",
     "type": "Policy Change|||Notification Type|||General notice in privacy policy",
     "answers": [{"text": "Effective July 20, 2012 (last updated October 08, 2013)", "answer_start": 63}]}

category: practice|||attribute|||value of OPP-115. All are answerable. A question says "this website": it means nothing
without the policy (`document_id`) and was asked on one paragraph of it (`passage`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sparewheel.corpora.loaders import squad_form
from sparewheel.corpora.records import Question
from sparewheel.rag.types import Document


def documents(folder: Path, split: str) -> Iterator[Document]:
    file = folder / f"{split}.json"
    for article in squad_form.articles(file):
        yield squad_form.document(article, article["title"], f"Privacy policy of {article['title']}", file)


def questions(folder: Path, split: str) -> Iterator[Question]:
    for article in squad_form.articles(folder / f"{split}.json"):
        yield from squad_form.questions(article, article["title"])
