"""Messages (.eml of any program, .msg of Outlook) with their attachments."""

from __future__ import annotations

import hashlib
import io
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

from sparewheel.rag.errors import DocumentError
from sparewheel.rag.ingest.formats.decode import decode
from sparewheel.rag.ingest.formats.html import parse_html
from sparewheel.rag.ingest.formats.members import MOST_DEPTH, Members
from sparewheel.rag.ingest.formats.parsed import Parsed, TextBuilder
from sparewheel.rag.ingest.formats.rtf import parse_rtf
from sparewheel.rag.ingest.formats.rtf_packed import unpacked
from sparewheel.rag.settings import Ingest

_HEADERS = ("From", "To", "Cc", "Date", "Subject")
_MOST_ATTACHMENTS = 200
_WORD = "Attachment:"


def parse_eml(data: bytes, settings: Ingest, depth: int = 0) -> Parsed:
    """Sender, receivers, date and subject, the message, and the names of its attachments, which are its members."""
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
    members = Members(settings, depth)
    for number, part in enumerate(message.iter_attachments()):
        if number >= _MOST_ATTACHMENTS:
            members.notes.append(f"more than {_MOST_ATTACHMENTS} attachments: the rest not read")
            break
        name, inner_data = _attachment(part, number)
        if part.get_content_maintype() == "image" and part.get_content_disposition() == "inline":
            continue
        members.read(name, inner_data)
    members.write(builder, _WORD)
    known = {"author": stated["From"], "created": stated["Date"]}
    return Parsed(
        builder.text,
        "message/rfc822",
        stated["Subject"],
        headings=tuple(builder.headings),
        metadata={key: value for key, value in known.items() if value},
        notes=(*notes, *members.told),
        members=tuple(members.found),
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
_HTML, _RICH, _DATA, _NAMES = "1013", "1009", "3701", ("3707", "3704", "3001")
_OBJECT = f"__substg1.0_{_DATA}000D/"  # where a message lies that is attached as such
_SENT, _RECEIVED = 0x00390040, 0x0E060040


def parse_msg(data: bytes, settings: Ingest, depth: int = 0) -> Parsed:
    """As `parse_eml`, of an Outlook message; a message attached to it is read like one."""
    import olefile

    try:
        ole = olefile.OleFileIO(io.BytesIO(data))
    except OSError as error:
        raise DocumentError(f"not an Outlook message: {error}", cure="save it again as .msg or .eml") from error
    return _Outlook(ole, "", settings).parsed(depth)


class _Outlook:
    """A message in an OLE file: the file itself, or one that lies in `folder` of it."""

    def __init__(self, ole: Any, folder: str, settings: Ingest) -> None:
        self._ole = ole
        self._folder = folder
        self._settings = settings
        self._streams = {name: path for path in ole.listdir() if (name := "/".join(path)).startswith(folder)}

    def parsed(self, depth: int) -> Parsed:
        sender = self._text(_SENDER)
        if address := self._text(_SENDER_ADDRESS):
            sender = f"{sender} <{address}>".strip()
        sent = _sent(self._bytes("__properties_version1.0"))
        subject = self._text(_SUBJECT)
        builder = TextBuilder()
        _write_headers(
            builder, {"From": sender, "To": self._text(_TO), "Cc": self._text(_CC), "Date": sent, "Subject": subject}
        )
        notes: list[str] = []
        self._write_body(builder, notes)
        members = Members(self._settings, depth)
        for folder in self._attachments()[:_MOST_ATTACHMENTS]:
            self._attach(folder, members, depth)
        members.write(builder, _WORD)
        known = {"author": sender, "created": sent}
        return Parsed(
            builder.text,
            "application/vnd.ms-outlook",
            subject,
            headings=tuple(builder.headings),
            metadata={key: value for key, value in known.items() if value},
            notes=(*notes, *members.told),
            members=tuple(members.found),
        )

    def _write_body(self, builder: TextBuilder, notes: list[str]) -> None:
        """The plain text; where the program kept none, the page or the rich text."""
        if body := self._text(_BODY):
            builder.embed(decode(body.encode())[0], ())
            return
        if page := self._binary(_HTML) or self._text(_HTML).encode():
            inner = parse_html(page, self._settings)
        elif packed := self._binary(_RICH):
            inner = parse_rtf(unpacked(packed), self._settings)
        else:
            return
        builder.embed(inner.text, inner.headings)
        notes += inner.notes

    def _attach(self, folder: str, members: Members, depth: int) -> None:
        name = next(filter(None, (self._text(each, folder) for each in _NAMES)), "attachment")
        if inner_data := self._binary(_DATA, folder):
            members.read(name, inner_data)
        elif not self._bytes(f"{folder}{_OBJECT}__properties_version1.0"):
            members.notes.append(f"{name} not read: an object in the message; save it on its own")
        elif depth >= MOST_DEPTH:
            members.notes.append(f"{name} not read: packed more than {MOST_DEPTH} deep")
        else:
            inner = _Outlook(self._ole, f"{self._folder}{folder}{_OBJECT}", self._settings).parsed(depth + 1)
            members.add(name, hashlib.sha256(inner.text.encode("utf-8", "replace")).hexdigest(), inner)

    def _attachments(self) -> list[str]:
        here = len(self._folder)
        parts = {name[here:].partition("/")[0] for name in self._streams if name[here:].startswith("__attach")}
        return sorted(f"{part}/" for part in parts)

    def _bytes(self, name: str) -> bytes:
        path = self._streams.get(f"{self._folder}{name}")
        return bytes(self._ole.openstream(path).read()) if path else b""

    def _binary(self, property: str, folder: str = "") -> bytes:
        return self._bytes(f"{folder}__substg1.0_{property}0102")

    def _text(self, property: str, folder: str = "") -> str:
        for kind, encoding in (("001F", "utf-16-le"), ("001E", "cp1252")):
            if raw := self._bytes(f"{folder}__substg1.0_{property}{kind}"):
                return raw.decode(encoding, "replace").rstrip("\0")
        return ""


def _sent(properties: bytes) -> str:
    """When it was sent, UTC, from the stream of fixed properties: a header of 32 bytes, then 16 for each."""
    for at in range(32, len(properties) - 15, 16):
        if int.from_bytes(properties[at : at + 4], "little") in (_SENT, _RECEIVED):
            ticks = int.from_bytes(properties[at + 8 : at + 16], "little")  # 100 ns since 1601
            if 0 < ticks < 1 << 60:
                return (datetime(1601, 1, 1, tzinfo=UTC) + timedelta(microseconds=ticks // 10)).isoformat()
    return ""
