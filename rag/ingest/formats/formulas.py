"""Equations as one line of text: Office Math (ECMA-376 part 1, section 22.1) and MathML.

A fraction reads "(a)/(b)", a root "√(x)", a power "x²" or "x^(n+1)", an index "C_max".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from sparewheel.rag.ingest.formats.symbols import superscript

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_MOST_DEPTH = 60  # elements; a deeper equation is written without its structure


def formula(element: Element, depth: int = 0) -> str:
    """The equation below an oMath, oMathPara or math element; blanks of the source squeezed."""
    return " ".join(_read(element, depth).split())


def _read(element: Element, depth: int) -> str:
    name = local(element)
    if depth > _MOST_DEPTH:
        return "".join(element.itertext())
    if name in ("t", "mi", "mn", "mo", "mtext", "ms"):
        text = "".join(element.itertext())
        return text if name != "mo" or text.strip() in ("(", ")", "[", "]", ",") else f" {text.strip()} "
    if name.endswith("Pr") or name in ("annotation", "annotation-xml", "maction"):
        return ""
    parts = [_read(child, depth + 1) for child in element if not local(child).endswith("Pr")]
    if name in _SHAPES:
        return _SHAPES[name](parts)
    if name == "d":
        return _value(element, "dPr", "begChr", "(") + ", ".join(parts) + _value(element, "dPr", "endChr", ")")
    if name == "nary":
        return f"{_value(element, 'naryPr', 'chr', '∫')}{_limits(parts[:2])} {''.join(parts[2:])}"
    if name == "mfenced":
        return element.get("open", "(") + ", ".join(parts) + element.get("close", ")")
    if name in ("mr", "mtr"):
        return "; ".join(parts)
    return "".join(parts)


def local(element: Element) -> str:
    """The element's name without its namespace; "" for comments and processing instructions."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _value(element: Element, properties: str, name: str, default: str) -> str:
    for child in element:
        if local(child) == properties:
            for each in child:
                if local(each) == name:
                    return next((v for k, v in each.attrib.items() if k.rpartition("}")[2] == "val"), "")
    return default


def _grouped(text: str) -> str:
    text = text.strip()
    return text if text.isalnum() or (text[:1] == "(" and text[-1:] == ")" and "(" not in text[1:-1]) else f"({text})"


def _fraction(parts: list[str]) -> str:
    return f"{_grouped(parts[0])}/{_grouped(parts[1])}" if len(parts) > 1 else "".join(parts)


def _power(parts: list[str]) -> str:
    if len(parts) < 2:
        return "".join(parts)
    base, raised = parts[0].strip(), "".join(parts[1].split())
    plain = superscript(raised, "10") if raised.lstrip("+-−").isalnum() and raised.isascii() else ""
    if plain and not any(c.isascii() and c.isalnum() for c in plain):
        return base + plain
    return f"{base}^{_grouped(raised)}"


def _index(parts: list[str]) -> str:
    return f"{parts[0].strip()}_{_grouped(parts[1])}" if len(parts) > 1 else "".join(parts)


def _both(parts: list[str]) -> str:
    return _power([_index(parts[:2]), *parts[2:3]])


def _limits(parts: list[str]) -> str:
    below, above = [*(part.strip() for part in parts), "", ""][:2]
    return (f"_{_grouped(below)}" if below else "") + (f"^{_grouped(above)}" if above else "")


def _root(parts: list[str]) -> str:
    """Of Office Math: degree, then radicand."""
    degree, inner = (parts[0].strip(), parts[1]) if len(parts) > 1 else ("", "".join(parts))
    return f"{superscript(degree, '10') if degree else ''}√{_grouped(inner)}"


_SHAPES: dict[str, Callable[[list[str]], str]] = {
    "f": _fraction,
    "mfrac": _fraction,
    "sSup": _power,
    "msup": _power,
    "sSub": _index,
    "msub": _index,
    "sSubSup": _both,
    "msubsup": _both,
    "munder": _index,
    "limLow": _index,
    "mover": _power,
    "limUpp": _power,
    "munderover": _both,
    "rad": _root,
    "msqrt": lambda parts: f"√{_grouped(''.join(parts))}",
    "mroot": lambda parts: _root(parts[::-1]),
    "m": lambda parts: f"[{' | '.join(parts)}]",
    "mtable": lambda parts: f"[{' | '.join(parts)}]",
    "eqArr": lambda parts: "; ".join(parts),
    "func": lambda parts: " ".join(part.strip() for part in parts),
}
