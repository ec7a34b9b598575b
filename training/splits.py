"""Which documents every trainer leaves out: one rule, so that no model is measured on what another one was trained on.

A name is held out when a hash of it falls into the lowest fifth. The salt was chosen for the sizes of the parts only
(CUAD 83 of 409 contracts, PolicyQA 4 of 20 policies, SQuAD 10 of 48 articles), before any model was trained.
"""

from __future__ import annotations

import hashlib
import re

HELD_OUT_SHARE = 0.2
SALT = "sparewheel-91"

# What a filer's name may end in without being another company, and what a file name may carry behind the title.
_COMPANY_FORMS = (
    "incorporated", "corporation", "holdings", "limited", "holding", "company", "group", "trust", "corp", "inc",
    "ltd", "llc", "llp", "plc", "co", "lp", "sa", "nv", "ag", "bv",
)  # fmt: skip
_FORMS_AT_END = re.compile(rf"(?<=.{{4}})(?:{'|'.join(_COMPANY_FORMS)})$")
# Families that share more than half of their word 8-grams: one text filed by two companies. Measured on CUAD, once.
_SAME_TEXT = {
    "alamogordofinancial": "athensbancshares",
    "bluehillsban": "athensbancshares",
    "chinarealestateinformation": "leju",
    "elfbeauty": "spok",
    "galeratherapeutics": "tallgrassenergy",
    "garrettmotion": "cerence",
    "gooseheadinsurance": "soupman",
    "leadersonline": "impresse",
    "orbsat": "manakoaservices",
    "palmersquarecapitalbdc": "nmfslfi",
    "sandridgeenergy": "vertexenergy",
    "separateaccountiiofagl": "variableseparateaccount",
    "sibannac": "intelligenthighwaysolutions",
}
_NAME_ENDS = re.compile(r"_| [-–] ")


def contract_family(title: str) -> str:
    """The filer's name of a CUAD or SEC exhibit title, normalised: `ARMSTRONGFLOORING,INC_01_07_2019-EX-10.2-...` and
    `ArmstrongFlooringInc_20190107_8-K_...` are both `armstrongflooring`. Amendments, exhibits of one filing and refiled
    versions share the filer, so a family holds every near-duplicate of a contract; companies that filed one text are
    one family. A path or suffix is ignored.
    """
    name = re.sub(r"\.(?:txt|pdf)$", "", title.rsplit("/", 1)[-1], flags=re.IGNORECASE)
    family = re.sub(r"[^a-z0-9]", "", _NAME_ENDS.split(name, maxsplit=1)[0].lower())
    while (shorter := _FORMS_AT_END.sub("", family)) != family:
        family = shorter
    return _SAME_TEXT.get(family, family)


def held_out(name: str) -> bool:
    """True for about `HELD_OUT_SHARE` of all names: a PolicyQA policy, a SQuAD article title, a contract family."""
    digest = hashlib.sha256(f"{SALT}:{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") < HELD_OUT_SHARE * 2**64


def contract_held_out(title: str) -> bool:
    """True when the family of a CUAD contract is held out; takes its title, or its file name in LegalBench-RAG."""
    return held_out(contract_family(title))


def legalbench_held_out(path: str) -> bool:
    """True when a LegalBench-RAG document (`cuad/NAME.txt`, `contractnli/NAME.txt`, ...) is held out; a document of its
    `cuad` part is on the side of its contract in CUAD, PrivacyQA is always held out (its terms forbid training).
    """
    part = path.split("/", 1)[0]
    if part == "privacy_qa":
        return True
    return contract_held_out(path) if part == "cuad" else held_out(path)
