"""Answers from tables: the cell that a question names by its row and its column, quoted with both names.

Each line of a table in a passage says row, column and cell (`rag.table_text`). Where the question names a row and a
column better than any other, the answer is looked up, not read: a network confuses "1-5 years" with "6-12 years", words
do not. "A child of 16 kg" is in the row "15 to 19.9 kg". A cell that the table leaves empty is no answer, and the cell
beside it is not, either.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sparewheel.rag.answer.detail import DATE, fits
from sparewheel.rag.answer.figures import Quantity, quantities
from sparewheel.rag.answer.lay import in_their_words
from sparewheel.rag.answer.question_form import form_of
from sparewheel.rag.answer.verdict import SAID_FOR, words
from sparewheel.rag.table_text import MARK, VALUE, TableSpan, cell_line_at, is_empty_cell, tables
from sparewheel.rag.text import simplified
from sparewheel.rag.types import AnswerRequest, Draft, Hit, Span

LEAST_SURE, SURE = 0.55, 0.95  # of a cell of whose question it says nothing else, and all (benchmarks/as_asked.py)
_LEAST_ROW = 0.5  # of the weight of a row's name that the question must say
_LEAST_COLUMN = 0.3  # of the weight of a column's name
_BOTH_COLUMNS = 0.45  # of the name of each of two columns that are asked for at once
_ROW_ALONE = 0.6  # of the weight of a row's name, where the table has no second column to name
_ABOUT = 0.5  # of the question's words must stand in the cell's line, over it or in what the document is called
_LETTER = 0.5  # of the weight of a word of one letter: people say "troponin" for "Troponin T"
_ABOUT_WITHIN = 0.2  # and where everything found is of one document
_UNSAID = 0.35  # what a word of a row's name costs that the question does not say, of its weight
_LABEL = re.compile(  # a line of a form: "Known allergy: penicillin"
    r"[ \t•*-]*(?P<name>(?!(?:https?|note|very common|common|uncommon|rare|warning)\b)[A-Za-z][\w’'/() -]{1,38}"
    r"|[\u3400-\u9fff（）]{2,12})[ \t]*[:：][ \t]*(?P<value>(?=[^\s])[^\n]{1,80})",
    re.IGNORECASE,
)
_TOKEN = re.compile(rf"{DATE.pattern}|\d+(?:[.,:/–-]\d+)*|[^\W\d_\u3400-\u9fff]+|[\u3400-\u9fff]+")
_ENDING = re.compile(r"(?:ings|ies|es|s|ly|ing|ed|al)$")
_BRACKETS = re.compile(r"[(（][^)）]*[)）]")
_EMPTY_WORDS = frozenset(
    re.findall(
        r"\S+",
        "a an the of in on at for to by is are was be and or per with from what which who how much many when "
        "does do did under after before must may can within ltd llc inc gmbh eur usd gbp euro euros this that "
        "it there i we you he she they my our your his her their me us if as so but not no should will would has have "
        "had get gets give gives given take takes need needs where whose whats please tell long often old",
    )
)
_ASKS_AMOUNT = re.compile(  # words that a question has for what a column is called otherwise
    r"\bhow (?:much|many)\b|\bdos(?:e|es|age)\b|多少|几[片粒毫支袋]|剂量|用量", re.IGNORECASE
)
_AMOUNT_COLUMN = re.compile(r"dose|amount|quantity|number|剂量|用量|数量|金额", re.IGNORECASE)
_ASKS_OFTEN = re.compile(r"\bhow (?:often|frequently|many times)\b|多久.{0,6}一次|几次|频次|频率", re.IGNORECASE)
_OFTEN_COLUMN = re.compile(r"frequen|how often|interval|频次|频率|次数", re.IGNORECASE)
_ASKS_LONG = re.compile(r"\bhow long\b|\bfor how many\b|多长时间|多久(?!.{0,6}一次)", re.IGNORECASE)
_LONG_COLUMN = re.compile(r"duration|kept for|period|length|期限|时间|疗程", re.IGNORECASE)
_ASKS_PRICE = re.compile(r"\bcosts?\b|\bprices?\b|\bcharged?\b|\bpay\b|多少钱|价格|价钱|单价", re.IGNORECASE)
_PRICE_COLUMN = re.compile(r"\b(?:price|cost|fee|rate|charge)|[价费]", re.IGNORECASE)
_SAID_OTHERWISE = (
    *((_ASKS_PRICE, _PRICE_COLUMN), (_ASKS_OFTEN, _OFTEN_COLUMN), (_ASKS_LONG, _LONG_COLUMN)),
    (_ASKS_AMOUNT, _AMOUNT_COLUMN),
)
_WHOEVER = re.compile(  # who or what a quantity is of, and what every question for a cell says
    r"\b(?:child(?:ren)?|kids?|bab(?:y|ies)|infants?|girls?|boys?|sons?|daughters?|adults?|patients?|m[ae]n|wom[ae]n"
    r"|persons?|people|mother|father|aged?|old|years?|weigh(?:s|ing|t)?|medicines?|drugs?|given?|kept|keep|stored?"
    r"|how|much|many|what|most|maximum|dos(?:e|es|age)|amount|value|costs?|price|paid|pay|until|about|stated?|says?"
    r"|agreement|contract|lease|document|policy|deleted?|erased?|risk|chance|likely|happens?)\b"
    r"|儿童|孩子|小孩|宝宝|患者|病人|老人|成人|体重|多少|多久|一次|每次|服用|是|吃|喂|用|该|应",
    re.IGNORECASE,
)
_ALIKE = 5  # letters in which words of one stem agree: guarantor, guarantee
_MORE = 1.5  # times the weight that a row's name must say to be meant in the place of another
_LONGEST_LEAD = 200  # characters of the sentence that leads up to a table
_MOST_OF_A_ROW = 4  # cells that are quoted of a row
_ASKS_FOR_ROW = re.compile(
    r"\b(?:at what (?:age|time|stage)|which|what colou?r)\b|哪个|哪种|几岁|什么颜色", re.IGNORECASE
)
_SEVERAL = re.compile(r"\band\b|,|[和与、及，]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Cell:
    """A line of a table; column () where the table has no names of columns beside that of its one value."""

    hit: int
    start: int
    end: int
    named: str  # the row as it is written
    header: str  # the column as it is written
    row: tuple[str, ...]
    column: tuple[str, ...]
    empty: bool


def cell_asked_for(request: AnswerRequest) -> Draft | None:
    """The cell whose row and column the question names, as a quote of its line; refused where the cell is empty; None
    where the question names no cell, or several as well as one another."""
    if form_of(request.question, request.language).form == "yes-no":
        return None
    cells = [cell for i, hit in enumerate(request.hits) for cell in _cells(i, hit)]
    asked = frozenset(_words(request.question))
    if not cells or not asked:
        return None
    asked |= frozenset(_words(in_their_words(request.question, request.language, request.hits)))
    for look_up in (_in_range, _by_names, _by_row, _by_line, _by_value):
        if found := look_up(request, cells, asked):
            return _drafted(request, found)
    return None


def whole_cells(request: AnswerRequest, draft: Draft) -> Draft:
    """The draft with each quote from a table as the whole line of its cell; refused where it rests on an empty one, or
    on the row of another quantity than the question's."""
    if draft.refused or not draft.spans:
        return draft
    spans: list[Span] = []
    changed = False
    for span in draft.spans:
        text = request.hits[span.hit].chunk.text
        line = cell_line_at(text, span.start)
        if line is None and any(
            t.start <= span.start < t.head_end and "\t" in text[span.start : span.end] for t in tables(text)
        ):
            return Draft("", refused=True, confidence=draft.confidence, model=draft.model)  # the names of its columns
        if line is None:
            spans.append(span)
            continue
        changed = True
        line = _row_that_says_more(request.question, text, line)
        said = text[line[0] : line[1]]
        if is_empty_cell(said) or _is_of_another(request.question, text, line) or _is_of_nothing(request, said):
            if not spans:
                return Draft("", refused=True, confidence=draft.confidence, model=draft.model)
            continue
        whole = Span(span.hit, line[0], line[1], span.score)
        if (whole.hit, whole.start) not in {(s.hit, s.start) for s in spans}:
            spans.append(whole)
    if not changed:
        return draft
    text = "; ".join(request.hits[s.hit].chunk.text[s.start : s.end] for s in spans)
    return replace(draft, text=text, spans=tuple(spans))


def _is_of_another(question: str, text: str, line: tuple[int, int]) -> bool:
    """Whether the line is of another row than the question's: of 10 to 19 kg where it is of 35 kg, of another name than
    the one that it says."""
    name = text[line[0] : line[1]].rpartition(MARK)[0]
    asked = [q for q in _quantities(question) if q.unit]
    alike = [(q, r) for q in asked for r in quantities(name) if r.unit and _same_unit(q, r)]
    if alike:
        return not any(r.low <= q.low and q.high <= r.high for q, r in alike)
    table = next((t for t in tables(text) if t.start <= line[0] < t.end), None)
    if table is None:
        return False
    first = [text[start:end].partition("\n")[0] for start, end in table.rows]
    fitting = [row for row in first if fits(question, cell_value(row)) is not False]
    rows = {row.rpartition(MARK)[0] for row in fitting} | {name}
    said = frozenset(_words(question))
    weight = _weights({_words(row) for row in rows})
    shares = {row: _score(_words(row), said, weight)[1] for row in rows}
    return any(share >= _ROW_ALONE and share > shares.get(name, 0.0) for share in shares.values())


def _row_that_says_more(question: str, text: str, line: tuple[int, int]) -> tuple[int, int]:
    """Of a table of two columns the line whose name says more of the question than the one that is quoted, and whose
    value can be the answer: "Rent commencement date" before "Date of lease" for the date from which rent is paid."""
    table = next((t for t in tables(text) if t.start <= line[0] < t.end), None)
    lines = [line] if table is None else [(a, b) for a, b in table.rows if "\n" not in text[a:b].strip("\n")]
    names = {place: _words(text[slice(*place)].rpartition(MARK)[0]) for place in lines}
    if line not in names or any(VALUE in text[slice(*place)].rpartition(MARK)[2] for place in lines):
        return line
    said, weight = frozenset(_words(question)), _weights({*names.values()})
    held = {place: _said(name, said, weight) for place, name in names.items()}
    best = max(held, key=lambda place: held[place])
    more = held[best] > _MORE * held[line] and fits(question, cell_value(text[slice(*best)])) is True
    return best if more else line


def _is_of_nothing(request: AnswerRequest, line: str) -> bool:
    """Whether a line of two columns shares no word with the question: "Guarantor — Helena Vask" tells of no agent."""
    name, _, rest = line.rpartition(MARK)
    if VALUE in rest or form_of(request.question, request.language).form == "yes-no":
        return False
    question = in_their_words(request.question, request.language, request.hits)
    asked = {word[:_ALIKE] for word in _words(f"{request.question} {question}")}
    return not asked & {word[:_ALIKE] for word in _words(line)} and bool(_words(name))


def _same_unit(one: Quantity, other: Quantity) -> bool:
    return one.unit == other.unit or {one.unit, other.unit} == {"岁", "day"}


# ---------------------------------------------------------------- which cell


def _by_names(request: AnswerRequest, cells: Sequence[_Cell], asked: frozenset[str]) -> list[_Cell]:
    """The cell of the row and the column that the question names best; those of two columns where it names two."""
    row_weight = _weights({cell.row for cell in cells})
    column_weight = _weights({cell.column for cell in cells})
    scored = []
    for cell in cells:
        row, full = _score(cell.row, asked, row_weight)
        column, share = _score(cell.column, asked, column_weight)
        if not share and cell.column and _asks_for(request.question, cell.header):
            column, share = _LEAST_COLUMN, _LEAST_COLUMN
        if row > 0 and column > 0 and full >= _LEAST_ROW and share >= _LEAST_COLUMN:
            scored.append((row, column, share, cell))
    if not scored:
        return []
    best_row = max(row for row, *_ in scored)
    same_row = [(column, share, cell) for row, column, share, cell in scored if row > best_row - 1e-9]
    if len({(cell.row, request.hits[cell.hit].chunk.document_id) for *_, cell in same_row}) > 1:
        return []
    if _SEVERAL.search(request.question):
        named = [cell for _, share, cell in same_row if share >= _BOTH_COLUMNS]
        if len({cell.column for cell in named}) > 1:
            return _once(named)
    best_column = max(column for column, *_ in same_row)
    return [cell for column, _, cell in same_row if column > best_column - 1e-9]


def _asks_for(question: str, header: str) -> bool:
    """Whether the question asks for the column in other words than its name: "how often" for "Frequency"."""
    asks = next((column for asks, column in _SAID_OTHERWISE if asks.search(question)), None)
    return asks is not None and bool(asks.search(header))


def _by_row(request: AnswerRequest, cells: Sequence[_Cell], asked: frozenset[str]) -> list[_Cell]:
    """The cell of a table of two columns whose row says most of what the question asks about."""
    single = [cell for cell in cells if not cell.column]
    if not single:
        return []
    weight = _weights({cell.row for cell in single})
    scored = [(*_score(cell.row, asked, weight), cell) for cell in single]
    scored = [(score, full, cell) for score, full, cell in scored if score > 0 and full >= _ROW_ALONE]
    best = max((score for score, *_ in scored), default=0.0)
    found = [cell for score, _, cell in scored if score > best - 1e-9]
    if len({cell.row for cell in found}) != 1:
        return []
    cell = found[0]
    rest = frozenset(_words(_WHOEVER.sub(" ", request.question))) - _told_over(request.hits[cell.hit])
    value = cell_value(request.hits[cell.hit].chunk.text[cell.start : cell.end])
    if not rest or len(rest & {*cell.row}) <= len(rest) / 2 or fits(request.question, value) is False:
        return []
    return found


def _by_line(request: AnswerRequest, cells: Sequence[_Cell], asked: frozenset[str]) -> list[_Cell]:
    """The one line that says all of what the question asks about, its row above all: "when does the aspirin stop" is
    told by "Aspirin — Note: stop on 9 June"."""
    rest = frozenset(_words(_WHOEVER.sub(" ", request.question)))
    scored = []
    for cell in cells:
        about = rest - _told_over(request.hits[cell.hit])
        line = frozenset(_words(request.hits[cell.hit].chunk.text[cell.start : cell.end]))
        if len(about) > 1 and about <= line and about & {*cell.row} and not {*cell.row} - about:
            scored.append(cell)
    return scored if len({(cell.named, cell.header) for cell in scored}) == 1 else []


def _by_value(request: AnswerRequest, cells: Sequence[_Cell], asked: frozenset[str]) -> list[_Cell]:
    """The cells of the one row in whose cells all stands that is asked about, where the row or another of its cells is
    asked for: "at what age is the vaccine given", "which colour for lactate"."""
    if not _ASKS_FOR_ROW.search(request.question):
        return []
    rest = frozenset(_words(_WHOEVER.sub(" ", request.question)))
    texts = {cell: request.hits[cell.hit].chunk.text[cell.start : cell.end] for cell in cells}
    known = {word for text in texts.values() for word in _words(cell_value(text))}
    held = []
    for cell in cells:
        about = (rest & known) - _told_over(request.hits[cell.hit])
        value = {*_words(cell_value(texts[cell]))}
        if about and about <= value and len(rest - value - _told_over(request.hits[cell.hit])) <= 1:
            held.append(cell)
    if len({(cell.hit, cell.named) for cell in held}) != 1:
        return []
    row = [cell for cell in cells if (cell.hit, cell.named) == (held[0].hit, held[0].named)]
    return _once(row) if len(row) <= _MOST_OF_A_ROW else held


_AGE = re.compile(
    r"\b(?:m[ae]n|wom[ae]n|patients?|persons?|people|adults?|mother|father|he|she|child|boy|girl|son|daughter|lady)\b"
    r"[^.?!\d]{0,14}?\b(?:of|is|aged|,)\s+(?P<age>\d{1,3})(?![\d.,]|\s*(?:mg|g|kg|kilo|m[lL]|cm|months?|weeks?|days?|%))",
    re.IGNORECASE,
)


def _quantities(question: str) -> list[Quantity]:
    """The quantities of the question; "a man of 83" is of 83 years."""
    aged = _AGE.search(question)
    if aged is None:
        return quantities(question)
    return quantities(f"{question[: aged.end('age')]} years{question[aged.end('age') :]}")


def _in_range(request: AnswerRequest, cells: Sequence[_Cell], asked: frozenset[str]) -> list[_Cell]:
    """The cells of the row whose range holds a quantity of the question: those of the column asked for, else all."""
    wanted = _quantities(request.question)
    if not wanted:
        return []
    ranges = {cell.named: quantities(cell.named) for cell in cells}
    held = [cell for cell in cells if any(_holds(request, cell, q, ranges[cell.named]) for q in wanted)]
    if not held:
        return []
    weight = _weights({cell.row for cell in cells})
    scores = {cell.named: _said(cell.row, asked, weight) for cell in held}
    best = max(scores.values())
    rows = [cell for cell in held if scores[cell.named] > best - 1e-9]
    if len({(cell.named, request.hits[cell.hit].chunk.document_id) for cell in rows}) != 1:
        return []
    return _of_column(request, _once(rows), asked)


def _holds(request: AnswerRequest, cell: _Cell, wanted: Quantity, ranges: Sequence[Quantity]) -> bool:
    """Whether a range of the row's name holds the quantity. A bare number is one of the row only where the word before
    it in the question heads the table."""
    for held in ranges:
        if not (held.bound or held.high > held.low):
            continue  # "Unit 47" is a name
        inside = held.low <= wanted.low and wanted.high <= held.high and not _only_below(wanted, held)
        if inside and wanted.unit and _same_unit(wanted, held):
            return True
        if inside and not wanted.unit:
            text = request.hits[cell.hit].chunk.text
            head = next((text[t.start : t.head_end] for t in tables(text) if t.start <= cell.start < t.end), "")
            before = _words(request.question[: wanted.start])
            if set(before[-2:]) & set(_words(head)):
                return True
    return False


def _only_below(wanted: Quantity, held: Quantity) -> bool:
    """Whether the row is "under 80 years", which does not hold 80 itself."""
    return held.bound and math.isinf(held.low) and wanted.high == held.high


def _of_column(request: AnswerRequest, row: Sequence[_Cell], asked: frozenset[str]) -> list[_Cell]:
    if len(row) == 1:
        return [*row]
    weight = _weights({cell.column for cell in row})
    scores = [_score(cell.column, asked, weight)[0] for cell in row]
    if max(scores) > 0 and scores.count(max(scores)) == 1:
        return [row[scores.index(max(scores))]]
    for asks, column in _SAID_OTHERWISE:
        if asks.search(request.question) and len(named := [c for c in row if column.search(c.header)]) == 1:
            return named
    return [*row]


def _once(cells: Sequence[_Cell]) -> list[_Cell]:
    """The cells without those that a passage repeats."""
    return list({(cell.named, cell.header): cell for cell in reversed(cells)}.values())[::-1]


def _drafted(request: AnswerRequest, found: Sequence[_Cell]) -> Draft | None:
    """The lines as quotes; None where one name has several values, or the line is about little of the question."""
    texts = {cell: request.hits[cell.hit].chunk.text[cell.start : cell.end] for cell in found}
    names = {(cell.named, cell.header) for cell in found}
    if len({*texts.values()}) != len(names):
        return None
    about = _about(request, found[0])
    one = len({hit.chunk.document_id for hit in request.hits}) == 1
    if about < (_ABOUT_WITHIN if one else _ABOUT):
        return None
    sure = LEAST_SURE + (SURE - LEAST_SURE) * about
    kept = [cell for cell in _once(found) if not cell.empty]
    if not kept:
        return Draft("", refused=True, confidence=sure, model="table")
    spans = tuple(Span(cell.hit, cell.start, cell.end, sure) for cell in kept)
    return Draft("; ".join(texts[cell] for cell in kept), spans, confidence=sure, model="table")


# ---------------------------------------------------------------- words


def cell_value(line: str) -> str:
    """What the cell of a line holds."""
    rest = line.rpartition(MARK)[2]
    return rest.partition(VALUE)[2] or rest


def _about(request: AnswerRequest, cell: _Cell) -> float:
    """Share of the question's words, its quantities and the words for anybody left out, in the line, over the table and
    in what the document is called; 0..1."""
    question = simplified(request.question)
    for q in reversed(quantities(question)):
        question = f"{question[: q.start]} {question[q.end :]}"
    wanted = words(_WHOEVER.sub(" ", question), request.language)
    hit = request.hits[cell.hit]
    text = hit.chunk.text
    over = next((text[_lead(text, t) : t.head_end] for t in tables(text) if t.start <= cell.start < t.end), "")
    named = (hit.chunk.metadata.get(key, "") for key in ("parties", "drug", "matter", "kind", "aliases"))
    told = "\n".join((hit.chunk.title, *hit.chunk.headings, *named, over, text[cell.start : cell.end]))
    return len(wanted & words(simplified(told), request.language)) / len(wanted) if wanted else 1.0


def _lead(text: str, table: TableSpan) -> int:
    """Where the paragraph begins that leads up to the table: "For children the syrup is dosed by body weight:"."""
    before = text[: table.start].rstrip()
    start = max(before.rfind("\n\n") + 2, before.rfind("\n") + 1) if before[-1:] in (":", "：") else table.start
    return start if table.start - start <= _LONGEST_LEAD else table.start


def _told_over(hit: Hit) -> frozenset[str]:
    chunk = hit.chunk
    named = (chunk.metadata.get(key, "") for key in ("parties", "drug", "matter", "kind", "aliases"))
    return frozenset(_words(" ".join((chunk.title, *chunk.headings, *named))))


def _cells(number: int, hit: Hit) -> list[_Cell]:
    text = hit.chunk.text
    found: list[_Cell] = []
    start = 0
    for line in text.split("\n"):
        name, mark, rest = line.rpartition(MARK)
        if not mark and (label := _LABEL.fullmatch(line)):
            name, mark, rest = label["name"], MARK, label["value"].replace(VALUE, " ")
        header, value, _ = rest.partition(VALUE)
        if mark and name.strip() and rest.strip():
            header = header if value else ""
            found.append(_Cell(number, start, start + len(line), name, header, _words(name), _words(header),
                               is_empty_cell(line)))  # fmt: skip
        start += len(line) + 1
    return found


def _words(text: str) -> tuple[str, ...]:
    """The words that say something, without their endings and without what stands in brackets beside others; a range of
    numbers is one; Chinese in pairs."""
    bare = _BRACKETS.sub(" ", text)
    text = bare if _TOKEN.search(bare) else text
    words: list[str] = []
    for token in _TOKEN.findall(simplified(text).casefold()):
        if token[0].isdigit():
            words.append(token.replace("–", "-"))
        elif "\u3400" <= token[0] <= "\u9fff":
            words += [token[i : i + 2] for i in range(max(len(token) - 1, 1))]
        elif token not in _EMPTY_WORDS:
            token = SAID_FOR.get(token, token)
            words.append(_ENDING.sub("", token)[:7] or token)
    return tuple(words)


def _weights(names: set[tuple[str, ...]]) -> dict[str, float]:
    """How much each word tells the names apart."""
    counts = Counter(word for name in names for word in set(name))
    return {
        word: math.log(1 + len(names) / count) * (_LETTER if len(word) == 1 and word.isalpha() else 1)
        for word, count in counts.items()
    }


def _said(name: Sequence[str], asked: frozenset[str], weights: dict[str, float]) -> float:
    """Weight of what the question says of the name."""
    return sum(weights[word] for word in set(name) if word in asked)


def _score(name: Sequence[str], asked: frozenset[str], weights: dict[str, float]) -> tuple[float, float]:
    """(weight of what the question says of the name less what it leaves unsaid, share that it says)."""
    said = _said(name, asked, weights)
    whole = sum(weights[word] for word in set(name))
    return (said - _UNSAID * (whole - said), said / whole) if said else (0.0, 0.0)
