"""The opening of an English document: what it is, between whom, about which drug or patient, since when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypedDict


class Found(TypedDict, total=False):
    """The fields of `identity.Opening`."""

    title: str
    kind: str
    parties: tuple[str, ...]
    drug: tuple[str, ...]
    subject: str
    matter: str
    date: str
    aliases: tuple[tuple[str, str], ...]


# ---------------------------------------------------------------- title and kind

_DEED = (
    r"agreement|contract|lease|deed|licen[cs]e|policy|leaflet|guidelines?|protocol|amendment|addendum|act"
    r"|by-?laws|judge?ment"
    r"|memorandum|undertaking|guarantee|mortgage|settlement|formulary|nda|discharge summary|case report|terms"
)  # nouns that name a document wherever they stand
_NOUN = (
    rf"{_DEED}|guidance|statement|will|trust|order|opinion|notice|summary|report|consent|manual|procedure"
    rf"|programme|program"
    r"|schedule|regulations?|charter|plan|instructions|certificate|letter|warranty|code|rules|release"
    r"|constitution|advice|sheet"
)
_HAS_DEED = re.compile(rf"\b(?:{_DEED})s?\b", re.IGNORECASE)
_HAS_NOUN = re.compile(rf"\b(?:{_NOUN})s?\b", re.IGNORECASE)
_MONTH = "(?:january|february|march|april|may|june|july|august|september|october|november|december)"
_BOILERPLATE = re.compile(
    r"(?i)\W*(?:exhibit\b.{0,40}|ex-\d.*|annex \w+|schedule \w+|appendix \w+|\[?logo\]?"
    r"|(?:strictly |private (?:and|&) )?confidential\b.{0,40}|execution (?:version|copy)|final(?: version)?"
    r"|draft\b.{0,30}"
    r"|page \d+.*|p\. ?\d+|\d+|(?:conformed )?copy|table of contents|contents|index\b.*|https?:.*|www\..*"
    r"|source:.*|tel\b.*"
    r"|filed .*|as filed.*|tender offer statement.*|certain .*|(?:fictional )?sample document.*"
    r"|package leaflet\W*(?:information for the (?:patient|user)s?)?|patient (?:information )?leaflet"
    r"|information for the (?:patient|user)s?|read all of this leaflet.*|dear .*|to whom .*|between|and|by and between"
    r"|recitals?|background|witnesseth.*|(?:dated?|effective)\b.{0,60}|particulars"
    rf"|{_MONTH} .{{0,12}}|\d{{1,2}} \w+ \d{{4}}|version [\d.]+.*"
    r"|(?:ref(?:erence)?|our ref|document|file) ?(?:no|number|id)?\b.{0,40}|.*\[\*+\].*)\W*"
)
_NUMBERED = re.compile(r"\d{1,2}(?:\.\d+)*[.)]\s")
_JOINS = re.compile(r"(?i)(?:\b(?:to|of|and|for|the|in|on|between|with|no\.?)|,|-|–)$")
_KINDS = (  # (what the title says, what such a document is called); the first that fits
    (r"non-? ?disclosure|confidentiality agreement|\bnda\b", "non-disclosure agreement"),
    (r"\bamendment|addendum", "amendment"),
    (r"package leaflet|patient (?:information )?leaflet|information for the (?:patient|user)|information for parents"
     r"|medication guide", "patient leaflet"),
    (r"data processing", "data processing agreement"),
    (r"tenancy agreement|\blease\b", "lease"),
    (r"employment (?:agreement|contract)|contract of employment", "employment agreement"),
    (r"privacy policy|privacy notice", "privacy policy"),
    (r"discharge (?:summary|letter)", "discharge summary"),
    (r"case report", "case report"),
    (r"informed consent|consent (?:form|to)|\bconsent\b", "consent form"),
    (r"guideline", "guideline"),
    (r"trial protocol|study protocol|\bprotocol\b", "protocol"),
    (r"settlement", "settlement agreement"),
    (r"judge?ment|\bv\.? ", "judgment"),
    (r"\bact\b", "act"),
)  # fmt: skip
_KIND_PHRASE = re.compile(rf"((?:[\w&’'/-]+\s+){{0,4}})\b({_NOUN})\b", re.IGNORECASE)
_SMALL = frozenset(
    [
        "this",
        "the",
        "a",
        "an",
        "of",
        "for",
        "and",
        "to",
        "in",
        "on",
        "by",
        "with",
        "master's",
        "our",
        "your",
        "its",
        "first",
        "second",
        "third",
        "no",
    ]
)
_SENTENCE_KIND = re.compile(
    r"\bth(?:is|ese)\s+((?:[A-Z][\w&’'/-]*\s+(?:and\s+)?){0,6}(?:Agreement|Contract|Lease|Deed|Policy"
    r"|Amendment|Licen[cs]e|"
    r"Leaflet|Guideline|Protocol|Act|Terms|Settlement|Undertaking|Memorandum))\b"
)


def read(opening: str, headings: Sequence[str]) -> Found:
    """What the opening says; keys that it does not say are left out. headings: those that the format marks."""
    title = _title(opening, headings)
    named = drugs(opening, title)
    kind = _kind(title, opening, bool(named))
    if named and (not title or _BOILERPLATE.fullmatch(title)):
        title = f"{named[0]}: {kind or 'patient leaflet'}"
    parties, aliases = _parties(opening)
    return Found(title=title, kind=kind, parties=parties, drug=named, matter=_matter(opening, kind),
                 date=_date(opening), aliases=aliases)  # fmt: skip


def _title(opening: str, headings: Sequence[str]) -> str:
    """The line that names the document; wrapped lines joined. "" where nothing looks like one."""
    lines = [line.strip(" \t#*_=|") for line in opening[:2500].split("\n")]
    marked = next(
        (h for h in headings[:3] if h and len(h) <= 160 and not _NUMBERED.match(h) and not _BOILERPLATE.fullmatch(h)),
        "",
    )
    fit = [i for i, line in enumerate(lines[:60])
           if _titled(line) and not _NUMBERED.match(line) and not _BOILERPLATE.fullmatch(line)]  # fmt: skip
    named = [i for i in fit if _HAS_DEED.search(lines[i])] or [i for i in fit if _HAS_NOUN.search(lines[i])]
    first = next((i for i in fit if lines[i]), -1)
    if named and lines[first].isupper() and not lines[named[0]].isupper():
        named = [first]  # the name in capitals, the line below it says who issued it
    if named:
        found = _whole(lines, named[0])
        return found if not marked or _HAS_DEED.search(found) else marked
    if sentence := _SENTENCE_KIND.search(opening[:1500]):
        return " ".join(sentence[1].split())
    return marked or (_cased(lines[first]) if 0 <= first < 20 else "")


def _titled(line: str) -> bool:
    """Short, and no sentence: most of its long words have a capital, or it is one line without a stop."""
    words = re.findall(r"[^\W\d_][\w’'&-]*", line)
    if not words or len(line) > 130 or (line[-1] in ".;,:" and not line.endswith(("Inc.", "Ltd.", "No."))):
        return False
    long = [word for word in words if len(word) > 3] or words
    capitals = sum(word[0].isupper() for word in long)
    verb = re.search(r"\b(?:is|are|shall|must|will)\b", line)
    return capitals >= 0.7 * len(long) or (len(words) <= 9 and line[0].isupper() and not verb)


def _whole(lines: list[str], at: int) -> str:
    """The title on line `at` with the lines it was wrapped to."""
    parts = [lines[at]]
    above = at - 1
    while (
        above >= 0
        and lines[above]
        and (_JOINS.search(lines[above]) or lines[above].upper() in ("TO", "OF", "AND", "FOR"))
        and _titled(lines[above] + " x")
    ):
        parts.insert(0, lines[above])
        above -= 1
    below = at + 1
    while below < len(lines) and lines[below] and len(" ".join(parts)) < 110 and _titled(lines[below]):
        joins = _JOINS.search(parts[-1]) or lines[below].upper() in ("TO", "OF", "AND", "FOR")
        if not joins or lines[below].lower() in ("between", "by and between"):
            break
        parts.append(lines[below])
        below += 1
    return _cased(re.sub(r"(?i)\s+(?:by and )?between$", "", " ".join(parts)))


def _cased(line: str) -> str:
    """CAPITALS as a title is written; other lines as they are."""
    line = " ".join(line.split()).strip(" :–-")
    letters = [c for c in line if c.isalpha()]
    if len(letters) < 5 or sum(c.isupper() for c in letters) < 0.9 * len(letters):
        return line
    small = {"of", "the", "and", "to", "for", "in", "on", "a", "an", "by", "with", "between"}
    words = [w.lower() if i and w.lower() in small else _capital(w)
             for i, w in enumerate(line.split())]  # fmt: skip
    return " ".join(words)


def _capital(word: str) -> str:
    return re.sub(r"[^\W\d_]+(?:[’'][^\W\d_]+)?", lambda part: part[0].capitalize(), word)


def _kind(title: str, opening: str, of_a_drug: bool) -> str:
    """What such a document is called, in lower case; "" where nothing tells."""
    for text in (title, opening[:400]):
        for pattern, kind in _KINDS:
            if re.search(pattern, text, re.IGNORECASE) and (
                text is title or kind in ("patient leaflet", "non-disclosure agreement")
            ):
                return kind
    if of_a_drug:
        return "patient leaflet"
    phrases = [m for m in _KIND_PHRASE.finditer(title)]
    if phrases:
        noun = phrases[-1][2].lower()
        words = [w.lower() for w in phrases[-1][1].split()]
        while words and (words[0] in _SMALL or not words[0][0].isalpha()):
            words.pop(0)
        if len(words) <= 3 and not any(w in _SMALL for w in words):
            return " ".join([*words, noun])
        return " ".join([*[w for w in words[-2:] if w not in _SMALL], noun])
    return ""


# ---------------------------------------------------------------- parties

_SUFFIX = (
    r"(?:Inc|INC|Ltd|LTD|LLC|LLP|L\.?P|Corp|CORP|Co|PLC|plc|GmbH|AG|AB|AS|S\.?A\.?S?|B\.?V|N\.?V|Pty|Pte"
    r"|Limited|LIMITED"
    r"|Corporation|CORPORATION|Company|COMPANY|Incorporated|INCORPORATED|Bank|Trust|Cooperative|Partners|Group)"
)
_CAPITAL = "A-ZÀ-ÖØ-ÞĀĆČĐĒĘĚĢĪĶĹĻŁŃŅŇŌŐŒŔŘŚŞŠŢŤŪŮŰŹŻŽ"
_WORD = rf"(?:[a-z]?[{_CAPITAL}0-9][\w&'’.\-]*[\w’.]|[{_CAPITAL}])"
_NAME = rf"{_WORD}(?:,?\s+(?:{_SUFFIX}\b\.?|(?:(?:of|and|&|for|the|de|van|von)\s+)*{_WORD}))*"
_BETWEEN = re.compile(
    r"\b(?:by and )?(?:between|among|amongst)\b:?\s+(?:(?:the\s+)?(?:parties|undersigned)\b.{0,20}?:?\s*)?",
    re.IGNORECASE,
)
_ALIAS = re.compile(
    rf"({_NAME})(?P<more>[^“\"()]{{0,260}}?(?:\([^“\"()]{{0,80}}\)[^“\"()]{{0,120}})?)"
    r"\((?:the\s+|each,?\s+an?\s+|hereinafter\s+|referred to as\s+|called\s+|together with[^“\"]{0,60}"
    r"|collectively,?\s+|\w+\s+or\s+)*[“\"'‘](?:the\s+)?([^”\"'’]{2,40})[,.]?[”\"'’]"
    r"(?:\s*(?:or|and)\s*[“\"'‘](?:the\s+)?([^”\"'’]{2,40})[”\"'’])?[^)]{0,60}\)"
)
_HEREINAFTER = re.compile(
    rf"({_NAME})[^.;]{{0,160}}?,?\s*hereinafter\s+(?:referred to as\s+|called\s+)?(?:the\s+)?[“\"'‘]?(?:the\s+)?"
    r"([A-Z][\w ]{1,30}?)[”\"'’,.;)]"
)
_ROLE = (
    r"landlord|tenant|lessor|lessee|employer|employee|supplier|customer|client|contractor|buyer|seller|vendor|purchaser"
    r"|licensor|licensee|borrower|lender|party [ab]|disclosing party|receiving party|discloser|recipient|claimant"
    r"|plaintiff|defendant|appellant|respondent|petitioner|applicant|company|counterparty|owner|agent|principal"
    r"|franchisor|franchisee|insured|insurer|guarantor|provider|sponsor|investigator|processor|controller"
    r"|service provider|distributor|manufacturer|partner"
)
_ON_A_LINE = _NAME.replace(r"\s+", "[ ]+")
_LABELLED = re.compile(
    rf"(?im)^[ \t|*_(\d.)]*({_ROLE})\b[ \t*_|]*(?:\([^)]{{0,30}}\))?[ \t]*[:|\t][ \t*_|—]*(?-i:({_ON_A_LINE}))"
)
_IN_TABLE = re.compile(
    rf"(?m)^((?i:{_ROLE})) (?-i:({_ON_A_LINE}))$"
)  # a row whose cells came without a mark between them
_VERSUS = re.compile(rf"\b({_ON_A_LINE})\s+(?:v|vs|versus)\.?\s+({_ON_A_LINE})")
_NO_PARTY = re.compile(
    r"(?i)(?:this|the|these|that|whereas|now|therefore|in|on|as|of|at|by|each|both|either|parties|party|agreement"
    r"|effective|date|state|section|article|confidential|information|services?|products?|exhibit|schedule"
    rf"|united states|delaware|new york|california|and|for|its|an?|{_MONTH}|\d+.*)"
)
_OTHER_ALIAS = re.compile(
    r"(?i).*\b(?:agreement|date|information|services?|products?|purpose|term|territory|offer|shares?|act|action"
    r"|effective|parties|party|bankcard|property|premises|amendment|settlement|lease|contract|software|system|works?"
    r"|project|trademarks?|policy|plan|website|goods|uses|clients?|users?|messages|fees?|licen[cs]e)\b.*"
)
_PARTY = re.compile(
    rf"(?:^|(?:,|;|\)|\b)\s*[Aa][Nn][Dd]\s+(?:between\s+|among\s+)?|;\s*|\)\s*,\s*|\(\d\)\s*)\s*(?:\(\w{{1,3}}\)\s*)?"
    rf"(?:the\s+|Mr\.?\s+|Ms\.?\s+|Mrs\.?\s+|Dr\.?\s+)?({_NAME})"
)
_CALLED = re.compile(r"\(([^()]*[“\"'‘][^()]*[”\"'’][^()]*)\)|\(((?:the\s+)?[A-Z][\w ]{1,25})\)")
_QUOTED = re.compile(r"[“\"'‘](?:the\s+)?([^”\"'’“‘]{2,40})[”\"'’]")
_LIST_ENDS = re.compile(
    r"WHEREAS|RECITALS|WITNESSETH|BACKGROUND|W I T N E S S|NOW,? THEREFORE|\. (?=[A-Z][a-z]+ [a-z])"
    r"|;? ?\bconcerns\b|\b1\. "
)
_STOP = re.compile(r"(?<!Inc)(?<!Ltd)(?<!Co)(?<!Corp)(?<!No)(?<!St)(?<!\b[A-Z])(?<!L\.P)\.(?=\s+[A-Z])")


_TRADING = re.compile(
    rf"({_NAME}),?\s+(?:(?:trading|doing business|carrying on business|also known) as|t/a|[dD]/?[bB]/?[aA])\s+"
    r"([A-Z][\w&'’-]*(?:\s+(?:(?:of|and|&|the)\s+)?[A-Z][\w&'’-]*){0,5})"
)


class _Parties:
    """The parties in the order of their mention, and what the document calls them."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.aliases: list[tuple[str, str]] = []

    def add(self, name: str, *called: str | None) -> None:
        name = _clean(name)
        if len(name) < 3 or len(name) > 90 or _NO_PARTY.fullmatch(name) or _HAS_DEED.search(name):
            return
        if name not in self.names:
            self.names.append(name)
        new = [(alias.strip(), name) for alias in called if alias]
        self.aliases += [pair for pair in new if pair not in self.aliases and pair[0] != name]


def _parties(opening: str) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The parties in order, and (alias, party) pairs."""
    text = re.sub(r"\s+", " ", opening)
    trading = [*_TRADING.finditer(text[:2500])]
    text = _TRADING.sub(r"\1", text)
    found = _Parties()
    for role, name in (*_LABELLED.findall(opening), *_IN_TABLE.findall(opening)):
        found.add(name.split("\n")[0], role.title())
    between = _BETWEEN.search(text, 0, 2500)
    if between:
        for name, called in _listed(_recital(text[between.end() : between.end() + 1500])):
            found.add(name, *called)
    elif not found.names:
        for match in _ALIAS.finditer(text[:1500]):
            company = re.search(rf"{_SUFFIX}\b|,", match[1] + match["more"][:1])
            if company and not _OTHER_ALIAS.fullmatch(match[3]):
                found.add(re.split(r"\b(?:between|among|by)\s+", match[1])[-1], match[3], match[4])
    if not found.names and (versus := _VERSUS.search(opening[:1500])):
        found.add(versus[1])
        found.add(versus[2])
    for match in trading:
        if party := next((name for name in found.names if _clean(match[1]).endswith(name)), ""):
            found.add(party, match[2])
    for match in _HEREINAFTER.finditer(text[:2500]):
        if _clean(match[1]) in found.names and not _OTHER_ALIAS.fullmatch(match[2]):
            found.add(match[1], match[2])
    return tuple(found.names[:8]), tuple(found.aliases[:12])


def _recital(text: str) -> str:
    """The part of the text that lists the parties: to the end of its sentence or the first recital."""
    end = _LIST_ENDS.search(text)
    stop = end.start() if end else 700
    sentence = _STOP.search(text[:stop])
    return text[: sentence.start() + 1 if sentence else stop]


def _listed(stated: str) -> list[tuple[str, tuple[str, ...]]]:
    """(name, what it is called) of each party in 'A Ltd, a company of X ("A") and B Inc. ("B")'."""
    found: list[tuple[str, tuple[str, ...]]] = []
    at = 0
    while at < len(stated) and len(found) < 8:
        match = _PARTY.search(stated, at) if found else _PARTY.match(stated)
        if match is None:
            break
        name = _first_name(match[1])
        end = match.start(1) + len(name)
        upto = _PARTY.search(stated, end)
        alias = _CALLED.search(stated, end, end + 420)
        names: tuple[str, ...] = ()
        if alias and (upto is None or alias.start() <= upto.start() or ")" not in stated[end : upto.start()]):
            quoted = [q.strip(" ,.") for q in _QUOTED.findall(alias[1] or f'"{alias[2]}"')]
            role = re.compile(rf"(?i)(?:{_ROLE})")
            names = tuple(q for q in quoted if role.fullmatch(q) or not _OTHER_ALIAS.fullmatch(q))
            end = alias.end()
        found.append((name, names))
        at = end
    return found


def _first_name(name: str) -> str:
    """The first party where the pattern took two: "Acme Tools Ltd and Harbour Foods Ltd"."""
    if cut := re.search(rf"\b{_SUFFIX}\b\.?(?=\s+[Aa][Nn][Dd]\s)", name):
        return name[: cut.end()]
    parts = re.split(r"\s+[Aa][Nn][Dd]\s+", name)
    company = [bool(re.search(rf"\b{_SUFFIX}\b", part)) for part in parts]
    two = len(parts) == 2 and (company == [False, False] or (company[1] and len(parts[0].split()) > 1))
    return parts[0] if two else name


def _clean(name: str) -> str:
    """The name without what is said of its bearer behind it, in usual capitals."""
    name = re.sub(r"^(?:(?:The|Between|And|By|Mr\.?|Ms\.?|Mrs\.?)\s+)+", "", " ".join(name.split()))
    if suffix := list(re.finditer(rf",?\s{_SUFFIX}\b\.?(?:\s?\.)?(?=,|\s*$)", name)):
        name = name[: suffix[0].end()]
    else:
        name = name.partition(",")[0]
    name = name.strip(" ,;:")
    if name.isupper() and len(name) > 5:
        short = re.compile(r"(?:LLC|LLP|LP|L\.P|PLC|AG|SA|NV|BV|AB|USA|UK)\.?|[A-Z.]{1,2}")
        name = " ".join(word if short.fullmatch(word) else word.capitalize() for word in name.split())
    return name if re.search(rf"\b(?:{_SUFFIX}|[A-Z])\.$", name) else name.rstrip(".")


# ---------------------------------------------------------------- drug, matter, date

_FORM = (
    r"(?:film-coated |chewable |effervescent |soft |hard |prolonged-release |gastro-resistant "
    r"|modified-release |oral )*"
    r"(?:tablets?|capsules?|caplets?|oral suspension|suspension|oral solution|solution|syrup|cream|ointment"
    r"|gel|drops|patch(?:es)?|injection|inhaler|"
    r"powder|granules|spray|suppositor(?:y|ies)|pen|lotion|infusion|lozenges?|sachets?)"
)
_STRENGTH = (
    r"\d+(?:[.,]\d+)?\s*(?:mg|mcg|µg|micrograms?|g|ml|mL|%|IU|units)(?:\s*/\s*(?:\d+\s*)?(?:ml|mL|mg|dose|g|h))?"
)
_MEDICINE = r"([A-Z][a-z]+(?:[-‑][A-Z]?[a-z]+)?(?:\s+[A-Z][a-z]+)?)(?:®|™)?"
_DRUG = (
    re.compile(rf"{_MEDICINE}\s+(?:{_STRENGTH}(?:,?\s*(?:and|or|/)?\s*{_STRENGTH})*)\s+{_FORM}\b"),
    re.compile(rf"{_MEDICINE}\s+{_FORM}(?=\s+(?:{_STRENGTH})|\s*[:,(\n]|\s+(?:is|and|or|for)\b|\s+\(|$)", re.MULTILINE),
    re.compile(r"\bWhat\s+([A-Z][a-z]+(?:\s+[A-Z][a-z]+)?)\s+is\s+(?:and|for)\b"),
    re.compile(
        r"\b(?:[Bb]efore you (?:take|use|are given)|[Hh]ow to (?:take|use)|[Hh]ow you are given)\s+"
        r"([A-Z][a-z]+(?:\s+[A-Z][a-z]+)?)\b"
    ),
    re.compile(
        r"(?m)^\s*(?:Name of the (?:medicine|medicinal product)|Product name|Trade name|Brand name|Device"
        r"(?: name)?|Medicine)\s*[:.]\s*([A-Z][\w-]+(?:\s+[A-Z][\w-]+)?)"
    ),
)
_SUBSTANCE = (
    re.compile(
        r"(?i)\b(?:active (?:substance|ingredient)s?(?: is| are|:)?|generic name:|contains the active substance"
        r"|its substance|substance:)\s+(?:\d+\s*m?g\s+(?:of\s+)?)?([a-z]{5,}(?: "
        r"(?:hydrochloride|sodium|maleate|mesylate|tartrate|sulfate|acetate|potassium|calcium))?)\b"
    ),
)
_NO_DRUG = frozenset(
    [
        "the",
        "this",
        "what",
        "how",
        "before",
        "read",
        "keep",
        "each",
        "one",
        "your",
        "you",
        "if",
        "it",
        "do",
        "not",
        "film",
        "these",
        "other",
        "most",
        "some",
        "all",
        "patient",
        "information",
        "take",
        "use",
        "when",
        "oral",
        "store",
        "adult",
        "adults",
        "children",
        "child",
        "dose",
    ]
)
_RECORD = re.compile(r"(?i)summary|letter|record|report|referral|chart|notes")
_MATTER = re.compile(
    r"(?:\b(?:Case|Claim|Docket|Matter|File|Cause)\s+(?:No|Number|Nos?)\.?:?\s*|\bNo\. )"
    r"([A-Z0-9][\w./:-]*\d[\w./:-]{2,})"
)
_PATIENT = re.compile(
    r"(?m)^[\s|*_]*(?:Patient(?:'s)?(?: name)?|Name of (?:the )?patient|Name)[*_ \t|]*[:|\t][*_ \t|—]*"
    r"((?!Details)[A-Z][\w'’-]+(?:[ ,]+[A-Z][\w'’.-]*){0,3})"
)
_MONTHS = {
    m: i
    for i, m in enumerate(
        [
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ],
        1,
    )
}
_ANY_DATE = re.compile(
    r"\b(?:(?P<d1>\d{1,2})(?:st|nd|rd|th)?(?:\s+day\s+of)?\s+(?P<m1>[A-Z][a-z]+),?\s+(?P<y1>\d{4})"
    r"|(?P<m2>[A-Z][a-z]+)\s+(?P<d2>\d{1,2})(?:st|nd|rd|th)?,\s+(?P<y2>\d{4})|(?P<y3>\d{4})-(?P<m3>\d{2})-"
    r"(?P<d3>\d{2}))\b"
)
_DATED = re.compile(r"(?i)\b(?:dated?|made|entered into|as of|effective|in force|revised|updated)\b")


def drugs(opening: str, title: str) -> tuple[str, ...]:
    """The medicine that the document is about and its substance; () where it is about none."""
    name = ""
    for pattern in _DRUG:
        for text in (title, opening[:1500] if pattern in _DRUG[:2] else opening):
            found = [m[1] for m in pattern.finditer(text) if m[1].split()[0].lower() not in _NO_DRUG]
            if found:
                name = found[0]
                break
        if name:
            break
    if not name:
        return ()
    substance = next((m[1] for p in _SUBSTANCE if (m := p.search(opening))), "")
    return (name, substance) if substance and substance.casefold() != name.casefold() else (name,)


def _matter(opening: str, kind: str) -> str:
    """The patient of a record, the number of a case."""
    patient = _PATIENT.search(opening[:1500]) if _RECORD.search(kind) else None
    found = patient or _MATTER.search(opening[:1500])
    return " ".join(found[1].split()).rstrip(".,") if found else ""


def _date(opening: str) -> str:
    """The date of the document: the first one behind "dated", "made" or "effective", else the first of all."""
    dates = [m for m in _ANY_DATE.finditer(re.sub(r"\s+", " ", opening[:2500]))]
    text = re.sub(r"\s+", " ", opening[:2500])
    near = [m for m in dates if _DATED.search(text[max(0, m.start() - 60) : m.start()])]
    for found in (*near, *dates):
        year = int(found["y1"] or found["y2"] or found["y3"])
        month = int(found["m3"]) if found["m3"] else _MONTHS.get((found["m1"] or found["m2"]).lower(), 0)
        day = int(found["d1"] or found["d2"] or found["d3"])
        if 1 <= month <= 12 and 1 <= day <= 31:
            return f"{year:04d}-{month:02d}-{day:02d}"
    return ""
