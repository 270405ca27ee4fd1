"""A mail (.eml, .msg, each of an .mbox): who sent it, when, about what, and the files attached to it."""

from __future__ import annotations

import mailbox
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, message_from_string
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

from nq57xl.text.clock import in_vietnam
from nq57xl.xlsx import limits
from nq57xl.xlsx.package import guessed, safe_name
from nq57xl.xlsx.refused import Refused, refuse

_HEADER = re.compile(rb"([A-Za-z][A-Za-z0-9-]*):")
_KNOWN = frozenset({"from", "to", "subject", "date", "received", "message-id", "return-path", "delivered-to", "cc"})
_SENT = frozenset({"to", "received", "message-id", "return-path", "delivered-to"})
"""A web page saved by a browser has From, Subject and Date, but none of these."""
_TRANSPORT_HEADERS, _DELIVERED = 0x007D, 0x0E06
"""Property ids of .msg files ([MS-OXPROPS] 2.876 PidTagTransportMessageHeaders, 2.783 PidTagMessageDeliveryTime)."""


@frozen
class _Mail:
    """What a mail says of itself, and what it carries."""

    sender: str
    """Name and address as shown: "Phòng A <a@x.vn>"."""
    subject: str
    times: tuple[datetime, ...]
    """When it came, aware, the most trusted first: by the servers that handed it on, then by its own date."""
    files: tuple[tuple[str, bytes], ...]
    """(name, content); a mail attached to the mail is one of them, with the name ending in .eml."""


def is_mail(head: bytes) -> bool:
    """Whether a file that begins like this is a mail."""
    names = set()
    lines = head.split(b"\n")
    for number, line in enumerate(lines):
        text = line.rstrip(b"\r")
        if not text:
            break
        if text[:1] in (b" ", b"\t") or (number == 0 and text.startswith(b"From ")):
            continue
        match = _HEADER.match(text)
        if match is None:
            return False
        names.add(match[1].decode().lower())
    return len(names & _KNOWN) >= 3 and bool(names & _SENT)


def read_mail(data: bytes) -> _Mail:
    """The mail in these bytes. Raises Refused for one that is built to do harm or cannot be taken apart."""
    if data.count(b"\n--") > limits.MAIL_LINES or data.lower().count(b"\ncontent-") > limits.MAIL_LINES:
        raise refuse("ARCHIVE_TOO_MANY", limit=limits.ARCHIVE_MEMBERS)
    try:
        message = message_from_bytes(data)
        files = tuple(_files(message))
        return _Mail(_sender(message), _header(message, "subject"), _times(message), files)
    except Refused:
        raise
    except Exception as error:  # the standard parser raises many kinds of errors on broken mails
        raise refuse("FILE_BROKEN") from error


def _files(message: Message) -> Iterator[tuple[str, bytes]]:
    """Attached files in their order; pictures of a signature and the text itself are none."""
    number = 0
    for part in _leaves(message, 0):
        number += 1
        name = _file_name(part)
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0) if part.is_multipart() else None
            if isinstance(inner, Message):
                yield (
                    safe_name(name or _header(inner, "subject") or f"thu-{number}").removesuffix(".eml") + ".eml",
                    bytes(inner),
                )
            continue
        kind = part.get_content_maintype()
        attached = part.get_content_disposition() == "attachment"
        if (kind == "text" and not name) or (kind == "image" and not attached) or kind == "multipart":
            continue
        content = part.get_payload(decode=True)
        yield safe_name(name or f"tep-dinh-kem-{number}"), content if isinstance(content, bytes) else b""


def _leaves(message: Message, depth: int) -> Iterator[Message]:
    """Parts that hold something, without going into attached mails."""
    if depth > limits.MAIL_DEPTH:
        raise refuse("ARCHIVE_TOO_DEEP", limit=limits.MAIL_DEPTH)
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        yield message
        return
    for part in message.get_payload():
        if isinstance(part, Message):
            yield from _leaves(part, depth + 1)


def _file_name(part: Message) -> str:
    return _decoded(str(part.get_filename() or ""))


def _header(message: Message, name: str) -> str:
    """The first header of that name, on one line, whatever way its letters were written."""
    raw = next((value for key, value in message.raw_items() if key.lower() == name), "")
    return _decoded(str(raw))


def _decoded(text: str) -> str:
    """Encoded words and raw eight-bit letters as text."""
    raw = text.encode("utf-8", "surrogateescape")
    text = guessed(raw) if any("\udc80" <= letter <= "\udcff" for letter in text) else text
    if "=?" in text:
        pieces = []
        for piece, charset in decode_header(text):
            pieces.append(piece if isinstance(piece, str) else _piece(piece, charset))
        text = "".join(pieces)
    return " ".join(text.split())


def _piece(piece: bytes, charset: str | None) -> str:
    try:
        return piece.decode(charset or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return guessed(piece)


def _sender(message: Message) -> str:
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == "from"), "")
    name, address = parseaddr(raw)
    name = _decoded(name)
    return f"{name} <{address}>" if name and address else address or name


def _times(message: Message) -> tuple[datetime, ...]:
    """Each server writes a `Received` header above those before it; the newest one is this office's own server's."""
    received = [str(value).rpartition(";")[2] for key, value in message.raw_items() if key.lower() == "received"]
    known = [moment for text in received if (moment := _moment(text)) is not None]
    own = _moment(_header(message, "date"))
    return (*sorted(known, reverse=True), *([own] if own else []))


def _moment(text: str) -> datetime | None:
    """The moment that a header tells; one without a usable zone is Vietnam's. None for nonsense."""
    try:
        moment = in_vietnam(parsedate_to_datetime(" ".join(text.split())))
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    return moment if 1970 <= moment.year < 2200 else None


def read_outlook(data: bytes) -> _Mail:
    """A mail that Outlook saved (.msg). Raises Refused for one that cannot be taken apart."""
    from oxmsg import Message as OutlookMessage

    try:
        mail = OutlookMessage.load(data)
        headers = mail.properties.str_prop_value(_TRANSPORT_HEADERS) or ""
        times = [*_times(message_from_string(headers)), *_stamps(mail.properties.date_prop_value(_DELIVERED))]
        times += _stamps(mail.sent_date)
        files = tuple(
            (safe_name(item.file_name or f"tep-dinh-kem-{number}"), item.file_bytes or b"")
            for number, item in enumerate(mail.attachments, start=1)
            if item.attached_by_value
        )
        return _Mail(" ".join((mail.sender or "").split()), " ".join(mail.subject.split()), tuple(times), files)
    except Refused:
        raise
    except Exception as error:  # the parser raises many kinds of errors on broken files
        raise refuse("FILE_BROKEN") from error


def _stamps(moment: datetime | None) -> list[datetime]:
    """A time that Outlook keeps: in universal time, whether it says so or not."""
    return [] if moment is None else [moment if moment.tzinfo else moment.replace(tzinfo=UTC)]


def mails_of(data: bytes) -> list[bytes]:
    """The mails of an mbox file. Raises Refused for one that is built to do harm."""
    if data.count(b"\nFrom ") >= limits.ARCHIVE_MEMBERS:
        raise refuse("ARCHIVE_TOO_MANY", limit=limits.ARCHIVE_MEMBERS)
    with TemporaryDirectory() as folder:  # the standard reader wants a file
        path = Path(folder) / "mbox"
        path.write_bytes(data)
        box = mailbox.mbox(path, create=False)
        try:
            return [box.get_bytes(key) for key in box.iterkeys()]
        finally:
            box.close()
