"""What comes back: raw workbooks as read, and typed values as understood."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Literal

from attrs import field, frozen

from nq57xl.records.findings import Finding

RawValue = str | float | bool | date | datetime | time | timedelta | None
CellValue = str | float | date | None
"""A typed value: text or choice code, number (percent as fraction), date; None where nothing usable was typed."""

ReceivedBasis = Literal["mail", "option", "folder", "first_seen", "corrected"]
"""`corrected`: put right by the office afterwards, with a reason."""


@frozen
class RawCell:
    """One non-empty cell as the file has it."""

    value: RawValue
    formula: str | None = None
    """Formula text when the cell has one ("" when only its presence is known)."""
    error: str = ""
    """"#REF!" ... when it is an error cell."""
    decoded: str | None = None
    """What the text says in Unicode, when it stands in a legacy charset."""
    charset: str = ""
    """Name of that charset: "TCVN3 (ABC)", "VNI"."""
    date_format: Literal["", "us", "month"] = ""
    """How the cell shows a date, where that is odd: month first, or without the day."""


@frozen
class RawSheet:
    """One sheet: cells by (row, column), 0-based."""

    name: str
    cells: dict[tuple[int, int], RawCell]
    visible: bool = True
    protected: bool = True
    date1904: bool = False
    """Days are counted from 1904-01-01: matters for a date whose format was lost."""
    merged: tuple[tuple[int, int, int, int], ...] = ()
    """Merged areas: first row and column, last row and column, all 0-based and included."""

    def covered_by(self, place: tuple[int, int]) -> tuple[int, int] | None:
        """The first cell of the merged area that hides this place; None for a place that can be seen."""
        for top, left, bottom, right in self.merged:
            if top <= place[0] <= bottom and left <= place[1] <= right and place != (top, left):
                return top, left
        return None


@frozen
class RawWorkbook:
    """A workbook as read, before anything is understood."""

    sheets: tuple[RawSheet, ...]
    program: str = ""
    """Name of the program that saved it, if told."""
    notes: tuple[Finding, ...] = ()
    """Facts of the file: macros present, converted from another format ..."""


@frozen
class Source:
    """One file that was handed in."""

    path: str
    """As given, or archive.zip!member."""
    name: str
    """File name alone."""
    sha256: str
    size: int
    received_at: datetime
    received_basis: ReceivedBasis
    sender: str = ""
    """Of the mail that brought it: "Phòng A <a@x.vn>"; "" where it came otherwise."""
    subject: str = ""
    """Of that mail."""


@frozen
class Value:
    """One typed cell: a row of the tidy table."""

    table: str
    key: str
    field: str
    typed: str
    """As typed, as text."""
    value: CellValue
    sheet: str
    """Sheet name as in the file sent."""
    cell: str
    """A1 address as in the file sent."""
    origin: Source | None = None
    """The file that it stands in, where that is another than the return's own: another half, the office's edits."""


@frozen
class Return:
    """One returned form: identified, rejoined, typed; rules not yet applied."""

    source: Source
    issue_id: str | None
    """None: not recognised as one of the forms issued."""
    values: tuple[Value, ...] = ()
    findings: tuple[Finding, ...] = ()
    places: dict[tuple[str, str, str], tuple[str, str]] = field(factory=dict)
    """(table, key, field) -> (sheet, cell) as in the file sent, for blank cells too."""
