"""Cases to judge answers by, of the tuned half of the suite `asked`, for `training.reader.answerable --also`.

    python -m benchmarks.asked_cases --folder FOLDER --out DIR

Writes DIR/asked-en.cases and DIR/asked-zh.cases: each question that needs no history, with the passages that are found
for it and what the reader reads there. The untuned half is not looked at.
"""

from __future__ import annotations

import argparse
import pickle
from dataclasses import replace
from pathlib import Path

from sparewheel.app.evaluation.batch import only_local, prepared
from sparewheel.eval.asked.made import half
from sparewheel.rag.answer.about import without_document
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.reader import Reader
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.settings import load_settings
from sparewheel.rag.text import language_of
from sparewheel.rag.weights import WEIGHTS
from training.reader.answerable import PASSAGES, Case


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=Path("build/asked"), help="indexes are kept here")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    settings = only_local(replace(load_settings(), data_folder=str(options.folder / "corpora")))
    readers = {language: Reader(WEIGHTS / f"reader-{language}") for language in ("en", "zh")}
    cases: dict[str, list[Case]] = {"en": [], "zh": []}
    for batch in prepared("asked", None, settings):
        with open_pipeline(batch.corpus, settings) as pipeline:
            for question in batch.questions:
                known = question.gold or not question.answerable
                if half(question.id) != "tuned" or question.history or not known:
                    continue
                language, domain = language_of(question.text), pipeline.profile.domain
                hits = pipeline.search(question.text)
                plain = without_document(form_of(question.text, language).text, language, hits)
                readings = tuple(readers[language].readings(plain, hits, most=PASSAGES))
                asked = replace(question, text=plain)
                cases[language].append(Case("asked", domain, asked, f"asked/{question.id}", tuple(hits), readings))
    for language, own in cases.items():
        (options.out / f"asked-{language}.cases").write_bytes(pickle.dumps(own))
        print(language, len(own))


if __name__ == "__main__":
    main()
