"""What a title asks, and what the conclusion of its abstract says to it: the question of one, the label of the "
"other."""

from __future__ import annotations

import re

from training.findings.questions import Asked, do_or_does, sane

_TOPICS = tuple((re.compile(pattern + r"$", re.IGNORECASE), wording) for pattern, wording in (
    (r"(?:the )?(?:\w+ )?(?:effects?|influence|impact) of (?P<a>.+?) (?:up)?on (?P<b>.+)", "Does {a} affect {b}?"),
    (r"(?:the )?(?:association|relationship|relation|correlation|link)s? (?:between|of) (?P<a>.+?) (?:and|with|"
     r"to) (?P<b>.+)",
     "Is {a} associated with {b}?"),
    (r"(?P<a>.+?) and (?:the )?(?P<b>(?:risk|incidence|prevalence) of .+|.+ risk|"
     r"mortality.*)", "Is {a} associated with {b}?"),
    (r"(?:the )?(?:clinical )?(?:efficacy|effectiveness) of (?P<a>.+?) (?:in|for|"
     r"on) (?P<b>.+)", "Is {a} effective in {b}?"),
    (r"(?:the )?(?:possible |potential )?role of (?P<a>.+?) in (?P<b>.+)", "Does {a} play a role in {b}?"),
))  # fmt: skip
_YES_NO_TITLE = re.compile(
    r"(?:is|are|was|were|does|do|did|can|could|should|will|has|have|may|must)\b.+\?$", re.IGNORECASE
)


def topic(title: str) -> str:
    """The yes/no question that a title asks or names ("Effect of X on Y" -> "Does X affect Y?"); "" for others."""
    bare = re.sub(r"\s+", " ", title).strip()
    if bare.endswith(("...", "…")):  # cut off
        return ""
    if _YES_NO_TITLE.match(bare):
        return bare
    bare = re.split(r"[:.?;]| - |--", re.sub(r"\s*[(\[][^()\[\]]*[)\]]", "", bare))[0].strip()
    for pattern, wording in _TOPICS:
        if (found := pattern.match(bare)) and "," not in found["a"]:
            a = found["a"][0].lower() + found["a"][1:] if re.match(r"[A-Z][a-z]", found["a"]) else found["a"]
            question = wording.format(a=a, b=found["b"])
            if do_or_does(a) == "do":
                question = question.replace("Is ", "Are ", 1).replace("Does ", "Do ", 1)
            made = sane(Asked(question, ""))
            return made.question if made else ""
    return ""


_DENIED = re.compile(
    r"\b(?:not? (?:\w+ ){0,2}?(?:associat|relat|correlat|affect|effect|influenc|differ|increas|decreas|reduc|improv|"
    r"chang|benefi|evidence|support|predict|superior|advantage|necessar|justif|appear|seem|useful|relationship|caus|"
    r"impact|alter|recommend|indicat|add|protect|impair|provide|effective|lead|contribut|relev|import|reliabl|accura|"
    r"significan|role|have|need|require|correspond|link|reflect|result|confer|seen|found|help)|cannot|failed to|"
    r"fails to|"
    r"neither|unlikely|unaffected|unrelated|lack of|similar|comparable|equivalent|little (?:effect|evidence)|"
    r"no longer)",
    re.IGNORECASE,
)
_AFFIRMED = re.compile(
    r"\b(?:associated|related|correlat\w+|increase\w*|decrease\w*|reduc\w+|improv\w+|higher|lower\w*|effective\w*|"
    r"predict\w*|benefi\w+|risk factor|safe\w*|useful|protect\w*|prevent\w*|affects?|affected|influence[sd]?|"
    r"enhanc\w+|"
    r"better|greater|superior|differ\w*|important|significan\w+|reliabl\w+|feasibl\w+|valid\w*|contribut\w+|can|"
    r"should|inhibit\w*|impair\w*|elevated|plays?|leads?|caus\w+|promot\w+)\b",
    re.IGNORECASE,
)
_HEDGED = re.compile(
    r"\b(?:unclear|inconclusive|uncertain|mixed|conflicting|inconsistent|insufficient|contradictory|equivocal|"
    r"controversial|limited evidence|remains? to be)\b",
    re.IGNORECASE,
)


def verdict(conclusion: str) -> str:
    """What a conclusion says to the question of its study: "maybe" where it says that the evidence does not decide,
    "no" where it denies more than it affirms, "yes" where it affirms; "" where nothing is found or it does both. On
    the 500 labelled conclusions of PubMedQA such a "yes" and "no" is right in about two of three.
    """
    denied = len(_DENIED.findall(conclusion))
    affirmed = len(_AFFIRMED.findall(_DENIED.sub(" ", conclusion)))
    if _HEDGED.search(conclusion):
        return "maybe"
    if denied:
        return "no" if affirmed <= denied else ""
    return "yes" if affirmed else ""
