"""The master appendix as parsed; and as it is kept for the next command: a cache, which may be thrown away any time."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path

from attrs import field, frozen

from nq57xl import __version__, resources
from nq57xl.plan.model import Plan
from nq57xl.rules.codec import from_json, to_json
from nq57xl.rules.findings import Finding

_LIMIT = 64 << 20
"""Bytes of what is kept; a plan of 2,000 rows takes 2 MB."""
_MARK = 64
"""Hex digits before the JSON: SHA-256 of the program, the appendix and the JSON."""


@frozen
class Appendix:
    """A master appendix as read."""

    plan: Plan
    """Understood."""
    new_codes: tuple[tuple[str, str, str], ...] = ()
    """(sheet, cell, code) for rows that had no code: `coded` puts them there."""
    findings: tuple[Finding, ...] = ()
    """Cells that could not be read, naming sheet and cell."""
    places: dict[tuple[str, int, str], tuple[str, str]] = field(factory=dict)
    """(table, index of the record, field) -> (sheet, cell): where each field stands in this workbook, for lint."""

    def coded(self, data: bytes) -> bytes:
        """The workbook that was read, with the new codes in their cells; nothing else is touched."""
        from nq57xl.xlsx.patch import put_values

        return put_values(data, self.new_codes) if self.new_codes else data

    def kept(self, data: bytes) -> bytes:
        """What to keep of the appendix that was read from that workbook."""
        places = tuple((*key, *place) for key, place in self.places.items())
        body = to_json(_KeptAppendix(self.plan, self.new_codes, self.findings, places)).encode()
        return _mark(data, body) + body

    @staticmethod
    def kept_in(path: Path, data: bytes) -> Appendix | None:
        """The appendix that was kept in that file of that workbook; None where the file is anything else, or none."""
        with suppress(OSError):
            if path.is_file() and path.stat().st_size <= _LIMIT:
                return _from_kept(path.read_bytes(), data)
        return None


@frozen
class _KeptAppendix:
    """An `Appendix` whose places JSON can hold: (table, index, field, sheet, cell)."""

    plan: Plan
    new_codes: tuple[tuple[str, str, str], ...]
    findings: tuple[Finding, ...]
    places: tuple[tuple[str, int, str, str, str], ...]


@lru_cache(maxsize=8)
def _from_kept(text: bytes, data: bytes) -> Appendix | None:
    body = text[_MARK:]
    if text[:_MARK] != _mark(data, body):
        return None
    try:
        read = from_json(body.decode(), _KeptAppendix)
    except Exception:  # made to fit by somebody: the workbook itself will tell
        return None
    places = {(table, index, key): (sheet, cell) for table, index, key, sheet, cell in read.places}
    return Appendix(read.plan, read.new_codes, read.findings, places)


def _mark(data: bytes, body: bytes) -> bytes:
    parts = (_program(), hashlib.sha256(data).digest(), body)
    return hashlib.sha256(b"".join(parts)).hexdigest().encode()


@cache
def _program() -> bytes:
    """Hash of all that the parsing depends on beside the workbook: the rooms that do it, and what findings say."""
    digest = hashlib.sha256(__version__.encode())
    package = Path(resources.__file__).parent
    folders = (*(package / room for room in ("text", "rules", "xlsx", "plan")), resources.find("schemas", ""))
    for path in (path for folder in folders for path in sorted(folder.glob("*.*")) if path.is_file()):
        digest.update(path.read_bytes())
    return digest.digest()
