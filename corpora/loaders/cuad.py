"""CUAD: 409 commercial contracts, 41 kinds of clause asked of each. CC BY 4.0, The Atticus Project (arXiv 2103.06268).

A record:
    {"id": "CybergyHoldingsInc_…__Document Name", "question": "Highlight the parts (if any) of this contract related to
     \"Document Name\" that should be reviewed by a lawyer. Details: The name of the contract",
     "answers": [{"text": "MARKETING AFFILIATE AGREEMENT", "answer_start": 15}], "is_impossible": false}

category: the kind of clause ("Governing Law"). Not answerable: the contract has no such clause. Several gold spans:
the clause stands in several places. `<folder>/pdf` holds 60 of the contracts as the PDF files they were made from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sparewheel.corpora.loaders import squad_form
from sparewheel.corpora.records import Question
from sparewheel.rag.types import Document


def documents(folder: Path, split: str) -> Iterator[Document]:
    file = folder / f"CUADv1-{split}.json"
    for article in squad_form.articles(file):
        yield squad_form.document(article, article["title"], article["title"].replace("_", " "), file)


def questions(folder: Path, split: str) -> Iterator[Question]:
    for article in squad_form.articles(folder / f"CUADv1-{split}.json"):
        for question in squad_form.questions(article, article["title"]):
            yield replace(question, category=question.id.rpartition("__")[2])
