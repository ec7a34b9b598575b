"""A process that was forked after use (gunicorn --preload, Celery, multiprocessing) asks as its parent does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

FORKED = """
import json, os, sys, threading
from pathlib import Path
from sparewheel import open_chain
from sparewheel.rag.assemble import keyword_writer
from sparewheel.rag.ingest.corpus import CorpusConfig, corpus_folder
from sparewheel.rag.ingest.run import ingest
from sparewheel.rag.ingest.store import Store
from sparewheel.rag.settings import Settings
from sparewheel.rag.types import Profile

folder = Path(sys.argv[1])
(folder / "lease.md").write_text("# Lease\\n\\nThe notice period is thirty days.\\n")
settings = Settings(data_folder=str(folder / "data"))
store = Store.create(corpus_folder(settings.corpora_folder, "leases"), CorpusConfig("leases"))
ingest(store, [folder / "lease.md"], settings=settings.ingest, profile=Profile(), writers=[keyword_writer()])
chain = open_chain("leases", settings)
question = {"query": "How long is the notice period?"}


def asked():
    told = chain.invoke(question)
    return told["answered_by"], "thirty days" in told["result"]


before = asked()
locks = [chain.pipeline._views._lock, chain.pipeline._workers._others._changed]
for lock in locks:  # as if another thread were just inside
    lock.acquire()
child = os.fork()
if child == 0:
    print(json.dumps(["child", *asked()]), flush=True)
    os._exit(0)
for lock in locks:
    lock.release()
os.waitpid(child, 0)
print(json.dumps(["parent", *asked()]), flush=True)
"""


def test_a_child_asks_what_its_parent_asked_before(tmp_path: Path) -> None:
    """Threads, event loop, snapshot, models and locks are its own; the parent goes on as before."""
    done = subprocess.run(
        [sys.executable, "-c", FORKED, str(tmp_path)], capture_output=True, text=True, timeout=100, check=False
    )
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert told == [["child", "reader", True], ["parent", "reader", True]], done.stderr[-2000:]
