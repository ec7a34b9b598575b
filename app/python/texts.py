"""Documents of ours from texts and from LangChain's documents."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sparewheel.rag.ingest.identity import EDITED, KEYS
from sparewheel.rag.retrieve.retrievers import kept_metadata
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Document, Page

if TYPE_CHECKING:
    from langchain_core.documents import Document as LangChainDocument


def from_text(text: str, metadata: Mapping[str, str], id: str = "") -> Document:
    """A document from a text. It is named by `id`, else by "id" or "source" of its metadata, else by its content; what
    the metadata say of its title, parties, date and the like is kept, not read anew."""
    named = id or metadata.get("id") or metadata.get("source") or f"text-{sha256_of(text)[:12]}"
    title = metadata.get("title", "")
    kept = {key: str(value) for key, value in metadata.items() if key not in ("id", "title")}
    stated = [key for key in ("title", *KEYS) if metadata.get(key)]
    if stated:
        kept[EDITED] = " ".join(stated)
    return Document(
        named,
        text,
        title or metadata.get("source") or (named if named != id else ""),
        metadata.get("source", named),
        language=language_of(text),
        sha256=sha256_of(text),
        metadata=kept,
    )


def from_langchain(pieces: Iterable[LangChainDocument]) -> list[Document]:
    """Documents of ours, each split by our rules. Pieces of one source (the pages of a PDF, the splits of a text) are
    joined to one document in their order; page numbers stay, and of the metadata what all pieces have alike."""
    of_source: dict[str, list[LangChainDocument]] = {}
    for piece in pieces:
        source = piece.metadata.get("source") or piece.id or f"text-{sha256_of(piece.page_content)[:12]}"
        of_source.setdefault(str(source), []).append(piece)
    return [joined(source, of_it) for source, of_it in of_source.items()]


def joined(id: str, pieces: list[LangChainDocument]) -> Document:
    """One document from its pieces."""
    first = pieces[0].metadata
    alike = {key: value for key, value in first.items() if all(p.metadata.get(key) == value for p in pieces)}
    texts, pages, at = list[str](), list[Page](), 0
    from_zero = any(piece.metadata.get("page") == 0 for piece in pieces)
    for piece in pieces:
        text = _without_overlap(texts[-1] if texts else "", piece)
        number = page_of(piece.metadata, from_zero=from_zero)
        if number is not None:
            pages.append(Page(number, at, at + len(text)))
        texts.append(text)
        at += len(text) + 2
    whole = "\n\n".join(texts)
    if len(pieces) > 1:
        alike = {key: value for key, value in alike.items() if key not in _OF_A_PIECE}
    document = from_text(whole, plain(alike), id)
    numbered = tuple(pages) if len(pages) == len(pieces) else ()
    return replace(document, pages=numbered, metadata={**document.metadata, **kept_metadata(alike)})


def page_of(metadata: Mapping[str, Any], *, from_zero: bool) -> int | None:
    """The number of the page as its reader counts it; from_zero: "page" counts from 0, as LangChain's PDF loaders."""
    label, number = str(metadata.get("page_label", "")), metadata.get("page")
    if label.isdecimal():
        return int(label)
    return number + from_zero if isinstance(number, int) else None


def plain(metadata: Mapping[str, Any]) -> dict[str, str]:
    """What can be filtered by, as text."""
    return {key: str(value) for key, value in metadata.items() if isinstance(value, str | int | float)}


def sha256_of(text: str) -> str:
    """Of its bytes in UTF-8."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_OF_A_PIECE = ("page", "page_label", "start_index")


def _without_overlap(before: str, piece: LangChainDocument) -> str:
    """The text of a split without what the split before it ends with, where the splitter told its place."""
    text = piece.page_content
    if "start_index" not in piece.metadata:
        return text
    longest = min(len(before), len(text))
    return next((text[n:] for n in range(longest, 0, -1) if before.endswith(text[:n])), text)
