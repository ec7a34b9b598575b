"""The shipped English reader quotes answers, refuses where there is none, and keeps its offsets."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from sparewheel.rag.answer.reader import Reader, chosen_by_the_asker, worth_reading
from sparewheel.rag.answer.spans import best_spans, windows_of
from sparewheel.rag.errors import NotFound
from sparewheel.rag.types import AnswerRequest, Chunk, Draft, Hit
from sparewheel.rag.weights import WEIGHTS

FOLDER = WEIGHTS / "reader-en"
LAW = "12.1 This Agreement shall be governed by the laws of the State of Delaware."
ASSIGNMENT = "9.2 Neither party may assign this Agreement without the prior written consent of the other party."
PAYMENT = "4. The Customer shall pay all invoices within thirty (30) days of receipt."


@cache
def reader():
    return Reader(FOLDER, threads=2)


def hits(*texts):
    return tuple(Hit(Chunk(f"d{i}", 0, len(t), t), 1.0, i + 1, "test") for i, t in enumerate(texts))


def ask(question, *texts, domain="legal"):
    return reader().read(AnswerRequest(question, hits(*texts), domain))


def test_it_finds_the_clause_that_answers_among_others():
    """The governing law stands in the second passage; the quote is there, word for word."""
    draft = ask("Which law governs the agreement?", PAYMENT, LAW, ASSIGNMENT)
    assert (draft.refused, draft.spans[0].hit) == (False, 1)
    assert "laws of the State of Delaware" in draft.text


def test_every_span_is_verbatim():
    """Draft.text is the spans' text, joined; confidence is a probability."""
    texts = (PAYMENT, LAW, ASSIGNMENT)
    draft = ask("When must invoices be paid?", *texts)
    assert draft.text == "; ".join(texts[s.hit][s.start : s.end] for s in draft.spans)
    assert 0.0 <= draft.confidence <= 1.0


def test_what_no_passage_answers_is_refused():
    """No passage says a word of it; nothing is quoted."""
    draft = ask("What dose of metformin was given?", PAYMENT, LAW)
    assert (draft.refused, draft.text, draft.spans) == (True, "", ())


def test_no_passages_no_answer():
    """Without evidence there is nothing to quote."""
    assert ask("Which law governs the agreement?").refused is True


def test_a_medical_question_is_read_too():
    """One network reads both domains."""
    text = "The trial enrolled 22,071 male physicians, who took aspirin every other day for five years."
    assert "22,071" in ask("How many physicians were enrolled?", text, domain="medical").text


def test_a_yes_no_question_gets_its_label_and_the_evidence_sentence():
    """A clause that forbids answers "no", with the whole sentence as evidence."""
    draft = ask("Can the agreement be assigned without consent?", PAYMENT, ASSIGNMENT)
    assert (draft.label, draft.spans[0].hit) == ("no", 1)
    assert draft.text.endswith("consent of the other party.")


def test_a_detail_is_quoted_without_its_clause():
    """ "How much notice" is answered by the few words within the clause, still verbatim and in their place."""
    clause = "7.1 The Tenant may end this lease by giving the Landlord not less than nine months' written notice."
    draft = ask("How much notice must the tenant give to end the lease?", PAYMENT, clause)
    (span,) = draft.spans
    assert draft.text == clause[span.start : span.end]
    assert "nine months" in draft.text
    assert len(draft.text) < 50
    whole = ask("What may the tenant do to end the lease?", clause)
    assert len(whole.text) > len(draft.text)


def test_a_heading_is_no_part_of_a_quote():
    """A line of its own over the paragraph is left out; what streams is what the answer says, on one line."""
    text = "Notice\n\nThe notice period is thirty days."
    draft = ask("How long is the notice period?", text)
    assert draft.text in "The notice period is thirty days."
    assert "thirty days" in draft.text


async def test_what_streams_is_on_one_line():
    """As the answer will be: a quote keeps no line breaks of its page."""
    text = (
        "12.1 This Agreement shall be governed by the laws of\nthe State of Delaware,\nwithout its rules on conflicts."
    )
    request = AnswerRequest("What is agreed on the governing law?", hits(text), "legal")
    items = [item async for item in reader().stream(request)]
    assert "\n" in items[-1].text
    assert items[0] == " ".join(items[-1].text.split())


def test_a_heading_that_runs_into_its_clause_is_no_answer():
    """What follows it is."""
    draft = ask("Can the tenant sublet?", "5. Repairs. The Tenant repairs.\n6. Subletting. Subletting is prohibited.")
    assert draft.text.endswith("Subletting is prohibited.")
    assert draft.text != "Subletting."


def test_a_short_sentence_is_no_heading():
    """It is the answer, not what follows it."""
    text = "The licensor is Grunwald Clinics. The fee is 900 euros.\n4. Do not refrigerate. Keep it in its box."
    assert "Grunwald" in ask("Who is the licensor?", text).text
    assert "refrigerate" in ask("Can I refrigerate it?", text, domain="medical").text


def test_advice_is_quoted_with_all_of_its_sentence():
    """ "Take the next one" alone leaves out that the one that was forgotten is skipped."""
    text = "If you forget a tablet, skip it and take the next one at the usual time. Store below 25 degrees."
    assert "skip it" in ask("What should I do if I miss a tablet?", text, domain="medical").text


def test_a_quote_to_a_yes_no_question_keeps_its_denial():
    """The condition alone, "if you are pregnant", says nothing."""
    text = "Lumexal lowers cholesterol. Do not take Lumexal if you are pregnant, breast-feeding or have liver disease."
    assert "Do not take" in ask("I'm pregnant, can I take Lumexal?", text, domain="medical").text


def test_an_item_of_a_list_is_quoted_with_the_line_over_it():
    """The item alone, "if you take aliskiren", forbids nothing."""
    text = "Do not take Lumexal\n- if you are allergic to it\n- if you take aliskiren and have diabetes."
    draft = ask("I have diabetes and take aliskiren. Is Lumexal okay?", text, domain="medical")
    assert draft.text.startswith("Do not take Lumexal")
    assert "if you take aliskiren and have diabetes" in draft.text


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Is Lumexal addictive?", "Lumexal drops. Do not take Lumexal if you have sleep apnoea or are under 18."),
        ("Can I appeal if I'm expelled?", "The board may expel a member who damages items wilfully."),
    ],
)
def test_a_sentence_about_something_else_answers_no_yes_no_question(question, text):
    """Naming the medicine, or the case that is asked about, is not enough."""
    passage = Hit(Chunk("d", 0, len(text), text, title="Lumexal drops"), 1.0, 1, "test", scores={"bm25": 1.0})
    assert reader().read(AnswerRequest(question, (passage,), "medical")).refused


def test_no_label_where_the_question_asks_no_yes_or_no():
    """A question for a thing has an answer and no label."""
    assert ask("Which law governs the agreement?", LAW).label == ""


async def test_it_streams_its_text_and_then_one_draft():
    """The contract of an Answerer."""
    items = [item async for item in reader().stream(AnswerRequest("Which law governs?", hits(LAW), "legal"))]
    assert isinstance(items[-1], Draft)
    assert items[:-1] == [items[-1].text]


def test_it_is_a_langchain_runnable():
    """Documents in, the answer with offsets into them out."""
    found = reader().as_runnable().invoke({"question": "Which law governs the agreement?", "documents": [LAW]})
    number, start, end, _ = found["spans"][0]
    assert (number, found["answer"]) == (0, LAW[start:end])


def test_a_long_passage_is_read_to_its_end():
    """The answer stands behind 6,000 characters; its offsets count in the whole chunk."""
    long = "The parties have met and talked. " * 190 + LAW
    draft = ask("Which law governs the agreement?", long)
    assert "Delaware" in long[draft.spans[0].start : draft.spans[0].end]


def test_what_a_reranker_put_behind_the_sixth_place_is_read_of_one_document_only():
    """Within one document nine passages are read; of other documents only what is among the first six."""
    one = [replace(hit, scores={"relevance": 0.5}) for hit in hits(*[PAYMENT] * 10)]
    same = [replace(hit, chunk=replace(hit.chunk, document_id="d0")) for hit in one]
    assert worth_reading(same, 8) == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    assert worth_reading([*one[:7], same[7]], 8) == [0, 1, 2, 3, 4, 5, 7]
    assert worth_reading(hits(*[PAYMENT] * 3), 8) == [0, 1, 2]


def test_passages_of_one_document_without_a_search_are_the_askers_choice():
    """Of one document and scored by no search; not where there are none."""
    one = [replace(hit, chunk=replace(hit.chunk, document_id="d")) for hit in hits(PAYMENT, LAW)]
    searched = [one[0], replace(one[1], scores={"bm25": 3.0})]
    assert [chosen_by_the_asker(h) for h in (one, searched, hits(PAYMENT, LAW), ())] == [True, False, False, False]


def test_a_yes_no_question_in_other_words_is_answered_from_a_given_passage():
    """Without a label, as its words bear on nothing of the question; found by a search the same passage is refused."""
    (given,) = hits(ASSIGNMENT)
    asked = AnswerRequest("Can the licensee hand the contract over to somebody else?", (given,), "legal")
    draft = reader().read(asked)
    assert (draft.refused, draft.label) == (False, "")
    assert draft.text in ASSIGNMENT
    assert reader().read(replace(asked, hits=(replace(given, scores={"bm25": 3.0}),))).refused is True


def test_a_passage_reads_the_same_beside_any_other():
    """Each window is read by itself, to the last bit."""
    alone = reader().readings("Which law governs?", hits(LAW))[0]
    beside = reader().readings("Which law governs?", hits(LAW, "Another clause. " * 90, PAYMENT))
    assert next(r.spans for r in beside if r.window.hit == 0) == alone.spans


def test_windows_cover_the_chunk():
    """Every character is in a window, no window is longer than asked, and each says where it stands."""
    text = " ".join(f"word{n}" for n in range(900))
    windows = windows_of(Chunk("d", 0, len(text), text), 3, 1600, 200)
    assert all(text[w.start : w.start + len(w.text)] == w.text and len(w.text) <= 1600 for w in windows)
    assert {i for w in windows for i in range(w.start, w.start + len(w.text))} == set(range(len(text)))


def test_best_spans_are_disjoint_and_best_first():
    """Two peaks give two spans; the end is never before the start."""
    start, end = np.zeros(10, np.float32), np.zeros(10, np.float32)
    start[[2, 6]], end[[3, 8]] = (5, 4), (5, 4)
    assert best_spans(start, end, 2) == [(2, 3, 10.0), (6, 8, 8.0)]


def test_a_folder_without_a_model_is_named():
    """The error says which folder, and how to see what is there."""
    with pytest.raises(NotFound, match="no reader in /nowhere"):
        Reader("/nowhere")
