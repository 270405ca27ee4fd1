"""Zips that the program writes: equal content gives equal bytes, at any time and on every system."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable

_UNIX = 3
"""System of every entry; Python writes that of its own system, 0 on Windows."""


def zip_entry(name: str) -> zipfile.ZipInfo:
    """A compressed member with a fixed time."""
    entry = zipfile.ZipInfo(name)
    entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, _UNIX
    return entry


def zipped(members: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip of members with those names, in their order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, data in members:
            package.writestr(zip_entry(name), data)
    return buffer.getvalue()


def repacked(package: bytes) -> bytes:
    """The same members in the same order with fixed times."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return zipped((item.filename, archive.read(item)) for item in archive.infolist())


def with_fixed_system(package: bytes) -> bytes:
    """The zip with Unix as the system of every entry of its directory; nothing is packed again."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        place, count = archive.start_dir, len(archive.infolist())
    fixed = bytearray(package)
    for _ in range(count):
        fixed[place + 5] = _UNIX
        place += 46 + sum(struct.unpack_from("<3H", package, place + 28))  # name, extra field, comment
    return bytes(fixed)
