"""Archives and mails among what was handed in, taken apart in memory: nothing is written by the name it has there."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal

import attrs
from attrs import frozen

from nq57xl.forms.values import Source
from nq57xl.returns.mail import is_mail, mails_of, read_mail, read_outlook
from nq57xl.returns.sources import is_noise
from nq57xl.rules.findings import Finding, make
from nq57xl.text.clock import in_vietnam
from nq57xl.xlsx import limits
from nq57xl.xlsx.package import ZIP_ERRORS, member_names, open_zip
from nq57xl.xlsx.refused import Refused, refuse, too_large
from nq57xl.xlsx.sniff import is_ole, package_kind, sniff

_ContainerKind = Literal["zip", "mail", "mbox", "msg"]

_CLOCK_ERROR = timedelta(minutes=10)
"""Clocks of mail servers differ by so much from an office's own; what is later lies in the future."""
_CHUNK = 1 << 18
_HEAD = 16 * 1024


@frozen
class Member:
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


def members(source: Source, path: Path) -> Iterator[Member]:
    """Every file in the archive or mail at `path`, with the source it came as; nested ones are opened in their turn.

    Sources are named "archive.zip!member". A mail's times are those of what it carries (`believed`); of mails within
    mails the outermost counts, because that is the one which this office received.
    """
    yield from _Opener().open(path.read_bytes(), source, 1)


def _kind(data: bytes) -> _ContainerKind | None:
    if is_ole(data):
        return "msg" if sniff(data) == "msg" else None
    if not data.startswith(b"PK"):
        kind: _ContainerKind = "mbox" if data.startswith(b"From ") else "mail"
        return kind if is_mail(data[:_HEAD]) else None
    try:
        with open_zip(data) as archive:
            return "zip" if package_kind(archive) == "zip" else None
    except (Refused, *ZIP_ERRORS):
        return None


class _Opener:
    """One archive or mail with all that is nested in it, under one budget."""

    def __init__(self) -> None:
        self._bytes = limits.ARCHIVE_BYTES
        self._count = limits.ARCHIVE_MEMBERS

    def open(self, content: bytes, source: Source, depth: int) -> Iterator[Member]:
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
            yield Member(source, findings=tuple(problems))

    def _member(self, name: str, data: bytes | Source, origin: Source, depth: int) -> Iterator[Member]:
        if isinstance(data, Source):
            yield Member(data, findings=(too_large(data.size),))
            return
        digest = hashlib.sha256(data).hexdigest()
        short = name.rpartition("/")[2]
        path = f"{origin.path}!{name}"
        source = attrs.evolve(origin, path=path, name=short, sha256=digest, size=len(data), saved_at=None)
        if _kind(data) is None:
            yield Member(source, data)
        elif depth >= limits.ARCHIVE_DEPTH:
            yield Member(source, findings=(make("ARCHIVE_TOO_DEEP", words={"limit": limits.ARCHIVE_DEPTH}),))
        else:
            yield from self.open(data, source, depth + 1)

    def _take(self) -> None:
        self._count -= 1
        if self._count < 0:
            raise refuse("ARCHIVE_TOO_MANY", limit=limits.ARCHIVE_MEMBERS)

    # --- archives ---------------------------------------------------------------------------------------------------

    def _zip(
        self, content: bytes, source: Source, problems: list[Finding]
    ) -> Iterator[tuple[str, bytes | Source, Source]]:
        with open_zip(content) as archive:
            infos = archive.infolist()
            for info, name in zip(infos, member_names(infos), strict=True):
                short = name.rpartition("/")[2]
                if info.is_dir() or is_noise(short) or name.startswith("__MACOSX/"):
                    continue
                self._take()
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
                if size <= limits.FILE_BYTES:
                    pieces.append(chunk)
        if size <= limits.FILE_BYTES:
            return b"".join(pieces)
        short = name.rpartition("/")[2]
        return attrs.evolve(source, path=f"{source.path}!{name}", name=short, sha256=digest.hexdigest(), size=size)

    def _spend(self, size: int) -> None:
        self._bytes -= size
        if self._bytes < 0:
            raise refuse("ARCHIVE_TOO_BIG", limit=limits.ARCHIVE_BYTES >> 20)

    # --- mails ------------------------------------------------------------------------------------------------------

    def _mail(
        self, content: bytes, source: Source, problems: list[Finding]
    ) -> Iterator[tuple[str, bytes | Source, Source]]:
        mail = read_outlook(content) if is_ole(content) else read_mail(content)
        times = source.mail_times or mail.times
        origin = attrs.evolve(source, sender=mail.sender, subject=mail.subject, mail_times=times)
        for name, data in mail.files:
            if is_noise(name.rpartition("/")[2]):
                continue
            self._take()
            self._spend(len(data))
            yield name, data, origin
        if not mail.files:
            problems.append(make("MAIL_WITHOUT_FILES"))

    def _mbox(
        self, content: bytes, source: Source, problems: list[Finding]
    ) -> Iterator[tuple[str, bytes | Source, Source]]:
        for number, mail in enumerate(mails_of(content), start=1):
            self._take()
            self._spend(len(mail))
            yield f"thu-{number}.eml", mail, source


def believed(source: Source, now: datetime, issued_on: date | None = None) -> tuple[Source, tuple[Finding, ...]]:
    """The source with the time at which its mail came, as far as that is believed (contract: received time).

    A time before the form was issued, or after now, is not; it is told, and the next one counts: the mail's own date,
    then however else the time is known.
    """
    doubted = [moment for moment in source.mail_times if _impossible(moment, now, issued_on)]
    sound = [moment for moment in source.mail_times if moment not in doubted]
    findings = tuple(
        make("MAIL_TIME_DOUBTED", words={"value": f"{in_vietnam(moment):%H:%M %d/%m/%Y}"}, value=moment.isoformat())
        for moment in dict.fromkeys(doubted)
    )
    if not sound:
        return source, findings
    return attrs.evolve(source, received_at=in_vietnam(sound[0]), received_basis="mail"), findings


def _impossible(moment: datetime, now: datetime, issued_on: date | None) -> bool:
    early = issued_on is not None and in_vietnam(moment).date() < issued_on
    return early or moment > now + _CLOCK_ERROR
