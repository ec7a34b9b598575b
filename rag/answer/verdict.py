"""The yes or no that evidence gives, or none: a label needs evidence of the same subject and action, and equal numbers.

A denial counts where it stands: in the clause of the evidence that the question's words are in. "May be kept for up to
two days" is a no to "three days?"; an exception beside what is said stays in the quote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Literal

from sparewheel.rag.answer.classes import CLASSES, of_others
from sparewheel.rag.answer.figures import compared, quantities

Label = Literal["yes", "no", "maybe", ""]

_DENIES = re.compile(  # "not less than 30 days" and "not only" deny nothing
    r"\b(?:(?:not|no)\b(?!\s+(?:less|fewer|more|later|earlier|sooner|longer|greater|only|limited"
    r"|exceed\w*)\b)(?!\s+\w+\s+"
    r"(?:less|fewer|more|later|earlier|sooner|longer)\s+than)|nor|neither|none|never|nobody|nothing|"
    r"\w+n't|cannot|unable|prohibit\w*|forbid\w*|forbidden|barred|refrain\w*|avoid\w*|exclud\w+|contraindicat\w+|"
    r"void|invalid|unlawful|refus\w+|stopp?(?:ed)?)\b",
    re.IGNORECASE,
)
_DENIES_ASKED = re.compile(r"\b(?:not|no|never|cannot|\w+n't)\b")  # a name may hold a capital Not
_BREAK = re.compile(r";|(?<=[a-z0-9)]),(?=\s)|\b(?:but|however|unless|except|although|though|while|whereas"
                    r"|provided that|save)\b"
                    r"|(?<=[.!?])\s+", re.IGNORECASE)  # fmt: skip
_DENIES_ZH = re.compile(
    r"(?:不得?(?!超过|少于|低于|高于|迟于|晚于|仅|但|同|足|良|限|动产|可抗力|时)|未(?!来|成年)|没有?|无(?!论|效时)|非"
    r"|禁|勿|拒(?:不|绝)?|免(?!疫|费)|避免)"
)
_ATTRIBUTE_ZH = re.compile(r"(?:未|没有?)[^，。；不]{1,8}?的")  # 未休的年假: no denial of what is said of it
_WITHOUT = re.compile(r"\bwithout\b|未经|没有经过", re.IGNORECASE)
_EXCEPTS = re.compile(
    r"\b(?:with the exception of|except(?:ing)?(?: for)?|other than|excluding|apart from|save(?: for)?|but not)\b",
    re.IGNORECASE,
)
_EXCEPTS_ZH = re.compile(r"除(?P<what>[^，。；]{1,30}?)(?:之外|以外|外)")
_LACKS = re.compile(r"\b(?:without|free of|no)\s+(?:any\s+|an?\s+|the\s+)?(?P<what>\w+(?:\s\w+)?)", re.IGNORECASE)
_DUTY = re.compile(
    r"\b(?:need|have|has|required|obliged|supposed|got)\s+to\s+(?:be\s+)?(?P<verb>[a-z]+)"
    r"|^\W*must\s+(?:i|we|you|he|she|they|it)\s+(?P<must>[a-z]+)",
    re.IGNORECASE,
)
_ANY_VERB = frozenset(re.findall(r"\S+", "be do have get go make take give keep use pay tell ask bring"))
_ENDS_ZH = re.compile(r"停止|停用|停药|暂停|中止|慎用|谨慎")
_PROPER = re.compile(r"(?<=[a-z,;] )[A-Z][a-z]{2,}")
_AT_ONCE = re.compile(r"\balso (?:be|act|serve|hold)\b|\bat the same time\b|同时(?:担任|是|做)|兼任")
_BOTH = re.compile(r"\b(?:same|both|also|neither|combin\w+|together)\b|兼|同时|不得")
_WITH = re.compile(r"\b(?:for|with)\s+(?:any\s+|an?\s+|the\s+)?(?P<what>\w+)", re.IGNORECASE)
_HEAD = re.compile(r"\s*(?:[-*•]\s*)?[^:.;,\n：。；，]{2,40}(?::|\t— |：)\s*")  # "Blood gas: never ..."
_WORD = re.compile(r"[a-z]+|\d[\d.,]*", re.IGNORECASE)
_STOP = frozenset(
    [
        "a",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "being",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "for",
        "from",
        "had",
        "has",
        "have",
        "he",
        "her",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "may",
        "me",
        "might",
        "must",
        "my",
        "of",
        "on",
        "or",
        "our",
        "shall",
        "she",
        "should",
        "so",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "they",
        "this",
        "to",
        "under",
        "us",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "will",
        "with",
        "would",
        "you",
        "your",
        "according",
        "still",
        "also",
        "get",
        "got",
        "need",
        "needed",
        "have",
        "allowed",
        "required",
        "possible",
        "okay",
        "ok",
        "right",
        "just",
        "be",
        "please",
        "one",
        "more",
        "less",
        "there",
    ]
)
SAID_FOR = {  # how people say -> how documents do
    said: word
    for word, ways in {
        "alcohol": "wine beer whisky whiskey vodka booze spirits liquor",
        "child": "kid kids child children youngster toddler",
        "telephone": "phone phones call calls",
        "price": "cost costs price prices",
        "salary": "wage wages pay paycheck salary earn earns earned earning",
        "vacation": "holiday holidays vacation leave",
        "terminate": "quit cancel cancels cancelled end ends ended ending terminate terminates terminated termination",
        "seat": "seat place",
        "employee": "worker workers staff employee employees",
        "breach": "leak leaks leaking violate violation violates breach breaks",
        "announce": "announcement announcements announce announces press publicity",
        "maximum": "max maximum most highest limit limited cap capped exceed exceeds",
        "minimum": "minimum least lowest youngest",
        "operation": "surgery operation operations",
        "doctor": "doctor physician gp",
        "medicine": "drug drugs pill pills tablet tablets medicine medicines medication",
        "law": "law laws governed governing",
        "increase": "raise raises raised raising increase increases increased hike hikes rise rises",
        "run": "run runs running last lasts lasting continue continues continued",
        "renal": "kidney kidneys renal",
        "hepatic": "liver livers hepatic",
        "vessel": "boat boats ship ships vessel vessels",
        "theft": "theft thefts stolen burglary burgled thief",
        "vermin": "mice mouse rat rats rodents vermin",
        "bicycle": "bike bikes bicycle bicycles",
        "refrigerate": "fridge refrigerator refrigerate refrigerated",
        "illness": "ill sick illness sickness",
        "confidential": "secret secrets secrecy confidential confidentiality",
        "begin": "start starts starting begin begins beginning commencement commence commences started",
    }.items()
    for said in ways.split(" ")
}
_HAN = re.compile(r"[\u3400-\u9fff]")
_STOP_HAN = frozenset(
    "的了吗呢吧嘛啊么是否有没能可以会要在与和或对就都也还我你他她它们这那个一不得应当该需被把从到给跟时候请问想"
)
BEARS = 0.5  # least share of the question's words that the evidence and what stands over it hold
AFFIRMED = 0.7  # least share of what is asked, names and titles aside, that the evidence itself holds for it to affirm
DENIED = 0.5  # and for it to deny: what denies a part denies the whole
AGREED = 0.4  # how sure the network must be of the label that the words give
_ROLES = (("landlord", "tenant"), ("lessor", "lessee"), ("buyer", "seller"), ("buyer", "supplier"),
          ("customer", "supplier"),
          ("customer", "contractor"), ("licensor", "licensee"), ("employer", "employee"), ("company", "employee"),
          ("company", "executive"), ("controller", "processor"), ("disclosing", "receiving"), ("lender", "borrower"),
          ("franchisor", "franchisee"), ("distributor", "manufacturer"), ("client", "provider"),
          ("甲方", "乙方"), ("房东", "租客"), ("出租人", "承租人"), ("用人单位", "劳动者"),
          ("公司", "员工"), ("原告", "被告"))  # fmt: skip
_OPPOSITE = {(a, b) for a, b in _ROLES} | {(b, a) for a, b in _ROLES}
ROLE = re.compile("|".join(sorted({role for pair in _ROLES for role in pair}, key=len, reverse=True)), re.IGNORECASE)
_MODAL_ZH = re.compile(
    r"是否|有没有|能不能|可不可以|会不会|要不要|需不需要|可否|能否|需要|可以|应该|应当|必须|允许|能|会|要"
)


def verdict(question: str, evidence: str, context: str, labels: Mapping[str, float], language: str) -> Label:
    """The label of evidence that bears on the question; "" where it does not, or where words or numbers leave it open.

    context: what stands over the evidence (title, headings); it may name the subject, not what is asked of it.
    labels: the network's probabilities of the evidence alone; empty where it has no say.
    """
    if (head := _HEAD.match(evidence)) and head.end() < len(evidence):
        context, evidence = f"{context} {head[0]}", evidence[head.end() :]
    if bearing(question, evidence, context, language) < BEARS or others_role(question, evidence):
        return ""
    if _WITHOUT.search(question) and not _WITHOUT.search(evidence):
        return ""
    if of_others(question, evidence) & CLASSES or says_otherwise(question, evidence, language):
        return ""
    if _of_another_name(question, evidence, context, language):
        return ""
    asked = _asked(_without_quantities(question), context, language)
    over = not asked  # what stands over the evidence names it all: then the evidence must say it
    asked = asked or words(_without_quantities(question), language)
    share = len(asked & words(evidence, language)) / len(asked) if asked else 1.0
    numbers = compared(question, evidence)
    denied = _denied(asked, question, evidence, language)
    if (
        numbers == "unclear"
        or denied is None
        or share < (DENIED if (denied or numbers == "differ") and not over else AFFIRMED)
    ):
        return ""
    if numbers == "differ":
        return "" if denied else "no"
    says: Label = "no" if denied else "yes"
    if not labels:
        return says
    likely = max(("yes", "no", "maybe"), key=lambda label: labels.get(label, 0.0))
    if likely == says:
        return says if labels[likely] >= AGREED else ""
    return ""


def _of_another_name(question: str, evidence: str, context: str, language: str) -> bool:
    """Whether the question names somebody or something by a capital that the evidence lacks, and the evidence another:
    what is at Marlow is not at Elmbridge."""
    if language == "zh":
        return False
    asked, told = (frozenset(_PROPER.findall(text)) for text in (question, evidence))
    missing = {name for name in asked if name not in evidence and name not in context}
    others = {name for name in told if name not in question and name not in context}
    return bool(missing and others)


def says_otherwise(question: str, evidence: str, language: str) -> bool:
    """Whether the evidence is about another action than the question: "do not eat" does not answer "do I need to
    fast?", nor "stop breast-feeding" "may I take it while breast-feeding?"."""
    if _AT_ONCE.search(question) and not _BOTH.search(evidence):
        return True
    if language == "zh":
        return bool(_ENDS_ZH.search(evidence)) and not _ENDS_ZH.search(question)
    lacked = " ".join(found["what"] for found in _LACKS.finditer(evidence) if found[0][:7].lower() == "without")
    if words(lacked, language) & words(" ".join(found["what"] for found in _WITH.finditer(question)), language):
        return True  # dismissed without cause, and for it
    duty = _DUTY.search(question)
    verb = (duty["verb"] or duty["must"]).lower() if duty else ""
    return bool(verb) and verb not in _ANY_VERB and _stem(verb) not in words(evidence, language)


def _without_quantities(question: str) -> str:
    """The question without its figures and their units: these are compared, not looked for."""
    for q in reversed(quantities(question)):
        question = f"{question[: q.start]} {question[q.end :]}"
    return re.sub(r"\bolds?\b", " ", question)


def others_role(question: str, evidence: str) -> bool:
    """Whether the evidence is of the other party than the question: the first role each names are opposites."""
    asked, told = ROLE.search(question), ROLE.search(evidence)
    return bool(asked and told and (asked[0].lower(), told[0].lower()) in _OPPOSITE)


def _asked(question: str, context: str, language: str) -> frozenset[str]:
    """The words that the evidence itself must hold: those of what is asked, not of the document's names. In Chinese the
    characters behind the modal.
    """
    if language == "zh":
        modal = _MODAL_ZH.search(question)
        rest = words(question[modal.end() :], "zh") if modal else frozenset[str]()
        return rest if len(rest) > 1 else words(question, "zh") - words(context, "zh")
    names = " ".join(re.findall(r"(?<=[\w,] )[A-Z][\w'-]+", question))
    return words(question, "en") - words(context, "en") - words(names, "en")


def _denied(asked: frozenset[str], question: str, evidence: str, language: str) -> bool | None:
    """Whether the evidence denies what is asked; None where some of the question's words stand only in clauses that
    deny and others only in clauses that affirm.
    """
    flip = denies_asked(question, language)
    main, excepted = _excepted(evidence, language)
    if excepted and (asked & words(excepted, language)) - words(main, language):
        return (not any(denies(part, language) for part in _clauses(main, language))) != flip
    if language != "zh":
        lacked = {w for found in _LACKS.finditer(evidence) for w in words(found["what"], language)}
        if asked & lacked and not _WITHOUT.search(question):
            return not flip
    parts = _clauses(evidence, language)
    flags = [denies(part, language) for part in parts]
    if len(set(flags)) == 1:
        return flags[0] != flip
    told = [asked & words(part, language) for part in parts]
    everything = words(question, language)
    best = max(range(len(parts)), key=lambda i: (len(everything & words(parts[i], language)), len(told[i])))
    denying = {w for found, flag in zip(told, flags, strict=True) if flag for w in found}
    affirming = {w for found, flag in zip(told, flags, strict=True) if not flag for w in found}
    if (denying - affirming) and (affirming - denying) and language != "zh":
        return None
    if not told[best]:
        return None
    return flags[best] != flip


def _excepted(evidence: str, language: str) -> tuple[str, str]:
    """(what the evidence says, what it takes out of it): "every room" and "the attic". "" where nothing is."""
    if language == "zh":
        found = _EXCEPTS_ZH.search(evidence)
        return (evidence[: found.start()] + evidence[found.end() :], found["what"]) if found else (evidence, "")
    parts = _EXCEPTS.split(evidence, maxsplit=1)
    if len(parts) < 2:
        return evidence, ""
    taken, _, rest = parts[1].partition(",")
    return f"{parts[0]} {rest}", taken


def bearing(question: str, evidence: str, context: str, language: str) -> float:
    """The share of the question's words that the evidence holds, 0..1; words of the context alone count half."""
    return held(words(question, language), words(evidence, language), words(context, language))


def held(wanted: frozenset[str], said: frozenset[str], over: frozenset[str]) -> float:
    """The share of the wanted words that are said, 0..1; those that only stand over it count half."""
    return sum(1.0 if w in said else 0.5 if w in over else 0.0 for w in wanted) / max(1, len(wanted))


def denies(clause: str, language: str) -> bool:
    """Whether a clause denies: an odd number of denials in Chinese, any in English."""
    if language == "zh":
        return len(_DENIES_ZH.findall(_ATTRIBUTE_ZH.sub("", clause))) % 2 == 1
    return bool(_DENIES.search(clause))


def words(text: str, language: str) -> frozenset[str]:
    """English words without endings and function words; in Chinese characters and Latin words."""
    if language == "zh":
        latin = {w.casefold() for w in _WORD.findall(text)}
        return frozenset({c for c in _HAN.findall(text) if c not in _STOP_HAN} | latin)
    return frozenset(_stem(w.lower()) for w in _WORD.findall(text) if w.lower() not in _STOP and len(w) > 1)


@cache
def _stemmer() -> Callable[[str], str]:
    import Stemmer

    stem: Callable[[str], str] = Stemmer.Stemmer("english", 0).stemWord
    return stem


@cache
def _stem(word: str) -> str:
    """The stem, that of the word of documents where people say another one: "wine" is alcohol."""
    return _stemmer()(SAID_FOR.get(word, word))


def denies_asked(question: str, language: str) -> bool:
    """Whether the question itself denies ("can I not ...?"); "能不能" and "是不是" deny nothing."""
    if language == "zh":
        question = _ATTRIBUTE_ZH.sub("", question)
        plain = re.sub(r"(.)[不没]\1|是否|能否|可否|有没有|[不没]有?[？?。 ]*$|没有吗", "", question)
        return len(re.findall(r"不(?!超过|少于|低于)|未(?!来|成年)|没|无", plain)) % 2 == 1
    asked = re.sub(r"\b(?:if|when|while|because|since|who|that|which)\b[^,?]*,?", "", question, flags=re.IGNORECASE)
    return bool(_DENIES_ASKED.search(asked))


def _clauses(evidence: str, language: str) -> list[str]:
    """The parts of the evidence that affirm or deny by themselves; "Neither party" governs what follows it."""
    if language == "zh":
        return [p for p in re.split(r"[，。；;,\n！？：:]|但是?", evidence) if p.strip()] or [evidence]
    parts = [p for p in _BREAK.split(evidence) if p and p.strip()] or [evidence]
    if re.match(r"[\d.\s()a-z]*(?:neither|no|nobody|none)\b", parts[0], re.IGNORECASE):
        return [evidence]
    return parts
