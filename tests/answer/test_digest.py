"""Several places in one answer, under the names of their documents, and how complete they are."""

from __future__ import annotations

from sparewheel.rag.answer.digest import MOST_QUOTES, digest, places_of
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Shape, Span


class Finds:
    """A network that points at the word, and refuses where no passage has it. `questions` notes what it was asked."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.questions: list[str] = []

    def read(self, request: AnswerRequest) -> Draft:
        self.questions.append(request.question)
        for i, hit in enumerate(request.hits):
            at = hit.chunk.text.find(self.word)
            if at >= 0:
                return Draft(self.word, (Span(i, at, at + len(self.word)),), confidence=0.7)
        return Draft("", refused=True)


def asked(question: str, shape: Shape, *passages: tuple[str, str, str]) -> AnswerRequest:
    """passages: (document, heading, text)."""
    hits = [
        Hit(Chunk(id, 0, len(text), text, id.title(), (heading,) if heading else ()), 1.0, i, "order")
        for i, (id, heading, text) in enumerate(passages, 1)
    ]
    return AnswerRequest(question, tuple(hits), shape=shape)


LAWS = (
    ("osprey", "", "English law governs."),
    ("quay", "", "Rent is due monthly."),
    ("acme", "", "French law governs."),
)


def test_one_place_of_each_document_read_by_itself() -> None:
    """Named, in order, with what was found in none; as sure as the least sure place."""
    network = Finds("law")
    draft = digest(asked("List all governing laws.", "each", *LAWS), network)
    assert draft is not None
    assert draft.text == "Osprey:\n- law\nAcme:\n- law\n(2 places in 2 documents; nothing found in 1: Quay)"
    assert (draft.spans[0].hit, draft.spans[1].hit, draft.confidence) == (0, 2, 0.7)
    assert network.questions == ["What is the governing law?"] * 3


def test_where_no_document_says_it_the_answer_is_refused() -> None:
    draft = digest(asked("List all governing laws.", "each", *LAWS), Finds("arbitration"))
    assert draft is not None
    assert (draft.refused, draft.text) == (True, "")


def test_documents_with_a_value_are_those_that_hold_it() -> None:
    """No network is asked: the name in the question must stand in the sentence."""
    network = Finds("law")
    draft = digest(asked("Which contracts are governed by French law?", "each", *LAWS), network)
    assert draft is not None
    assert (draft.text.split("\n")[:2], network.questions) == (["Acme:", "French law governs."], [])


def test_a_list_takes_the_parts_whose_heading_is_about_it() -> None:
    """And sentences elsewhere that speak of it; each under its heading."""
    request = asked(
        "List the termination rights.", "several",
        ("lease", "Termination rights", "The tenant may end the lease in May. The landlord may not do so at all."),
        ("lease", "Rent", "The rent is 700 euros a month."),
        ("lease", "Notices", "Termination rights are used in writing. Letters go by post."),
    )  # fmt: skip
    draft = digest(request, Finds("-"))
    assert draft is not None
    assert draft.text == (
        "- Termination rights: The tenant may end the lease in May. The landlord may not do so at all.\n"
        "- Notices: Termination rights are used in writing.\n(2 places in 1 document)"
    )


def test_a_summary_takes_the_beginning_of_every_part() -> None:
    """No more than the most, from all over the document; in Chinese as in English."""
    passages = [("合同", "", f"第{i}条约定了双方的一项具体义务。其他从略不再赘述。") for i in range(20)]
    draft = digest(asked("总结这份合同", "several", *passages), Finds("-"))
    assert draft is not None
    assert [span.hit for span in draft.spans] == list(range(0, 20, 2))
    assert len(draft.spans) == MOST_QUOTES
    assert draft.text.endswith("（1 份文档，共 10 处）")


def test_one_question_of_one_place_is_left_to_a_reader() -> None:
    assert digest(asked("Which law governs?", "one", *LAWS), Finds("law")) is None
    assert digest(asked("List the warranties.", "several", *LAWS), Finds("law")) is None


def test_quotes_that_the_request_brings_are_the_answer() -> None:
    """Whole, without a line of how complete they are."""
    request = asked("What does clause 1 say?", "one", *LAWS[:1])
    given = AnswerRequest(request.question, request.hits, quotes=(Span(0, 0, 12),))
    assert (places_of(given).text, places_of(given).confidence) == ("English law", 1.0)
