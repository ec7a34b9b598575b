"""Reading examples point at their answers, and hold nothing of a held-out document."""

import json
import random

from training.reader.contracts import clause_questions, cuad, open_documents
from training.reader.data import Example, elsewhere, far_window, inside, policyqa, squad, window
from training.reader.files import encoded
from training.splits import contract_held_out, legalbench_held_out

TEXT = " ".join(f"word{n}" for n in range(1000))


def test_a_window_holds_its_span():
    """Wherever it falls, the span is inside, and words are not cut."""
    for seed in range(50):
        start, end = window(TEXT, (4000, 4030), 1600, random.Random(seed))
        assert start <= 4000
        assert end >= 4030
        assert end - start <= 1600
        assert TEXT[start:end].startswith("word")


def test_a_span_that_the_window_cuts_in_half_is_dropped():
    """Half of it or more must be left; what is left is counted from the window's start."""
    assert inside(((0, 10), (18, 24), (28, 40)), 5, 30) == ((0, 5), (13, 19))


def test_a_far_window_touches_no_span():
    """A window without the answer is really without it."""
    found = [far_window(TEXT, ((4000, 4500),), random.Random(s)) for s in range(30)]
    assert any(found)
    assert all(TEXT.find(f) >= 4500 or TEXT.find(f) + len(f) <= 4000 for f in found if f)


def test_every_category_has_a_wording_that_is_never_trained_on(tmp_path):
    """Training asks with all natural wordings but the last, the benchmark with the last only."""
    text = "x " * 400 + "Governed by the laws of Ohio. " + "y " * 400
    answer = {"text": "Governed by the laws of Ohio.", "answer_start": text.index("Governed")}
    qa = {"id": "T__Governing Law", "question": "Highlight the parts", "answers": [answer]}
    titles = [f"COMPANY{n}INC_01_01_2020-EX-10-SUPPLY AGREEMENT" for n in range(40)]
    data = [{"title": t, "paragraphs": [{"context": text, "qas": [qa]}]} for t in titles]
    (tmp_path / "legal/cuad").mkdir(parents=True)
    (tmp_path / "legal/cuad/CUADv1-train.json").write_text(json.dumps({"data": data}))
    wordings = clause_questions()["Governing Law"]["ask"]
    train, held = (list(cuad(tmp_path, part, 3, 1, random.Random(1))) for part in ("train", "held-out"))
    assert not {e.group for e in train} & {e.group for e in held}
    assert all(contract_held_out(e.group) for e in held)
    assert wordings[-1] not in {e.question for e in train}
    assert {e.question for e in held} <= {wordings[-1], "Highlight the parts"}
    assert {e.passage[a:b] for e in train for a, b in e.spans} == {answer["text"]}


def test_policies_are_held_out_whole(tmp_path):
    """A segment of a held-out policy is in no training example, its negatives neither."""
    qa = {"question": "q?", "type": "A|||b", "answers": [{"text": "data", "answer_start": 3}]}
    other = {"question": "r?", "type": "C|||d", "answers": [{"text": "data", "answer_start": 3}]}
    policies = [
        {"title": f"site{n}.com", "paragraphs": [
            {"context": f"We data site{n}.", "qas": [qa] * 9}, {"context": f"My data site{n}.", "qas": [other] * 9}]}
        for n in range(20)
    ]  # fmt: skip
    (tmp_path / "legal/policyqa").mkdir(parents=True)
    (tmp_path / "legal/policyqa/dev.json").write_text(json.dumps({"data": policies}))
    train, held = ({e.passage for e in policyqa(tmp_path, p, random.Random(0))} for p in ("train", "held-out"))
    assert train
    assert held
    assert not train & held


def test_unanswerable_questions_come_once(tmp_path):
    """v1.1's questions and v2.0's impossible ones; v2.0 repeats the answerable ones, which are left out."""
    asked = {"id": "1", "question": "When?", "answers": [{"text": "1973", "answer_start": 3}]}
    empty = {"id": "2", "question": "Where?", "answers": [], "is_impossible": True}
    (tmp_path / "general/squad").mkdir(parents=True)
    for version, qas in (("1.1", [asked]), ("2.0", [asked, empty])):
        article = {"title": "1973_oil_crisis", "paragraphs": [{"context": "In 1973.", "qas": qas}]}
        (tmp_path / f"general/squad/dev-v{version}.json").write_text(json.dumps({"data": [article]}))
    found = list(squad(tmp_path, "train"))
    assert [(e.source, e.spans) for e in found] == [("squad", ((3, 7),)), ("squad-impossible", ())]
    assert list(squad(tmp_path, "held-out")) == []


def test_a_question_is_asked_elsewhere_in_its_document_only():
    """On a passage that does not answer, of the same article; never where the article has no other passage."""
    asked = [Example("squad", f"q{n}", f"passage {n}", ((0, 3),), group="A") for n in range(3)]
    alone = Example("squad", "q", "the only passage", ((0, 3),), group="B")
    made = [*elsewhere([*asked, alone], "squad", random.Random(0))]
    assert [e.question for e in made] == ["q0", "q1", "q2"]
    assert all(e.passage in {a.passage for a in asked} - {f"passage {e.question[1]}"} for e in made)
    assert {(e.source, e.spans) for e in made} == {("squad-elsewhere", ())}


def test_many_processes_encode_as_one(tmp_path):
    """Rows come in the order of the examples, with their sources."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = Tokenizer(models.WordLevel({"a": 5, "b": 6, "[UNK]": 7}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words.save(str(tmp_path / "t.json"))
    made = [Example("odd" if n % 2 else "even", "a", "b " * (n + 1), ((0, 1),)) for n in range(5)]
    made.append(Example("label", "a", "b", label="no", spans_known=False))
    rows = encoded(made, [False] * 6, tmp_path / "t.json", 2)
    assert [rows.sources[i] for i in rows.source] == ["even", "odd", "even", "odd", "even", "label"]
    assert (rows.starts[1:] - rows.starts[:-1]).tolist() == [5, 6, 7, 8, 9, 5]
    assert rows.spans[5, 0].tolist() == [-2, -2]
    assert rows.label.tolist() == [-1] * 5 + [1]


def test_a_document_is_open_under_both_of_its_names_or_not_at_all(tmp_path):
    """The mirror writes __ for || and _ for :, and the rule goes by name: held out under either: out."""
    real = [f"contractnli/a||{n}: NDA.txt" for n in range(60)]
    mirrored = {name: name.replace("||", "__").replace(":", "_") for name in real}
    folder = tmp_path / "legal/legalbench-rag"
    (folder / "benchmarks").mkdir(parents=True)
    (folder / "corpus/contractnli").mkdir(parents=True)
    for name in mirrored.values():
        (folder / "corpus" / name).write_text("text")
    tests = [{"snippets": [{"file_path": name}]} for name in real]
    (folder / "benchmarks/contractnli.json").write_text(json.dumps({"tests": tests}))
    found = {path.name for path in open_documents(tmp_path, ["contractnli"])}
    only_real = [m for r, m in mirrored.items() if legalbench_held_out(r) and not legalbench_held_out(m)]
    assert only_real
    assert not found & {m.split("/")[1] for m in only_real}
    assert found == {
        m.split("/")[1] for r, m in mirrored.items() if not legalbench_held_out(r) and not legalbench_held_out(m)
    }
