"""How long a TLS certificate is still valid, whoever signed it: read without being trusted."""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

CONNECT_WITHIN_S = 5.0
_EXPLICIT, _UTC_TIME = 0xA0, 0x17  # DER tags


def subjects(urls: Iterable[str], more: Iterable[str]) -> list[str]:
    """What to look at: "host:port" of every https URL, and `more` as given."""
    parts = [urlsplit(url) for url in urls]
    hosts = [f"{part.hostname}:{part.port or 443}" for part in parts if part.scheme == "https" and part.hostname]
    return list(dict.fromkeys([*hosts, *more]))


def days_left(subject: str, now: float | None = None) -> float:
    """Days until the certificate at HOST:PORT, or in a PEM file, expires; below 0 afterwards.

    Raises OSError when there is no connection or file, ValueError when what is there is no certificate.
    """
    host, colon, port = subject.rpartition(":")
    if colon and port.isdigit():
        pem = ssl.get_server_certificate((host.strip("[]"), int(port)), timeout=CONNECT_WITHIN_S)
    else:
        pem = Path(subject).expanduser().read_text(encoding="ascii")
    found = re.search(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", pem, re.DOTALL)
    if found is None:
        raise ValueError(f"no certificate in {subject!r}")
    return (not_after(ssl.PEM_cert_to_DER_cert(found[0])) - (time.time() if now is None else now)) / 86400


def not_after(der: bytes) -> float:
    """The end of validity of a DER certificate, Unix time (RFC 5280, 4.1: tbsCertificate.validity.notAfter)."""
    try:
        _, certificate, _ = _element(der, 0)
        _, fields, _ = _element(certificate, 0)
        at = 0
        tag, _, after = _element(fields, at)
        if tag == _EXPLICIT:  # version; absent in version 1
            at = after
        for _skipped in ("serial number", "signature algorithm", "issuer"):
            _, _, at = _element(fields, at)
        _, validity, _ = _element(fields, at)
        _, _, at = _element(validity, 0)
        tag, text, _ = _element(validity, at)
        moment = text.decode("ascii")
        if tag == _UTC_TIME:  # two digits of the year: 50 to 99 are 19xx
            moment = ("19" if moment[:2] >= "50" else "20") + moment
        return datetime.strptime(moment, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except (IndexError, UnicodeDecodeError) as error:
        raise ValueError("not a certificate") from error


def _element(data: bytes, at: int) -> tuple[int, bytes, int]:
    """(tag, content, where the next element begins) of the DER element at `at`."""
    tag, size, at = data[at], data[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, at = int.from_bytes(data[at : at + count], "big"), at + count
    if at + size > len(data):
        raise IndexError
    return tag, data[at : at + size], at + size
