"""Question answering over your own legal and medical documents that keeps answering when DeepSeek is busy.

from sparewheel import open_chain, open_corpus

with open_corpus("contracts", create=True, domain="legal") as corpus:
    corpus.add("contracts/")
    print(corpus.ask("Who may assign the agreement?").text)

chain = open_chain("contracts")  # a LangChain Runnable with RetrievalQA's contract
chain.invoke({"query": "Who may assign the agreement?"})

The packages `sparewheel.rag`, `.corpora`, `.eval` and `.app` lie at the top of the repository; the links in this folder
give them their one import name. Importing this package is cheap: what a name needs is loaded when it is first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sparewheel.app.python.corpus import Corpus, open_corpus
    from sparewheel.app.python.vector_store import Sparewheel
    from sparewheel.rag.assemble import open_chain, open_pipeline
    from sparewheel.rag.settings import load_settings

__all__ = ["Corpus", "Sparewheel", "load_settings", "open_chain", "open_corpus", "open_pipeline"]

_HOMES = {
    "Corpus": "sparewheel.app.python.corpus",
    "Sparewheel": "sparewheel.app.python.vector_store",
    "open_corpus": "sparewheel.app.python.corpus",
    "load_settings": "sparewheel.rag.settings",
    "open_chain": "sparewheel.rag.assemble",
    "open_pipeline": "sparewheel.rag.assemble",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name == "__version__":
        from importlib.metadata import version

        return version("sparewheel")
    if name not in _HOMES:
        raise AttributeError(f"module 'sparewheel' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
