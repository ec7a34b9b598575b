"""Citations at their edges: the page of the quote itself, the share of words that bears a sentence out."""

from __future__ import annotations

from sparewheel.rag.answer.cite import UNSUPPORTED, cite
from sparewheel.rag.types import Answer, Chunk, Citation, Draft, Hit, Span

TEXT = "The rent falls due monthly.\nThe deposit equals three rents."
CHUNK = Chunk("lease.pdf", 100, 100 + len(TEXT), TEXT, title="Lease", page=1, id=1)
TURN = 100 + TEXT.index("The deposit")  # where page 2 begins


def cited(draft: Draft, chunk: Chunk = CHUNK) -> Answer:
    asked = Answer("q", "c", "", "failed", evidence=(Hit(chunk, 1.0, 1, "fake"),))
    return cite(asked, draft, page_of=lambda document, offset: 1 + (offset >= TURN))


def only(answer: Answer) -> Citation:
    (citation,) = answer.citations
    return citation


def test_a_quote_on_the_next_page_of_its_passage_has_that_page() -> None:
    """The passage begins on page 1, the quoted words stand on page 2: by a span and by a marker."""
    start = TEXT.index("three rents")
    assert only(cited(Draft("three rents", (Span(0, start, start + 11),)))).page == 2
    assert only(cited(Draft("The deposit equals three rents [1]."))).page == 2
    assert only(cited(Draft("The rent falls due monthly [1]."))).page == 1


def test_half_of_the_content_words_bear_a_sentence_out_and_fewer_do_not() -> None:
    """Words of four letters and more count. Two of four stand in the passage: borne out; two of five: not."""
    assert UNSUPPORTED not in cited(Draft("Rent monthly gladly wired [1].")).text
    weak = cited(Draft("Rent monthly gladly wired abroad [1]."))
    assert weak.text.endswith(UNSUPPORTED)
    assert weak.notes == (f"1 sentence not borne out by the passages, marked {UNSUPPORTED}",)


def test_an_answer_without_markers_is_given_a_passage_at_the_same_share() -> None:
    """Two words of four are enough for a citation, two of five are not."""
    assert only(cited(Draft("Rent monthly gladly wired"))).document_id == "lease.pdf"
    assert cited(Draft("Rent monthly gladly wired abroad")).citations == ()
