"""Uploads that another server reads: told to the shared database, so that any server can be asked how far they are."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict

from sparewheel.app.service.jobs import FileResult, Job
from sparewheel.rag.errors import Unavailable, UsageError
from sparewheel.rag.postgres.shared import Shared

FORGET = "1 day"
SILENT = "30 minutes"  # a server that told nothing of a job for so long is gone


class SharedJobs:
    """The table `jobs`."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    def tell(self, job: Job) -> None:
        """Keeps how far the job is. A database that is away must not stop it."""
        results = json.dumps([asdict(result) for result in list(job.results)]).replace("\\u0000", "\\ufffd")
        values = (job.id, job.corpus, job.owner, job.files, job.state, str(job.error or ""), results)
        try:
            with self._shared.transaction(in_turn=False) as rows:
                rows.execute(f"DELETE FROM jobs WHERE told < now() - interval '{FORGET}'")  # noqa: S608
                rows.execute(
                    "INSERT INTO jobs VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET"
                    " state = excluded.state, error = excluded.error, results = excluded.results, told = now()",
                    values,
                )
        except Unavailable as error:
            logging.getLogger(__name__).warning("how far upload %s is cannot be told: %s", job.id, error)

    def find(self, id: str) -> Job | None:
        """The job as it was last told; one of a server that is gone has stopped."""
        with self._shared.transaction(write=False) as rows:
            row = rows.execute(
                "SELECT id, corpus, owner, files, state, error, results,"  # noqa: S608
                f" told < now() - interval '{SILENT}' FROM jobs WHERE id = ?",
                (id,),
            ).fetchone()
        if row is None:
            return None
        _, corpus, owner, files, state, error, results, silent = row
        job = Job(id, corpus, owner, files, state, results=[FileResult(**result) for result in results])
        if error:
            job.error = UsageError(error)
        if silent and not job.ended:
            job.enter("stopped", UsageError("the server that read it is gone; upload the rest again"))
        return job
