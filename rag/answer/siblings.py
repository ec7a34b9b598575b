"""Answers about a thing's sibling: grade AX-7 where AX-9 is asked for, the aortic valve for the tricuspid one, the
usual dose for the highest.

Their names are alike, so that search and network take one for the other; a name that differs names another thing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sparewheel.rag.answer.verdict import words
from sparewheel.rag.table_text import MARK, cell_line_at
from sparewheel.rag.text import sentences
from sparewheel.rag.types import AnswerRequest, Draft

_CODE = re.compile(r"\b([A-Za-z]{1,8})[-\u2010\u2011 ]?(\d+[A-Za-z]?)\b(?![,.]\d)")
# what asks for an end of a range, and what sets that end
_EXTREMES = (
    (
        re.compile(
            r"\b(?:maximum|max|highest|largest|at (?:the )?most)\b"
            r"|\bhow (?:much|many)\b[^?]*\b(?:can|may|could) (?:i|we|you|one|he|she|they|somebody|someone)\b[^?]*\b"
            r"(?:a|per|each|every|one) (?:day|24 hours)\b"
            r"|最大(?!努力|限度|股东)|最高(?!人民|法院|额)|上限|至多|最多",
            re.IGNORECASE,
        ),
        re.compile(
            r"\b(?:maxim\w+|max|highest|largest|limit\w*|exceed\w*|cap(?:ped)?|ceiling|up to"
            r"|at (?:the )?most|between|to|(?:more|later|longer|older|greater|higher) than|not above|no more"
            r"|or (?:less|under|below)|under|below|within|until)\b"
            r"|[<≤–]|最|超过|[多高大晚迟]于|以[下内]|上限|至|限|不足|之内|到",
            re.IGNORECASE,
        ),
    ),
    (
        re.compile(r"\b(?:minimum|lowest|smallest|at (?:the )?least)\b|最低|最小|下限|至少|最少", re.IGNORECASE),
        re.compile(
            r"\b(?:minim\w+|lowest|smallest|limit\w*|at (?:the )?least|between|from"
            r"|(?:less|fewer|earlier|shorter|younger|lower) than|not below|no less"
            r"|or (?:more|over|above|older)|over|above)\b"
            r"|[>≥–]|最|[低少小早]于|以上|下限|至|满|起|自|从",
            re.IGNORECASE,
        ),
    ),
)
_TOKEN = re.compile(r"[A-Za-z][\w'-]*|\d[\d.,]*")
# what stands before a number without being the name of a code
_NO_CODE = frozenset(
    re.findall(
        r"\S+",
        "in of on at to for by from and or the a an is are was after before about within than over under up day days"
        " week weeks month months year years hour hours minute minutes page pages clause section article paragraph para"
        " part chapter schedule annex appendix exhibit item step stage phase grade level class category type no number"
        " unit room usd eur gbp cny rmb chf january february march april may june july august"
        " september october november december",
    )
)


_ANYBODY = frozenset(
    re.findall(
        r"\S+",
        "child children kid kids baby babies infant infants adult adults patient patients man men woman women person"
        " people boy girl son daughter mother father mum dad somebody someone anyone anybody",
    )
)


def without_siblings(request: AnswerRequest, draft: Draft) -> Draft:
    """The draft, or a refusal where what it quotes is of a sibling of what the question names."""
    if draft.refused or not draft.spans or draft.lines:
        return draft
    span = draft.spans[0]
    text = request.hits[span.hit].chunk.text
    line = cell_line_at(text, span.start)
    quoted = text[line[0] : line[1]] if line else text[span.start : span.end]
    over = " ".join(request.hits[span.hit].chunk.headings)
    sentence = quoted if line else " ".join(text[a:b] for a, b in sentences(text) if b > span.start and a < span.end)
    of_another = (
        _of_another_code(request.question, quoted)
        or (line is not None and request.language == "en" and _of_another_row(request, quoted))
        or _of_no_limit(request.question, f"{over} {sentence}")
    )
    return Draft("", refused=True, confidence=draft.confidence, model=draft.model) if of_another else draft


def _of_no_limit(question: str, told: str) -> bool:
    """Whether a highest or lowest figure is asked for and the sentence sets no limit: "the usual dose is 5 mg"."""
    return any(asks.search(question) and not sets.search(told) for asks, sets in _EXTREMES)


def _of_another_code(question: str, quoted: str) -> bool:
    """Whether the quote has codes of the asked one's family, and not the asked one."""
    told = _codes(quoted)
    return any(
        family in told and number not in told[family]
        for family, numbers in _codes(question).items()
        for number in numbers
    )


def _codes(text: str) -> dict[str, set[str]]:
    """Family -> numbers: {"ax": {"9"}}. Before a blank and a number only capitals are a code."""
    found: dict[str, set[str]] = {}
    for code in _CODE.finditer(text):
        family = code[1].casefold()
        apart = code[0][len(code[1])] == " "
        if family in _NO_CODE or (apart and not code[1].isupper()):
            continue
        found.setdefault(family, set()).add(code[2].casefold())
    return found


def _of_another_row(request: AnswerRequest, line: str) -> bool:
    """Whether a word beside the row's words in the question is in nothing that was read, and the row has one that the
    question lacks: "mechanical tricuspid valve" and the row "Mechanical aortic valve"."""
    row = words(line.rpartition(MARK)[0], "en")
    asked = words(request.question, "en")
    if not row & asked or row <= asked or _codes(line) == _codes(request.question) != {}:
        return False
    nowhere = asked - words(" ".join(hit.chunk.indexed_text for hit in request.hits), "en")
    said = _TOKEN.findall(request.question)
    tokens = [words(token, "en") for token in said]
    return any(
        tokens[i]
        and tokens[i] <= nowhere
        and not _may_be_anything(said[i])
        and any(near and near <= row for near in beside)
        for i, beside in enumerate(_beside(tokens, i) for i in range(len(tokens)))
    )


def _may_be_anything(token: str) -> bool:
    """Whether it names no row: a figure (25 kg stands in the row "20 to 29 kg"), an abbreviation, anybody."""
    return token[0].isdigit() or (token.isupper() and len(token) > 1) or token.lower() in _ANYBODY


def _beside(tokens: Sequence[frozenset[str]], i: int) -> list[frozenset[str]]:
    return [*tokens[max(0, i - 1) : i], *tokens[i + 1 : i + 2]]
