"""Gathers the files that were handed in: which, how big, which hash, and when received on what ground (contract)."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

from nq57xl.errors import Nq57Error
from nq57xl.records.findings import Finding
from nq57xl.records.returns import ReceivedBasis, Source
from nq57xl.returns import limits
from nq57xl.rules.catalogue import make

LOCAL = timezone(timedelta(hours=7))
"""Vietnam has one time zone and no summer time, so that a fixed offset needs no data base."""

_NOISE = frozenset({".ds_store", "thumbs.db", "desktop.ini"})
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_CHUNK = 1 << 20

Problem = tuple[Source, Finding]


def gather(
    paths: Sequence[Path], *, received: datetime | None, now: datetime, inbox: Path | None
) -> tuple[list[Source], list[Problem]]:
    """The sources behind files and folders, in a fixed order, each file once.

    Problems are files that must be neither archived nor read: too large, or not to be opened at all.
    A day in a folder's name counts below `inbox` and below a folder that was given. A time without a zone is taken as
    Vietnam's. Raises Nq57Error when a path does not exist.
    """
    sources: list[Source] = []
    problems: list[Problem] = []
    seen: set[Path] = set()
    for given in paths:
        if not given.exists():
            raise Nq57Error(f"Không tìm thấy «{given}»: hãy kiểm tra lại đường dẫn tệp hoặc thư mục.")
        for path in _files(given):
            real = path.resolve()
            if real in seen:
                continue
            seen.add(real)
            when, basis = _received(path, given, received=received, now=now, inbox=inbox)
            source, finding = _source(path, when, basis)
            if finding is None:
                sources.append(source)
            else:
                problems.append((source, finding))
    return sources, problems


def is_noise(name: str) -> bool:
    """Owner files of open workbooks and files that systems leave in folders: never handed in by anybody."""
    return name.startswith(("~$", ".~lock.", "._")) or name.lower() in _NOISE


def _files(given: Path) -> Iterator[Path]:
    if not given.is_dir():
        yield given
        return
    found: list[Path] = []
    for folder, folders, names in os.walk(given, followlinks=False):
        folders[:] = [name for name in folders if not (Path(folder) / name).is_symlink()]
        found += [Path(folder) / name for name in names if not is_noise(name)]
    yield from sorted(
        (path for path in found if path.is_file() and not path.is_symlink()),
        key=lambda path: path.relative_to(given).parts,
    )


def _received(
    path: Path, given: Path, *, received: datetime | None, now: datetime, inbox: Path | None
) -> tuple[datetime, ReceivedBasis]:
    if received is not None:
        return local_time(received), "option"
    for root in (given if given.is_dir() else None, inbox):
        if root is None:
            continue
        try:
            below = path.resolve().relative_to(root.resolve())
        except ValueError:
            continue
        names = below.parent.parts if root == inbox else (root.name, *below.parent.parts)
        if day := _day(names):
            return datetime.combine(day, time(), LOCAL), "folder"
    return local_time(now), "first_seen"


def _day(names: Sequence[str]) -> date | None:
    """The day that the innermost of the folders is named after."""
    for name in reversed(names):
        if _DAY.fullmatch(name):
            try:
                return date.fromisoformat(name)
            except ValueError:
                continue
    return None


def local_time(moment: datetime) -> datetime:
    """The moment in Vietnam's time; one without a zone is taken as Vietnam's already."""
    return moment.replace(tzinfo=LOCAL) if moment.tzinfo is None else moment.astimezone(LOCAL)


def _source(path: Path, when: datetime, basis: ReceivedBasis) -> tuple[Source, Finding | None]:
    digest, size = hashlib.sha256(), 0
    finding: Finding | None = None
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        finding = make("FILE_READER_FAILED", message=f"Không mở được tệp ({error.strerror or 'lỗi đọc'}).")
    if finding is None and size > limits.FILE_BYTES:
        finding = too_large(size)
    return Source(str(path), path.name, digest.hexdigest(), size, when, basis), finding


def too_large(size: int) -> Finding:
    """The finding on a file of so many bytes."""
    megabyte = 1 << 20
    shown = f"{size / megabyte:.1f}".replace(".", ",") + " MB"
    return make("FILE_TOO_LARGE", words={"value": shown, "limit": f"{limits.FILE_BYTES // megabyte} MB"}, value=shown)
