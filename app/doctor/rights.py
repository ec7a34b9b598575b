"""Files that hold secrets: may only those read them who must?"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

from sparewheel.app.doctor.check import Check
from sparewheel.app.people.auth import accounts_of
from sparewheel.app.people.kept_accounts import AccountsFile
from sparewheel.rag.settings import Settings


def open_to_others(path: Path) -> bool:
    """Every account of the machine can read `path`: its own bits allow it, and every folder above lets them pass."""
    mode = path.stat().st_mode
    wanted = stat.S_IROTH | (stat.S_IXOTH if stat.S_ISDIR(mode) else 0)
    if mode & wanted != wanted:
        return False
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in path.resolve().parents)


def secrets(settings: Settings) -> Iterator[Check]:
    """One line for all secret files that the settings name. A group may read (Kubernetes mounts them so), not write."""
    wrong = {}
    files = secret_files(settings)
    for name, file in files.items():
        mode = file.stat().st_mode
        if open_to_others(file) or mode & (stat.S_IWOTH | stat.S_IWGRP):
            wrong[name] = f"{file} has mode {stat.S_IMODE(mode):04o}"
    if wrong:
        name, what = next(iter(wrong.items()))
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        yield Check("secret files", "fail", f"{name}: {what}{more}", f"chmod 600 {files[name]}")
    elif files:
        yield Check("secret files", "pass", f"{len(files)} in use, none open to others")
    else:
        yield Check("secret files", "pass", "no secret is kept in a file")


def secret_files(settings: Settings) -> dict[str, Path]:
    """What it is -> the file, where that exists."""
    named = {f"endpoint.{name}.key_file": endpoint.key_file for name, endpoint in settings.endpoint.items()}
    kept = accounts_of(settings).kept
    named["api.users_file"] = str(kept.path) if isinstance(kept, AccountsFile) else ""
    named["the page's secret"] = str(settings.corpora_folder / "page.secret")
    return {key: Path(file).expanduser() for key, file in named.items() if file and Path(file).expanduser().is_file()}
