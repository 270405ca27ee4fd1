"""Which issued form a workbook is: by texts in its cells, never by names of sheets or files (pitfalls.md 1)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import Literal

from attrs import frozen

from nq57xl.records.returns import RawSheet, RawWorkbook
from nq57xl.returns.texts import cell_text
from nq57xl.text.normalise import one_line

_MARKER = re.compile(r"NQ57\|([0-9a-f]{4,32})\|([A-Za-z_][A-Za-z0-9_-]*)")
_CORNER_ROWS, _CORNER_COLUMNS = 60, 30
"""How far from A1 the marker is looked for: rows and columns may have been inserted before it."""

META = "_meta"


@frozen
class Marker:
    """The text in the corner of every sheet of a form."""

    short_id: str
    sheet: str
    """Sheet id."""
    row: int
    column: int


@frozen
class Identity:
    """What a workbook says of itself; the ledger decides whether it is true."""

    issue_id: str | None
    short_id: str | None
    period: str
    """"" when only the short id is left."""
    unit: str
    found_by: Literal["meta", "short"]


def marker_of(sheet: RawSheet) -> Marker | None:
    """The marker of a sheet: the one nearest to its top left corner."""
    places = sorted(place for place in sheet.cells if place[0] < _CORNER_ROWS and place[1] < _CORNER_COLUMNS)
    for place in places:
        text = sheet.cells[place].value
        if isinstance(text, str) and (match := _MARKER.fullmatch(text.strip())):
            return Marker(match[1], match[2], *place)
    return None


def identify(raw: RawWorkbook) -> Identity | None:
    """The identity that the workbook's cells carry; None when there is none."""
    markers = [(sheet, marker) for sheet in raw.sheets if (marker := marker_of(sheet)) is not None]
    counts = Counter(marker.short_id for _, marker in markers)
    short_id = counts.most_common(1)[0][0] if counts else None
    for sheet, marker in markers:
        if marker.sheet == META:
            facts = _facts(sheet, marker)
            if issue_id := facts.get("issue_id", "").lower():
                stated = facts.get("short_id") or short_id
                return Identity(issue_id, stated, facts.get("period", ""), facts.get("unit", ""), "meta")
    return Identity(None, short_id, "", "", "short") if short_id else None


def _facts(sheet: RawSheet, marker: Marker) -> Mapping[str, str]:
    """Key and value of each row of the `_meta` sheet."""
    return {
        one_line(cell_text(cell)): one_line(cell_text(sheet.cells.get((row, column + 1))))
        for (row, column), cell in sheet.cells.items()
        if column == marker.column and row != marker.row
    }
