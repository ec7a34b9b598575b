"""LeCoQA: lay questions on Chinese law, with a lawyer's answer and the statute articles it rests on. MIT (2024).

A record:
    {"query_id": 475, "问题": "合伙必须要签订书面合同吗？", "答案文本": "您好，1.《中华人民共和国民法典》并未规定…",
     "相关法规": {"中华人民共和国民法典第九百六十七条": "合伙合同是两个以上合伙人为了共同的事业目的，…\n", ...}}

The documents are the statutes of `laws`, the folder beside this one. Gold: each article, its place found by law name
and article number; of several versions of a law, the one whose article reads most like the quoted text. An article
that is in none of them (law absent, or amended since) gets no span: `unresolved` lists those.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from sparewheel.corpora.loaders import laws
from sparewheel.corpora.records import GoldSpan, Question
from sparewheel.rag.types import Document

_NUMERAL = r"第[一二三四五六七八九十百千零〇]+条(?:之[一二三四五六七八九十]+)?"
_NAME = re.compile(rf"(.+?)({_NUMERAL})$")
_ARTICLE = re.compile(rf"^({_NUMERAL})(?=[\s　]|$)", re.MULTILINE)
_END = re.compile(rf"^(?:{_NUMERAL}[\s　]|#)", re.MULTILINE)
_SAME = 0.6  # an article less alike than this was amended: it no longer says what the answer rests on
Articles = dict[str, list[tuple[GoldSpan, str]]]  # "law + article number" -> places and wording


def documents(folder: Path, split: str) -> Iterator[Document]:
    yield from laws.documents(_laws(folder), "all")


def questions(folder: Path, split: str) -> Iterator[Question]:
    known = articles(_laws(folder))
    for row in _rows(folder, split):
        places = (_resolve(known, name, wording) for name, wording in row["相关法规"].items())
        gold = tuple(dict.fromkeys(place for place in places if place))
        answer = row["答案文本"]
        answers = (answer.strip(),) if isinstance(answer, str) else ()  # NaN where the lawyer gave articles only
        yield Question(str(row["query_id"]), row["问题"].strip(), answers, gold=gold, language="zh")


def unresolved(folder: Path, split: str) -> list[str]:
    """The quoted articles, with repeats, that are not in the statutes."""
    known = articles(_laws(folder))
    cited = (item for row in _rows(folder, split) for item in row["相关法规"].items())
    return [name for name, wording in cited if _resolve(known, name, wording) is None]


def articles(folder: Path) -> Articles:
    """Every article of every law in the folder."""
    found: Articles = defaultdict(list)
    for document in laws.documents(folder, "all"):
        stem = Path(document.id).stem
        law = "民法典" if document.id.startswith("民法典/") else re.sub(r"\([\d-]+\)$", "", stem)
        for match in _ARTICLE.finditer(document.text):
            following = _END.search(document.text, match.end())
            text = document.text[match.start() : following.start() if following else None].rstrip()
            span = GoldSpan(document.id, match.start(), match.start() + len(text))
            found[law + match[1]].append((span, _bare(text.removeprefix(match[1]))))
    return found


def _resolve(known: Articles, name: str, wording: str) -> GoldSpan | None:
    match = _NAME.match(name.strip())
    if not match:
        return None
    quoted = _bare(wording)
    places = known.get(match[1].removeprefix("中华人民共和国") + match[2], [])
    likeness = [(SequenceMatcher(None, quoted, text, autojunk=False).ratio(), span) for span, text in places]
    best = max(likeness, key=lambda item: item[0], default=(0.0, None))
    return best[1] if best[0] >= _SAME else None


def _rows(folder: Path, split: str) -> Iterator[dict[str, Any]]:
    yield from json.loads((folder / f"{split}.json").read_bytes())


def _laws(folder: Path) -> Path:
    return folder.parent / "laws"


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)
