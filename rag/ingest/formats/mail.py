"""Messages (.eml of any program, .msg of Outlook) with their attachments."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.html import parse_html
from sparewheel.rag.ingest.formats.members import add_member
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.plain import decode
from sparewheel.rag.settings import Ingest

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MOST_ATTACHMENTS = 200
_WORD = "Attachment:"


def parse_eml(data: bytes, settings: Ingest, depth: int = 0) -> Parsed:
    """Sender, receivers, date and subject, then the message, then each attachment under its name."""
    message = BytesParser(_class=EmailMessage, policy=policy.default).parsebytes(data)
    if not any(message.get(name) for name in _HEADERS):
        raise DocumentError("not a message: it has no sender, date or subject", cure="save it again as .eml")
    builder = TextBuilder()
    stated = {name: " ".join(str(message.get(name) or "").split()) for name in _HEADERS}
    _write_headers(builder, stated)
    notes: list[str] = []
    body = message.get_body(("plain", "html"))
    if body is not None:
        payload = body.get_payload(decode=True)
        raw = payload if isinstance(payload, bytes) else b""
        if body.get_content_subtype() == "html":
            inner = parse_html(_utf8(raw, body.get_content_charset()), settings)
            builder.embed(inner.text, inner.headings)
            notes += inner.notes
        else:
            builder.embed(decode(_utf8(raw, body.get_content_charset()))[0] if raw else "", ())
    for number, part in enumerate(message.iter_attachments()):
        if number >= _MOST_ATTACHMENTS:
            notes.append(f"more than {_MOST_ATTACHMENTS} attachments: the rest not read")
            break
        name, inner_data = _attachment(part, number)
        if part.get_content_maintype() == "image" and part.get_content_disposition() == "inline":
            continue
        add_member(builder, name, inner_data, settings, depth + 1, notes, _WORD)
    known = {"author": stated["From"], "created": stated["Date"]}
    return Parsed(
        builder.text,
        "message/rfc822",
        stated["Subject"],
        headings=tuple(builder.headings),
        metadata={key: value for key, value in known.items() if value},
        notes=tuple(notes),
    )


def _write_headers(builder: TextBuilder, stated: dict[str, str]) -> None:
    for name in _HEADERS:
        if stated.get(name):
            builder.add(f"{name}: {stated[name]}", tight=True)
    builder.gap()


def _attachment(part: Any, number: int) -> tuple[str, bytes]:
    """Name and bytes. A message within the message is bytes again."""
    name = str(part.get_filename() or "")
    if part.get_content_type() == "message/rfc822":
        inner = part.get_content()
        return name or f"message {number + 1}.eml", bytes(inner)
    payload = part.get_payload(decode=True)
    suffix = {"text/plain": ".txt", "text/html": ".html", "text/csv": ".csv"}.get(part.get_content_type(), "")
    return name or f"part {number + 1}{suffix}", payload if isinstance(payload, bytes) else b""


def _utf8(raw: bytes, charset: str | None) -> bytes:
    """The bytes as UTF-8: as they are where they are that, else by their stated charset."""
    try:
        raw.decode("utf-8")
        if not (charset or "").lower().startswith(("iso-2022", "hz", "utf-7", "utf-16")):
            return raw
    except UnicodeDecodeError:
        pass
    charset = {"gb2312": "gb18030", "gbk": "gb18030"}.get((charset or "").lower(), charset or "")
    try:
        return raw.decode(charset).encode("utf-8")
    except (LookupError, UnicodeDecodeError):
        return raw


# Streams of an Outlook message: property number and type (MS-OXPROPS, MS-OXMSG).
_SUBJECT, _BODY, _SENDER, _SENDER_ADDRESS, _TO, _CC = "0037", "1000", "0C1A", "5D01", "0E04", "0E03"
_HTML, _DATA, _LONG_NAME, _SHORT_NAME = "1013", "3701", "3707", "3704"
_SENT, _RECEIVED = 0x00390040, 0x0E060040


def parse_msg(data: bytes, settings: Ingest, depth: int = 0) -> Parsed:
    """As `parse_eml`, of an Outlook message."""
    import olefile

    try:
        ole = olefile.OleFileIO(io.BytesIO(data))
    except OSError as error:
        raise DocumentError(f"not an Outlook message: {error}", cure="save it again as .msg or .eml") from error
    streams = {"/".join(path): path for path in ole.listdir()}

    def text(property: str, folder: str = "") -> str:
        for kind, encoding in (("001F", "utf-16-le"), ("001E", "cp1252")):
            name = f"{folder}__substg1.0_{property}{kind}"
            if name in streams:
                return str(ole.openstream(streams[name]).read().decode(encoding, "replace")).rstrip("\0")
        return ""

    def binary(property: str, folder: str = "") -> bytes:
        name = f"{folder}__substg1.0_{property}0102"
        return bytes(ole.openstream(streams[name]).read()) if name in streams else b""

    sender = " ".join(filter(None, (text(_SENDER), f"<{a}>" if (a := text(_SENDER_ADDRESS)) else "")))
    sent = (
        _sent(bytes(ole.openstream("__properties_version1.0").read())) if "__properties_version1.0" in streams else ""
    )
    stated = {"From": sender, "To": text(_TO), "Cc": text(_CC), "Date": sent, "Subject": text(_SUBJECT)}
    builder = TextBuilder()
    _write_headers(builder, stated)
    notes: list[str] = []
    if body := text(_BODY):
        builder.embed(decode(body.encode())[0], ())
    elif page := binary(_HTML) or text(_HTML).encode():
        inner = parse_html(page, settings)
        builder.embed(inner.text, inner.headings)
    folders = sorted({path[0] for path in ole.listdir() if path[0].startswith("__attach")})
    for folder in folders[:_MOST_ATTACHMENTS]:
        name = text(_LONG_NAME, f"{folder}/") or text(_SHORT_NAME, f"{folder}/") or "attachment"
        if inner_data := binary(_DATA, f"{folder}/"):
            add_member(builder, name, inner_data, settings, depth + 1, notes, _WORD)
        else:
            notes.append(f"{name} not read: a message or object in the message; save it on its own")
    known = {"author": stated["From"], "created": sent}
    return Parsed(
        builder.text,
        "application/vnd.ms-outlook",
        stated["Subject"],
        headings=tuple(builder.headings),
        metadata={key: value for key, value in known.items() if value},
        notes=tuple(notes),
    )


def _sent(properties: bytes) -> str:
    """When it was sent, UTC, from the stream of fixed properties: a header of 32 bytes, then 16 for each."""
    for at in range(32, len(properties) - 15, 16):
        if int.from_bytes(properties[at : at + 4], "little") in (_SENT, _RECEIVED):
            ticks = int.from_bytes(properties[at + 8 : at + 16], "little")  # 100 ns since 1601
            if 0 < ticks < 1 << 60:
                return (datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)).isoformat()
    return ""
