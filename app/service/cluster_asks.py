"""Cells of a review table, answered on the machines of a Ray cluster by their own built-in readers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache

from sparewheel.app.evaluation.batch import only_local
from sparewheel.rag.assemble import open_pipeline
from sparewheel.rag.chain import Pipeline
from sparewheel.rag.cluster import Cluster
from sparewheel.rag.settings import load_settings
from sparewheel.rag.types import Answer


class ClusterAsks:
    """What answers (`rag.review.fill.Asks`). The corpus is where the settings of each machine have it: in the database
    that all of them name, or in a folder that all of them see. No key and no password travels."""

    def __init__(self, cluster: Cluster, corpus: str) -> None:
        self._submit = cluster.submitting(_answered)
        self._corpus = corpus

    async def aask(self, question: str, *, filter: Mapping[str, str]) -> Answer:
        """As `Pipeline.aask`; a machine that died has others in its place."""
        return await asyncio.wrap_future(self._submit(self._corpus, question, dict(filter)))


def _answered(corpus: str, question: str, filter: dict[str, str]) -> Answer:
    return _pipeline(corpus).ask(question, filter=filter)


@cache
def _pipeline(corpus: str) -> Pipeline:
    """Opened once in each process of the cluster."""
    return open_pipeline(corpus, only_local(load_settings()))
