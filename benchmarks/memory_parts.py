"""What `benchmarks.memory` asks: prepared questions, their rewordings, others of the same documents, and near misses.

dev sets    questions of SQuAD, COVID-QA, CJRC and DRCD; two rewordings each (`memory_wordings.jsonl`) and near misses
            (`memory_near.jsonl`: other party, condition, number, date, negated, roles swapped), both written for this
            bench by the authors of the check before it was fitted, and never used to fit it
contracts   the questions of the set `contracts` that some contracts of CUAD answer, reworded and missed likewise
samples     the questions on our sample documents; rewordings by `eval/asked/on_samples.jsonl`, written before there was
            a memory
made        facts of look-alike documents: near misses only (other party, other document, yes or no, other language)
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.review import CLAUSES
from sparewheel import corpora
from sparewheel.corpora import dataset, sample_questions
from sparewheel.corpora.sets import question_set
from sparewheel.eval.asked import COLLECTIONS, asked_questions, made, write_files
from sparewheel.eval.asked.made import asked
from sparewheel.eval.suites import HELD_OUT
from sparewheel.rag.types import Document

WORDINGS = Path(__file__).with_name("memory_wordings.jsonl")
NEAR = Path(__file__).with_name("memory_near.jsonl")
CONTRACTS, MOST_CHARS = 4, 100_000  # of CUAD, that the reader never saw; of each at most so many characters
OTHERS, MOST_OTHERS = 4, 60  # questions of a document that are not prepared, for each one that is; of a part
MOST_NEAR = 15  # near misses of one kind and part
OPEN = ("lay", "polite", "typo", "table", "traditional")  # kinds of on_samples.jsonl that ask for the same thing


@dataclass(frozen=True)
class Ask:
    """A question as it is put in the outage. of: the prepared question that it rewords, "" for none; kind: of a near
    miss; answers: any of them is right."""

    text: str
    of: str = ""
    kind: str = ""
    answers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Part:
    """A corpus with what is asked of it. prepared: question -> its right answers."""

    name: str
    language: str
    domain: str
    documents: Sequence[Document] = ()
    files: Path | None = None
    prepared: dict[str, tuple[str, ...]] = field(default_factory=dict)
    rewordings: Sequence[Ask] = ()
    others: Sequence[Ask] = ()
    near: Sequence[Ask] = ()  # made by rule
    written: Sequence[Ask] = ()  # near misses that somebody thought of


def parts(folder: Path, fewer: int = 1) -> list[Part]:
    """All of them; files of made collections are written below `folder`. fewer: of rewordings, others and near misses
    every so manyth."""
    samples = [_sample(domain) for domain in ("legal", "medical")]
    found = [*_dev_sets(), *_contracts(), *samples, *(_made(collection, folder) for collection in COLLECTIONS)]
    return [
        replace(
            part,
            rewordings=part.rewordings[::fewer],
            others=part.others[:MOST_OTHERS:fewer],
            near=_few(part.near, MOST_NEAR // fewer),
        )
        for part in found
    ]


def _few(asks: Sequence[Ask], most: int) -> list[Ask]:
    """At most so many of each kind, evenly taken."""
    found = []
    for kind in dict.fromkeys(ask.kind for ask in asks):
        mine = [ask for ask in asks if ask.kind == kind]
        found += mine[:: max(1, len(mine) // most)][:most]
    return found


def _dev_sets() -> list[Part]:
    found = []
    for (name, split), wordings in _reworded().items():
        if name == "contracts":
            continue
        written = _written(name, split)
        data = dataset(name)
        questions = [q for q in data.questions(split) if q.answerable and q.answers]
        chosen = [q for q in questions if q.id in wordings]
        ids = {q.document_id for q in chosen}
        documents = [document for document in data.documents(split) if document.id in ids]
        texts = {q.text for q in chosen}
        others: list[Ask] = []
        for id in sorted(filter(None, ids)):
            mine = sum(q.document_id == id for q in chosen)
            rest = [q for q in questions if q.document_id == id and q.text not in texts]
            others += [Ask(q.text, answers=q.answers) for q in rest[: OTHERS * mine]]
        language = chosen[0].language
        found.append(Part(
            name, language, "general", documents, prepared={q.text: q.answers for q in chosen},
            rewordings=[Ask(w, q.text, answers=q.answers) for q in chosen for w in wordings[q.id]],
            others=others, near=[miss for q in chosen for miss in _changed(q.text, language)],
            written=[ask for q in chosen for ask in written[q.id]],
        ))  # fmt: skip
    return found


def _reworded() -> dict[tuple[str, str], dict[str, list[str]]]:
    """(set, split) -> id -> its rewordings."""
    found: dict[tuple[str, str], dict[str, list[str]]] = defaultdict(dict)
    for line in WORDINGS.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        found[row["set"], row["split"]][row["id"]] = row["wordings"]
    return found


def _written(name: str, split: str) -> dict[str, list[Ask]]:
    """id -> the near misses that were written for it."""
    found: dict[str, list[Ask]] = defaultdict(list)
    for line in NEAR.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        if (row["set"], row["split"]) == (name, split):
            found[row["id"]].append(Ask(row["text"], kind=row["kind"]))
    return found


def _contracts() -> list[Part]:
    """A part for each contract: what it answers of the set is prepared."""
    wordings, written = _reworded()["contracts", "set"], _written("contracts", "set")
    names = {CLAUSES[q.name]: q for q in question_set("contracts").questions if q.name in wordings}
    held = set(tomllib.loads(HELD_OUT.read_text(encoding="utf-8"))["cuad"])
    data = dataset("cuad")
    documents = {document.id: document for document in data.documents("train") if len(document.text) <= MOST_CHARS}
    labelled: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for q in data.questions("train"):
        if q.document_id in held and q.document_id in documents and q.answerable and q.category in names:
            labelled[q.document_id][q.category] = q.answers
    most = sorted(labelled, key=lambda id: (-len(labelled[id]), id))[:CONTRACTS]
    found = []
    for number, id in enumerate(most, 1):
        asked = [(names[clause], answers) for clause, answers in labelled[id].items()]
        found.append(Part(
            f"contract-{number}", "en", "legal", [documents[id]], prepared={q.ask: answers for q, answers in asked},
            rewordings=[Ask(w, q.ask, answers=answers) for q, answers in asked for w in wordings[q.name]],
            others=[Ask(q.ask) for clause, q in names.items() if clause not in labelled[id]],
            near=[miss for q, _ in asked for miss in _changed(q.ask, "en")],
            written=[ask for q, _ in asked for ask in written[q.name]],
        ))  # fmt: skip
    return found


def _sample(domain: str) -> Part:
    known = {q.id: q for q in sample_questions(domain) if q.answerable and q.answers}
    rows = [json.loads(line) for line in _on_samples().splitlines()]
    rows = [row for row in rows if row.get("same_as") in known and not row.get("history")]
    same = [row for row in rows if row["kind"] in OPEN and not known[row["same_as"]].label]
    crossed = [row for row in rows if row["kind"] in ("cross_language", "yes", "no", "yes_no", "either")]
    crossed = [row for row in crossed if not known[row["same_as"]].label]
    prepared = {q.text: q.answers for q in known.values()}
    return Part(
        f"samples-{domain}", "", domain, files=corpora.samples(domain) / "documents", prepared=prepared,
        rewordings=[Ask(row["question"], known[row["same_as"]].text, answers=known[row["same_as"]].answers)
                    for row in same],
        near=[*(Ask(row["question"], kind="other language" if row["kind"] == "cross_language" else "other form")
                for row in crossed),
              *(miss for q in known.values() for miss in _changed(q.text, q.language))],
    )  # fmt: skip


def _on_samples() -> str:
    from sparewheel.eval.asked import on_samples

    return Path(on_samples.__file__).with_name("on_samples.jsonl").read_text(encoding="utf-8")


def _made(collection: str, folder: Path) -> Part:
    """Every other paper is prepared, its neighbour is asked the same of."""
    papers = list(made(collection).papers)
    language = "zh" if collection.endswith("zh") else "en"
    prepared, near = dict[str, tuple[str, ...]](), list[Ask]()
    for mine, other in zip(papers[4:12:2], papers[5:12:2], strict=False):
        for key in sorted(set(mine.facts) & set(other.facts))[:5]:
            fact = mine.facts[key]

            def put(form: str, name: str, paper: object = mine, key: str = key) -> str:
                fact, rival = paper.facts[key], other.facts[key].value  # type: ignore[attr-defined]  # noqa: B023
                return asked(paper, fact, rival, form, name, key, language).text  # type: ignore[arg-type]

            prepared[put("plain", mine.names[0])] = (fact.value, *fact.also)
            near += [Ask(put(form, other.names[1], other), kind="other document") for form in ("plain", "lay")]
            near += [Ask(put(form, mine.names[0]), kind="other form") for form in ("yes", "no", "either")]
    crossed = [q for q in asked_questions(collection) if q.category == "cross_language"]
    near += [Ask(q.text, kind="other language") for q in crossed]
    files = write_files(collection, folder / collection)
    return Part(f"made-{collection}", language, "legal", files=files, prepared=prepared, near=near)


# ---------------------------------------------------------------- near misses by rule

_AUXILIARY = re.compile(
    r"\b(did|does|do|is|are|was|were|can|could|may|must|should|will|has|have)\b(?= \w)", re.IGNORECASE
)
_ROLES = (("Tenant", "Landlord"), ("Customer", "Supplier"), ("Employee", "Employer"), ("Borrower", "Lender"),
          ("Licensee", "Licensor"), ("Receiving Party", "Disclosing Party"), ("甲方", "乙方"), ("出租人", "承租人"),
          ("用人单位", "劳动者"), ("原告", "被告"))  # fmt: skip


def _changed(text: str, language: str) -> list[Ask]:
    """The question with another number, negated, and with the other role, as far as it has one."""
    found = []
    if number := re.search(r"\d+", text):
        other = f"{text[: number.start()]}{int(number[0]) + 1}{text[number.end() :]}"
        found.append(Ask(other, kind="other number"))
    if language == "zh":
        denied = re.sub(r"(?<![不可])(?=是|能|应当|应|支付|购买|收取|参与|采用)", "不", text, count=1)
    else:
        denied = _AUXILIARY.sub(r"\1 not", text, count=1)
    if denied != text:
        found.append(Ask(denied, kind="negated"))
    for one, other in _ROLES:
        for a, b in ((one, other), (other, one)):
            if re.search(rf"\b{a}\b" if a.isascii() else a, text):
                found.append(Ask(text.replace(a, b), kind="other party"))
                break
    return found


def changed_document(document: Document, quotes: Sequence[str]) -> Document:
    """The document with one character of each quote replaced: what rests on them does not stand any more."""
    text = document.text
    for quote in quotes:
        at = text.find(quote)
        if at >= 0:
            middle = at + len(quote) // 2
            text = f"{text[:middle]}{'X' if text[middle] != 'X' else 'Y'}{text[middle + 1 :]}"
    return replace(document, text=text, sha256="")


def right(text: str, answers: Sequence[str]) -> bool:
    """Whether the answer holds one of the right ones, white space, case and punctuation aside."""

    def bare(words: str) -> str:
        return re.sub(r"[\W_]+", "", words.casefold())

    return any(bare(answer) and bare(answer) in bare(text) for answer in answers)
