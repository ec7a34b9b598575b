from __future__ import annotations

import json
import random
from pathlib import Path

from sparewheel.corpora.records import Question as Asked
from training.retriever.pairs import SOURCES, Source, holding
from training.splits import legalbench_held_out

PART = "legalbench-rag"


def legalbench(root: Path, files: dict[str, str], tests: list[dict[str, object]]) -> Path:
    """A small LegalBench-RAG as it lies on disk."""
    for name, text in files.items():
        file = root / "legal/legalbench-rag/corpus" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    folder = root / "legal/legalbench-rag/benchmarks"
    folder.mkdir(parents=True)
    (folder / "contractnli.json").write_text(json.dumps({"tests": tests}), encoding="utf-8")
    return root


def names(held_out: bool) -> str:
    """A ContractNLI path on the wanted side of the split."""
    numbered = (f"contractnli/nda-{n}.txt" for n in range(100))
    return next(name for name in numbered if legalbench_held_out(name) == held_out)


def snippet(name: str, text: str, gold: str) -> dict[str, object]:
    start = text.index(gold)
    return {"file_path": name, "span": [start, start + len(gold)], "answer": gold}


def test_a_question_points_at_the_passage_that_holds_its_answer_and_held_out_documents_stay_out(tmp_path: Path) -> None:
    """Training sees no held-out document, and a positive holds the gold words."""
    text = "1. Term\nThis agreement lasts three years.\n" + "Filler about nothing at all. " * 40
    text += "\n2. Law\nThe law of Ghana governs.\n"
    seen, unseen = names(False), names(True)
    tests = [
        {
            "query": "Consider the NDA; Which law governs?",
            "snippets": [snippet(name, text, "The law of Ghana governs.")],
        }
        for name in (seen, unseen)
    ]
    root = legalbench(tmp_path, {seen: text, unseen: text}, tests)
    source = next(source for source in SOURCES if (source.name, source.split) == (PART, "contractnli"))
    pool = source.pool(root, 300, seed=7)
    assert set(pool.documents) == {seen}
    (question,) = pool.questions
    assert ["The law of Ghana governs." in pool.passages[index] for index in question.positives] == [True]
    assert question.lead in question.text


def test_a_passage_starts_with_the_title_as_it_does_in_the_index(tmp_path: Path) -> None:
    """Chunks are trained on exactly as they are indexed."""
    name = names(False)
    root = legalbench(tmp_path, {name: "A short agreement."}, [])
    (passage,) = Source(PART, "contractnli", domain="legal").pool(root, 300, seed=7).passages
    assert passage == f"{Path(name).stem}\nA short agreement."


def test_some_legal_questions_name_the_document_in_other_words() -> None:
    """Four fifths keep the published wording; every wording keeps the question and the name."""
    word = next(source for source in SOURCES if source.name == PART).word
    asked, rng = Asked("1", "Consider the Acme NDA; Who may assign?"), random.Random(3)
    texts = [word(asked, "", rng)[0] for _ in range(200)]
    assert 140 <= sum(text == asked.text for text in texts) <= 180
    assert all("Acme NDA" in text and "Who may assign?" in text for text in texts)


def test_a_span_is_held_where_half_of_either_is_shared() -> None:
    """A long answer is held by every passage inside it; a sliver at the edge does not count."""
    spans = [(0, 100), (100, 200), (200, 300)]
    assert holding(spans, 90, 300) == [1, 2]
    assert holding(spans, 10, 20) == [0]
    assert holding(spans, 98, 140) == [1]
