"""Files on their way into a folder: which lie there, and whether one is fully written."""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from attrs import frozen

from nq57xl.returns.sources import is_noise

Arrival = Literal["whole", "half", "held"]
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


def arrival(path: Path) -> Arrival:
    """How far a file that lies still has come, by its own content."""
    try:
        with path.open("rb") as stream:
            head = stream.read(4)
            if not head:
                return "half"
            if head.startswith(b"PK"):
                stream.seek(0, os.SEEK_SET)
                return "whole" if zipfile.is_zipfile(stream) else "half"
            return "whole"
    except OSError:
        return "held"


def _passing(name: str) -> bool:
    """A file that nobody hands in: somebody's lock, or what a program has not finished."""
    return is_noise(name) or name.startswith((".", "~")) or name.lower().endswith(_UNFINISHED)
