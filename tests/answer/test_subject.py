"""A quote from the document that speaks of what is asked."""

from __future__ import annotations

from sparewheel.rag.answer.subject import of_the_subject
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit, Span

SERVICES = "Late payments bear interest at one per cent a month."
LEASE = "If the rent is unpaid, the Tenant pays interest on it at the base rate."


def hits(lease: str = LEASE) -> tuple[Hit, ...]:
    first = Chunk("msa", 0, len(SERVICES), SERVICES, "Services agreement", ("3. Fees",))
    second = Chunk("lease", 0, len(lease), lease, "Lease", ("3. Rent",))
    return Hit(first, 1.0, 1, "words", {}), Hit(second, 1.0, 2, "words", {})


def read(request: AnswerRequest) -> Draft:
    """A network that quotes the base rate, and nothing where there is none."""
    for i, hit in enumerate(request.hits):
        if (at := hit.chunk.text.find("the base rate")) >= 0:
            return Draft("the base rate", (Span(i, at, at + 13, 0.8),), confidence=0.8)
    return Draft("", refused=True, confidence=0.1)


def answered(question: str, lease: str = LEASE) -> Draft:
    quote = "one per cent a month"
    at = SERVICES.index(quote)
    draft = Draft(quote, (Span(0, at, at + len(quote), 0.9),), confidence=0.9)
    return of_the_subject(AnswerRequest(question, hits(lease), "legal"), draft, read)


def test_the_document_that_speaks_of_it_is_read() -> None:
    """Nothing of the services agreement is about rent."""
    made = answered("What interest is payable on late rent?")
    assert (made.text, made.spans[0].hit) == ("the base rate", 1)


def test_where_that_one_does_not_answer_nothing_does() -> None:
    """Another contract's interest sounds right, and is wrong."""
    assert answered("What interest is payable on late rent?", "Interest accrues where rent is late.").refused


def test_a_question_about_the_quoted_document_keeps_its_quote() -> None:
    """By the words of its text, or of its title and headings."""
    assert answered("What interest is payable on late payments?").text == "one per cent a month"
    assert answered("What interest on late fees, not rent?").text == "one per cent a month"
