"""The key of an endpoint: where its settings say, without what people paste along with it."""

from __future__ import annotations

import os
import re
from pathlib import Path

from sparewheel.rag.errors import SettingsError
from sparewheel.rag.settings import Endpoint

_AROUND = re.compile(r"""^(?:authorization\s*:\s*)?(?:bearer\s+)?(["']?)(.*?)\1$""", re.IGNORECASE | re.DOTALL)


def key_of(name: str, endpoint: Endpoint) -> str:
    """The key, read anew each time, so a rotated one is used at once; "" for an endpoint that needs none. Quotes (an
    env file for containers keeps them) and "Bearer" are left out.

    Raises SettingsError, naming the setting, for a key that is missing where it was said to be, or is no key.
    """
    place = f"endpoint.{name}"
    if endpoint.key_file:
        where = f"{place}.key_file = {endpoint.key_file!r}"
        try:
            given = Path(endpoint.key_file).expanduser().read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is no text"
            raise SettingsError(f"{where} cannot be read: {reason}") from error
    elif endpoint.key_env:
        where, given = f"{place}.key_env = {endpoint.key_env!r}", os.environ.get(endpoint.key_env, "")
    elif not endpoint.key.strip():
        return ""
    else:
        where, given = f"{place}.key", endpoint.key
    found = _AROUND.match(given.strip())
    key = found[2].strip() if found else ""
    if not key:
        raise SettingsError(f"{where} holds no key: set it, or leave the setting out for an endpoint without keys")
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise SettingsError(f"{where} is no key: it has a line break, a blank or a letter that no key has")
    return key
