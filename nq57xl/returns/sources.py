"""The files that were handed in, also those in archives and mails (.zip, .eml, .msg): which, how big, received when.

Archives and mails are taken apart in memory: nothing is written by the name it has there.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import mailbox
import os
import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes, message_from_string
from email.header import decode_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import parseaddr, parsedate_to_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import attrs
from attrs import frozen

from nq57xl.errors import Nq57Error
from nq57xl.forms.model import ReceivedBasis, Source
from nq57xl.rules.findings import Finding, make
from nq57xl.text.clock import VIETNAM, in_vietnam
from nq57xl.text.legacy import decoded_bytes
from nq57xl.xlsx.limits import LIMITS, Refused, refuse, too_large
from nq57xl.xlsx.package import ZIP_ERRORS, member_names, open_zip, safe_name
from nq57xl.xlsx.sniff import is_ole, sniff

_NOISE = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_DAY = re.compile(r"20\d{2}-\d{2}-\d{2}")
_CHUNK = 1 << 20

_Problem = tuple[Source, Finding]


def gather(
    paths: Sequence[Path], *, received: datetime | None, now: datetime, inbox: Path | None
) -> tuple[list[Source], list[_Problem]]:
    """The sources behind files and folders, in a fixed order, each file once.

    Problems are files that must be neither archived nor read: too large; or without a hash, since they are empty or
    cannot be opened now, and links and folders of that kind. What has no hash is never recorded: the next run meets
    it afresh.
    A day in a folder's name counts below `inbox` and below a folder that was given. A time without a zone is taken as
    Vietnam's. Raises Nq57Error when a path does not exist.
    """
    sources: list[Source] = []
    problems: list[_Problem] = []
    seen: set[Path] = set()
    real_folder = functools.cache(Path.resolve)  # links are followed once for all files of a folder
    for given in paths:
        times: dict[Path, tuple[datetime, ReceivedBasis]] = {}
        if not given.exists():
            raise Nq57Error(f"Không tìm thấy «{given}»: hãy kiểm tra lại đường dẫn tệp hoặc thư mục.")
        roots = [root for root in (given if given.is_dir() else None, inbox) if root is not None]
        for path, reason in _files(given):
            real = path.resolve() if path == given else real_folder(path.parent) / path.name
            if real.parent not in times:
                below = [(root, real_folder(root)) for root in roots]
                times[real.parent] = _received(real.parent, below, received=received, now=now, inbox=inbox)
            if not reason and real in seen:
                continue
            seen.add(real)
            source, finding = _source(path, reason, *times[real.parent])
            if finding is None:
                sources.append(source)
            else:
                problems.append((source, finding))
    return sources, problems


def is_system_file(name: str) -> bool:
    """Owner files of open workbooks and files that systems leave in folders: never handed in by anybody."""
    return name.startswith(("~$", ".~lock.", "._")) or name.lower() in _NOISE


_LINK = "đây là đường dẫn tắt (liên kết), phần mềm không mở theo"
_FOLDER = "không mở được thư mục"


def _files(given: Path) -> Iterator[tuple[Path, str]]:
    """The files, in a fixed order; with why it cannot be taken what is a link, or a folder that cannot be listed."""
    if not given.is_dir():
        yield given, ""
        return
    found: dict[Path, str] = {}

    def closed(error: OSError) -> None:
        found[Path(error.filename or given)] = f"{_FOLDER} ({error.strerror or error})"

    for folder, folders, names in os.walk(given, onerror=closed, followlinks=False):
        for name in (*folders, *names):
            path = Path(folder, name)
            if path.is_symlink():
                found[path] = _LINK
            elif name in names and stat.S_ISREG(_mode(path)):
                found[path] = ""
    kept = {path: reason for path, reason in found.items() if not is_system_file(path.name)}
    yield from sorted(kept.items(), key=lambda item: item[0].parts)


def _mode(path: Path) -> int:
    """What kind of thing lies there; a file that is gone or closed is taken for a file: its reading tells more."""
    try:
        return path.lstat().st_mode
    except OSError:
        return stat.S_IFREG


def _received(
    folder: Path, roots: Sequence[tuple[Path, Path]], *, received: datetime | None, now: datetime, inbox: Path | None
) -> tuple[datetime, ReceivedBasis]:
    """Of the files in a folder, by the innermost folder below each root that is named after a day; a root stands with
    what it is without links."""
    if received is not None:
        return in_vietnam(received), "option"
    for root, real_root in roots:
        if not folder.is_relative_to(real_root):
            continue
        below = folder.relative_to(real_root).parts
        for name in reversed(below if root == inbox else (root.name, *below)):
            if _DAY.fullmatch(name):
                with contextlib.suppress(ValueError):  # no day of the calendar
                    return datetime.combine(date.fromisoformat(name), time(), VIETNAM), "folder"
    return in_vietnam(now), "first_seen"


def _source(path: Path, reason: str, when: datetime, basis: ReceivedBasis) -> tuple[Source, Finding | None]:
    """`reason`: why it cannot be taken, as far as that is seen from outside."""
    digest, size = "", 0
    try:
        if not reason:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
    except OSError as error:
        reason = f"không mở được tệp ({error.strerror or 'lỗi đọc'})"
    if reason or not size:  # every empty file has one hash: none of them is known from another
        finding = make("FILE_UNREAD", words={"reason": reason}) if reason else make("FILE_EMPTY")
        return Source(str(path), path.name, "", 0, when, basis), finding
    saved_at = None
    with contextlib.suppress(OSError, ValueError, OverflowError):
        saved_at = datetime.fromtimestamp(int(path.stat().st_mtime), VIETNAM)
    problem = too_large(size) if size > LIMITS.file_bytes else None
    return Source(str(path), path.name, digest, size, when, basis, saved_at=saved_at), problem


_MAIL_LINES = 10_000
"""Boundaries and part headers in a mail: the parser takes seconds for more."""
_MAIL_DEPTH = 20
"""Parts within parts; mail programs make four."""

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


def _read_mail(data: bytes) -> _Mail:
    """The mail in these bytes. Raises Refused for one that is built to do harm."""
    if data.count(b"\n--") > _MAIL_LINES or data.lower().count(b"\ncontent-") > _MAIL_LINES:
        raise refuse("ARCHIVE_TOO_MANY", limit=LIMITS.archive_members)
    message = message_from_bytes(data)
    name, address = parseaddr(next(_raw_headers(message, "from"), ""))
    name = _decoded(name)
    sender = f"{name} <{address}>" if name and address else address or name
    return _Mail(sender, _header(message, "subject"), _times(message), tuple(_attached(message)))


def _attached(message: Message) -> Iterator[tuple[str, bytes]]:
    """Attached files in their order; pictures of a signature and the text itself are none."""
    for number, part in enumerate(_leaves(message, 0), start=1):
        name = _decoded(str(part.get_filename() or ""))
        if part.get_content_type() == "message/rfc822":
            inner = part.get_payload(0) if part.is_multipart() else None
            if isinstance(inner, Message):
                name = safe_name(name or _header(inner, "subject") or f"thu-{number}")
                yield name.removesuffix(".eml") + ".eml", bytes(inner)
            continue
        kind = part.get_content_maintype()
        attached = part.get_content_disposition() == "attachment"
        if (kind == "text" and not name) or (kind == "image" and not attached) or kind == "multipart":
            continue
        content = part.get_payload(decode=True)
        yield safe_name(name or f"tep-dinh-kem-{number}"), content if isinstance(content, bytes) else b""


def _leaves(message: Message, depth: int) -> Iterator[Message]:
    """Parts that hold something, without going into attached mails."""
    if depth > _MAIL_DEPTH:
        raise refuse("ARCHIVE_TOO_DEEP", limit=_MAIL_DEPTH)
    if message.get_content_maintype() != "multipart" or not message.is_multipart():
        yield message
        return
    for part in message.get_payload():
        if isinstance(part, Message):
            yield from _leaves(part, depth + 1)


def _header(message: Message, name: str) -> str:
    """The first header of that name, on one line, whatever way its letters were written."""
    return _decoded(next(_raw_headers(message, name), ""))


def _raw_headers(message: Message, name: str) -> Iterator[str]:
    return (str(value) for key, value in message.raw_items() if key.lower() == name)


def _decoded(text: str) -> str:
    """Encoded words and raw eight-bit letters as text."""
    raw = text.encode("utf-8", "surrogateescape")
    text = decoded_bytes(raw) if any("\udc80" <= letter <= "\udcff" for letter in text) else text
    if "=?" in text:
        text = "".join(
            piece if isinstance(piece, str) else _piece(piece, charset) for piece, charset in decode_header(text)
        )
    return " ".join(text.split())


def _piece(piece: bytes, charset: str | None) -> str:
    try:
        return piece.decode(charset or "utf-8")
    except (LookupError, UnicodeDecodeError):
        return decoded_bytes(piece)


def _times(message: Message) -> tuple[datetime, ...]:
    """Each server writes a `Received` header above those before it; the newest one is this office's own server's."""
    received = (value.rpartition(";")[2] for value in _raw_headers(message, "received"))
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


def _read_outlook(data: bytes) -> _Mail:
    """A mail that Outlook saved (.msg)."""
    from oxmsg import Message as OutlookMessage

    mail = OutlookMessage.load(data)
    headers = mail.properties.str_prop_value(_TRANSPORT_HEADERS) or ""
    kept = (mail.properties.date_prop_value(_DELIVERED), mail.sent_date)  # in universal time, whether it says so or not
    stamps = (moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in kept if moment is not None)
    files = tuple(
        (safe_name(item.file_name or f"tep-dinh-kem-{number}"), item.file_bytes or b"")
        for number, item in enumerate(mail.attachments, start=1)
        if item.attached_by_value
    )
    times = (*_times(message_from_string(headers)), *stamps)
    return _Mail(" ".join((mail.sender or "").split()), " ".join(mail.subject.split()), times, files)


_ContainerKind = Literal["zip", "mail", "mbox", "msg"]
_Contained = Iterator[tuple[str, bytes | Source, Source]]
"""Name and bytes of each file, of one over the limits what is known of it; and the source that it came with."""

_CLOCK_ERROR = timedelta(minutes=10)
"""Clocks of mail servers differ by so much from an office's own; what is later lies in the future."""
_HEAD = 16 * 1024


@frozen
class _Member:
    """One file of an archive or mail; or the archive itself, when `findings` tell that it could not be opened whole."""

    source: Source
    data: bytes = b""
    """Empty where `findings` stand."""
    findings: tuple[Finding, ...] = ()


def container_kind(path: Path) -> _ContainerKind | None:
    """Whether the file is an archive or mail that can be opened; a workbook is none, an encrypted archive neither."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
            whole = head.startswith(b"PK") or is_ole(head)
            return _kind(head + file.read()) if whole else _kind(head)
    except OSError:
        return None


def members(source: Source, path: Path) -> Iterator[_Member]:
    """Every file in the archive or mail at `path`, with the source it came as; nested ones are opened in their turn.

    Sources are named "archive.zip!member". A mail's times are those of what it carries; of mails within mails the
    outermost counts, because that is the one which this office received (`with_mail_time`).
    """
    yield from _Opener().open(path.read_bytes(), source, 1)


def _kind(data: bytes) -> _ContainerKind | None:
    if not data.startswith(b"PK") and not is_ole(data):
        head = data[:_HEAD]
        message = BytesHeaderParser().parsebytes(head[: head.rfind(b"\n") + 1])
        names = {name.lower() for name in message}
        if message.defects or len(names & _KNOWN) < 3 or not names & _SENT:
            return None
        return "mbox" if data.startswith(b"From ") else "mail"
    try:
        found = sniff(data)
    except Refused:
        return None
    return "msg" if found == "msg" else "zip" if found == "zip" else None


class _Opener:
    """One archive or mail with all that is nested in it, under one budget."""

    def __init__(self) -> None:
        self._bytes = LIMITS.archive_bytes
        self._count = LIMITS.archive_members

    def open(self, content: bytes, source: Source, depth: int) -> Iterator[_Member]:
        """The members; last the container itself, when something in it could not be had."""
        problems: list[Finding] = []
        found = False
        try:
            kind = _kind(content)
            reader = self._zip if kind == "zip" else self._mbox if kind == "mbox" else self._mail
            for name, data, origin in reader(content, source, problems):
                found = True
                yield from self._member(name, data, origin, depth)
        except Refused as refusal:
            problems.append(refusal.finding)
        if not found and not problems:
            problems.append(make("ARCHIVE_EMPTY"))
        if problems:
            yield _Member(source, findings=tuple(problems))

    def _member(self, name: str, data: bytes | Source, origin: Source, depth: int) -> Iterator[_Member]:
        if isinstance(data, Source):
            yield _Member(data, findings=(too_large(data.size),))
            return
        digest = hashlib.sha256(data).hexdigest()
        short = name.rpartition("/")[2]
        path = f"{origin.path}!{name}"
        source = attrs.evolve(origin, path=path, name=short, sha256=digest, size=len(data), saved_at=None)
        if _kind(data) is None:
            yield _Member(source, data)
        elif depth >= LIMITS.archive_depth:
            yield _Member(source, findings=(make("ARCHIVE_TOO_DEEP", words={"limit": LIMITS.archive_depth}),))
        else:
            yield from self.open(data, source, depth + 1)

    # --- archives ---------------------------------------------------------------------------------------------------

    def _zip(self, content: bytes, source: Source, problems: list[Finding]) -> _Contained:
        with open_zip(content) as archive:
            infos = archive.infolist()
            for info, name in zip(infos, member_names(infos), strict=True):
                short = name.rpartition("/")[2]
                if info.is_dir() or is_system_file(short) or name.startswith("__MACOSX/"):
                    continue
                self._spend(0, files=1)
                try:
                    yield name, self._read(archive, info, name, source), source
                except ZIP_ERRORS:
                    text = f"Trong tệp nén, «{name}» bị hỏng, không lấy ra được."
                    problems.append(make("FILE_BROKEN", message=text, value=name))

    def _read(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, name: str, source: Source) -> bytes | Source:
        """The member's bytes; for one over the limits its name, size and hash only. Sizes told may lie."""
        digest, size, pieces = hashlib.sha256(), 0, []
        with archive.open(info) as part:
            while chunk := part.read(_CHUNK):
                self._spend(len(chunk))
                digest.update(chunk)
                size += len(chunk)
                if size <= LIMITS.file_bytes:
                    pieces.append(chunk)
        if size <= LIMITS.file_bytes:
            return b"".join(pieces)
        short = name.rpartition("/")[2]
        return attrs.evolve(source, path=f"{source.path}!{name}", name=short, sha256=digest.hexdigest(), size=size)

    def _spend(self, size: int, files: int = 0) -> None:
        self._bytes -= size
        self._count -= files
        if self._count < 0:
            raise refuse("ARCHIVE_TOO_MANY", limit=LIMITS.archive_members)
        if self._bytes < 0:
            raise refuse("ARCHIVE_TOO_BIG", limit=LIMITS.archive_bytes >> 20)

    # --- mails ------------------------------------------------------------------------------------------------------

    def _mail(self, content: bytes, source: Source, problems: list[Finding]) -> _Contained:
        try:
            mail = _read_outlook(content) if is_ole(content) else _read_mail(content)
        except (Refused, ImportError):  # a library that is missing says nothing of the mail
            raise
        except Exception as error:  # parsers of mails raise many kinds of errors on broken ones
            raise refuse("FILE_BROKEN") from error
        times = source.mail_times or mail.times
        origin = attrs.evolve(source, sender=mail.sender, subject=mail.subject, mail_times=times)
        for name, data in mail.files:
            if is_system_file(name.rpartition("/")[2]):
                continue
            self._spend(len(data), files=1)
            yield name, data, origin
        if not mail.files:
            problems.append(make("MAIL_WITHOUT_FILES"))

    def _mbox(self, content: bytes, source: Source, problems: list[Finding]) -> _Contained:
        if content.count(b"\nFrom ") >= LIMITS.archive_members:
            raise refuse("ARCHIVE_TOO_MANY", limit=LIMITS.archive_members)
        with TemporaryDirectory() as folder:  # the standard reader wants a file
            path = Path(folder) / "mbox"
            path.write_bytes(content)
            with contextlib.closing(mailbox.mbox(path, create=False)) as box:
                mails = [box.get_bytes(key) for key in box.iterkeys()]
        for number, mail in enumerate(mails, start=1):
            self._spend(len(mail), files=1)
            yield f"thu-{number}.eml", mail, source


def with_mail_time(source: Source, now: datetime, issued_on: date | None = None) -> tuple[Source, tuple[Finding, ...]]:
    """The source with the time at which its mail came, as far as that is believed (contract.md 4).

    A time before the form was issued, or after now, is not; it is told, and the next one counts: the mail's own date,
    then however else the time is known.
    """

    def impossible(moment: datetime) -> bool:
        early = issued_on is not None and in_vietnam(moment).date() < issued_on
        return early or moment > now + _CLOCK_ERROR

    doubted = list(filter(impossible, source.mail_times))
    sound = [moment for moment in source.mail_times if moment not in doubted]
    findings = tuple(
        make("MAIL_TIME_DOUBTED", words={"value": f"{in_vietnam(moment):%H:%M %d/%m/%Y}"}, value=moment.isoformat())
        for moment in dict.fromkeys(doubted)
    )
    if not sound:
        return source, findings
    return attrs.evolve(source, received_at=in_vietnam(sound[0]), received_basis="mail"), findings
