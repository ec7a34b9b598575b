"""What a list of corpora shows of one."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sparewheel.rag.errors import StoreError
from sparewheel.rag.ingest.stores import CorpusStore
from sparewheel.rag.readable import Readable, readable
from sparewheel.rag.rights import Rights
from sparewheel.rag.types import Sensitivity


@dataclass(frozen=True)
class CorpusInfo:
    """dense_share: embedded, 0..1 of the chunks. updated: ISO 8601 UTC, "" while it is empty. trouble: why it cannot be
    opened, "" when it can. readers: as in `app.people.access`."""

    name: str
    domain: str
    sensitivity: Sensitivity
    documents: int = 0
    chunks: int = 0
    language: str = ""  # of most of the text; "" while it is empty
    dense_share: float = 0.0
    updated: str = ""
    embedding: str = ""  # name of the embedding model, "" before the first dense index
    mb: float = 0.0
    readers: tuple[str, ...] = ()
    trouble: str = ""


def corpus_info(store: CorpusStore, rights: Rights | None = None) -> CorpusInfo:
    """Reads the manifest and no index, and hashes nothing: cheap enough for a list. rights: of whom it is shown to;
    what they may not read counts nowhere."""
    config = store.config
    info = CorpusInfo(
        config.name, config.domain, config.sensitivity, embedding=config.embedding, readers=config.readers
    )
    if not store.current():
        return info
    try:
        with store.open(checked=False) as snapshot:
            part = readable(snapshot, rights, info.name)
            if isinstance(part, Readable):
                return _of_part(info, part)
            manifest = snapshot.manifest
            return replace(
                info,
                documents=manifest.documents,
                chunks=manifest.chunks,
                language=snapshot.language() if manifest.documents else "",
                dense_share=round(snapshot.share("dense"), 4),
                updated=manifest.published,
                mb=round(store.bytes() / 1e6, 1),
            )
    except StoreError as error:
        return replace(info, trouble=str(error))


def _of_part(info: CorpusInfo, part: Readable) -> CorpusInfo:
    """Of what somebody may read; mb: of its text."""
    documents = part.documents()
    return replace(
        info,
        documents=len(documents),
        chunks=sum(document.chunks for document in documents),
        language=part.language() if documents else "",
        dense_share=round(part.share("dense"), 4),
        updated=max((document.added for document in documents), default=""),
        mb=round(sum(document.chars for document in documents) / 1e6, 1),
    )
