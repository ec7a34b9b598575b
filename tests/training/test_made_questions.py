"""Made questions: their spans can be asked for, their passages are the training side's, nothing made is lost."""

import json
import random
from pathlib import Path

import pytest

from training.asker.asked import good, prompts_of, taught_batches
from training.asker.prompts import LONGEST_ANSWER, SHOWN_CHARS, Taught, around, prompt, read_in, style_for, write_in
from training.asker.texts import Passage, candidates, general, legal, windows
from training.splits import contract_held_out, held_out

TEXT = (
    "The harbour of Port Albany was opened on March 3, 1912 because the old quay had silted up. "
    "It cost $40,000 and employs 250 people. The council of New Albany pays for its upkeep. "
    "Ships are repaired in dry docks, and pilots guide vessels through the narrow channel at night."
)


class Words:
    """One id per word, as a tokenizer of the asker."""

    def ids(self, texts):
        return [[len(w) for w in t.split()] for t in texts]


def test_spans_are_of_many_kinds_and_stand_apart():
    """Names, dates, amounts, clauses and sentences are asked for, and no two spans are nearly the same."""
    found = {TEXT[a:b] for seed in range(40) for a, b in candidates(TEXT, "general", 6, random.Random(seed))}
    assert {"March 3, 1912", "$40,000", "250 people", "Port Albany", "the old quay had silted up"} <= found
    for seed in range(20):
        spans = candidates(TEXT, "medical", 5, random.Random(seed))
        assert all(a < b <= len(TEXT) for a, b in spans)
        assert len(set(spans)) == len(spans)


def test_a_bare_number_is_no_answer_in_a_contract():
    """It is a section's; in a general text it may be a year."""
    text = "Under Section 12.4 the fee is 30 days late. In 1912 we met the Board of Trade there."
    for seed in range(20):
        asked = {text[a:b] for a, b in candidates(text, "legal", 6, random.Random(seed))}
        assert not asked & {"12.4", "1912", "12"}


def test_windows_hold_the_text_in_order():
    """Nothing but tables and scraps falls out, and a window ends behind a sentence."""
    text = " ".join(f"Sentence number {n} says little." for n in range(200))
    pieces = list(windows(text, random.Random(1)))
    assert " ".join(pieces) == text
    assert all(p.endswith(".") for p in pieces)


def test_the_prompt_shows_the_answer_between_marks():
    """The text around it is cut to what the asker sees, the question of its style is asked for last."""
    text = "word " * 600 + "ANSWER here" + " word" * 600
    span = (3000, 3011)
    start, end = around(text, span)
    assert start <= 3000 < 3011 <= end
    assert end - start <= SHOWN_CHARS
    shown = prompt("General", "A title", text, span)
    assert shown.startswith("A title\nword")
    assert "<repo_name>ANSWER here<reponame>" in shown
    assert shown.endswith("\nGeneral question:")
    assert "A title" not in prompt("Contract", "A title", text, span)
    assert len(prompt("Contract", "", text, (0, 3000))) < SHOWN_CHARS + LONGEST_ANSWER


def test_short_spans_of_contracts_are_asked_for_generally():
    """Nobody's clause question asks for a name."""
    contract = Passage("legal", "Contract", "", TEXT)
    rng = random.Random(2)
    assert {style_for(contract, (0, 20), rng) for _ in range(30)} == {"General"}
    assert {style_for(contract, (0, 90), rng) for _ in range(30)} == {"General", "Contract"}


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("When was the harbour opened?", True),
        ("", False),
        ("What is?", False),
        ("? ? ? 1 2 3", False),
        ("Was it opened on March 3, 1912?", False),
    ],
)
def test_bad_questions_are_dropped(question, kept):
    """Too short, without words, or with the answer in them."""
    assert good(question, "March 3, 1912") is kept


def test_what_is_packed_comes_back(tmp_path):
    """Passages in their order; the questions people asked, of one text together."""
    passages = [Passage("legal", "Policy", "§ 1", "We töx data.", ((0, 2), (3, 6)))]
    rows = [Taught("General", "h", f"text {n % 2}", (0, 4), f"q{n}?") for n in range(4)]
    write_in(tmp_path, passages, rows)
    assert read_in(tmp_path) == (passages, [rows[0], rows[2], rows[1], rows[3]])


def test_batches_keep_every_row_and_the_budget():
    """Each epoch has every row once; a batch is at most about its budget of tokens."""
    rows = [Taught("General", "", TEXT, (0, 20), f"Where is number {n}?") for n in range(30)]
    batches = taught_batches(rows, Words(), 2, random.Random(1), budget=200)
    assert sum(map(len, batches)) == 60
    assert all(sum(len(p) + len(q) for p, q in b[:-1]) < 200 for b in batches)


def test_work_is_cut_into_batches_of_like_length():
    """Every span is in one batch with the ids of its prompt."""
    passages = [Passage("general", "General", "", TEXT * n, ((0, 11),)) for n in range(1, 10)]
    work = [(n, (0, 11)) for n in range(9)]
    batches = prompts_of(work, passages, Words(), 4, "seed")
    assert sorted((n, span) for b in batches for n, span, _ in b) == work
    assert sorted(map(len, batches)) == [1, 4, 4]


def test_passages_of_held_out_documents_are_left_out(tmp_path):
    """SQuAD articles, policies and contracts alike; only files of the training side are opened."""
    articles = [{"title": f"T{n}", "paragraphs": [{"context": f"About T{n}."}]} for n in range(40)]
    policies = [{"title": f"s{n}.com", "paragraphs": [{"context": f"s{n}.com " * 60}]} for n in range(40)]
    contracts = [{"title": f"FIRM{n}_x", "paragraphs": [{"context": f"The firm{n} pays. " * 60}]} for n in range(40)]
    for name, value in {
        "general/squad/dev-v1.1.json": {"data": articles},
        "general/squad/train-sample.json": [],
        "legal/policyqa/dev.json": {"data": policies},
        "legal/gdpr/gdpr.json": {"chapters": []},
        "legal/cuad/CUADv1-train.json": {"data": contracts},
        "legal/legalbench-rag/benchmarks/contractnli.json": {
            "tests": [{"snippets": [{"file_path": f"contractnli/a||{n}.txt"}]} for n in range(40)]
        },
        "legal/legalbench-rag/benchmarks/maud.json": {"tests": []},
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(json.dumps(value))
    folder = Path(tmp_path / "legal/legalbench-rag/corpus/contractnli")
    folder.mkdir(parents=True)
    for n in range(40):
        (folder / f"a__{n}.txt").write_text(f"The party{n} keeps it secret. " * 30)
    asked = [*general(tmp_path), *legal(tmp_path, random.Random(1))]
    titles = {p.heading for p in asked}
    assert titles.isdisjoint(f"T{n}" for n in range(40) if held_out(f"T{n}"))
    assert titles.isdisjoint(f"s{n}.com" for n in range(40) if held_out(f"s{n}.com"))
    assert titles.isdisjoint(f"FIRM{n} x" for n in range(40) if contract_held_out(f"FIRM{n}_x"))
    assert titles.isdisjoint(f"a {n}" for n in range(40) if held_out(f"contractnli/a||{n}.txt"))
    assert {p.domain for p in asked} == {"general", "legal"}
    assert any(h.startswith("a ") for h in titles)
