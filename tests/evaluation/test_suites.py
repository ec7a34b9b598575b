"""The suites: each can be read, and `samples` needs nothing else."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparewheel import corpora
from sparewheel.corpora import Question
from sparewheel.eval.asked import COLLECTIONS
from sparewheel.eval.suites import HELD_OUT, Part, drawn, held_out, index_documents, known, suite, suite_names
from sparewheel.rag.errors import NotFound
from sparewheel.rag.ingest.report import Progress
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.settings import Settings, load_settings
from sparewheel.rag.types import Document
from training.splits import contract_held_out, legalbench_held_out
from training.splits import held_out as left_out


def test_every_suite_is_described_in_both_languages() -> None:
    """For the page's two."""
    assert [
        name for name in suite_names() if not (suite(name).about and re.search("[一-鿿]", suite(name).about_zh))
    ] == []


def test_the_suites_are_these() -> None:
    """The help of `eval run` and docs/evaluation.md name them."""
    assert suite_names() == ["asked", "legal", "legal-zh", "medical", "samples"]


@pytest.mark.parametrize("name", suite_names())
def test_every_part_names_what_exists(name: str) -> None:
    """A sample domain, or a registered data set and one of its splits; every corpus once."""
    parts = suite(name).parts
    for part in parts:
        assert part.domain in corpora.DOMAINS
        if part.dataset:
            assert part.split in corpora.entry(part.dataset).splits
        elif part.samples:
            assert corpora.samples(part.samples).is_dir()
        else:
            assert part.made in COLLECTIONS
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


def test_no_model_was_trained_on_what_a_suite_holds_out() -> None:
    """Every name in eval/held_out.toml is one that the trainers leave out, and there are some of each set."""
    listed = tomllib.loads(HELD_OUT.read_text(encoding="utf-8"))
    rules = {"cuad": contract_held_out, "policyqa": left_out, "legalbench-rag": legalbench_held_out}
    assert listed.keys() == rules.keys()
    assert {name: len(names) for name, names in listed.items()} == {"cuad": 83, "policyqa": 4, "legalbench-rag": 17}
    assert all(rules[name](document) for name, names in listed.items() for document in names)


@pytest.mark.parametrize("name", suite_names())
def test_a_set_that_models_were_trained_on_is_asked_where_held_out(name: str) -> None:
    """The sets that have trained documents beside held-out ones; PrivacyQA was never trained on."""
    for part in suite(name).parts:
        assert part.held_out == (part.dataset in ("cuad", "policyqa", "legalbench-rag") and part.split != "privacy_qa")


class FakePart(Part):
    """Documents without a public set."""

    def documents(self, settings: Settings) -> Iterator[Document]:
        return iter([Document(name, f"{name} pays in thirty days.", name, name) for name in self.dataset.split()])


def test_documents_of_a_set_are_indexed_once(tmp_path: Path) -> None:
    """Those that are there cost nothing, new ones come, others go; progress is told."""
    settings = Settings(data_folder=str(tmp_path))

    def index(documents: str) -> tuple[list[str], list[str]]:
        told: list[Progress] = []
        index_documents(FakePart("set", "legal", dataset=documents), settings, told.append)
        with Store(tmp_path / "set").open() as snapshot:
            found = sorted(document.id for document in snapshot.documents())
            assert snapshot.share("dense") == 1
        return [progress.name for progress in told if progress.stage == "split"], found

    assert index("anna ben") == (["anna", "ben"], ["anna", "ben"])
    assert index("anna ben") == ([], ["anna", "ben"])
    assert index("ben carl") == (["carl"], ["ben", "carl"])


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
        assert {q.document_id for q in chosen} - {None} <= (held_out(part.dataset) if part.held_out else ids)
