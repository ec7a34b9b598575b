"""Questions of a batch asked on the machines of a Ray cluster: `sparewheel eval run --ray`.

Every machine reaches the corpora as this one does (the same folder, or PostgreSQL) and has the keys of endpoints in its
own environment: none travels. One question is one task; a task whose machine dies is done again elsewhere. Records are
written here, so a run that was stopped goes on as any other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.cluster import Cluster
from sparewheel.rag.settings import Settings
from sparewheel.rag.text import language_of
from sparewheel.rag.types import Answer, Filter

Turns = Sequence[tuple[str, str]]


class Spread:
    """A corpus that is asked on a cluster, as `eval.runs.Asks`."""

    def __init__(self, cluster: Cluster, corpus: str, settings: Settings) -> None:
        self._submit = cluster.submitting(_answer)
        endpoints = {name: replace(endpoint, key="") for name, endpoint in settings.endpoint.items()}
        folder = str(Path(settings.data_folder).absolute())
        self._corpus, self._settings = corpus, replace(settings, endpoint=endpoints, data_folder=folder)

    async def aask(self, question: str, *, filter: Filter | None = None, history: Turns = ()) -> Answer:
        """As `Pipeline.aask`. Raises what Ray raises where no machine could answer."""
        return await asyncio.wrap_future(self._submit(self._corpus, self._settings, question, filter, history))


# ---------------------------------------------------------------- on the cluster's machines

_open: dict[tuple[str, str], Pipeline] = {}  # of this process; it ends with the cluster's connection


def _answer(corpus: str, settings: Settings, question: str, filter: Filter | None, history: Turns) -> Answer:
    """The pipeline is opened, and its models read, with the first question of a process; neither counts as its time."""
    key = (corpus, repr(settings))
    if key not in _open:
        _open[key] = open_pipeline(corpus, settings)
    _open[key].warm(language_of(question))
    return _open[key].ask(question, filter=filter, history=history)
