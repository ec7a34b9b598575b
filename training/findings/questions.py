"""Statements of medical findings turned into yes/no questions by rule, in the manner of PubMedQA's artificial set.

"Vitamin C reduces the risk of colds." -> "Does vitamin C reduce the risk of colds?" yes; the other way round "Does
vitamin C increase the risk of colds?" no; "Vitamin C did not shorten colds." -> "Did vitamin C shorten colds?" no;
"Vitamin C may shorten colds." -> "Does vitamin C shorten colds?" maybe. What the rules cannot read gives None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from training.findings.words import (
    ADJECTIVE_BEFORE,
    ADVERB,
    BAD_IN_SUBJECT,
    BAD_SUBJECT,
    BE,
    BE_FRONT,
    DIRECTION,
    FORMS,
    FULL_OPPOSITE,
    HEDGE,
    HELD,
    LEAD_IN,
    MODALS,
    NO_FINDING,
    NO_LINK,
    NOT_SHOWN,
    NOUNS,
    OPPOSITE,
    PLURALS,
    PREPOSITION,
    REPORT,
    SECOND_VERB,
    SEEN,
    STILL_DENIED,
    TAIL,
    UNSURE,
)

MOST_WORDS, LEAST_WORDS, MOST_SUBJECT = 34, 5, 16


@dataclass(frozen=True)
class Asked:
    """A question, the label the statement gives it, and the question whose label is the other one ("" for none)."""

    question: str
    label: str
    turned: str = ""


def asked(statement: str) -> Asked | None:
    """The question that the statement answers; None where the rules cannot read it."""
    text = _bare(statement)
    if "?" in text or "(" in text or statement.rstrip().endswith(("...", "…")):
        return None
    for _ in range(3):
        text = LEAD_IN.sub("", text)
    if found := NOT_SHOWN.match(text):
        inner = _clause(LEAD_IN.sub("", found["a"] or found["b"]))
        return Asked(inner.question, "no") if inner and inner.label == "yes" else None
    if found := UNSURE.match(text):
        inner = _clause(found["a"] or found["b"])
        return Asked(inner.question, "maybe") if inner else None
    if found := NO_LINK.match(_cut(text)):
        rest = SEEN.sub("", found["rest"])
        be = (found["be"] or ("were" if found["what"].endswith("s") else "was")).capitalize()
        article = "" if found["what"].endswith(("s", "evidence")) else "an " if found["what"][0] in "aeiou" else "a "
        return sane(Asked(f"{be} there {article}{found['what']} {rest}?", "no"))
    if found := REPORT.match(text):
        if re.search(r"\bnot\b|\bno\b", text[: found.start("said")]):
            return None
        text = LEAD_IN.sub("", found["said"])
    return _clause(text)


def _bare(statement: str) -> str:
    text = re.sub(r"\s+", " ", statement)
    for _ in range(2):
        text = re.sub(r"\s*[(\[][^()\[\]]*[)\]](?=\W|$)", "", text)
    text = re.sub(r"^[A-Z][A-Z /&]{3,}: ?", "", text.strip().rstrip(".!…"))
    return re.sub(
        r"^(?:Conclusions?(?: and Relevance)?|Results|Findings|Interpretation|Significance|"
        r"Background|Objectives?|Introduction|Context|Aims?|Scope|Purpose)[:. ]+(?=[A-Z])",
        "",
        text,
    )


def _cut(text: str) -> str:
    return TAIL.sub("", text).strip(" ,.")


def _clause(text: str) -> Asked | None:
    """A plain clause: subject, verb, the rest."""
    where = ""
    if found := PREPOSITION.match(text):
        where, text = found["where"], found["rest"]
        where = " " + where[0].lower() + where[1:]
    text = _cut(text)
    words = text.split()
    for at in range(1, min(len(words), MOST_SUBJECT)):
        subject, adverb = words[:at], ""
        if at > 1 and ADVERB.fullmatch(subject[-1]):
            subject, adverb = subject[:-1], subject[-1] + " "
        made = _at_verb(" ".join(subject), adverb, words[at].lower(), words[at + 1 :], where)
        if made is not None:
            return sane(made)
    return None


def _at_verb(subject: str, adverb: str, verb: str, after: list[str], where: str) -> Asked | None:
    """The question when `verb` is the verb of the clause; None when it is not, or the subject is no good."""
    if (
        not after
        or BAD_SUBJECT.match(subject + " ")
        or BAD_IN_SUBJECT.search(subject)
        or after[0] in ("there", "being")
    ):
        return None
    denied = after[0] in ("not", "no") and verb in (*BE, *MODALS, "do", "does", "did", "has", "have", "had")
    if denied:
        kept = after[1:]
        if not kept or (after[0] == "no" and verb not in ("has", "have", "had", *BE)):
            return None
        bare = after[0] == "not" or kept[0] in ("evidence", "longer", "more", "less") or _plural(kept)
        after = kept if bare else ["an" if kept[0][0] in "aeiou" else "a", *kept]
    if verb in ("fails", "failed", "fail") and after[0] == "to" and len(after) > 1:
        verb, after, denied = {"fails": "does", "failed": "did", "fail": "do"}[verb], after[1:], True
    found = _front(subject, adverb, verb, after, denied)
    if found is None:
        return None
    front, rest, label = found
    if (label == "yes" and HEDGE.search(rest)) or STILL_DENIED.search(rest) or NO_FINDING.match(rest):
        return None
    label = "no" if denied and label == "yes" else label
    first = subject[0].lower() + subject[1:] if re.match(r"[A-Z][a-z]+\b", subject) else subject
    rest = SECOND_VERB.sub("", rest)
    return Asked(f"{front} {first} {rest}{where}?", label, _turned(front, first, rest, where, label))


def _front(subject: str, adverb: str, verb: str, after: list[str], denied: bool) -> tuple[str, str, str] | None:
    """(the verb that opens the question, what follows the subject, label before any denial)."""
    rest = adverb + " ".join(after)
    if verb in MODALS:
        label = "yes" if denied and verb == "could" else MODALS[verb]
        if label == "maybe" and after[0] == "be":
            return ("Are" if do_or_does(subject) == "do" else "Is"), adverb + " ".join(after[1:]), label
        if label == "maybe" and verb != "could":
            perfect = after[0] == "have" and len(after) > 1 and after[1].endswith("ed")
            return None if perfect else (do_or_does(subject).capitalize(), rest, label)
        return ("Can" if verb == "could" else verb.capitalize()), rest, label
    opens = verb in BE or (verb in ("do", "does", "did") and denied) or (verb in ("has", "have") and after[0] == "been")
    if opens:
        return verb.capitalize(), rest, "yes"
    if verb not in FORMS or (verb in ("has", "have", "had") and not HELD.fullmatch(after[0])):
        return None
    base, front = FORMS[verb]
    if not _is_verb(subject, verb, base, front, after[0]):
        return None
    return front.capitalize(), f"{adverb}{base} {' '.join(after)}", "yes"


def _plural(words: list[str]) -> bool:
    return any(w.rstrip(",").endswith("s") for w in words[:2])


def do_or_does(subject: str) -> str:
    last = re.split(r" (?:of|in|with|from|for|by|on|at|to|among|during) ", subject)[0].split()[-1].lower()
    plural = (last.endswith("s") and not last.endswith(("ss", "us", "is"))) or last in PLURALS or " and " in subject
    return "do" if plural else "does"


def _is_verb(subject: str, verb: str, base: str, front: str, follows: str) -> bool:
    """Whether the form is the verb: no noun ("increases in"), no adjective ("with reduced intake")."""
    before = subject.split()[-1]
    if ADJECTIVE_BEFORE.match(before) or before.endswith(","):
        return False
    if before.lower() in FORMS and FORMS[before.lower()][1] != "do":  # "provides activated T cells"
        return False
    if follows in ("of", "and", "or") or (follows == "by" and front == "did"):
        return False
    if base in NOUNS and front != "did" and follows in ("in", "were", "was", "is", "are") and base != "result":
        return False
    if front == "do":
        return do_or_does(subject) == "do" and not subject.split()[-1].endswith(("ing", "al", "ive", "ic"))
    if front == "does":
        noun = base in NOUNS and (" " not in subject or follows in FORMS or follows in BE or follows in MODALS)
        return not (noun and do_or_does(subject) == "do") and follows not in FORMS and before.lower() not in PLURALS
    return verb != "had" or follows in ("a", "an", "the", "higher", "lower", "greater", "significantly", "more", "less")


def _turned(front: str, subject: str, rest: str, where: str, label: str) -> str:
    """The question with the direction of its one finding turned round; "" when it names none or several."""
    found = list(DIRECTION.finditer(rest))
    if label == "no" and not (len(found) == 1 and FULL_OPPOSITE.fullmatch(found[0][0])):
        if re.match(r"(?:\w+ly )?(?:associated|related|linked|correlated) (?:with|to) ", rest) and front in (
            "Is",
            "Are",
            "Was",
            "Were",
        ):
            other = re.sub(r"^(?:\w+ly )?(?:associated|related|linked|correlated) (?:with|to) ", "unrelated to ", rest)
            return f"{front} {subject} {other}{where}?"
        return ""
    if len(found) != 1:
        return ""
    (a, b), word = found[0].span(), found[0][0]
    if word.endswith("ively") and not re.match(r" (?:associat|relat|correlat)", rest[b:]):
        return ""
    adjective = front in BE_FRONT or not re.fullmatch(r"(?:\w+ly )?", rest[:a])
    other = "higher" if word == "lower" and adjective else OPPOSITE[word]
    before = re.sub(r"\ban? $", "an " if other[0] in "aeiou" else "a ", rest[:a])
    return f"{front} {subject} {before}{other}{rest[b:]}{where}?"


def sane(made: Asked | None) -> Asked | None:
    """The question when it is of a length people ask and has no loose ends."""
    if made is None:
        return None
    words = made.question.split()
    if not LEAST_WORDS <= len(words) <= MOST_WORDS or re.search(
        r"\b(?:this|these|our|we|they|it|those|their|both)\b", made.question
    ):
        return None
    if re.search(
        r"(?:\b(?:and|or|of|the|in|with|to|that|for|by|as|a|an|from|than)|,)\?$|respectively|[=<>±]|\d\.\d",
        made.question,
    ):
        return None
    return made
