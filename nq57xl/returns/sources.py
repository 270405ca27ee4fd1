"""Gathers the files that were handed in, or are on their way into a folder: which, how big, received when."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import stat
import zipfile
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Literal

from attrs import frozen

from nq57xl.errors import Nq57Error
from nq57xl.forms.model import ReceivedBasis, Source
from nq57xl.rules.findings import Finding, make
from nq57xl.text.clock import VIETNAM, in_vietnam
from nq57xl.xlsx import limits
from nq57xl.xlsx.limits import too_large
from nq57xl.xlsx.package import without_tail

_NOISE = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
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
            when, basis = times[real.parent]
            if reason:
                problems.append((_without_hash(path, when, basis), make("FILE_UNREAD", words={"reason": reason})))
                continue
            if real in seen:
                continue
            seen.add(real)
            source, finding = _source(path, when, basis)
            if finding is None:
                sources.append(source)
            else:
                problems.append((source, finding))
    return sources, problems


def is_noise(name: str) -> bool:
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
    kept = {path: reason for path, reason in found.items() if not is_noise(path.name)}
    yield from sorted(kept.items(), key=lambda item: item[0].parts)


def _mode(path: Path) -> int:
    """What kind of thing lies there; a file that is gone or closed is taken for a file: its reading tells more."""
    try:
        return path.lstat().st_mode
    except OSError:
        return stat.S_IFREG


def _without_hash(path: Path, when: datetime, basis: ReceivedBasis) -> Source:
    return Source(str(path), path.name, "", 0, when, basis)


def _received(
    folder: Path, roots: Sequence[tuple[Path, Path]], *, received: datetime | None, now: datetime, inbox: Path | None
) -> tuple[datetime, ReceivedBasis]:
    """Of the files in a folder, by the folders below each root, which stands with what it is without links."""
    if received is not None:
        return in_vietnam(received), "option"
    for root, real_root in roots:
        if not folder.is_relative_to(real_root):
            continue
        below = folder.relative_to(real_root).parts
        names = below if root == inbox else (root.name, *below)
        if day := _day(names):
            return datetime.combine(day, time(), VIETNAM), "folder"
    return in_vietnam(now), "first_seen"


def _day(names: Sequence[str]) -> date | None:
    """The day that the innermost of the folders is named after."""
    for name in reversed(names):
        if _DAY.fullmatch(name):
            try:
                return date.fromisoformat(name)
            except ValueError:
                continue
    return None


def _source(path: Path, when: datetime, basis: ReceivedBasis) -> tuple[Source, Finding | None]:
    digest, size = hashlib.sha256(), 0
    finding: Finding | None = None
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        reason = f"không mở được tệp ({error.strerror or 'lỗi đọc'})"
        return _without_hash(path, when, basis), make("FILE_UNREAD", words={"reason": reason})
    if not size:  # every empty file has one hash: none of them is known from another
        return _without_hash(path, when, basis), make("FILE_EMPTY")
    if size > limits.FILE_BYTES:
        finding = too_large(size)
    return Source(str(path), path.name, digest.hexdigest(), size, when, basis, saved_at=_saved_at(path)), finding


def _saved_at(path: Path) -> datetime | None:
    """When the folder says that the file was written."""
    try:
        return datetime.fromtimestamp(int(path.stat().st_mtime), VIETNAM)
    except (OSError, ValueError, OverflowError):
        return None


_Arrival = Literal["whole", "half", "held"]
"""`half`: empty, or an archive without its end (workbooks are archives); `held`: not to be opened now."""

_UNFINISHED = (".tmp", ".temp", ".part", ".partial", ".crdownload", ".download", ".filepart", ".opdownload")
"""Suffixes under which browsers, mail programs and copying programs write."""


@frozen
class Look:
    """What one look sees of a file: two equal ones in a row mean that nobody wrote in between."""

    size: int
    mtime: int
    """Nanoseconds."""


def lying(folder: Path) -> Iterator[tuple[Path, Look]]:
    """The files in a folder and below, in a fixed order; links, hidden, owner and unfinished files are none.

    Raises OSError when the folder cannot be listed: a share that is away looks different from an empty one.
    """
    inner: list[Path] = []
    for path in sorted(folder.iterdir()):
        try:
            found = path.lstat()
        except FileNotFoundError:  # gone between listing and looking
            continue
        if stat.S_ISDIR(found.st_mode):
            inner.append(path)
        elif stat.S_ISREG(found.st_mode) and not _passing(path.name):
            yield path, Look(found.st_size, found.st_mtime_ns)
    for path in inner:
        try:
            yield from lying(path)
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            if not folder.is_dir():
                raise


def arrival(path: Path) -> _Arrival:
    """How far a file that lies still has come, by its own content."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
            if not head:
                return "half"
            if head.startswith(b"PK"):
                return "whole" if zipfile.is_zipfile(stream) or _ended(path.read_bytes()) else "half"
            return "whole"
    except OSError:
        return "held"


def _ended(data: bytes) -> bool:
    """Whether an archive ends somewhere, with a long tail behind it."""
    return len(without_tail(data)) < len(data)


def _passing(name: str) -> bool:
    """A file that nobody hands in: somebody's lock, or what a program has not finished."""
    return is_noise(name) or name.startswith((".", "~")) or name.lower().endswith(_UNFINISHED)
