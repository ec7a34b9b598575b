"""Labels come from what a text says, are turned round when it is, and use nothing held out."""

import json
import random
from collections import Counter
from pathlib import Path

import pytest

from training.findings.questions import asked
from training.findings.verdict import topic, verdict
from training.reader.contracts import clause_questions
from training.reader.labels import (
    Abstract,
    clauses_turned,
    evidence,
    findings,
    fold,
    nli_labels,
    of_abstract,
    pubmedqa,
    split,
)
from training.reader.turned import pair, put, rules, sure, sure_label
from training.splits import contract_held_out, legalbench_held_out

DATA = Path(__file__).parents[3] / "shared/data"


@pytest.mark.parametrize(
    ("statement", "question", "label", "turned"),
    [
        ("Vitamin C reduces the risk of colds.", "Does vitamin C reduce the risk of colds?", "yes",
         "Does vitamin C increase the risk of colds?"),
        ("CONCLUSIONS: Nut intake was not associated with weight gain.", "Was nut intake associated with weight gain?",
         "no", "Was nut intake unrelated to weight gain?"),
        ("These data suggest that statins may lower the risk of dementia (HR 0.9).",
         "Do statins lower the risk of dementia?", "maybe", "Do statins raise the risk of dementia?"),
        ("Zinc lozenges did not shorten the duration of colds.",
         "Did zinc lozenges shorten the duration of colds?", "no", ""),
        ("Aspirin failed to reduce the rate of strokes.", "Did aspirin reduce the rate of strokes?", "no", ""),
        ("There was no association between coffee and heart disease.",
         "Was there an association between coffee and heart disease?", "no", ""),
        ("It remains unclear whether vitamin D prevents falls in old age.",
         "Does vitamin D prevent falls in old age?", "maybe", ""),
        ("Further studies are needed to determine whether garlic lowers blood pressure.",
         "Does garlic lower blood pressure?", "maybe", ""),
        ("Our results do not support the hypothesis that milk increases the risk of fractures.",
         "Does milk increase the risk of fractures?", "no", ""),
        ("In old men, exercise improves muscle strength and function.",
         "Does exercise improve muscle strength and function in old men?", "yes",
         "Does exercise worsen muscle strength and function in old men?"),
        ("Garlic has no effect on blood pressure.", "Does garlic have an effect on blood pressure?", "no", ""),
    ],
)  # fmt: skip
def test_a_finding_becomes_its_question(statement, question, label, turned):
    """The question asks what is stated, without its denial or hedge; the label says which it was."""
    made = asked(statement)
    assert made is not None
    assert (made.question, made.label, made.turned) == (question, label, turned)


@pytest.mark.parametrize(
    "statement",
    ["Patients were randomized to two groups.", "They were followed for ten years in two centres.",
     "Increases in body weight of the animals.", "Subjects with reduced intake of dietary fibre.",
     "Can lifestyle changes reverse coronary heart disease? The trial."],
)  # fmt: skip
def test_what_is_no_finding_becomes_no_question(statement):
    """Methods, sentences without a referent, titles without a verb."""
    assert asked(statement) is None


@pytest.mark.parametrize(
    ("title", "question"),
    [("Does a vegetarian diet reduce diabetes?", "Does a vegetarian diet reduce diabetes?"),
     ("The effect of garlic on blood pressure: a trial.", "Does garlic affect blood pressure?"),
     ("Statins and the risk of breast cancer.", "Are statins associated with risk of breast cancer?"),
     ("What is a high fiber diet?", "")],
)  # fmt: skip
def test_a_title_is_asked_when_it_names_a_question(title, question):
    """Titles that ask yes or no stay as they are, those that name a topic are put as a question, others give none."""
    assert topic(title) == question


@pytest.mark.parametrize(
    ("conclusion", "label"),
    [("Garlic was not associated with lower pressure.", "no"), ("Garlic lowers pressure.", "yes"),
     ("The evidence is conflicting.", "maybe"), ("We thank the nurses.", "")],
)  # fmt: skip
def test_a_conclusion_has_a_verdict(conclusion, label):
    """Denied, affirmed, undecided, or nothing at all."""
    assert verdict(conclusion) == label


ABSTRACT = (
    "BACKGROUND: Colds are common in winter and cost many days of work. METHODS: We gave vitamin C or placebo to 200 "
    "adults for one winter and counted colds. RESULTS: The risk of colds with vitamin C was half of that with placebo. "
    "CONCLUSIONS: Vitamin C reduces the risk of colds in adults."
)


def test_an_abstract_is_parted_before_its_conclusion():
    """The heading goes with neither side."""
    parts = split("Vitamin C", ABSTRACT)
    assert parts is not None
    assert parts.body.endswith("with placebo.")
    assert parts.conclusion == "Vitamin C reduces the risk of colds in adults."


def test_a_finding_is_asked_of_the_text_that_leaves_it_out():
    """`finding` has a passage without the statement, evidence among its results; `finding-concluded` has it as span."""
    parts = split("Vitamin C", ABSTRACT)
    assert isinstance(parts, Abstract)
    made = [e for seed in range(9) for e in of_abstract(parts, "M1", random.Random(seed))]
    assert {(e.question, e.label) for e in made} == {
        ("Does vitamin C reduce the risk of colds in adults?", "yes"),
        ("Does vitamin C increase the risk of colds in adults?", "no"),
    }
    for e in made:
        said = [e.passage[a:b] for a, b in e.spans]
        if e.source == "finding":
            assert parts.conclusion not in e.passage
            assert said == ["RESULTS: The risk of colds with vitamin C was half of that with placebo."]
        else:
            assert said == [parts.conclusion]


def test_evidence_is_the_nearest_sentence_or_none():
    """A sentence that shares too few words is no evidence."""
    text = "The weather was cold in all of the towns. Garlic lowered the systolic pressure of the patients by ten."
    assert [text[a:b] for a, b in evidence(text, "Garlic lowered systolic pressure")] == [text[42:]]
    assert evidence(text, "Statins prevent dementia") == ()


def test_pubmedqa_keeps_its_folds_and_says_where_no_span_is_known(tmp_path):
    """The fold of a number never changes; sections stand under their labels; no near sentence, no span."""
    row = {"QUESTION": "Does garlic lower blood pressure?", "LABELS": ["METHODS", "RESULTS"], "final_decision": "yes",
           "CONTEXTS": ["We gave garlic to forty patients.", "Garlic lowered the blood pressure of all the patients."],
           "LONG_ANSWER": "Garlic lowered blood pressure."}  # fmt: skip
    (tmp_path / "medical/pubmedqa").mkdir(parents=True)
    file = tmp_path / "medical/pubmedqa/ori_pqal_dev.json"
    file.write_text(json.dumps({"1": row, "2": row | {"LONG_ANSWER": "Statins prevent dementia altogether."}}))
    known, unknown = pubmedqa(tmp_path)
    assert (known.source, known.label, known.group) == (f"pubmedqa-{fold('1')}", "yes", "1")
    assert known.passage[slice(*known.spans[0])] == "Garlic lowered the blood pressure of all the patients."
    assert known.spans_known
    assert (unknown.spans, unknown.spans_known) == ((), False)


@pytest.mark.parametrize(
    ("category", "clause", "turned"),
    [
        ("Non-Compete", "Distributor shall not sell any competing goods.", "Distributor may sell any competing goods."),
        ("Non-Compete", "Neither Dealer nor its agents shall compete.", "Either Dealer or its agents may compete."),
        ("Anti-Assignment", "Neither party may assign this Agreement without consent.",
         "Either party may assign this Agreement without consent."),
        ("Non-Transferable License", "a non-transferable license", "a transferable license"),
        ("Irrevocable Or Perpetual License", "an irrevocable license", "a revocable license"),
        ("Cap On Liability", "SUPPLIER SHALL NOT BE LIABLE for lost profits.",
         "SUPPLIER SHALL BE LIABLE for lost profits."),
        ("Exclusivity", "the exclusive distributor", "the non-exclusive distributor"),
    ],
)  # fmt: skip
def test_a_clause_is_turned_by_its_word(category, clause, turned):
    """Only the deciding word changes, in the case of the old one, and the article before it."""
    assert turned in [r.turned(clause) for r in rules() if category in r.categories]


@pytest.mark.parametrize(
    ("category", "clause"),
    [("Non-Compete", "Dealer shall not compete, except in Ohio."),
     ("Anti-Assignment", "No assignment is allowed and any assignment without consent is void."),
     ("Exclusivity", "a non-exclusive distributor")],
)  # fmt: skip
def test_a_clause_is_left_alone_where_the_flip_is_not_sure(category, clause):
    """An exception, a second sentence that says the same, or no word to turn."""
    assert all(r.turned(clause) is None for r in rules() if category in r.categories)


def test_a_pair_asks_the_same_of_both_and_points_at_the_clause():
    """The label follows the clause, not the wording."""
    clause = "During the term, Distributor shall not sell any goods that compete with the Products."
    text = "The parties agree as follows. " * 9 + clause + " Orders are made in writing." * 9
    span = (text.index(clause), text.index(clause) + len(clause))
    rule = next(r for r in rules() if "Non-Compete" in r.categories)
    for seed in range(20):
        signed, turned = pair(rule, "A_B", text, span, (span,), random.Random(seed))
        assert signed.question == turned.question
        assert {signed.label, turned.label} == {"yes", "no"}
        assert signed.passage[slice(*signed.spans[0])] == clause
        assert turned.passage[slice(*turned.spans[0])] == clause.replace("shall not", "may")


def test_spans_move_with_the_text():
    """Texts of other lengths shift what follows."""
    assert put("ab CD ef GH ij", ((3, 5), (9, 11)), ["long", "x"]) == ("ab long ef x ij", ((3, 7), (11, 12)))


def test_evidence_of_one_side_only_is_sure():
    """Words of both sides, or of none, give no label."""
    rule = next(r for r in sure() if "retain" in r.words)
    assert sure_label(rule, "Recipient may retain one copy for its files.") == "yes"
    assert sure_label(rule, "Recipient shall return all copies.") == "no"
    assert sure_label(rule, "Recipient shall return all copies but may retain one.") == ""
    assert sure_label(rule, "The parties met in Ohio.") == ""


def test_no_wording_is_one_of_the_benchmark():
    """The last `ask` of every category is never trained on."""
    benchmark = {wordings["ask"][-1] for wordings in clause_questions().values()}
    assert not benchmark & {q for r in rules() for q in (*r.yes, *r.no)}
    assert not benchmark & {q for r in sure() for q in (*r.asked, *r.turned)}
    assert all(r.yes and r.no for r in rules())


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="needs the public data")
def test_the_data_gives_every_class_and_nothing_held_out():
    """Thousands of rows; every wording of a clause is yes as often as no; all folds and no test abstract."""
    labelled = list(pubmedqa(DATA))
    assert len(labelled) == 500
    assert {e.source for e in labelled} == {f"pubmedqa-{n}" for n in range(4)}
    weak = list(findings(DATA, random.Random(1)))
    shares = {label: n / len(weak) for label, n in Counter(e.label for e in weak).items()}
    assert len(weak) > 4000
    assert shares["no"] > 0.25
    assert shares["maybe"] > 0.1
    assert not {e.group for e in labelled} & {e.group for e in weak}
    turned = list(clauses_turned(DATA, random.Random(1)))
    balance = Counter(e.question for e in turned if e.label == "yes")
    balance.subtract(e.question for e in turned if e.label == "no")
    assert len(turned) > 5000
    assert not any(balance.values())
    assert not any(contract_held_out(e.group) for e in turned)
    sure_ones = list(nli_labels(DATA, random.Random(1)))
    assert len(sure_ones) > 500
    assert not any(legalbench_held_out(e.group) for e in sure_ones)
    for e in (*labelled, *weak, *turned, *sure_ones):
        assert e.label in ("yes", "no", "maybe")
        assert e.spans_known == bool(e.spans)
        assert all(0 <= a < b <= len(e.passage) for a, b in e.spans)
