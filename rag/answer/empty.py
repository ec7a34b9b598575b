"""What answers nothing though it reads like the question: "Like all medicines, this medicine can cause side effects", a
heading, a question, a role without the name of its holder.
"""

from __future__ import annotations

import re

from sparewheel.rag.answer.spans import Reading

SHORT_EMPTY = 260  # characters of a quote that such a sentence fills
_SAYS_NOTHING = re.compile(
    r"like all medicines|not everybody gets (?:them|side effects)|read all of this leaflet|keep this leaflet"
    r"|if you have any (?:further|more) questions|you may need to read it again|is not (?:medical|legal) advice"
    r"|fictional sample|no part of this (?:document|publication)|all rights reserved|table of contents"
    r"|请仔细阅读|在医师指导下使用|如有疑问[^。]{0,12}咨询|本文件为示例",
    re.IGNORECASE,
)


_BARE_ROLE = re.compile(
    r"(?:the )?(?:guarantor|tenant|landlord|lessor|lessee|supplier|customer|client|contractor|employer|employee|buyer"
    r"|seller|borrower|lender|executive|company|party|parties|licensor|licensee)s?|[甲乙丙]方|双方|本合同|本协议",
    re.IGNORECASE,
)


def says_nothing(reading: Reading) -> bool:
    """Whether the best span is of a sentence that stands in every document of its kind: "Like all medicines ..."."""
    start, end, _ = reading.spans[0]
    said = reading.window.text[start:end].strip()
    if said.endswith(("?", "？")) or _folded(said) == _folded(reading.window.heading) or _BARE_ROLE.fullmatch(said):
        return True
    found = _SAYS_NOTHING.search(reading.window.text, start, end)
    return found is not None and end - start < SHORT_EMPTY


def is_empty(sentence: str) -> bool:
    """Whether the sentence is one that stands in every document of its kind and says nothing."""
    return bool(_SAYS_NOTHING.search(sentence)) and len(sentence) < SHORT_EMPTY


def _folded(text: str) -> str:
    return re.sub(r"\W+", " ", text).strip().casefold()
