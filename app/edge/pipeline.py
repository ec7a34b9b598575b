"""An unpacked edge pack as a pipeline: one thread, the built-in reader, nothing that could use a network."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sparewheel.app.edge.contents import SETTINGS, Contents, damaged
from sparewheel.rag.settings import Settings, load_settings

if TYPE_CHECKING:
    from sparewheel.rag.chain import Pipeline

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")


def open_edge(contents: Contents, folder: Path, env: MutableMapping[str, str] = os.environ) -> Pipeline:
    """The pipeline over the pack unpacked to `folder`; close it after use.

    The settings are the pack's alone: the environment of this machine names no endpoint for it. `env` gets the thread
    counts of the libraries, which read them when they are first imported.
    """
    settings = settings_of(folder)
    for name in _THREADS:
        env.setdefault(name, str(settings.models.threads or 1))
    env.setdefault("TOKENIZERS_PARALLELISM", "false")
    from sparewheel.rag.assemble import open_pipeline
    from sparewheel.rag.ingest.store import Store, corpus_folder

    config = Store(corpus_folder(settings.corpora_folder, contents.corpus)).config
    named = {config.embedding, *config.profile.reader.values()} - {""}
    if beyond := sorted(name for name in named if "/" in name or "\\" in name or name.startswith(".")):
        raise damaged(str(folder), f"its corpus asks for the model {beyond[0]!r}")
    return open_pipeline(contents.corpus, settings)


def settings_of(folder: Path) -> Settings:
    """The pack's settings, with its own corpora and models and no endpoint."""
    settings = load_settings(folder / SETTINGS, env={})
    models = replace(settings.models, folder=str(folder / "models"))
    return replace(settings, data_folder=str(folder / "corpora"), models=models, endpoint={})
