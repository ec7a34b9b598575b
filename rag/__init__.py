"""Question answering over your own legal and medical documents.

from rag import open_chain

chain = open_chain("contracts")
chain.invoke({"query": "Who may assign the agreement?"})

Importing this package is cheap: what a name needs is loaded when the name is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.assemble import open_chain, open_journey
    from rag.settings import load_settings

__all__ = ["load_settings", "open_chain", "open_journey"]

_HOMES = {"load_settings": "rag.settings", "open_chain": "rag.assemble", "open_journey": "rag.assemble"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)
