"""Names that a Chinese question writes with other characters of the same sound: 瑞苏宁 for 瑞舒宁, 郑怀元 for 郑怀远.

Whoever types by pinyin picks the wrong one of a row of characters. What no document writes, and sounds like the one
name of a document, is read as that name. Sounds that many people do not tell apart (zh and z, -ng and -n) count as one.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

SHORTEST = 2  # characters of a name that is known by its sound
LONGEST = 8
_HAN = re.compile(r"[\u3400-\u9fff]+")
_TONES = str.maketrans("āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜńňǹḿ", "aaaaeeeeiiiioooouuuuvvvvnnnm")


class Sounds:
    """The names of a snapshot by their sound. Safe to share between threads."""

    def __init__(self, names: Iterable[str]) -> None:
        """names: in Simplified characters; those with other than Chinese characters are left out."""
        self._names = frozenset(name for name in names if SHORTEST <= len(name) <= LONGEST and _HAN.fullmatch(name))
        self._by_sound: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for name in self._names:
            self._by_sound[_sounds(name)].add(name)

    def written(self, question: str, is_written: Callable[[str], bool]) -> str:
        """The question with the names that it sounds out, longest first. is_written: whether a document has the
        characters as they stand; then they are what is meant."""
        meant_so: set[int] = set()  # where characters stand that a document has, too
        for run in _HAN.finditer(question):
            for size in range(min(LONGEST, len(run[0])), SHORTEST - 1, -1):
                for at in range(run.start(), run.end() - size + 1):
                    said = question[at : at + size]
                    meant = self._by_sound.get(_sounds(said), set())
                    if len(meant) != 1 or said in self._names or at in meant_so:
                        continue
                    if is_written(said):
                        meant_so |= {*range(at, at + size)}
                        continue
                    return question[:at] + next(iter(meant)) + question[at + size :]
        return question


@cache
def _table() -> dict[str, str]:
    """Character -> its first sound, without tones (pypinyin's table of characters)."""
    spec = importlib.util.find_spec("pypinyin")
    if spec is None or spec.origin is None:
        return {}
    rows = json.loads(Path(spec.origin).with_name("pinyin_dict.json").read_text(encoding="utf-8"))
    first = ((chr(int(code)), said.partition(",")[0]) for code, said in rows.items())
    return {character: _plain(said) for character, said in first if _HAN.match(character)}


def _plain(syllable: str) -> str:
    plain = syllable.translate(_TONES)
    plain = re.sub(r"^([zcs])h", r"\1", plain)
    return re.sub(r"([aei]n)g$", r"\1", plain)


def _sounds(text: str) -> tuple[str, ...]:
    table = _table()
    return tuple(table.get(character, character) for character in text)
