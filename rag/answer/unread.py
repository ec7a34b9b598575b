"""What is answered without reading a passage: about the documents themselves, and why a question is not answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from sparewheel.rag.text import language_of
from sparewheel.rag.types import Answer

CATALOGUE = "catalogue"  # who answered
MOST_NAMED = 30  # documents in a list; beyond it says how many more there are

_SAID = {
    "absent": ("No document here is about {name}.", "这里没有关于“{name}”的文档。"),
    "which": (
        "{count} documents fit. Which one do you mean?\n{names}",
        "有 {count} 份文档符合，请问指哪一份？\n{names}",
    ),
    "clause": ("There is no {name} in {document}.", "{document}中没有{name}。"),
    "opinion": (
        "That is a matter of judgement, which no quote can settle. Ask what the documents say"
        " instead: a party's duties and "
        "rights, limits of liability, notice periods, penalties, warnings or doses.",
        "这需要专业判断，引用原文无法回答。可以询问文档的具体规定，例如双方的义务和权利、责任限额、通知期限、违约金、禁忌或剂量。",
    ),
    "talk": (
        "I answer questions about the documents here by quoting them. Ask for instance what a contract says about "
        "termination, which documents there are, or what the dose of a medicine is.",
        "我通过引用这里的文档来回答问题。例如可以问：合同如何约定解除、这里有哪些文档、某种药的用量是多少。",
    ),
    "language": (
        "These documents are in Chinese, and the built-in reader cannot answer an English question from them. Ask in "
        "Chinese, or set up a cloud or local chat model.",
        "这些文档是英文的，内置阅读器无法据此回答中文问题。请用英文提问，或者配置云端或本地的聊天模型。",
    ),
    "rights": (
        "This answer rests on documents that you may not read, or may not read any more.",
        "此回答依据的文档你无权读取，或已不再有权读取。",
    ),
    "more": ("and {count} more", "另有 {count} 份"),
}


def said(key: str, answer: Answer, **values: object) -> str:
    """The text in the language of the question."""
    return _SAID[key][language_of(answer.question) == "zh"].format(**values)


def refused(answer: Answer, reason: str, **values: object) -> Answer:
    """Refused for a reason of its own, which the text says."""
    return replace(answer, outcome="refused", text=said(reason, answer, **values), reason=reason)


def is_foreign(answer: Answer, languages: Collection[str]) -> bool:
    """Whether the documents asked about are all in another language than the question: those that it names, by what
    was found in them, else all there are (`languages`). Where one is in the asker's language, it is not why."""
    named = {language_of(hit.chunk.text) for hit in answer.evidence} if answer.scope.titles else set()
    found = named or {*languages}
    return bool(found) and language_of(answer.question) not in found


def which_one(answer: Answer) -> Answer:
    """Asks which of the documents that fit is meant."""
    titles = answer.scope.titles
    return refused(answer, "which", count=len(titles), names=_listed(titles, answer))


def documents(answer: Answer, titles: Sequence[str], kinds: Sequence[tuple[str, int]]) -> Answer:
    """How many documents there are, of which kinds, and their names."""
    chinese = language_of(answer.question) == "zh"
    known = [(kind, count) for kind, count in kinds if kind]
    if chinese:
        of = "（" + "、".join(f"{kind} {count} 份" for kind, count in known) + "）" if known else ""
        head = f"共 {len(titles)} 份文档{of}："
    else:
        of = " (" + ", ".join(f"{count} of the kind {kind}" for kind, count in known) + ")" if known else ""
        head = f"{len(titles)} document{'' if len(titles) == 1 else 's'}{of}:"
    text = f"{head}\n{_listed(titles, answer)}"
    return replace(answer, outcome="answered", text=text, answered_by=CATALOGUE, confidence=1.0)


def _listed(titles: Sequence[str], answer: Answer) -> str:
    lines = [f"- {title}" for title in titles[:MOST_NAMED]]
    if len(titles) > MOST_NAMED:
        lines.append(f"- {said('more', answer, count=len(titles) - MOST_NAMED)}")
    return "\n".join(lines)
