"""The master appendix as parsed; and as it is kept for the next command: a cache, which may be thrown away any time."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from pathlib import Path

from attrs import field, frozen

from nq57xl import __version__, resources
from nq57xl.plan.model import Plan
from nq57xl.rules.codec import from_json, to_json
from nq57xl.rules.findings import Finding

Places = dict[tuple[str, int, str], tuple[str, str]]
"""(table, index of the record, field) -> (sheet, cell); the card's table is "card", its index 0."""


@frozen
class Appendix:
    """A master appendix as read."""

    plan: Plan
    """Understood."""
    new_codes: tuple[tuple[str, str, str], ...] = ()
    """(sheet, cell, code) for rows that had no code: `write_codes` puts them there."""
    findings: tuple[Finding, ...] = ()
    """Cells that could not be read, naming sheet and cell."""
    places: Places = field(factory=dict)
    """Where each field stands in this workbook, for the findings of lint."""


LIMIT = 64 << 20
"""Bytes of what is kept; a plan of 2,000 rows takes 2 MB."""
_MARK = 64
"""Hex digits before the JSON: SHA-256 of the program, the appendix and the JSON."""


@frozen
class _KeptAppendix:
    """An `Appendix` whose places JSON can hold: (table, index, field, sheet, cell)."""

    plan: Plan
    new_codes: tuple[tuple[str, str, str], ...]
    findings: tuple[Finding, ...]
    places: tuple[tuple[str, int, str, str, str], ...]


def kept(appendix: Appendix, data: bytes) -> bytes:
    """What to keep of the appendix that was read from that workbook."""
    places = tuple((*key, *place) for key, place in appendix.places.items())
    body = to_json(_KeptAppendix(appendix.plan, appendix.new_codes, appendix.findings, places)).encode()
    return _mark(data, body) + body


@lru_cache(maxsize=8)
def from_kept(text: bytes, data: bytes) -> Appendix | None:
    """The appendix that `kept` was given for that workbook; None where the text is anything else, whatever it is."""
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
    folders = (*(package / room for room in ("text", "rules", "xlsx", "plan")), resources.packaged("schemas"))
    for path in (path for folder in folders for path in sorted(folder.glob("*.*")) if path.is_file()):
        digest.update(path.read_bytes())
    return digest.digest()
