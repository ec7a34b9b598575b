"""Keeping and recalling, with a store on disk and a tiny embedding of words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sparewheel.rag.memory.alike import Question as Compared
from sparewheel.rag.memory.equivalence import Check, Measured
from sparewheel.rag.memory.kept import Asked, key_of, normal
from sparewheel.rag.memory.memory import Memory
from sparewheel.rag.memory.store import FILE, MemoryStore, Question
from sparewheel.rag.sql import Tables
from sparewheel.rag.types import Answer, Chunk, Citation, Hit, Usage

TEXTS = {
    "lease.md": "The rent is 900 euros a month. The notice period is thirty days. Pets need our consent.",
    "nda.md": "Confidential Information is kept for five years. A breach costs 40,000 euros.",
}
AT = "2026-11-28T09:00:00+00:00"


class Words:
    """A vector of the words' hashes: questions of the same words are near."""

    name, dimension = "words@1", 64

    def embed(self, texts: Sequence[str], *, query: bool = False) -> np.ndarray:
        rows = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.casefold().strip("?").split():
                row[sum(map(ord, word)) % self.dimension] += 1
            row /= np.linalg.norm(row) or 1
        return rows


class Pointing:
    """A reader that always points at the first characters."""

    def place(self, question: str, title: str, text: str) -> tuple[int, int, float]:
        return (0, 10, 4.0)


WEIGHTS = dict.fromkeys(Measured.__dataclass_fields__, 0.0) | {"cosine": 20.0}
CHECK = {"en": Check(WEIGHTS, -14.0, 0.5, 0.3)}  # from a cosine of .7


def memory(place: Path | Tables) -> Memory:
    return Memory(MemoryStore(place), lambda language: Words(), lambda language: Pointing(), CHECK)


def text_at(document: str, start: int, end: int) -> str:
    return TEXTS.get(document, "")[start:end]


def hit(document: str = "lease.md", rank: int = 1) -> Hit:
    text = TEXTS[document]
    return Hit(Chunk(document, 0, len(text), text, title=document, id=rank), 1.0, rank, "fake")


def asked(question: str, documents: tuple[str, ...] = (), **other: object) -> Asked:
    return Asked(question, "en", documents, hits=(hit(), hit("nda.md", 2)), **other)  # type: ignore[arg-type]


def answer(question: str, quote: str = "The notice period is thirty days.", document: str = "lease.md") -> Answer:
    start = TEXTS[document].index(quote)
    citation = Citation(
        1, document, document, f"/files/{document}", start, start + len(quote), quote, verified=True, chunk_id=1
    )
    return Answer(
        question, "leases", f"{quote} [1]", "answered", (citation,), (hit(), hit("nda.md", 2)), "deepseek", "v4",
        usage=Usage(100, 20, cost_usd=0.002),
    )  # fmt: skip


NOTICE = "What is the notice period?"


@pytest.fixture
def place(beside: Callable[[str], Path | Tables]) -> Path | Tables:
    """Where the memory of a corpus is, empty."""
    return beside(FILE)


def test_the_same_question_is_answered_from_memory(place: Path | Tables) -> None:
    """Whatever its case, politeness and punctuation; with its passages, and told whose answer it is."""
    kept = memory(place)
    kept.keep(asked(NOTICE), answer(NOTICE), AT, local=False)
    again = memory(place)  # another process
    for written in (NOTICE, "what IS the notice period", "Could you please tell me what is the notice period?"):
        served = again.recall(asked(written), text_at).served
        assert served is not None
        assert (served.kept.text, served.same) == ("The notice period is thirty days. [1]", True)
        assert [h.chunk.document_id for h in served.evidence] == ["lease.md", "nda.md"]
    told = served.kept.remembered(True)
    assert (told.answered_by, told.model, told.at, served.kept.cost_usd) == ("deepseek", "v4", AT, 0.002)


def test_an_equivalent_question_is_served_and_a_near_one_offered(place: Path | Tables) -> None:
    """From the threshold on; below it, the question that was answered is told of."""
    kept = memory(place)
    kept.keep(asked(NOTICE), answer(NOTICE), AT, local=False)
    served = kept.recall(asked("What is the period of notice?"), text_at).served
    assert served is not None
    assert not served.same
    near = kept.recall(asked("What is the longest warranty on the roof?"), text_at)
    assert near.served is None
    assert near.similar is not None
    assert near.similar.question == NOTICE
    assert kept.recall(asked("Who won?"), text_at).similar is None


@pytest.mark.parametrize(
    "other",
    [
        "Is the notice period thirty days?",  # a yes or no
        "What is not the notice period?",
        "What is the 2nd notice period?",
        "What is the notice period in days for clause 7?",
        "What is the maximum notice period before notice?",
    ],
)
def test_guards_hold_whatever_the_likeness(place: Path | Tables, other: str) -> None:
    """Form, negation, figures and references must agree."""
    kept = Memory(
        MemoryStore(place),
        lambda language: Words(),
        lambda language: None,
        {"en": Check(WEIGHTS, 50.0, 0.5, -1.0)},
    )
    if "maximum" not in other:
        kept.keep(asked(NOTICE), answer(NOTICE), AT, local=False)
    kept.keep(asked("What is the minimum notice period before notice?"), answer("x"), AT, local=False)
    assert kept.recall(asked(other), text_at).served is None


def test_another_document_is_another_question(place: Path | Tables) -> None:
    """The documents that a question is limited to are part of it; what was asked of all may serve one of its own."""
    kept = memory(place)
    kept.keep(asked(NOTICE, ("lease.md",)), answer(NOTICE), AT, local=False)
    assert kept.recall(asked(NOTICE, ("lease.md",)), text_at).served
    assert kept.recall(asked(NOTICE, ("nda.md",)), text_at).served is None
    assert kept.recall(asked(NOTICE), text_at).served is None
    everywhere = "How long is the notice?"
    kept.keep(asked(everywhere), answer(everywhere), AT, local=False)
    assert kept.recall(asked(everywhere, ("lease.md",)), text_at).served
    assert kept.recall(asked(everywhere, ("nda.md",)), text_at).served is None


def test_a_changed_passage_ends_the_answer(place: Path | Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not one character may differ; when it is back, so is the answer, until it is forgotten."""
    kept = memory(place)
    kept.keep(asked(NOTICE), answer(NOTICE), AT, local=False)
    whole = TEXTS["lease.md"]
    monkeypatch.setitem(TEXTS, "lease.md", whole.replace("thirty", "ninety"))
    assert kept.recall(asked(NOTICE), text_at).served is None
    monkeypatch.setitem(TEXTS, "lease.md", whole)
    assert kept.recall(asked(NOTICE), text_at).served
    monkeypatch.setitem(TEXTS, "lease.md", whole.replace("900", "950"))
    assert kept.lapse(TEXTS, text_at) == 1
    assert (kept.recall(asked(NOTICE), text_at).served, kept.store.ids()) == (None, [])


def test_a_new_document_that_ranks_first_is_not_ignored(place: Path | Tables) -> None:
    """A question of all documents is not answered from before while something unread is nearest to it."""
    kept = memory(place)
    shown = answer(NOTICE)
    kept.keep(asked(NOTICE), replace(shown, evidence=shown.evidence[:1]), AT, local=False)
    newer = replace(asked(NOTICE), hits=(hit("nda.md"), hit("lease.md", 2)))
    assert kept.recall(newer, text_at).served is None
    assert kept.recall(asked(NOTICE), text_at).served


def test_what_is_not_verified_is_not_kept(place: Path | Tables) -> None:
    """No citation, one that does not stand, a doubted sentence, a refusal: nothing is kept, nothing is written."""
    kept, good = memory(place), answer(NOTICE)
    bad = [
        replace(good, citations=()),
        replace(good, citations=(replace(good.citations[0], verified=False),)),
        replace(good, text="Sixty days. [?]"),
        replace(good, notes=("not in the passages: section 9",)),
        replace(good, outcome="refused"),
    ]
    assert [kept.keep(asked(NOTICE), one, AT, local=False) for one in bad] == [None] * 5
    assert kept.is_empty()


def test_a_confidential_corpus_keeps_what_stayed_here(place: Path | Tables) -> None:
    """A cloud model's answer is neither kept nor, from before, served; a local model's and a person's are."""
    kept = memory(place)
    assert kept.keep(asked(NOTICE, sensitivity="high"), answer(NOTICE), AT, local=False) is None
    kept.keep(asked(NOTICE), answer(NOTICE), AT, local=False)  # while it was not confidential
    assert kept.recall(asked(NOTICE, sensitivity="high"), text_at).served is None
    assert kept.recall(asked("What is the period of notice?", sensitivity="high"), text_at).similar is None
    kept.keep(asked(NOTICE), answer(NOTICE), AT, local=True)
    assert kept.recall(asked(NOTICE, sensitivity="high"), text_at).served
    assert kept.store.forget_cloud() == 0


def test_a_person_is_not_overruled(place: Path | Tables) -> None:
    """A newer answer replaces an older one, a model's never a person's."""
    kept = memory(place)
    kept.keep(asked(NOTICE), answer(NOTICE), AT, local=False)
    kept.keep(asked(NOTICE), replace(answer(NOTICE), text="30 days [1]"), AT, local=False, person="ann")
    kept.keep(asked(NOTICE), replace(answer(NOTICE), text="A month [1]"), AT, local=False)
    served = kept.recall(asked(NOTICE), text_at).served
    assert served is not None
    assert (served.kept.text, served.kept.person, len(kept.store.ids())) == ("30 days [1]", "ann", 1)


def test_a_deleted_document_takes_its_answers_and_questions_along(place: Path | Tables) -> None:
    """Gone from the file itself."""
    kept = memory(place)
    kept.keep(asked(NOTICE, ("lease.md",)), answer(NOTICE), AT, local=False)
    breach = "What does a breach cost?"
    kept.keep(asked(breach), answer(breach, "A breach costs 40,000 euros.", "nda.md"), AT, local=False)
    kept.store.ask(Question(NOTICE, "en", ("lease.md",), "one", 1, ""), "k1", "2026-11-28")
    kept.store.ask(Question(breach, "en", (), "one", 1, ""), "k2", "2026-11-28")
    assert kept.lapse({"nda.md"}, text_at) == 1
    assert [k.question for k in kept.store.answers(kept.store.ids())] == [breach]
    assert [q.question for q in kept.store.questions("2026-01-01", 9)] == [breach]
    if isinstance(place, Path):
        assert b"thirty days" not in b"".join(path.read_bytes() for path in place.parent.iterdir())


def test_what_is_kept_moves_with_its_corpus(place: Path | Tables, tmp_path: Path) -> None:
    """Answers with their vectors, and what people asked; what was there before goes, and twice is as once."""
    kept, there = memory(place), memory(tmp_path / "there.sqlite")
    kept.keep(asked(NOTICE), answer(NOTICE), AT, local=False)
    kept.store.ask(Question(NOTICE, "en", (), "one", 3, ""), "k1", "2026-11-28")
    there.keep(asked("Who pays?"), answer("Who pays?"), AT, local=False)
    for _ in range(2):
        kept.store.copy(there.store)
    assert there.recall(asked("What is the period of notice?"), text_at).served
    assert [k.question for k in there.store.answers(there.store.ids())] == [NOTICE]
    assert [q.times for q in there.store.questions("2026-01-01", 9)] == [3]
    there.store.copy(kept.store)
    assert kept.recall(asked(NOTICE), text_at).served


def test_questions_are_counted_by_day(place: Path | Tables) -> None:
    """Most asked first; old days can be forgotten."""
    store = MemoryStore(place)
    for question, day in [("a?", "2026-11-01"), ("b?", "2026-11-20"), ("b?", "2026-11-21"), ("a?", "2026-09-01")]:
        store.ask(Question(question, "en", (), "one", 1, ""), key_of(Compared(question, "en"), (), "one"), day)
    assert [(q.question, q.times, q.last) for q in store.questions("2026-10-01", 5)] == [
        ("b?", 2, "2026-11-21"),
        ("a?", 1, "2026-11-01"),
    ]
    assert (store.forget_questions(before="2026-10-01"), len(store.questions("2026-01-01", 5))) == (1, 2)


@pytest.mark.parametrize(
    ("a", "b", "language", "same"),
    [
        ("What's the rent?", "what is the rent", "en", True),
        ("请问租金是多少？", "租金是多少", "zh", True),
        ("違約金是多少？", "违约金是多少", "zh", True),
        ("Is 1.5 mg enough?", "Is 15 mg enough?", "en", False),
        ("Is -20 °C cold enough?", "Is 20 °C cold enough?", "en", False),
        ("Is <5 fine?", "Is >5 fine?", "en", False),
    ],
)
def test_normalisation_keeps_what_matters(a: str, b: str, language: str, same: bool) -> None:
    """Writing goes, figures and signs stay."""
    assert (normal(a, language) == normal(b, language)) == same
