"""What opens a part of a text: its labels in English and Chinese, and how deep each kind stands."""

from __future__ import annotations

import re

_CN = "[一二三四五六七八九十百千零〇两○0-9０-９]{1,7}"
LABEL = re.compile(
    rf"""\n[ \t\u3000]*(?:[*_]{{1,3}}|\#{{1,6}}[ ])?(?:
      (?P<exhibit>(?:EXHIBIT|Exhibit|SCHEDULE|Schedule|ANNEX|Annex|APPENDIX|Appendix|ATTACHMENT|ADDENDUM)
          \s{{1,3}}["“]?[A-Z0-9][A-Z0-9.\-]{{0,6}}["”]?(?=[\s:.,*–—-]|$) | 附(?:件|录|表){_CN}?(?=[\s：:（(]|$) )
    | (?P<part>(?:PART|Part|TITLE|Title|BOOK)\s(?:[IVXLC]{{1,7}}|\d{{1,3}}|[A-Z])(?=[\s:.–—-]|$)
          | 第{_CN}编 | 第{_CN}部分 )
    | (?P<subpart> 第{_CN}分编 )
    | (?P<chapter>(?:CHAPTER|Chapter)\s(?:[IVXLC]{{1,7}}|\d{{1,3}})(?=[\s:.–—-]|$) | 第{_CN}章 )
    | (?P<division> 第{_CN}节 )
    | (?P<article>(?:ARTICLE|Article)\s{{1,3}}
          (?:[IVXLC]{{1,7}}|\d{{1,3}}|ONE|TWO|THREE|FOUR|FIVE|SIX|SEVEN|EIGHT|NINE|TEN)(?=[\s:.,–—-]|$) )
    | (?P<roman>[IVX]{{1,6}}\.(?=\s) )
    | (?P<enum> [一二三四五六七八九十]{{1,3}}[、．.] )
    | (?P<statute> 第{_CN}条(?:之[一二三四五六七八九十]{{1,3}})? | §{{1,2}}[ ]?\d[\w.\-]*(?:\(\w{{1,4}}\))* )
    | (?P<section>(?:SECTION|Section|Sec\.|SEC\.)\s{{1,3}}
          \d{{1,3}}(?:\.\d{{1,3}}){{0,4}}(?:\([a-z0-9]{{1,3}}\))*(?=[\s:.,–—-]|$) )
    | (?P<bracket>【[^】\n]{{1,20}}】 )
    | (?P<letter>[A-Z]\.(?=[ \t]+\S) )
    | (?P<number>\d{{1,3}}(?:[.．]\d{{1,3}}){{1,5}}[.)]?(?=[\s\u4e00-\u9fff“"])
          | \d{{1,3}}(?:[.)．、](?=[\s\u4e00-\u9fff“"])|\.(?=\s)) )
    | (?P<item>[(（](?:[a-z]{{1,2}}|[ivxl]{{1,6}}|[A-Z]|[IVX]{{1,5}}|\d{{1,3}}|{_CN})[)）] | [a-z][.)](?=\s) )
    | (?P<capitals>[A-Z][A-Z0-9 \t&,'’()/:;.\-–—]{{3,88}}(?:$|\r) )
    | (?P<paper>(?:Abstract|Introduction|Background|Methods?|Materials\ and\ [Mm]ethods|Results(?:\ and\ [Dd]iscussion)?
          |Discussion|Conclusions?|References|Acknowledge?ments|Recitals|Definitions|摘\ ?要|引\ ?言|前\ ?言|结\ ?论
          |参考文献)(?=[ \t]*[:：]?[ \t\r]*(?:\n|$)) )
    | (?P<lone>[A-Z\u4e00-\u9fff][^\n\t.;,。；，！]{{1,68}}(?=[ \t\r]*\n) )
    )""",
    re.MULTILINE | re.VERBOSE,
)
RANK = {
    "exhibit": 10,
    "part": 20,
    "subpart": 25,
    "chapter": 30,
    "division": 40,
    "article": 50,
    "roman": 55,
    "capitals": 57,
    "paper": 57,
    "profile": 57,
    "enum": 58,
    "statute": 60,
    "bracket": 65,
    "section": 66,
    "letter": 68,
    "number": 70,  # and one more for each dot
    "lone": 79,  # below the numbered ones: a line that only looks like a heading must not become their parent
}
FIRST_ITEM_RANK = 80  # (a), (i), (1), a): each kind nests in the order in which the text itself nests it


def dots(label: str) -> int:
    """Depth of "5.1.2": 2."""
    return label.rstrip(".) ．、").count(".") + label.rstrip(".) ．、").count("．")


def item_style(label: str, last: str, open_styles: dict[str, int]) -> str:
    """The kind of list a label belongs to: "(i)" after "(h)" is a letter, else a Roman number."""
    inner = label.strip("(（)）.")
    bracket = label[0] if label[0] in "(（" else label[-1]
    if inner.isdigit():
        return bracket + "1"
    if not inner.isascii():
        return bracket + "一"
    case = "a" if inner.islower() else "A"
    follows = len(inner) == 1 and len(last.strip("(（)）.")) == 1 and ord(inner) - ord(last.strip("(（)）.")[0]) == 1
    is_roman = not inner.lower().strip("ivxl") and not (follows and bracket + case in open_styles)
    return bracket + case + ("i" if is_roman and inner.lower() not in ("l", "c", "d", "m") else "")
