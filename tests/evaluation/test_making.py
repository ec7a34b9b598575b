"""Questions made from one's own documents: right, checked, and the same each time."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from sparewheel.eval.making.absent import absent, chinese_number
from sparewheel.eval.making.by_chat import GIVEN_AWAY, INVENTED, SILENT, UNREADABLE, ChatWriter, draft_of
from sparewheel.eval.making.draft import Draft, Name, names
from sparewheel.eval.making.make import ELSEWHERE, Made, make, write_questions
from sparewheel.eval.making.rules import drafts
from sparewheel.eval.making.sentences import chinese, english
from sparewheel.eval.questions import read_questions
from sparewheel.rag.answer.endpoint import Completion
from sparewheel.rag.errors import UsageError
from sparewheel.rag.ingest.described import DocumentInfo
from sparewheel.rag.types import Chunk, Document, Filter, Hit, Progress

LEASE = """Lease of Unit 5

1. Rent
1.1 The rent is £900 a month.
1.2 The Tenant shall pay the deposit within 14 days of signing.

2. Repairs
2.1 The Landlord keeps the roof in good repair at all times.
"Yard" means the paved area behind the building.

Break date\t— 30 June 2028
"""
ACT_ZH = """滨河市停车条例

第一条 停车人应当在三十日内缴清停车费用。

第二条 本条例所称停车场，是指供机动车停放的露天或者室内场所。
第三条 停车场应当公示收费标准，并且接受公众监督。
"""


def document(id: str, text: str, language: str = "en", **metadata: str) -> Document:
    return Document(id, text, text.partition("\n")[0], id, language=language, metadata=metadata)


def chunks(of: Document) -> list[Chunk]:
    return [Chunk(of.id, 0, len(of.text), of.text, of.title, language=of.language)]


class FakeSnapshot:
    """Documents of one passage each."""

    def __init__(self, *documents: Document) -> None:
        self._documents = {d.id: d for d in documents}

    def documents(self) -> list[DocumentInfo]:
        return [
            DocumentInfo(d.id, d.title, d.id, "text/plain", d.language, "", len(d.text), 0, 1, "", "", d.metadata)
            for d in self._documents.values()
        ]

    def document(self, id: str, *, layout: bool = True) -> Document:
        return self._documents[id]

    def chunks_of(self, id: str) -> list[Chunk]:
        return chunks(self._documents[id])


DOCUMENTS = (document("lease.txt", LEASE, kind="lease", parties="Acme Ltd; Bo Ltd"), document("act.txt", ACT_ZH, "zh"))


def made(find: bool = True, **options: Any) -> Made:
    """find: the search brings every document; else nothing."""
    hits = [Hit(chunks(d)[0], 1.0, i + 1, "fake") for i, d in enumerate(DOCUMENTS)] if find else []

    def search(question: str, filter: Filter | None) -> Sequence[Hit]:
        return [hit for hit in hits if filter is None or hit.chunk.document_id == filter["document"]]

    return make(FakeSnapshot(*DOCUMENTS), search, 20, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sentence", "asked", "answer"),
    [
        (
            "3.1 The Board shall call a meeting within 28 days of the request.",
            "within how many days of the request shall the Board call a meeting",
            "28 days",
        ),
        ("The certificate is valid for three years.", "for how many years is the certificate valid", "three years"),
        (
            "The Notice was given\non 20 June 2023.",
            "on which date was the Notice given",
            "20 June 2023",
        ),
        ("The deposit is £17,125.", "what is the deposit", "£17,125"),
    ],
)
def test_an_english_sentence_becomes_its_question(sentence: str, asked: str, answer: str) -> None:
    """The auxiliary goes before the subject."""
    found = english(sentence)
    assert found is not None
    assert (found.clause, found.answer) == (asked, answer)


@pytest.mark.parametrize(
    "sentence",
    [
        "The Tenant shall not assign it within 28 days.",  # it: unclear on its own
        "The Tenant shall pay within 14 days or within 28 days.",  # two figures
        "The Buyer shall inspect goods within 20 days of arrival and report defects.",  # goes on with another verb
        "The Software is activated and checks the licence every 14 days.",  # the figure is not what it is
        "The Board decides on the application within six weeks.",  # no auxiliary
    ],
)
def test_what_no_rule_fits_is_left_alone(sentence: str) -> None:
    """Rather no question than a wrong one."""
    assert english(sentence) is None


def test_a_chinese_sentence_becomes_its_question() -> None:
    """多少 stands for the figure; two figures, or a clause that points elsewhere, make none."""
    found = chinese("第三条 乙方应当在收到通知后十五日内腾退房屋。")
    assert found == ("number", "乙方应当在收到通知后多少日内腾退房屋", "十五日")
    assert chinese("本条例自2024年1月1日起开始正式施行。") == ("date", "本条例自哪一天起开始正式施行", "2024年1月1日")
    assert chinese("乙方应当在十五日内支付违约金三千元给甲方。") is None
    assert chinese("违反前款规定的，应当在十五日内改正完毕。") is None


def test_every_draft_stands_at_its_place() -> None:
    """All kinds are found, and the answer is in the words of the place."""
    found = list(drafts(DOCUMENTS[0], chunks(DOCUMENTS[0]), Name("the lease")))
    assert {d.kind for d in found} == {"clause", "cell", "number", "definition"}
    for d in found:
        assert d.answers[0] in " ".join(LEASE[d.start : d.end].split())
    asked = {d.question: d.answers[0] for d in found}
    assert asked["In the lease, what is given for “Break date”?"] == "30 June 2028"
    assert (
        asked["What does clause 1.2 of the lease say?"] == "The Tenant shall pay the deposit within 14 days of signing."
    )


def test_documents_of_one_title_are_told_apart() -> None:
    """By their parties; where nothing tells them apart, only the document itself is asked."""
    twins = [document(f"{i}.txt", "Lease\n", kind="lease", parties=f"{who}; Bo Ltd") for i, who in enumerate("ABB")]
    called = names(FakeSnapshot(*twins).documents())
    assert called["0.txt"] == Name("the Lease (A; Bo Ltd)")
    assert called["1.txt"].within
    assert called["2.txt"].within


def test_what_is_absent_is_absent() -> None:
    """A clause behind the last, a company that nobody knows, a topic without a word in the document."""
    found = list(absent(DOCUMENTS[0], ["rent"], ["repairs", "website cookies"], Name("the lease"), random.Random(1)))
    assert [d.kind for d in found] == ["absent clause", "absent name", "absent topic"]
    assert found[2].question == "What does the lease say about website cookies?"
    assert not any(d.answerable for d in found)
    assert [chinese_number(n) for n in (9, 10, 12, 20, 105, 120)] == [
        "九",
        "十",
        "十二",
        "二十",
        "一百零五",
        "一百二十",
    ]


def test_the_same_seed_makes_the_same_questions() -> None:
    """Another seed makes others, or another order."""
    assert made() == made()
    assert made().questions != made(seed=8).questions


def test_both_languages_are_asked_and_some_have_no_answer() -> None:
    """Of a collection in two languages."""
    questions = made().questions
    assert {q.language for q in questions} == {"en", "zh"}
    assert {q.answerable for q in questions} == {True, False}


def test_what_the_search_does_not_find_is_dropped() -> None:
    """And counted; what has no answer needs no passage."""
    found = made(find=False)
    assert not any(q.answerable for q in found.questions)
    assert found.dropped[ELSEWHERE] > 5


def test_the_file_is_read_as_it_was_made(tmp_path: Path) -> None:
    """`eval run` reads the questions; a file that may be edited is not written over."""
    file = tmp_path / "questions.jsonl"
    questions = made().questions
    write_questions(file, questions)
    assert tuple(read_questions(file)) == questions
    with pytest.raises(UsageError, match="there already"):
        write_questions(file, questions)


class FakeModel:
    """Says one thing, or fails."""

    name = model = "fake"

    def __init__(self, said: str | None, local: bool = True) -> None:
        self.said, self.local, self.prompts = said, local, list[str]()

    async def complete(
        self, messages: Sequence[Mapping[str, Any]], *, tools: Sequence[Mapping[str, Any]] = (), **options: Any
    ) -> AsyncGenerator[str | Progress | Completion]:
        self.prompts.append(messages[0]["content"])
        if self.said is None:
            raise ConnectionError
        yield self.said


def written(*models: FakeModel) -> Draft | str:
    lease = DOCUMENTS[0]
    return ChatWriter(lambda: [(m, 5.0) for m in models], "legal")(lease, chunks(lease)[0], Name("the Lease of Unit 5"))


def test_a_chat_model_writes_where_another_fails() -> None:
    """Its answer is placed in the sentence that holds it; the document is named where the model forgot it."""
    broken, good = FakeModel(None), FakeModel(json.dumps({"question": "How much is it monthly?", "answer": "£900"}))
    found = written(broken, good)
    assert isinstance(found, Draft)
    assert found.question == "The Lease of Unit 5: How much is it monthly?"
    assert LEASE[found.start : found.end] == "1.1 The rent is £900 a month."
    assert len(broken.prompts) == 1
    assert written(broken) == SILENT
    assert written() == SILENT  # none may see the documents: nothing is sent


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("I would ask about the rent.", UNREADABLE),
        ('{"question": "How much?", "answer": "£9000"}', INVENTED),
        ('{"question": "Is the rent £900?", "answer": "£900"}', GIVEN_AWAY),
    ],
)
def test_what_a_chat_model_makes_up_is_dropped(said: str, reason: str) -> None:
    """With the reason."""
    assert draft_of(said, DOCUMENTS[0], chunks(DOCUMENTS[0])[0], Name("the lease")) == reason
