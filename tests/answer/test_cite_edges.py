"""Citations at their edges: the page of the quote itself, the share of words that bears a sentence out."""

from __future__ import annotations

from sparewheel.rag.answer.cite import UNSUPPORTED, cite, refusal
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


def test_a_citation_ends_where_its_quote_ends() -> None:
    """Offsets in the document span exactly the quoted words."""
    citation = only(cited(Draft("The deposit equals three rents [1].")))
    assert (citation.start, citation.end) == (TURN, 100 + len(TEXT))
    assert TEXT[citation.start - 100 : citation.end - 100] == citation.quote


def test_a_marker_whose_sentence_shares_no_word_quotes_the_whole_passage() -> None:
    """No sentence of it is nearer than another."""
    assert only(cited(Draft("Bananas [1]."))).quote == TEXT


def test_of_two_sentences_that_say_it_the_shorter_is_quoted() -> None:
    """Both share the same words with the answer."""
    text = "Rent falls due on the very first morning of every quarter. Rent falls due."
    chunk = Chunk("lease.pdf", 0, len(text), text, id=1)
    assert only(cited(Draft("Rent falls due [1]."), chunk)).quote == "Rent falls due."


def test_a_passage_that_is_cited_twice_is_quoted_for_its_first_mention() -> None:
    """One citation a marker; the sentence that cites it first decides."""
    answer = cited(Draft("The deposit equals three rents [1]. The rent falls due monthly [1]."))
    assert only(answer).quote == "The deposit equals three rents."


def test_a_refusal_is_one_and_names_title_and_innermost_heading() -> None:
    """In the language of the question; it cites nothing."""
    chunk = Chunk("lease.pdf", 0, 4, "Rent", title="Lease", headings=("I. Money", "2. Rent"))
    for question, where in (("Who?", "in Lease > 2. Rent."), ("谁？", "：Lease > 2. Rent。")):
        answer = refusal(Answer(question, "c", "", "failed", evidence=(Hit(chunk, 1.0, 1, "fake"),)))
        assert (answer.outcome, answer.text.endswith(where), answer.citations) == ("refused", True, ())
