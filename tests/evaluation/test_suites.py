"""The suites: each can be read, and `samples` needs nothing else."""

from __future__ import annotations

import pytest

import corpora
from corpora import Question
from eval.suites import drawn, known, suite, suite_names
from rag.errors import NotFound
from rag.settings import Settings, load_settings


def test_the_suites_are_these() -> None:
    """The help of `eval run` and docs/evaluation.md name them."""
    assert suite_names() == ["legal", "legal-zh", "medical", "samples"]


@pytest.mark.parametrize("name", suite_names())
def test_every_part_names_what_exists(name: str) -> None:
    """A sample domain, or a registered data set and one of its splits; every corpus once."""
    parts = suite(name).parts
    for part in parts:
        assert part.domain in corpora.DOMAINS
        if part.dataset:
            assert part.split in corpora.entry(part.dataset).splits
        else:
            assert corpora.samples(part.samples).is_dir()
    assert len({part.corpus for part in parts}) == len(parts)


def test_samples_has_questions_of_which_all_is_known() -> None:
    """172, every id once."""
    questions = [q for part in suite("samples").parts for q in part.questions(Settings())]
    assert (len(questions), len({q.id for q in questions}), all(map(known, questions))) == (172, 172, True)


def test_a_sample_of_the_questions_is_always_the_same() -> None:
    """In their order, none twice; all of them where there are no more."""
    questions = [Question(str(number), "?") for number in range(100)]
    chosen = [int(question.id) for question in drawn(questions, 10)]
    assert chosen == sorted(set(chosen)) == [int(question.id) for question in drawn(questions, 10)]
    assert (len(chosen), chosen == list(range(10))) == (10, False)
    assert drawn(questions, 200) == drawn(questions, None) == questions


def test_a_misspelt_suite_is_suggested() -> None:
    """With the nearest name."""
    with pytest.raises(NotFound, match="did you mean 'medical'"):
        suite("medicla")


@pytest.mark.data
@pytest.mark.parametrize("name", ["legal", "medical", "legal-zh"])
def test_public_questions_are_chosen_evenly_and_always_the_same(name: str) -> None:
    """At most `limit`, of the whole split; each on a document of the part."""
    settings = load_settings()
    if not settings.public_data:
        pytest.skip("the setting public_data is not set")
    for part in suite(name).parts:
        chosen = part.questions(settings)
        assert chosen == part.questions(settings)
        assert len(chosen) <= (part.limit or len(chosen))
        ids = {document.id for document in part.documents(settings)}
        assert {q.document_id for q in chosen} - {None} <= ids
